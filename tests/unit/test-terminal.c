#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/confirm.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "sys/tty.h"

#define PATIENCE 20000 /* milliseconds, before a text that does not come is a failure */

/* A child on a terminal of its own, and what it has written so far. */
typedef struct Terminal {
    pid_t pid;
    int fd;
    GString *text;
} Terminal;

static void
terminal_open(Terminal *terminal, int (*play)(void))
{
    const struct winsize size = {.ws_row = 30, .ws_col = 80};

    *terminal = (Terminal){.text = g_string_new(NULL)};
    terminal->pid = forkpty(&terminal->fd, NULL, NULL, &size);
    g_assert_cmpint(terminal->pid, >=, 0);
    if (terminal->pid == 0) {
        g_setenv("TERM", "xterm", TRUE);
        g_unsetenv("NO_COLOR");
        _exit(play());
    }
}

/* Reads until @wanted stands in the text, or until the end when it is NULL. */
static void
terminal_read(Terminal *terminal, const char *wanted)
{
    while (wanted == NULL || strstr(terminal->text->str, wanted) == NULL) {
        char buffer[4096];
        struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
        g_assert_cmpint(poll(&ready, 1, PATIENCE), ==, 1);
        ssize_t count = read(terminal->fd, buffer, sizeof buffer);
        if (count <= 0 && wanted == NULL)
            return;
        if (count <= 0)
            g_test_message("so far: %s", terminal->text->str);
        g_assert_cmpint(count, >, 0);
        g_string_append_len(terminal->text, buffer, count);
    }
}

static void
terminal_type(Terminal *terminal, const char *text)
{
    g_assert_cmpint(write(terminal->fd, text, strlen(text)), ==, (ssize_t)strlen(text));
}

/* Reads the rest; returns the status of the child. */
static int
terminal_close(Terminal *terminal)
{
    int status;

    terminal_read(terminal, NULL);
    g_assert_cmpint(waitpid(terminal->pid, &status, 0), ==, terminal->pid);
    close(terminal->fd);
    g_string_free(terminal->text, TRUE);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int
play_look(void)
{
    return fa_tty_is_terminal(1) && fa_tty_wants_colour(1) && fa_tty_is_foreground(1) &&
                   fa_tty_get_width(1) == 80 && fa_tty_get_height(1) == 30
               ? 0
               : 1;
}

static void
test_look(void)
{
    Terminal terminal;
    terminal_open(&terminal, play_look);
    g_assert_cmpint(terminal_close(&terminal), ==, 0);
}

static int
play_confirm(void)
{
    const FaInvocation invocation = {0};
    return fa_confirm(&invocation, "remove 'var/'", NULL) ? 10 : 20;
}

static void
test_confirm(void)
{
    static const struct {
        const char *answer;
        int status;
    } cases[] = {{"y\n", 10}, {"YES\n", 10},       {"n\n", 20},
                 {"\n", 20},  {"yesterday\n", 20}, {"\004", 20}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Terminal terminal;
        terminal_open(&terminal, play_confirm);
        terminal_read(&terminal, "remove 'var/'? [y/N] ");
        terminal_type(&terminal, cases[i].answer);
        g_assert_cmpint(terminal_close(&terminal), ==, cases[i].status);
    }
}

/* Works until it is asked to stop, then says what it did. */
static int
play_interrupt(void)
{
    FaCancel *cancel = fa_cancel_new();
    struct pollfd wake = {.fd = fa_cancel_get_fd(cancel), .events = POLLIN};

    fa_interrupt_watch(cancel);
    printf("working\n");
    fflush(stdout);
    while (poll(&wake, 1, -1) < 0)
        continue;
    printf("tidying\n");
    fflush(stdout);
    while (pause() < 0)
        continue;
    return 0;
}

static void
test_interrupt(void)
{
    Terminal terminal;
    terminal_open(&terminal, play_interrupt);
    terminal_read(&terminal, "working");
    terminal_type(&terminal, "\003");
    terminal_read(&terminal, "stopping in good order; once more stops at once");
    terminal_read(&terminal, "tidying");
    terminal_type(&terminal, "\003");
    g_assert_cmpint(terminal_close(&terminal), ==, 130);
}

static int
play_progress(void)
{
    const FaInvocation invocation = {0};
    g_autoptr(FaProgress) progress = fa_progress_new(&invocation, "shop-19", 2);
    char key;

    fa_progress_add(progress, "compose", 0);
    fa_progress_begin(progress, "fetch");
    fa_progress_note(progress, "fetch", "from afar");
    if (read(STDIN_FILENO, &key, 1) != 1)
        return 1;
    fa_progress_end(progress, "fetch", FA_STEP_DONE, "shop@9f31c2e");
    fa_progress_end(progress, "compose", FA_STEP_SKIPPED, NULL);
    fa_progress_finish(progress);
    fprintf(stderr, "the end\n");
    return 0;
}

static void
test_progress(void)
{
    Terminal terminal;
    terminal_open(&terminal, play_progress);
    terminal_read(&terminal, "from afar");
    terminal_read(&terminal, "shop-19  0 of 2 steps");
    terminal_type(&terminal, "\n");
    terminal_read(&terminal, "the end");
    /* What was drawn is taken away again before what stays is written. */
    const char *erased = strstr(terminal.text->str, "\033[3A\033[J");
    const char *stays = strstr(terminal.text->str, "fetch    shop@9f31c2e");
    g_assert_true(erased != NULL && stays != NULL && erased < stays);
    g_assert_null(strstr(stays, "of 2 steps"));
    g_assert_cmpint(terminal_close(&terminal), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/terminal/it-is-known-for-one", test_look);
    g_test_add_func("/terminal/only-yes-is-yes", test_confirm);
    g_test_add_func("/terminal/ctrl-c-asks-once-and-stops-twice", test_interrupt);
    g_test_add_func("/terminal/progress-appears-and-goes", test_progress);
    return g_test_run();
}

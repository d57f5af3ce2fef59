#include "sys/tty.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_UNKNOWN  80
#define HEIGHT_UNKNOWN 24
#define ANSWER_MAX     4096 /* bytes; what is longer is cut */

bool
fa_tty_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

unsigned
fa_tty_get_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_UNKNOWN;
    return size.ws_col;
}

unsigned
fa_tty_get_height(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return HEIGHT_UNKNOWN;
    return size.ws_row;
}

bool
fa_tty_wants_colour(int fd)
{
    const char *no_colour = g_getenv("NO_COLOR");
    const char *terminal = g_getenv("TERM");

    if (no_colour != NULL && *no_colour != '\0')
        return false;
    if (terminal == NULL || *terminal == '\0' || strcmp(terminal, "dumb") == 0)
        return false;
    return fa_tty_is_terminal(fd);
}

bool
fa_tty_is_foreground(int fd)
{
    return fa_tty_is_terminal(fd) && tcgetpgrp(fd) == getpgrp();
}

/* A signal may come just before the read that it was to end: the descriptor of @cancel is waited for too. */
static bool
read_byte(FaCancel *cancel, char *ret_byte)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = fa_cancel_get_fd(cancel), .events = POLLIN}};
        if (fa_cancel_is_set(cancel))
            return false;
        if (poll(fds, G_N_ELEMENTS(fds), -1) < 0) {
            if (errno != EINTR)
                return false;
            continue;
        }
        if (fds[0].revents == 0)
            continue;
        ssize_t count = read(STDIN_FILENO, ret_byte, 1);
        if (count >= 0 || (errno != EINTR && errno != EAGAIN))
            return count == 1;
    }
}

char *
fa_tty_ask(const char *prompt, FaCancel *cancel)
{
    g_autoptr(GString) answer = g_string_new(NULL);
    char byte;

    fputs(prompt, stderr);
    fflush(stderr);
    while (read_byte(cancel, &byte)) {
        if (byte == '\n')
            return g_string_free(g_steal_pointer(&answer), FALSE);
        if (answer->len < ANSWER_MAX && byte != '\0')
            g_string_append_c(answer, byte);
    }
    /* A last line without a newline is an answer too. */
    return answer->len > 0 && !fa_cancel_is_set(cancel)
               ? g_string_free(g_steal_pointer(&answer), FALSE)
               : NULL;
}

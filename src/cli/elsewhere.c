#include "cli/elsewhere.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/context.h"
#include "app/remote.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "sys/fd.h"
#include "sys/tty.h"

/* The file that the answer goes to, in place of standard output. */
typedef struct Target {
    const char *file; /* (nullable) */
    char *part;       /* what it is written as, until it is whole */
    int fd;
    bool is_private;
} Target;

typedef struct Work {
    const FaInvocation *invocation;
    Target target;
} Work;

static void
target_clear(Target *target)
{
    fa_fd_clear(&target->fd);
    if (target->part != NULL)
        unlink(target->part);
    g_clear_pointer(&target->part, g_free);
}

static bool
write_all(int fd, const char *what, const char *bytes, size_t length, GError **error)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno != EINTR)
            return fa_fail_errno(error, errno, "cannot write '%s'", what);
        bytes += MAX(count, 0);
        length -= (size_t)MAX(count, 0);
    }
    return true;
}

static bool
output(const char *bytes, size_t length, bool is_error, void *data, GError **error)
{
    const Work *work = data;
    if (is_error)
        return write_all(STDERR_FILENO, "standard error", bytes, length, error);
    if (work->target.fd >= 0)
        return write_all(work->target.fd, work->target.file, bytes, length, error);
    return write_all(STDOUT_FILENO, "standard output", bytes, length, error);
}

static char *
ask(const char *question, void *data)
{
    const Work *work = data;
    return fa_tty_ask(question, work->invocation->cancel);
}

/* Is @value, which was read out of a word, in this one? */
static bool
is_in(const char *word, const char *value)
{
    return value >= word && value <= word + strlen(word);
}

/* (transfer none) (nullable) The value of the option that names the file to be written. */
static const char *
find_output(const FaInvocation *invocation)
{
    for (const FaOption *option = invocation->command->options;
         option != NULL && (option->name != NULL || option->letter != '\0'); option++) {
        if (option->kind == FA_OPTION_KIND_TEXT && g_strcmp0(option->name, "output") == 0)
            return *(const char *const *)((const char *)invocation->options + option->offset);
    }
    return NULL;
}

/* (transfer full) The words for the other side: "-" in place of the file, which it could only write as its own user. */
static char **
translate(const FaInvocation *invocation, const char *const *words, Target *target)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const char *named = find_output(invocation);
    bool is_ledger = strcmp(invocation->command->name, "ledger export") == 0;
    const char *argument = is_ledger ? invocation->arguments[0] : NULL;
    const char *file = named != NULL ? named : argument;
    if (file != NULL && strcmp(file, "-") != 0) {
        target->file = file;
        target->is_private = is_ledger;
    }
    for (; *words != NULL; words++) {
        if (target->file == NULL || !is_in(*words, target->file)) {
            g_strv_builder_add(builder, *words);
        } else if (target->file == named) {
            g_autofree char *word = g_strdup_printf("%.*s-", (int)(target->file - *words), *words);
            g_strv_builder_add(builder, word);
        }
    }
    return g_strv_builder_end(builder);
}

static bool
open_target(Target *target, GError **error)
{
    if (target->file == NULL)
        return true;
    g_autofree char *part = g_strconcat(target->file, ".XXXXXX", NULL);
    target->fd = mkostemp(part, O_CLOEXEC);
    if (target->fd < 0)
        return fa_fail_errno(error, errno, "cannot make '%s'", target->file);
    target->part = g_steal_pointer(&part);
    return true;
}

static bool
finish_target(Target *target, GError **error)
{
    mode_t mask = umask(0);
    umask(mask);
    if (target->file == NULL)
        return true;
    if ((!target->is_private && fchmod(target->fd, 0666 & ~mask) != 0) || fsync(target->fd) != 0 ||
        rename(target->part, target->file) != 0)
        return fa_fail_errno(error, errno, "cannot make '%s'", target->file);
    g_clear_pointer(&target->part, g_free);
    return true;
}

static bool
call(FaInvocation *invocation, const char *home, const char *const *words, GError **error)
{
    Work work = {.invocation = invocation, .target = {.fd = -1}};
    g_auto(GStrv) translated = translate(invocation, words, &work.target);
    bool is_terminal = fa_tty_is_terminal(STDOUT_FILENO);
    const FaRemote remote = {
        .call = {.words = translated,
                 .can_ask = fa_confirm_can_ask(invocation),
                 .colour_out = invocation->colour_out,
                 .colour_err = invocation->colour_err,
                 .columns = is_terminal ? fa_tty_get_width(STDOUT_FILENO) : 0},
        .cancel = invocation->cancel,
        .output = output,
        .ask = ask,
        .data = &work,
    };
    bool is_done = open_target(&work.target, error) &&
                   fa_remote_call(home, &remote, &invocation->exit_status, error) &&
                   (invocation->exit_status != 0 || finish_target(&work.target, error));
    target_clear(&work.target);
    return is_done;
}

bool
fa_elsewhere_try(FaInvocation *invocation, const char *const *words, bool *ret_is_done,
                 GError **error)
{
    *ret_is_done = false;
    if (fa_commands_get_right(invocation->command).reach == FA_REACH_HERE)
        return true;
    g_autofree char *home = fa_context_find_home(invocation->home);
    if (!fa_remote_is_there(home))
        return true;
    *ret_is_done = true;
    return call(invocation, home, words, error);
}

#include "cli/dispatch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/arguments.h"
#include "cli/colour.h"
#include "cli/elsewhere.h"
#include "cli/gate.h"
#include "cli/help.h"
#include "sys/tty.h"

/* A full disk and a home that cannot be written are told by whoever meets them first; the way on is the same for all. */
static const char *
help_for(const char *message)
{
    if (strstr(message, "\nhelp: ") != NULL)
        return "";
    if (strstr(message, "no space left on device") != NULL)
        return "\nhelp: free some space ('fassembler gc' removes what nothing uses), then run the "
               "command again";
    if (strstr(message, "read-only file system") != NULL)
        return "\nhelp: '--home DIR' works in another home";
    return "";
}

/* "error: what" and, where the message has one, "help: how" on the next line. */
static void
print_error(const GError *failure, bool colour)
{
    /* Mistakes in files come as a whole listing with places and words of its own. */
    bool is_listing =
        fa_error_is(failure, FA_ERROR_CONFIG) && strstr(failure->message, "error: ") != NULL;

    /* It may quote a file name or a program's words. */
    g_autofree char *message = fa_text_sanitize(failure->message, strlen(failure->message));

    fflush(stdout);
    if (is_listing)
        fprintf(stderr, "%s\n", message);
    else
        fprintf(stderr, "%serror:%s %s%s\n", fa_style_on(FA_STYLE_BAD, colour),
                fa_style_off(FA_STYLE_BAD, colour), message, help_for(message));
}

static bool
enter_directory(const FaInvocation *invocation, GError **error)
{
    if (invocation->directory != NULL && chdir(invocation->directory) != 0)
        return fa_fail_errno(error, errno, "cannot enter '%s'", invocation->directory);
    return true;
}

static bool
show_help(const FaCmd *const *commands, const FaInvocation *invocation, GError **error)
{
    unsigned width = fa_tty_get_width(STDOUT_FILENO);
    g_autofree char *text =
        invocation->command != NULL
            ? fa_help_command(invocation->command, width, invocation->colour_out)
            : fa_help_overview(commands, width, invocation->colour_out);
    return fa_answer_text(error, "%s", text);
}

/* Here, or where the home's own user does it for others. */
static bool
run_command(const char *const *words, FaInvocation *invocation, const FaCaller *caller,
            GError **error)
{
    bool is_done = false;
    if (caller == NULL && (!enter_directory(invocation, error) ||
                           !fa_elsewhere_try(invocation, words, &is_done, error)))
        return false;
    return is_done ||
           (fa_gate_pass(invocation, caller, error) && invocation->command->run(invocation, error));
}

/* @caller is nullable. */
static bool
run(const FaCmd *const *commands, const char *const *words, FaInvocation *invocation,
    const FaCaller *caller, GError **error)
{
    if (!fa_arguments_parse(commands, words, invocation, error))
        return false;
    invocation->colour_out = invocation->colour_out && !invocation->no_colour;
    invocation->colour_err = invocation->colour_err && !invocation->no_colour;

    if (invocation->wants_version)
        return fa_answer_text(error, "fassembler %s\n", FA_VERSION);
    if (invocation->wants_help)
        return show_help(commands, invocation, error);
    if (invocation->command == NULL)
        return fa_fail(error, FA_ERROR_USAGE,
                       "no command given\nhelp: 'fassembler help' lists them");
    /* Which home and which product that is, is not for a caller to say. */
    if (caller != NULL) {
        invocation->home = caller->home;
        invocation->directory = NULL;
    }
    return run_command(words, invocation, caller, error);
}

static int
dispatch(const FaCmd *const *commands, const char *const *words, FaInvocation *invocation,
         const FaCaller *caller)
{
    g_autoptr(GError) error = NULL;
    if (run(commands, words, invocation, caller, &error))
        return invocation->exit_status;
    g_assert(error != NULL);
    print_error(error, invocation->colour_err);
    return fa_error_exit_status(error);
}

int
fa_dispatch(const FaCmd *const *commands, const char *const *words, FaCancel *cancel)
{
    g_auto(FaInvocation) invocation = {
        .cancel = cancel,
        .colour_out = fa_tty_wants_colour(STDOUT_FILENO),
        .colour_err = fa_tty_wants_colour(STDERR_FILENO),
    };
    if (fa_tty_is_terminal(STDOUT_FILENO))
        invocation.columns = fa_tty_get_width(STDOUT_FILENO);
    return dispatch(commands, words, &invocation, NULL);
}

int
fa_dispatch_served(const FaCmd *const *commands, const FaServing *serving, FaCancel *cancel)
{
    const FaCall *call = serving->call;
    g_auto(FaInvocation) invocation = {
        .cancel = cancel,
        .colour_out = call->colour_out,
        .colour_err = call->colour_err,
        .columns = call->columns,
        .is_served = true,
        .ask = serving->ask,
        .ask_data = serving->data,
    };
    return dispatch(commands, (const char *const *)call->words, &invocation, serving->caller);
}

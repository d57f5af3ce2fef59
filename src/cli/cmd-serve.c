#include <stdio.h>
#include <string.h>

#include "app/context.h"
#include "app/serve.h"
#include "app/trusted.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/user.h"

static void
tell_ready(const char *socket, void *data)
{
    fa_say(data, "serving at %s", socket);
}

/* Its name only: other words may be for nobody else's eyes. */
static const char *
name_of(char *const *words)
{
    size_t count = words != NULL ? g_strv_length((char **)words) : 0;
    g_autofree bool *taken = g_new0(bool, count + 1);
    const FaCmd *command =
        words != NULL
            ? fa_arguments_find_command(fa_commands_all(), (const char *const *)words, taken)
            : NULL;
    return command != NULL ? command->name : "no command";
}

static void
tell_event(const FaServeEvent *event, void *data)
{
    const FaInvocation *invocation = data;
    char time[FA_TIME_UTC_SIZE];
    fa_time_to_utc(MAX(fa_clock_now(), 0), time);
    g_autofree char *clean = fa_text_sanitize(event->name, strlen(event->name));
    g_autofree char *end = event->problem != NULL ? g_strdup(event->problem)
                           : event->status < 0    ? g_strdup("begins")
                                                  : g_strdup_printf("exit %d", event->status);
    if (!invocation->is_quiet)
        fprintf(stderr, "%s %s: %s: %s\n", time, clean, name_of(event->words),
                g_strdelimit(end, "\n", ' '));
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autofree char *program = fa_fs_read_symlink("/proc/self/exe", error);
    if (context == NULL || program == NULL || !fa_context_check(context, error) ||
        !fa_context_require_home(context, error))
        return false;
    const char *home = fa_context_get_home(context);
    if (!fa_user_is_owner(home))
        return fa_fail(
            error, FA_ERROR_DENIED,
            "the home '%s' is not yours to serve\nhelp: its user runs 'fassembler serve'", home);
    if (!fa_trusted_check(context, error))
        return false;
    const FaServeOptions options = {
        .home = home,
        .program = program,
        .cancel = invocation->cancel,
        .ready = tell_ready,
        .tell = tell_event,
        .data = invocation,
    };
    return fa_serve(&options, error);
}

static const FaExample examples[] = {
    {"fassembler serve", "do commands for the people who have a role here"},
    {0},
};

const FaCmd fa_cmd_serve = {
    .name = "serve",
    .group = FA_GROUP_CARE,
    .summary = "Do commands for others, each as their role allows",
    .description =
        "Listens on the socket serve.sock in the home, for users of this host. They call "
        "fassembler "
        "as always; what needs the home's ledger is done for them by this server, as far as "
        "'people:' in fassembler.yaml gives them a role, and recorded in their name. The kernel "
        "says "
        "who they are. Runs until it is stopped, and then ends what is under way in good order; "
        "docs/serve.md has a program section for the supervisor. Nobody else than the home's user "
        "and root may be able to write the product's files.",
    .examples = examples,
    .needs = FA_NEEDS_PRODUCT | FA_NEEDS_HOME,
    .run = run,
};

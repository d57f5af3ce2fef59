#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/confirm.h"
#include "cli/environment.h"
#include "cli/note-text.h"
#include "cli/release-text.h"
#include "sys/tty.h"

static const char *const kinds[] = {"migration", "config", "manual", "none", NULL};

typedef struct Options {
    const char *component;
    const char *kind;
    const char *text;
    const char *revision;
    const char *release;
} Options;

static const FaOption options[] = {
    {FA_OPTION_(Options, component, FA_OPTION_KIND_TEXT, "component", 'c', "COMPONENT",
                "Whose change it is about"),
     .complete = fa_environment_complete_components},
    FA_OPTION_CHOICE(Options, kind, "kind", 'k', "KIND", kinds,
                     "What there is to do: `manual` is asked about when it is deployed"),
    FA_OPTION_TEXT(Options, text, "text", 't', "TEXT", "What a deployer must know"),
    FA_OPTION_TEXT(Options, revision, "revision", 'r', "REVISION", "The commit that it is about"),
    {FA_OPTION_(Options, release, FA_OPTION_KIND_TEXT, "release", 0, "LABEL",
                "The release that it is about (the next that is cut)"),
     .complete = fa_release_text_complete},
    {0},
};

/* *answer (transfer full) is what a person says where @given (nullable) is not there. */
static bool
need(const FaInvocation *invocation, const char *given, const char *option, const char *prompt,
     char **answer, GError **error)
{
    *answer = NULL;
    if (given == NULL && fa_confirm_can_ask(invocation))
        *answer = fa_confirm_ask(invocation, prompt);
    else
        *answer = g_strdup(given);
    if (*answer != NULL && *g_strstrip(*answer) != '\0')
        return true;
    return fa_cancel_check(invocation->cancel, error) &&
           fa_fail(error, FA_ERROR_USAGE,
                   "a note needs --%s\nhelp: fassembler note add --component tasktracker --kind "
                   "manual --text 'stop the mailer first'",
                   option);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autofree char *component = NULL, *kind = NULL, *text = NULL, *id = NULL;
    FaNoteWords words = {.revision = chosen->revision, .release = chosen->release};
    if (!need(invocation, chosen->component, "component", "component: ", &component, error) ||
        !need(invocation, chosen->kind, "kind", "kind (migration, config, manual, none): ", &kind,
              error))
        return false;
    if (!fa_note_kind_from_string(kind, &words.kind))
        return fa_fail(error, FA_ERROR_USAGE,
                       "'%s' is no kind of note\nhelp: migration, config, manual, or none", kind);
    if ((words.kind != FA_NOTE_NONE || chosen->text != NULL) &&
        !need(invocation, chosen->text, "text", "text: ", &text, error))
        return false;
    words.component = component;
    words.text = text != NULL ? text : "";
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_context_require_home(context, error) ||
        !fa_note_add(context, &words, invocation->cancel, &id, error))
        return false;
    fa_say(invocation, "note %s of %s, for %s\nnext: fassembler release %s", id, component,
           chosen->release != NULL    ? chosen->release
           : chosen->revision != NULL ? chosen->revision
                                      : "the next release",
           chosen->release != NULL ? "notes" : "cut -n");
    return true;
}

static const FaExample examples[] = {
    {"fassembler note add -c tasktracker -k manual -t 'stop the mailer first'",
     "for the next release"},
    {"fassembler note add -c tasktracker -k none -r 1f2e3d", "that commit needs nothing"},
    {"fassembler note add", "asks for what is not given, on a terminal"},
    {0},
};

const FaCmd fa_cmd_note_add = {
    .name = "note add",
    .group = FA_GROUP_RELEASE,
    .summary = "Say what a deployer must know of a change",
    .description =
        "A note is about a commit, about a release, or about the next that is cut from the trunks. "
        "Every deployment shows the notes of all that is between the release that runs and the "
        "new one; a manual one has to be carried out there, once. What changes the migrations of a "
        "component needs a note, and `none` is one. A commit may carry its note in a line of its "
        "message: `Deployment-Note: KIND: TEXT`.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
};

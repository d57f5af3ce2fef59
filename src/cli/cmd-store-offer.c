#include "app/transfer.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/home.h"

typedef struct Options {
    const char **bases;
    const char *sign;
} Options;

static const FaOption options[] = {
    FA_OPTION_LIST(Options, bases, "base", 0, "BUILD",
                   "Also offer what is new against BUILD, for who has that"),
    FA_OPTION_TEXT(Options, sign, "sign", 0, "FILE", "Sign with the secret key in FILE"),
    {0},
};

static bool
answer(const FaInvocation *invocation, JsonObject *report, GError **error)
{
    gint64 files = fa_json_get_int(report, "files-written", 0);
    g_autofree char *size =
        fa_text_format_size((uint64_t)fa_json_get_int(report, "bytes-written", 0));
    if (files == 0)
        return fa_answer_text(error, "'%s' has all of it already\n", invocation->arguments[0]);
    return fa_answer_text(error, "wrote %" G_GINT64_FORMAT " files, %s, to '%s'\n", files, size,
                          invocation->arguments[0]);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *given = invocation->options;
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) report = NULL;
    FaOffering offering = {
        .folder = invocation->arguments[0],
        .names = invocation->arguments + 1,
        .bases = given->bases,
        .sign = given->sign,
        .cancel = invocation->cancel,
    };
    if (!fa_home_find(invocation, &context, &offering.home, error) ||
        !fa_transfer_offer(&offering, &report, error))
        return false;
    return invocation->json ? fa_answer_json(report, error) : answer(invocation, report, error);
}

static const FaExample examples[] = {
    {"fassembler store offer /srv/www/builds tasktracker-0.5-1a2b3c4d5e --sign key",
     "put a signed build where a web server gives it out"},
    {"fassembler store offer /srv/www/builds stage.openplans --sign key",
     "all that an environment was built from"},
    {"fassembler store offer public NEW --base OLD", "who has OLD pulls the difference only"},
    {0},
};

const FaCmd fa_cmd_store_offer = {
    .name = "store offer",
    .group = FA_GROUP_CARE,
    .summary = "Put builds into a folder that others pull from",
    .usage = "FOLDER BUILD...",
    .description =
        "FOLDER is then given out by any web server, or mounted; nothing has to run. A BUILD "
        "is a name in the store, the digest of a tree, or an environment: all that it was built "
        "from "
        "last. What is there already is not "
        "written again, and is whole at every moment.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 2,
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

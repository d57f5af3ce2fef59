#include "app/transfer.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/home.h"

typedef struct Options {
    const char **trusted;
    const char *limit;
    int64_t patience;
} Options;

static const FaOption options[] = {
    FA_OPTION_LIST(Options, trusted, "trust", 0, "KEY",
                   "A public key that may have signed, besides the product's"),
    FA_OPTION_TEXT(Options, limit, "limit", 0, "SIZE", "Refuse what is larger"),
    FA_OPTION_SPAN(Options, patience, "patience", 0, "SPAN",
                   "How long the server may stand still; 30 seconds if not given"),
    {0},
};

static bool
answer(const FaInvocation *invocation, JsonObject *report, GError **error)
{
    gint64 objects = fa_json_get_int(report, "objects-added", 0);
    g_autofree char *size =
        fa_text_format_size((uint64_t)fa_json_get_int(report, "bytes-received", 0));
    const char *what = fa_json_get_string(report, "what");
    if (objects == 0)
        return fa_answer_text(error, "'%s' is here already\n", what);
    return fa_answer_text(
        error, "pulled '%s': %" G_GINT64_FORMAT " objects, %s received%s\n", what, objects, size,
        fa_json_get_bool(report, "by-difference", false) ? ", as a difference to what was here"
                                                         : "");
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *given = invocation->options;
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) report = NULL;
    FaPulling pulling = {
        .from = invocation->arguments[0],
        .what = invocation->arguments[1],
        .trusted = given->trusted,
        .patience = (unsigned)MIN(given->patience, G_MAXINT32),
        .cancel = invocation->cancel,
    };
    if (given->limit != NULL && !fa_parse_size(given->limit, &pulling.bytes_max))
        return fa_fail(error, FA_ERROR_USAGE, "'%s' is not a size\nhelp: write it as 500M or 2G",
                       given->limit);
    if (!fa_home_find(invocation, &context, &pulling.home, error))
        return false;
    pulling.context = context;
    if (!fa_transfer_pull(&pulling, &report, error))
        return false;
    return invocation->json ? fa_answer_json(report, error) : answer(invocation, report, error);
}

static const FaExample examples[] = {
    {"fassembler store pull https://builds.example tasktracker-0.5-1a2b3c4d5e",
     "fetch a build that somebody signed whom the product trusts"},
    {"fassembler store pull /mnt/builds DIGEST",
     "fetch a tree, which its digest is enough to know"},
    {0},
};

const FaCmd fa_cmd_store_pull = {
    .name = "store pull",
    .group = FA_GROUP_CARE,
    .summary = "Fetch a build from a web server or a folder",
    .usage = "FROM BUILD",
    .description =
        "FROM is an address (http, https, ssh, file) or a folder, made by 'store offer'. Only what "
        "is "
        "missing is fetched, and only what has the right digest is kept. A BUILD that is "
        "named must be signed by a key that the product or the home trusts, or that is given "
        "with --trust; a digest must be signed where there are such keys. What was "
        "fetched before an interruption is not fetched again. It stays until nothing "
        "uses it and 'gc' is run.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 2,
    .max_arguments = 2,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

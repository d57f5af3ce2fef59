#include <string.h>

#include "app/board.h"
#include "cli/answer.h"
#include "cli/environment.h"

#define LAST_DEFAULT 20

typedef struct Options {
    unsigned last;
} Options;

static const FaOption options[] = {
    FA_OPTION_UINT(Options, last, "last", 0, "N", "The newest N; 20 if not given"),
    {0},
};

static bool
print(const FaInvocation *invocation, JsonObject *history, GError **error)
{
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"BEGUN", "WHAT", "RELEASE", "BY", "OUTCOME", "WHY", NULL});
    JsonArray *rows = fa_json_get_array(history, "rows");
    for (guint i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *row = json_array_get_object_element(rows, i);
        const char *texts[] = {"begun-at", "kind", "release", "by", "outcome", "why"};
        for (size_t k = 0; k < G_N_ELEMENTS(texts); k++) {
            const char *text = fa_json_get_string(row, texts[k]);
            texts[k] = text != NULL ? text : "";
        }
        const char *reason = fa_json_get_string(row, "reason");
        g_autofree char *first = g_strdup(reason != NULL ? reason : texts[5]);
        first[strcspn(first, "\n")] = '\0';
        fa_table_add(table, texts[0], texts[1], texts[2], texts[3], texts[4], first, NULL);
    }
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) history = NULL;
    FaChoice choice;
    unsigned last = chosen->last > 0 ? chosen->last : LAST_DEFAULT;
    if (!fa_environment_find(invocation, invocation->arguments[0], &context, &choice, error) ||
        !fa_board_history(context, &choice, last, &history, error))
        return false;
    return invocation->json ? fa_answer_json(history, error) : print(invocation, history, error);
}

static const FaExample examples[] = {
    {"fassembler history live.openplans", "what ran there, by whom and why, the newest first"},
    {0},
};

const FaCmd fa_cmd_history = {
    .name = "history",
    .group = FA_GROUP_RELEASE,
    .summary = "Show what ran in an environment, by whom and why",
    .usage = "[SITE-ENV]",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete,
};

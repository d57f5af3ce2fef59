#include <string.h>

#include "app/board.h"
#include "cli/answer.h"
#include "cli/cells.h"
#include "cli/environment.h"

#define LAST_DEFAULT 20

typedef struct Options {
    unsigned last;
} Options;

static const FaOption options[] = {
    FA_OPTION_UINT(Options, last, "last", 0, "N", "The newest N; 20 if not given"),
    {0},
};

/* What is wrong is told before what it was done for. */
static void
add_row(FaTable *table, JsonObject *row)
{
    const char *outcome = fa_cell_text(row, "outcome");
    bool is_done = strcmp(outcome, "done") == 0, is_open = strcmp(outcome, "open") == 0;
    const char *reason = fa_json_get_string(row, "reason");
    g_autofree char *begun = fa_cell_minute(row, "begun-at");
    g_autofree char *text = fa_cell_first_line(reason != NULL ? reason : fa_cell_text(row, "why"));
    g_autofree char *told = g_strdup_printf("%s%s%s", is_open ? "" : fa_answer_mark(is_done),
                                            is_open ? "" : " ", outcome);
    fa_table_add(table, begun, fa_cell_text(row, "kind"), fa_cell_text(row, "release"),
                 fa_cell_text(row, "by"), told, text, NULL);
    fa_table_style(table, 2, FA_STYLE_BOLD);
    fa_table_style(table, 4, is_done ? FA_STYLE_GOOD : is_open ? FA_STYLE_INFO : FA_STYLE_BAD);
}

static bool
print(const FaInvocation *invocation, JsonObject *history, GError **error)
{
    const char *target = fa_json_get_string(history, "goes-back-to");
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"BEGUN (UTC)", "WHAT", "RELEASE", "BY", "OUTCOME", "WHY", NULL});
    JsonArray *rows = fa_json_get_array(history, "rows");
    for (guint i = 0; i < json_array_get_length(rows); i++)
        add_row(table, json_array_get_object_element(rows, i));
    if (json_array_get_length(rows) == 0)
        fa_say(invocation, "nothing ever ran at %s\nnext: fassembler env show %s",
               fa_json_get_string(history, "environment"),
               fa_json_get_string(history, "environment"));
    if (!fa_answer_table(invocation, table, error))
        return false;
    if (target != NULL)
        fa_say(invocation, "a rollback would bring %s", target);
    return true;
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

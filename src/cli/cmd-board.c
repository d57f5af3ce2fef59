#include <string.h>

#include "app/board.h"
#include "cli/answer.h"
#include "cli/home.h"

typedef struct Options {
    bool all;
} Options;

static const FaOption options[] = {
    FA_OPTION_FLAG(Options, all, "all", 'a', "Retired environments too"),
    {0},
};

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* (transfer full) What is on its way, and what stands in the way. */
static char *
describe(JsonObject *environment)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonObject *coming = fa_json_get_object(environment, "on-its-way");
    if (coming != NULL)
        g_string_append_printf(text, "%s by %s: %s",
                               or_empty(fa_json_get_string(coming, "release")),
                               or_empty(fa_json_get_string(coming, "by")),
                               or_empty(fa_json_get_string(coming, "step")));
    JsonArray *obstacles = fa_json_get_array(environment, "in-the-way");
    for (guint i = 0; obstacles != NULL && i < json_array_get_length(obstacles); i++) {
        JsonObject *one = json_array_get_object_element(obstacles, i);
        g_autofree char *reason = g_strdup(or_empty(fa_json_get_string(one, "reason")));
        reason[strcspn(reason, "\n")] = '\0';
        g_string_append_printf(text, "%s%s: %s", text->len > 0 ? "; " : "",
                               or_empty(fa_json_get_string(one, "what")), reason);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
print(const FaInvocation *invocation, JsonObject *board, GError **error)
{
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"ENVIRONMENT", "RELEASE", "SINCE", "BY", "HEALTH", "", NULL});
    JsonArray *sites = fa_json_get_array(board, "sites");
    for (guint i = 0; i < json_array_get_length(sites); i++) {
        JsonArray *list =
            fa_json_get_array(json_array_get_object_element(sites, i), "environments");
        for (guint k = 0; k < json_array_get_length(list); k++) {
            JsonObject *one = json_array_get_object_element(list, k);
            const char *health = fa_json_get_string(one, "health");
            g_autofree char *more = describe(one);
            fa_table_add(table, fa_json_get_string(one, "environment"),
                         or_empty(fa_json_get_string(one, "release")),
                         or_empty(fa_json_get_string(one, "since")),
                         or_empty(fa_json_get_string(one, "by")), or_empty(health), more, NULL);
            fa_table_style(table, 4, g_strcmp0(health, "well") == 0 ? FA_STYLE_GOOD : FA_STYLE_BAD);
        }
    }
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(JsonObject) board = NULL;
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_board(context, true, chosen->all, invocation->cancel, &board, error))
        return false;
    return invocation->json ? fa_answer_json(board, error) : print(invocation, board, error);
}

static const FaExample examples[] = {
    {"fassembler board", "what runs where, since when, and what stands in the way"},
    {0},
};

const FaCmd fa_cmd_board = {
    .name = "board",
    .group = FA_GROUP_RELEASE,
    .summary = "Show what runs where",
    .description =
        "Every environment that ever ran: its release, since when and by whom, whether all "
        "its processes run, what is on its way to it, and what stands in the way.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

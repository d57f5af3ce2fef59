#include <string.h>

#include "app/board.h"
#include "cli/answer.h"
#include "cli/cells.h"
#include "cli/home.h"
#include "sys/clock.h"

typedef struct Options {
    bool all;
} Options;

static const FaOption options[] = {
    FA_OPTION_FLAG(Options, all, "all", 'a', "Retired environments too"),
    {0},
};

/* Which environment comes before which: as in the product's files, and behind those by name as the board has them. */
static guint
rank(char *const *order, JsonObject *environment)
{
    const char *name = fa_cell_text(environment, "environment");
    guint place = 0;
    while (order[place] != NULL && strcmp(order[place], name) != 0)
        place++;
    return place;
}

/* (transfer container) of JsonObject */
static GPtrArray *
sort_environments(FaContext *context, JsonObject *board)
{
    g_auto(GStrv) order = fa_context_list_environments(context);
    GPtrArray *sorted = g_ptr_array_new();
    JsonArray *sites = fa_json_get_array(board, "sites");
    for (guint i = 0; i < json_array_get_length(sites); i++) {
        JsonArray *list =
            fa_json_get_array(json_array_get_object_element(sites, i), "environments");
        for (guint k = 0; k < json_array_get_length(list); k++) {
            JsonObject *one = json_array_get_object_element(list, k);
            guint at = sorted->len, place = rank(order, one);
            while (at > 0 && rank(order, g_ptr_array_index(sorted, at - 1)) > place)
                at--;
            g_ptr_array_insert(sorted, (gint)at, one);
        }
    }
    return g_steal_pointer(&sorted);
}

/* (transfer full) "✔ well", or the state where nobody asked, or there is nothing to ask for. */
static char *
tell_health(JsonObject *environment, FaStyle *ret_style)
{
    const char *state = fa_cell_text(environment, "state");
    const char *health =
        strcmp(state, "empty") == 0 ? NULL : fa_json_get_string(environment, "health");
    bool is_well = g_strcmp0(health, "well") == 0;
    *ret_style = health == NULL ? FA_STYLE_DIM : is_well ? FA_STYLE_GOOD : FA_STYLE_BAD;
    if (health == NULL)
        return g_strdup(state);
    return g_strdup_printf("%s %s", fa_answer_mark(is_well), health);
}

static void
add_row(FaTable *table, JsonObject *environment, FaTime now)
{
    JsonObject *coming = fa_json_get_object(environment, "on-its-way");
    const char *runs = fa_cell_text(environment, "release");
    FaStyle style;
    g_autofree char *health = tell_health(environment, &style);
    g_autofree char *since = fa_cell_ago(environment, "since", now);
    g_autofree char *release = coming != NULL
                                   ? g_strdup_printf("%s > %s", *runs != '\0' ? runs : "-",
                                                     fa_cell_text(coming, "release"))
                                   : g_strdup(runs);
    fa_table_add(table, fa_cell_text(environment, "environment"), release, since,
                 fa_cell_text(environment, "by"), health, NULL);
    fa_table_style(table, 1, coming != NULL ? FA_STYLE_INFO : FA_STYLE_BOLD);
    fa_table_style(table, 4, style);
}

/* What is on its way to it. */
static bool
print_coming(JsonObject *environment, FaTime now, GError **error)
{
    JsonObject *coming = fa_json_get_object(environment, "on-its-way");
    if (coming == NULL)
        return true;
    g_autofree char *since = fa_cell_ago(coming, "since", now);
    const char *step = fa_json_get_string(coming, "step");
    return fa_answer_text(error, "%s: %s of %s by %s, begun %s, %s%s\n",
                          fa_cell_text(environment, "environment"), fa_cell_text(coming, "kind"),
                          fa_cell_text(coming, "release"), fa_cell_text(coming, "by"), since,
                          fa_json_get_bool(coming, "is-undoing", false) ? "undoing " : "at ",
                          step != NULL ? step : "its end");
}

/* What stands in the way. */
static bool
print_obstacles(const FaInvocation *invocation, JsonObject *environment, GError **error)
{
    JsonArray *obstacles = fa_json_get_array(environment, "in-the-way");
    bool colour = invocation->colour_out;
    for (guint i = 0; obstacles != NULL && i < json_array_get_length(obstacles); i++) {
        JsonObject *one = json_array_get_object_element(obstacles, i);
        g_autofree char *reason = fa_cell_first_line(fa_cell_text(one, "reason"));
        if (!fa_answer_text(error, "%s%s:%s %s: %s\n", fa_style_on(FA_STYLE_WARN, colour),
                            fa_cell_text(environment, "environment"),
                            fa_style_off(FA_STYLE_WARN, colour), fa_cell_text(one, "what"), reason))
            return false;
    }
    return true;
}

static bool
print(const FaInvocation *invocation, FaContext *context, JsonObject *board, GError **error)
{
    FaTime now = fa_clock_now();
    g_autoptr(GPtrArray) sorted = sort_environments(context, board);
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"ENVIRONMENT", "RELEASE", "SINCE", "BY", "HEALTH", NULL});
    if (sorted->len == 0)
        fa_say(invocation, "nothing runs yet\nnext: fassembler release cut 0.1, fassembler deploy "
                           "0.1 SITE-ENV");
    for (guint i = 0; i < sorted->len; i++)
        add_row(table, g_ptr_array_index(sorted, i), now);
    if (!fa_answer_table(invocation, table, error))
        return false;
    for (guint i = 0; i < sorted->len; i++) {
        if (!print_coming(g_ptr_array_index(sorted, i), now, error) ||
            !print_obstacles(invocation, g_ptr_array_index(sorted, i), error))
            return false;
    }
    return true;
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
    return invocation->json ? fa_answer_json(board, error)
                            : print(invocation, context, board, error);
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
        "Every environment that ever ran, or that a command added: its release, since when and by "
        "whom, whether all its processes run, what is on its way to it, and what stands in the "
        "way.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

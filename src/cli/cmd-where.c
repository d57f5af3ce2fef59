#include <string.h>

#include "app/board.h"
#include "cli/answer.h"
#include "cli/cells.h"
#include "cli/complete.h"
#include "cli/home.h"

static void
add_row(FaTable *table, JsonObject *one, bool has_answer)
{
    const char *answer = fa_cell_text(one, "has-it");
    const char *version = fa_cell_text(one, "version");
    bool is_there = strcmp(answer, "yes") == 0;
    g_autofree char *revision = fa_cell_revision(fa_cell_text(one, "revision"));
    g_autofree char *told = is_there || strcmp(answer, "no") == 0
                                ? g_strdup_printf("%s %s", fa_answer_mark(is_there), answer)
                                : g_strdup(answer);
    /* Many a version is but the revision again. */
    fa_table_add(table, fa_cell_text(one, "environment"), fa_cell_text(one, "release"),
                 fa_cell_text(one, "component"), g_str_has_prefix(revision, version) ? "" : version,
                 revision, has_answer ? told : NULL, NULL);
    fa_table_style(table, 1, FA_STYLE_BOLD);
    if (has_answer)
        fa_table_style(table, 5, is_there ? FA_STYLE_GOOD : FA_STYLE_WARN);
}

static bool
print(const FaInvocation *invocation, JsonObject *where, GError **error)
{
    bool has_answer = fa_json_get_string(where, "revision") != NULL;
    JsonArray *list = fa_json_get_array(where, "environments");
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"ENVIRONMENT", "RELEASE", "COMPONENT", "VERSION",
                                           "REVISION", has_answer ? "HAS IT" : NULL, NULL});
    for (guint i = 0; i < json_array_get_length(list); i++)
        add_row(table, json_array_get_object_element(list, i), has_answer);
    if (json_array_get_length(list) == 0)
        fa_say(invocation, "no environment runs it\nnext: fassembler board");
    return fa_answer_table(invocation, table, error);
}

/* A word that is no component is a revision of one. */
static bool
run(FaInvocation *invocation, GError **error)
{
    const char *first = invocation->arguments[0];
    const char *second = first != NULL ? invocation->arguments[1] : NULL;
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    g_autoptr(JsonObject) where = NULL;
    if (context == NULL || !fa_context_check(context, error))
        return false;
    bool is_component = fa_product_find_component(fa_context_get_product(context), first) != NULL;
    if (!fa_board_where(context, is_component ? first : NULL, is_component ? second : first,
                        invocation->cancel, &where, error))
        return false;
    return invocation->json ? fa_answer_json(where, error) : print(invocation, where, error);
}

static void
complete(FaCompletion *completion)
{
    const FaInvocation *invocation = fa_completion_get_invocation(completion);
    g_autoptr(FaContext) context = fa_context_open(invocation->home, NULL);
    const GPtrArray *list = context != NULL ? fa_context_get_product(context)->components : NULL;
    for (guint i = 0; list != NULL && i < list->len; i++)
        fa_completion_add(completion, ((const FaRecipe *)g_ptr_array_index(list, i))->name, NULL);
}

static const FaExample examples[] = {
    {"fassembler where tasktracker", "which revision of it runs where"},
    {"fassembler where 1f2e3d4", "which environments have this fix?"},
    {0},
};

const FaCmd fa_cmd_where = {
    .name = "where",
    .group = FA_GROUP_RELEASE,
    .summary = "Show which environments have a component or a revision",
    .usage = "COMPONENT|REVISION [REVISION]",
    .description =
        "A revision is there when it is in the history of what runs, when a commit there makes "
        "exactly the same change, or when one says that it does.",
    .examples = examples,
    .min_arguments = 1,
    .max_arguments = 2,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = complete,
};

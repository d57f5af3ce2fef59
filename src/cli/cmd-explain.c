#include <string.h>

#include "app/explain.h"
#include "app/pulls.h"
#include "cli/answer.h"
#include "cli/environment.h"
#include "cli/words.h"
#include "view/explain.h"

typedef struct Options {
    const char *environment;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, environment, "environment", 'e', "SITE-ENV",
                   "Values as in this environment, written dev.openplans"),
    {0},
};

static void
append_place(GString *text, JsonObject *setting)
{
    const char *file = fa_json_get_string(setting, "file");
    g_string_append(text, fa_json_get_string(setting, "origin"));
    if (file != NULL)
        g_string_append_printf(text, ", %s:%" G_GINT64_FORMAT, file,
                               fa_json_get_int(setting, "line", 0));
}

static bool
print_settings(const FaInvocation *invocation, JsonObject *document, GError **error)
{
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"SETTING", "VALUE", "DEFAULT", "FROM", "HELP", NULL});
    JsonArray *settings = fa_json_get_array(document, "settings");

    for (guint i = 0; i < json_array_get_length(settings); i++) {
        JsonObject *setting = json_array_get_object_element(settings, i);
        const char *value = fa_json_get_string(setting, "value");
        const char *missing = fa_json_get_string(setting, "default");
        const char *help = fa_json_get_string(setting, "help");
        g_autoptr(GString) from = g_string_new(NULL);
        append_place(from, setting);
        fa_table_add(table, fa_json_get_string(setting, "name"), value != NULL ? value : "-",
                     missing != NULL ? missing : "-", from->str, help != NULL ? help : "", NULL);
    }
    return fa_answer_table(invocation, table, error);
}

static void
append_words(GString *text, const char *heading, JsonArray *words)
{
    if (json_array_get_length(words) == 0)
        return;
    g_string_append_printf(text, "%-10s", heading);
    for (guint i = 0; i < json_array_get_length(words); i++) {
        JsonNode *word = json_array_get_element(words, i);
        if (!JSON_NODE_HOLDS_ARRAY(word)) {
            g_string_append_printf(text, " %s", json_node_get_string(word));
            continue;
        }
        JsonArray *alternatives = json_node_get_array(word);
        for (guint k = 0; k < json_array_get_length(alternatives); k++)
            g_string_append_printf(text, "%s%s", k == 0 ? " " : " or ",
                                   json_array_get_string_element(alternatives, k));
    }
    g_string_append_c(text, '\n');
}

static char *
describe_head(JsonObject *document, JsonArray *places)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonObject *source = fa_json_get_object(document, "source");
    JsonObject *needs = fa_json_get_object(document, "needs");
    const char *location = fa_json_get_string(source, "location");
    const char *summary = fa_json_get_string(document, "summary");

    g_string_append_printf(text, "%s%s%s\n", fa_json_get_string(document, "component"),
                           summary != NULL ? ": " : "", summary != NULL ? summary : "");
    if (location != NULL)
        g_string_append_printf(text, "%-10s %s %s\n", "source", fa_json_get_string(source, "kind"),
                               location);
    append_words(text, "needs", fa_json_get_array(needs, "components"));
    append_words(text, "programs", fa_json_get_array(needs, "programs"));
    append_words(text, "packages", fa_json_get_array(needs, "packages"));
    append_words(text, "pull from", places);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The first line of a step's text is enough to know it by; --json has the whole. */
static char *
first_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end == NULL ? g_strdup(text) : g_strndup(text, (gsize)(end - text));
}

static char *
describe_work(JsonObject *document)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonArray *steps = fa_json_get_array(document, "steps");
    JsonArray *processes = fa_json_get_array(document, "processes");

    for (guint i = 0; i < json_array_get_length(steps); i++) {
        JsonObject *step = json_array_get_object_element(steps, i);
        const char *whole = fa_json_get_string(step, "text");
        g_autofree char *line = first_line(whole != NULL ? whole : "");
        g_string_append_printf(text, "step %-5u %s  %s\n", i + 1, fa_json_get_string(step, "kind"),
                               line);
    }
    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *process = json_array_get_object_element(processes, i);
        g_string_append_printf(text, "process    %s  %s\n", fa_json_get_string(process, "name"),
                               fa_json_get_string(process, "command"));
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
print_component(const FaInvocation *invocation, JsonObject *document, JsonArray *places,
                GError **error)
{
    g_autofree char *head = describe_head(document, places);
    g_autofree char *work = describe_work(document);
    return fa_answer_text(error, "%s", head) && print_settings(invocation, document, error) &&
           fa_answer_text(error, "%s", work);
}

/* (transfer full) */
static JsonArray *
list_places(const FaContext *context)
{
    g_auto(GStrv) places = fa_pulls_list(context);
    JsonArray *list = json_array_new();
    for (char **place = places; *place != NULL; place++)
        json_array_add_string_element(list, *place);
    return list;
}

static bool
answer(const FaInvocation *invocation, const FaContext *context, const FaValues *values,
       const char *only, GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    g_autoptr(JsonArray) documents = json_array_new();
    g_autoptr(JsonArray) places = list_places(context);
    for (guint i = 0; i < product->components->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(product->components, i);
        if (only == NULL || strcmp(only, recipe->name) == 0)
            json_array_add_object_element(documents, fa_view_explain(recipe, values));
    }
    if (invocation->json) {
        g_autoptr(JsonObject) all = json_object_new();
        json_object_set_array_member(all, "components", json_array_ref(documents));
        json_object_set_array_member(all, "pull", json_array_ref(places));
        return fa_answer_json(all, error);
    }
    for (guint i = 0; i < json_array_get_length(documents); i++) {
        if (i > 0 && !fa_answer_text(error, "\n"))
            return false;
        if (!print_component(invocation, json_array_get_object_element(documents, i), places,
                             error))
            return false;
    }
    return true;
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *component = NULL;
    g_autofree const char **assignments = NULL;
    if (!fa_words_divide(invocation, "component", &component, &assignments, error))
        return false;

    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    FaChoice choice;
    if (context == NULL || !fa_context_check(context, error) ||
        !fa_context_choose(context, chosen->environment, &choice, error))
        return false;
    if (component != NULL && fa_context_find_component(context, component, error) == NULL)
        return false;

    const FaInstance instance = {0};
    g_autoptr(FaValues) values = fa_explain_values(context, &choice, assignments, &instance, error);
    return values != NULL && answer(invocation, context, values, component, error);
}

static const FaExample examples[] = {
    {"fassembler explain tasktracker -e dev.openplans", "one component, as in that environment"},
    {"fassembler explain -e dev.openplans tasktracker.workers=4", "all, with another value"},
    {0},
};

const FaCmd fa_cmd_explain = {
    .name = "explain",
    .group = FA_GROUP_START,
    .summary = "Show every setting, where its value comes from, and every step",
    .usage = "[COMPONENT] [COMPONENT.SETTING=VALUE...]",
    .description =
        "A value comes from the recipe's default, another component's setting, fassembler.yaml, "
        "the site, "
        "the environment or the command line; later ones win. Nothing is run or written.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete_components,
};

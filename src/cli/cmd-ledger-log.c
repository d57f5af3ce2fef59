#include <string.h>

#include "app/ledger.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/home.h"
#include "view/event.h"

#define LAST_DEFAULT 50

typedef struct Options {
    const char *kind;
    unsigned last;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, kind, "kind", 0, "KIND", "Only events of this kind: environment.up"),
    FA_OPTION_UINT(Options, last, "last", 0, "N", "The newest N; 50 if not given"),
    {0},
};

static bool
answer_json(const GPtrArray *events, GError **error)
{
    g_autoptr(JsonObject) document = json_object_new();
    JsonArray *list = json_array_new();
    for (guint i = 0; i < events->len; i++)
        json_array_add_object_element(list, fa_view_event(g_ptr_array_index(events, i)));
    json_object_set_array_member(document, "events", list);
    return fa_answer_json(document, error);
}

/* (transfer full) The plain members of the payload, whatever the kind: "build=dev-3 is-new=true". */
static char *
describe(JsonObject *payload)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GList) names = payload != NULL ? json_object_get_members(payload) : NULL;
    for (const GList *name = names; name != NULL; name = name->next) {
        JsonNode *node = json_object_get_member(payload, name->data);
        if (!JSON_NODE_HOLDS_VALUE(node))
            continue;
        g_autofree char *value = json_node_get_value_type(node) == G_TYPE_STRING
                                     ? json_node_dup_string(node)
                                     : fa_json_to_text(node, false);
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? " " : "", (char *)name->data,
                               value);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
clean(const char *text)
{
    return g_strdelimit(fa_text_sanitize(text, strlen(text)), "\n\t", ' ');
}

static bool
answer(const FaInvocation *invocation, const GPtrArray *events, GError **error)
{
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"EVENT", "TIME", "WHO", "WHAT", "OF", "WITH", NULL});
    fa_table_align_right(table, 0);
    for (guint i = 0; i < events->len; i++) {
        const FaEvent *event = g_ptr_array_index(events, i);
        g_autoptr(JsonObject) document = fa_view_event(event);
        g_autofree char *position = g_strdup_printf("%" G_GUINT64_FORMAT, event->position);
        g_autofree char *with = describe(fa_json_get_object(document, "payload"));
        g_autofree char *clean_with = clean(with), *actor = clean(event->actor);
        g_autofree char *subject = clean(event->subject);
        fa_table_add(table, position, fa_json_get_string(document, "time"), actor, event->kind,
                     subject, clean_with, NULL);
    }
    if (events->len == 0)
        fa_say(invocation, "no such events\nnext: fassembler ledger log");
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *given = invocation->options;
    g_autoptr(FaContext) context = NULL;
    g_autoptr(GPtrArray) events = NULL;
    const char *home;
    if (!fa_home_find(invocation, &context, &home, error) ||
        !fa_home_ledger_log(home, invocation->arguments[0], given->kind,
                            given->last != 0 ? given->last : LAST_DEFAULT, &events, error))
        return false;
    return invocation->json ? answer_json(events, error) : answer(invocation, events, error);
}

static const FaExample examples[] = {
    {"fassembler ledger log", "what happened last in this home"},
    {"fassembler ledger log dev.openplans --last 5", "to one environment"},
    {"fassembler ledger log --kind store.gc --json", "of one kind, with all there is"},
    {0},
};

const FaCmd fa_cmd_ledger_log = {
    .name = "ledger log",
    .group = FA_GROUP_CARE,
    .summary = "Show what was done in this home, by whom and when",
    .usage = "[SUBJECT]",
    .description = "A SUBJECT is an environment, a component, or 'store'. Newest last. Events are "
                   "never changed or removed.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = 1,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

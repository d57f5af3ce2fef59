#include "cli/plan.h"

#include "app/assemble.h"
#include "cli/answer.h"

static const char *
state_to_string(FaPlanState state)
{
    switch (state) {
    case FA_PLAN_THERE:
        return "there";
    case FA_PLAN_PULL:
        return "pull";
    case FA_PLAN_BUILD:
        return "build";
    case FA_PLAN_FETCH:
        return "fetch and build";
    }
    g_assert_not_reached();
}

JsonObject *
fa_plan_describe(const GPtrArray *plan)
{
    JsonObject *document = json_object_new();
    JsonArray *list = json_array_new();
    for (guint i = 0; i < plan->len; i++) {
        const FaAssembled *one = g_ptr_array_index(plan, i);
        JsonObject *entry = json_object_new();
        json_object_set_string_member(entry, "component", one->component);
        json_object_set_string_member(entry, "action", state_to_string(one->state));
        if (one->revision != NULL)
            json_object_set_string_member(entry, "revision", one->revision);
        if (one->path != NULL)
            json_object_set_string_member(entry, "path", one->path);
        if (one->place != NULL)
            json_object_set_string_member(entry, "from", one->place);
        json_array_add_object_element(list, entry);
    }
    json_object_set_array_member(document, "plan", list);
    return document;
}

bool
fa_plan_print(const FaInvocation *invocation, const GPtrArray *plan, GError **error)
{
    if (invocation->json) {
        g_autoptr(JsonObject) document = fa_plan_describe(plan);
        return fa_answer_json(document, error);
    }
    g_autoptr(FaTable) table =
        fa_table_new((const char *const[]){"COMPONENT", "ACTION", "REVISION", "PATH", NULL});
    for (guint i = 0; i < plan->len; i++) {
        const FaAssembled *one = g_ptr_array_index(plan, i);
        g_autofree char *action = one->place != NULL ? g_strdup_printf("pull from %s", one->place)
                                                     : g_strdup(state_to_string(one->state));
        fa_table_add(table, one->component, action, one->revision != NULL ? one->revision : "-",
                     one->path != NULL ? one->path : "-", NULL);
    }
    return fa_answer_table(invocation, table, error);
}

#include "app/context.h"
#include "app/doctor.h"
#include "cli/answer.h"

static bool
print(const FaInvocation *invocation, JsonObject *report, GError **error)
{
    g_autoptr(FaTable) table = fa_table_new((const char *const[]){"", "CHECK", "FOUND", NULL});
    g_autoptr(GString) cures = g_string_new(NULL);
    JsonArray *checks = fa_json_get_array(report, "checks");

    for (guint i = 0; i < json_array_get_length(checks); i++) {
        JsonObject *check = json_array_get_object_element(checks, i);
        bool is_well = fa_json_get_bool(check, "is-well", false);
        const char *name = fa_json_get_string(check, "name");
        fa_table_add(table, fa_answer_mark(is_well), name, fa_json_get_string(check, "message"),
                     NULL);
        fa_table_style(table, 0, is_well ? FA_STYLE_GOOD : FA_STYLE_BAD);
        if (!is_well)
            g_string_append_printf(cures, "help: %s: %s\n", name,
                                   fa_json_get_string(check, "help"));
    }
    return fa_answer_table(invocation, table, error) && fa_answer_text(error, "%s", cures->str);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    /* Outside a product there is still much to say. */
    g_autoptr(FaContext) context = fa_context_open(invocation->home, NULL);
    const char *home = context != NULL ? fa_context_get_home(context) : invocation->home;

    g_autoptr(JsonObject) report = fa_doctor(home);
    if (!fa_json_get_bool(report, "is-well", false))
        invocation->exit_status = 1;
    return invocation->json ? fa_answer_json(report, error) : print(invocation, report, error);
}

static const FaExample examples[] = {
    {"fassembler doctor", "check the sandbox, the programs, the home and the locale"},
    {0},
};

const FaCmd fa_cmd_doctor = {
    .name = "doctor",
    .group = FA_GROUP_CARE,
    .summary = "Check that everything is here that assembling needs",
    .examples = examples,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

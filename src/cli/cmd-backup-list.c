#include "app/backups.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/home.h"

/* (transfer full) The names, and what of their data is not in it. */
static char *
list_components(JsonArray *components)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < json_array_get_length(components); i++) {
        JsonObject *one = json_array_get_object_element(components, i);
        JsonArray *rest = fa_json_get_array(one, "not-saved");
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               fa_json_get_string(one, "component"));
        for (guint k = 0; rest != NULL && k < json_array_get_length(rest); k++)
            g_string_append_printf(text, " (without %s)", json_array_get_string_element(rest, k));
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
print(const FaInvocation *invocation, JsonObject *list, GError **error)
{
    g_autoptr(FaTable) table = fa_table_new(
        (const char *const[]){"ENVIRONMENT", "BACKUP", "MADE", "SIZE", "OF", "KEPT", NULL});
    JsonArray *backups = fa_json_get_array(list, "backups");
    for (guint i = 0; i < json_array_get_length(backups); i++) {
        JsonObject *backup = json_array_get_object_element(backups, i);
        g_autofree char *size = fa_text_format_size((uint64_t)fa_json_get_int(backup, "bytes", 0));
        g_autofree char *components = list_components(fa_json_get_array(backup, "components"));
        fa_table_add(table, fa_json_get_string(backup, "environment"),
                     fa_json_get_string(backup, "id"), fa_json_get_string(backup, "made-at"), size,
                     components,
                     fa_json_get_bool(backup, "is-needed", false) ? "as the way back" : "", NULL);
    }
    if (json_array_get_length(backups) == 0)
        fa_say(invocation, "no backups: a deployment makes one before it migrates data");
    return fa_answer_table(invocation, table, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonObject) list = NULL;
    const char *home;
    if (!fa_home_find(invocation, &context, &home, error) || !fa_backups_list(home, &list, error))
        return false;
    return invocation->json ? fa_answer_json(list, error) : print(invocation, list, error);
}

static const FaExample examples[] = {
    {"fassembler backup list", "what was saved before data were migrated"},
    {0},
};

const FaCmd fa_cmd_backup_list = {
    .name = "backup list",
    .group = FA_GROUP_RELEASE,
    .summary = "Show the backups that deployments made",
    .description =
        "A deployment that migrates data saves it before, in backups/ of the home: files, and "
        "SQLite databases as each was at one moment. The data of database servers is not in it. "
        "'fassembler rollback --migration COMPONENT/NAME=restore' puts back what was saved before "
        "that migration. 'fassembler gc' keeps the newest five of each environment, and those from "
        "before what cannot be undone otherwise.",
    .examples = examples,
    .needs = FA_NEEDS_HOME,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

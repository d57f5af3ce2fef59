#include "view/migrations.h"

#include "view/text.h"

void
fa_view_add_saved(JsonArray *saved, const char *component, const GPtrArray *paths,
                  const char *const *not_saved)
{
    JsonObject *one = json_object_new();
    JsonArray *files = json_array_new(), *rest = json_array_new();
    for (guint i = 0; i < paths->len; i++)
        json_array_add_string_element(files, g_ptr_array_index(paths, i));
    for (; *not_saved != NULL; not_saved++)
        json_array_add_string_element(rest, *not_saved);
    json_object_set_string_member(one, "component", component);
    json_object_set_array_member(one, "paths", files);
    json_object_set_array_member(one, "not-saved", rest);
    json_array_add_object_element(saved, one);
}

static JsonObject *
describe_step(const FaMigrationStep *step, const char *command)
{
    const FaMigration *migration = step->migration;
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "component", migration->component);
    json_object_set_string_member(object, "migration", migration->name);
    json_object_set_string_member(object, "direction", step->is_down ? "down" : "up");
    json_object_set_string_member(object, "phase", fa_migration_phase_to_string(step->phase));
    json_object_set_string_member(object, "mode", fa_migration_mode_to_string(migration->mode));
    json_object_set_boolean_member(object, "reversible", migration->is_reversible);
    json_object_set_boolean_member(object, "from-backup", step->is_restore);
    json_object_set_boolean_member(object, "is-late", step->is_late);
    fa_view_set_text(object, "summary", migration->summary);
    fa_view_set_text(object, "command", command);
    return object;
}

JsonObject *
fa_view_migrations(const FaMigrationPlan *plan, const GPtrArray *commands, JsonArray *saved)
{
    JsonObject *object = json_object_new();
    JsonArray *steps = json_array_new();
    for (guint i = 0; i < plan->steps->len; i++)
        json_array_add_object_element(steps, describe_step(g_ptr_array_index(plan->steps, i),
                                                           g_ptr_array_index(commands, i)));
    json_object_set_array_member(object, "steps", steps);
    json_object_set_boolean_member(object, "is-offline",
                                   fa_migration_plan_has(plan, FA_MIGRATION_CLOSED));
    json_object_set_array_member(object, "backup", saved);
    return object;
}

static void
append_step(GString *text, JsonObject *step)
{
    static const char *const phases[][2] = {
        {"before", "while the old release serves"},
        {"closed", "while nobody is served (503)"},
        {"after", "when only the other release serves"},
    };
    const char *phase = fa_json_get_string(step, "phase"), *when = "";
    const char *summary = fa_json_get_string(step, "summary");
    const char *command = fa_json_get_string(step, "command");
    bool is_down = g_strcmp0(fa_json_get_string(step, "direction"), "down") == 0;
    bool is_restore = fa_json_get_bool(step, "from-backup", false);
    for (size_t i = 0; i < G_N_ELEMENTS(phases); i++)
        when = g_strcmp0(phase, phases[i][0]) == 0 ? phases[i][1] : when;
    g_string_append_printf(
        text, "%s %s/%s, %s, %s%s%s%s\n",
        is_restore ? "put back the data from before"
        : is_down  ? "undo"
                   : "migrate",
        fa_json_get_string(step, "component"), fa_json_get_string(step, "migration"),
        fa_json_get_string(step, "mode"),
        is_restore                                    ? "and what was written since is lost"
        : fa_json_get_bool(step, "reversible", false) ? "can be undone"
                                                      : "cannot be undone",
        summary != NULL ? ": " : "", summary != NULL ? summary : "",
        fa_json_get_bool(step, "is-late", false) ? " (late: a later one was made before)" : "");
    g_string_append_printf(text, "    %s%s%s\n", when, command != NULL ? ": " : "",
                           command != NULL ? command : "");
}

static void
append_saved(GString *text, JsonObject *saved)
{
    const char *component = fa_json_get_string(saved, "component");
    JsonArray *paths = fa_json_get_array(saved, "paths");
    JsonArray *rest = fa_json_get_array(saved, "not-saved");
    g_string_append_printf(text, "save %s:", component);
    for (guint i = 0; i < json_array_get_length(paths); i++)
        g_string_append_printf(text, "%s %s", i > 0 ? "," : "",
                               json_array_get_string_element(paths, i));
    g_string_append(text, json_array_get_length(paths) == 0 ? " nothing\n" : "\n");
    for (guint i = 0; i < json_array_get_length(rest); i++)
        g_string_append_printf(text,
                               "    NOT saved: %s. Back it up yourself; nothing here can put it "
                               "back\n",
                               json_array_get_string_element(rest, i));
}

char *
fa_view_migrations_text(JsonObject *migrations)
{
    GString *text = g_string_new(NULL);
    JsonArray *saved = fa_json_get_array(migrations, "backup");
    JsonArray *steps = fa_json_get_array(migrations, "steps");
    for (guint i = 0; i < json_array_get_length(saved); i++)
        append_saved(text, json_array_get_object_element(saved, i));
    for (guint i = 0; i < json_array_get_length(steps); i++)
        append_step(text, json_array_get_object_element(steps, i));
    return g_string_free(text, FALSE);
}

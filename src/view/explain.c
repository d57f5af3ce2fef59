#include "view/explain.h"

#include "view/text.h"

static JsonArray *
list_texts(const GPtrArray *texts)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < texts->len; i++)
        json_array_add_string_element(array, g_ptr_array_index(texts, i));
    return array;
}

static JsonObject *
describe_needs(const FaRecipe *recipe)
{
    JsonObject *needs = json_object_new();
    JsonArray *programs = json_array_new();
    JsonArray *components = json_array_new();

    for (guint i = 0; i < recipe->programs->len; i++) {
        JsonArray *alternatives = json_array_new();
        for (char **name = g_ptr_array_index(recipe->programs, i); *name != NULL; name++)
            json_array_add_string_element(alternatives, *name);
        json_array_add_array_element(programs, alternatives);
    }
    for (guint i = 0; i < recipe->components->len; i++) {
        const FaText *component = g_ptr_array_index(recipe->components, i);
        json_array_add_string_element(components, component->text);
    }
    json_object_set_array_member(needs, "programs", programs);
    json_object_set_array_member(needs, "packages", list_texts(recipe->packages));
    json_object_set_array_member(needs, "components", components);
    return needs;
}

static JsonObject *
describe_source(const FaSourceSpec *spec)
{
    JsonObject *source = json_object_new();
    json_object_set_string_member(source, "kind", fa_source_kind_to_string(spec->kind));
    fa_view_set_text(source, "location", spec->location);
    fa_view_set_text(source, "revision", spec->revision);
    return source;
}

static JsonObject *
describe_value(const FaValue *value)
{
    JsonObject *setting = json_object_new();
    const FaSetting *declared = value->declared;
    bool is_secret = declared != NULL && declared->type == FA_SETTING_SECRET;

    json_object_set_string_member(setting, "name", value->setting);
    fa_view_set_text(setting, "help", declared != NULL ? declared->help : NULL);
    fa_view_set_text(setting, "default", declared != NULL ? declared->value.text : NULL);
    fa_view_set_text(setting, "value", is_secret ? value->raw : value->text);
    json_object_set_string_member(setting, "origin", fa_origin_to_string(value->origin));
    fa_view_set_text(setting, "file", value->place.file);
    json_object_set_int_member(setting, "line", value->place.line);
    json_object_set_int_member(setting, "column", value->place.column);
    return setting;
}

static JsonArray *
describe_values(const FaRecipe *recipe, const FaValues *values)
{
    JsonArray *settings = json_array_new();
    g_autoptr(GPtrArray) list = fa_values_list(values, recipe->name);
    for (guint i = 0; i < list->len; i++)
        json_array_add_object_element(settings, describe_value(g_ptr_array_index(list, i)));
    return settings;
}

static JsonArray *
describe_steps(const FaRecipe *recipe)
{
    JsonArray *steps = json_array_new();
    for (guint i = 0; i < recipe->build->len; i++) {
        const FaStep *step = g_ptr_array_index(recipe->build, i);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "name", step->name);
        json_object_set_string_member(object, "kind", fa_step_kind_to_string(step->kind));
        fa_view_set_text(object, "text",
                         step->kind == FA_STEP_RUN ? step->run.text : step->from.text);
        json_array_add_object_element(steps, object);
    }
    return steps;
}

static JsonArray *
describe_processes(const FaRecipe *recipe)
{
    JsonArray *processes = json_array_new();
    for (guint i = 0; i < recipe->processes->len; i++) {
        const FaProcess *process = g_ptr_array_index(recipe->processes, i);
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "name", process->name);
        json_object_set_string_member(object, "command", process->command.text);
        fa_view_set_text(object, "health", process->health.text);
        json_object_set_string_member(object, "lifetime", fa_lifetime_to_string(process->lifetime));
        json_array_add_object_element(processes, object);
    }
    return processes;
}

JsonObject *
fa_view_explain(const FaRecipe *recipe, const FaValues *values)
{
    JsonObject *document = json_object_new();
    json_object_set_string_member(document, "component", recipe->name);
    fa_view_set_text(document, "summary", recipe->summary);
    fa_view_set_text(document, "version", recipe->version);
    json_object_set_object_member(document, "source", describe_source(&recipe->source));
    json_object_set_object_member(document, "needs", describe_needs(recipe));
    json_object_set_array_member(document, "settings", describe_values(recipe, values));
    json_object_set_array_member(document, "steps", describe_steps(recipe));
    json_object_set_array_member(document, "processes", describe_processes(recipe));
    return document;
}

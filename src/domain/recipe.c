#include "domain/recipe.h"

#include <string.h>

#define DEFAULT_STEP_TIMEOUT 1800

static const char *const source_kinds[] = {
    [FA_SOURCE_NONE] = "none",
    [FA_SOURCE_GIT] = "git",
    [FA_SOURCE_SVN] = "svn",
    [FA_SOURCE_ARCHIVE] = "archive",
    [FA_SOURCE_DIRECTORY] = "directory",
};

static const char *const step_kinds[] = {
    [FA_STEP_RUN] = "run",         [FA_STEP_COPY] = "copy",   [FA_STEP_TEMPLATE] = "template",
    [FA_STEP_SYMLINK] = "symlink", [FA_STEP_PATCH] = "patch", [FA_STEP_VENV] = "venv",
    [FA_STEP_NPM] = "npm",
};

static const char *const lifetimes[] = {
    [FA_LIFETIME_RELEASE] = "release",
    [FA_LIFETIME_ENVIRONMENT] = "environment",
};

static const char *const setting_types[] = {
    [FA_SETTING_TEXT] = "text", [FA_SETTING_NUMBER] = "number", [FA_SETTING_BOOLEAN] = "boolean",
    [FA_SETTING_PATH] = "path", [FA_SETTING_SECRET] = "secret",
};

static const char *const database_kinds[] = {
    [FA_DATABASE_MARIADB] = "mariadb",
    [FA_DATABASE_POSTGRESQL] = "postgresql",
};

static bool
find_word(const char *const *words, size_t count, const char *text, unsigned *ret_index)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret_index = (unsigned)i;
            return true;
        }
    }
    return false;
}

const char *
fa_source_kind_to_string(FaSourceKind kind)
{
    return source_kinds[kind];
}

const char *
fa_step_kind_to_string(FaStepKind kind)
{
    return step_kinds[kind];
}

bool
fa_step_kind_from_string(const char *text, FaStepKind *ret_kind)
{
    unsigned index;
    if (!find_word(step_kinds, G_N_ELEMENTS(step_kinds), text, &index))
        return false;
    *ret_kind = index;
    return true;
}

const char *
fa_lifetime_to_string(FaLifetime lifetime)
{
    return lifetimes[lifetime];
}

bool
fa_lifetime_from_string(const char *text, FaLifetime *ret_lifetime)
{
    unsigned index;
    if (!find_word(lifetimes, G_N_ELEMENTS(lifetimes), text, &index))
        return false;
    *ret_lifetime = index;
    return true;
}

const char *
fa_setting_type_to_string(FaSettingType type)
{
    return setting_types[type];
}

bool
fa_setting_type_from_string(const char *text, FaSettingType *ret_type)
{
    unsigned index;
    if (!find_word(setting_types, G_N_ELEMENTS(setting_types), text, &index))
        return false;
    *ret_type = index;
    return true;
}

const char *
fa_database_kind_to_string(FaDatabaseKind kind)
{
    return database_kinds[kind];
}

bool
fa_database_kind_from_string(const char *text, FaDatabaseKind *ret_kind)
{
    unsigned index;
    if (!find_word(database_kinds, G_N_ELEMENTS(database_kinds), text, &index))
        return false;
    *ret_kind = index;
    return true;
}

void
fa_text_clear(FaText *text)
{
    g_clear_pointer(&text->text, g_free);
    text->place = (FaPlace){0};
}

void
fa_text_free(FaText *text)
{
    if (text == NULL)
        return;
    fa_text_clear(text);
    g_free(text);
}

void
fa_setting_free(FaSetting *setting)
{
    if (setting == NULL)
        return;
    g_free(setting->name);
    fa_text_clear(&setting->value);
    g_free(setting->help);
    g_free(setting->inherit);
    g_strfreev(setting->choices);
    g_free(setting);
}

void
fa_step_free(FaStep *step)
{
    if (step == NULL)
        return;
    g_free(step->name);
    fa_text_clear(&step->run);
    fa_text_clear(&step->from);
    fa_text_clear(&step->to);
    fa_text_clear(&step->wheels);
    fa_text_clear(&step->program);
    g_free(step->lock);
    g_free(step);
}

void
fa_variable_free(FaVariable *variable)
{
    if (variable == NULL)
        return;
    g_free(variable->name);
    fa_text_clear(&variable->value);
    g_free(variable);
}

FaProcess *
fa_process_new(const char *name)
{
    FaProcess *process = g_new0(FaProcess, 1);
    process->name = g_strdup(name);
    process->environment = g_ptr_array_new_with_free_func((GDestroyNotify)fa_variable_free);
    process->after = g_ptr_array_new_with_free_func(g_free);
    process->stop_signal = g_strdup("TERM");
    process->stop_wait = 10;
    process->start_seconds = 1;
    process->instances = 1;
    return process;
}

void
fa_process_free(FaProcess *process)
{
    if (process == NULL)
        return;
    g_free(process->name);
    fa_text_clear(&process->command);
    fa_text_clear(&process->directory);
    fa_text_clear(&process->health);
    g_ptr_array_unref(process->environment);
    g_ptr_array_unref(process->after);
    g_free(process->stop_signal);
    g_free(process);
}

FaSetup *
fa_setup_new(void)
{
    FaSetup *setup = g_new0(FaSetup, 1);
    setup->after = g_ptr_array_new_with_free_func(g_free);
    return setup;
}

void
fa_setup_free(FaSetup *setup)
{
    if (setup == NULL)
        return;
    g_free(setup->name);
    fa_text_clear(&setup->run);
    fa_text_clear(&setup->unless);
    g_ptr_array_unref(setup->after);
    g_free(setup);
}

void
fa_database_free(FaDatabase *database)
{
    if (database == NULL)
        return;
    g_free(database->server);
    fa_text_clear(&database->name);
    fa_text_clear(&database->user);
    g_free(database->secret);
    g_free(database);
}

void
fa_route_free(FaRoute *route)
{
    if (route == NULL)
        return;
    fa_text_clear(&route->path);
    fa_text_clear(&route->upstream);
    g_free(route->title);
    g_free(route);
}

FaRecipe *
fa_recipe_new(const char *name)
{
    FaRecipe *recipe = g_new0(FaRecipe, 1);
    recipe->name = g_strdup(name);
    recipe->programs = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    recipe->packages = g_ptr_array_new_with_free_func(g_free);
    recipe->components = g_ptr_array_new_with_free_func((GDestroyNotify)fa_text_free);
    recipe->settings = g_ptr_array_new_with_free_func((GDestroyNotify)fa_setting_free);
    recipe->build = g_ptr_array_new_with_free_func((GDestroyNotify)fa_step_free);
    recipe->unit_tests = g_ptr_array_new_with_free_func((GDestroyNotify)fa_text_free);
    recipe->functional_tests = g_ptr_array_new_with_free_func((GDestroyNotify)fa_text_free);
    recipe->smoke_tests = g_ptr_array_new_with_free_func((GDestroyNotify)fa_text_free);
    recipe->processes = g_ptr_array_new_with_free_func((GDestroyNotify)fa_process_free);
    recipe->setup = g_ptr_array_new_with_free_func((GDestroyNotify)fa_setup_free);
    recipe->databases = g_ptr_array_new_with_free_func((GDestroyNotify)fa_database_free);
    recipe->routes = g_ptr_array_new_with_free_func((GDestroyNotify)fa_route_free);
    recipe->secrets = g_ptr_array_new_with_free_func(g_free);
    recipe->etc = g_ptr_array_new_with_free_func(g_free);
    recipe->copy_on_checkout = g_ptr_array_new_with_free_func(g_free);
    recipe->data_files = g_ptr_array_new_with_free_func(g_free);
    recipe->source.strip = 1;
    recipe->port_offset = -1;
    recipe->timeout = DEFAULT_STEP_TIMEOUT;
    return recipe;
}

static void
source_clear(FaSourceSpec *source)
{
    g_free(source->location);
    g_free(source->trunk);
    g_free(source->releases);
    g_free(source->revision);
    g_free(source->sha256);
    g_free(source->subdirectory);
}

void
fa_recipe_free(FaRecipe *recipe)
{
    if (recipe == NULL)
        return;
    GPtrArray *lists[] = {
        recipe->programs,  recipe->packages,   recipe->components,       recipe->settings,
        recipe->build,     recipe->unit_tests, recipe->functional_tests, recipe->smoke_tests,
        recipe->processes, recipe->setup,      recipe->databases,        recipe->routes,
        recipe->secrets,   recipe->etc,        recipe->copy_on_checkout, recipe->data_files,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        g_ptr_array_unref(lists[i]);
    source_clear(&recipe->source);
    g_free(recipe->name);
    g_free(recipe->summary);
    g_free(recipe->description);
    g_free(recipe->version);
    g_free(recipe->scrub);
    g_free(recipe->migrations);
    g_free(recipe->usage_events);
    fa_text_clear(&recipe->develop);
    g_free(recipe);
}

const FaSetting *
fa_recipe_find_setting(const FaRecipe *recipe, const char *name)
{
    for (unsigned i = 0; i < recipe->settings->len; i++) {
        const FaSetting *setting = g_ptr_array_index(recipe->settings, i);
        if (strcmp(setting->name, name) == 0)
            return setting;
    }
    return NULL;
}

const FaProcess *
fa_recipe_find_process(const FaRecipe *recipe, const char *name)
{
    for (unsigned i = 0; i < recipe->processes->len; i++) {
        const FaProcess *process = g_ptr_array_index(recipe->processes, i);
        if (strcmp(process->name, name) == 0)
            return process;
    }
    return NULL;
}

bool
fa_recipe_is_lasting(const FaRecipe *recipe)
{
    const FaProcess *first =
        recipe->processes->len > 0 ? g_ptr_array_index(recipe->processes, 0) : NULL;
    return first != NULL && first->lifetime == FA_LIFETIME_ENVIRONMENT;
}

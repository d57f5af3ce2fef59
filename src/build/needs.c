#include "build/needs.h"

#include "base/error.h"
#include "build/sandbox.h"
#include "sys/spawn.h"

/* Programs whose package has another name. */
static const char *const package_of[][2] = {
    {"bwrap", "bubblewrap"},
    {"mariadb", "mariadb-client"},
    {"mariadbd", "mariadb-server"},
    {"mysql", "mariadb-client"},
    {"mysqld", "mariadb-server"},
    {"node", "nodejs"},
    {"php", "php-cli"},
    {"pip3", "python3-pip"},
    {"postgres", "postgresql"},
    {"psql", "postgresql-client"},
    {"svn", "subversion"},
};

/* What is missing so far: for people, and for apt-get. */
typedef struct Missing {
    GString *words;
    GPtrArray *install; /* of char *, each once */
} Missing;

static void
missing_clear(Missing *missing)
{
    g_string_free(missing->words, TRUE);
    g_ptr_array_unref(missing->install);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Missing, missing_clear)

char *
fa_needs_find_program(const char *const *alternatives)
{
    for (size_t i = 0; alternatives[i] != NULL; i++) {
        char *path = fa_spawn_find(alternatives[i], FA_SANDBOX_PATH);
        if (path != NULL)
            return path;
    }
    return NULL;
}

static void
add_install(Missing *missing, const char *package)
{
    if (!g_ptr_array_find_with_equal_func(missing->install, package, g_str_equal, NULL))
        g_ptr_array_add(missing->install, g_strdup(package));
}

/* (transfer none) */
static const char *
find_package(const char *program)
{
    for (size_t i = 0; i < G_N_ELEMENTS(package_of); i++)
        if (g_str_equal(package_of[i][0], program))
            return package_of[i][1];
    return program;
}

static void
add_words(Missing *missing, const char *component, const char *kind, const char *what)
{
    g_string_append_printf(missing->words, "%s%s '%s' for '%s'",
                           missing->words->len > 0 ? ", " : "", kind, what, component);
}

static void
look_for_packages(const FaRecipe *recipe, const FaPackages *packages, Missing *missing)
{
    for (size_t i = 0; i < recipe->packages->len; i++) {
        const char *name = g_ptr_array_index(recipe->packages, i);
        if (fa_packages_get_version(packages, name) != NULL)
            continue;
        add_words(missing, recipe->name, "package", name);
        add_install(missing, name);
    }
}

static void
look_for_programs(const FaRecipe *recipe, Missing *missing)
{
    for (size_t i = 0; i < recipe->programs->len; i++) {
        const char *const *alternatives = g_ptr_array_index(recipe->programs, i);
        g_autofree char *path = fa_needs_find_program(alternatives);
        if (path != NULL || alternatives[0] == NULL)
            continue;
        g_autofree char *names = g_strjoinv("' or '", (char **)alternatives);
        add_words(missing, recipe->name, "program", names);
        add_install(missing, find_package(alternatives[0]));
    }
}

bool
fa_needs_check(const GPtrArray *recipes, const FaPackages *packages, GError **error)
{
    g_auto(Missing) missing = {g_string_new(NULL), g_ptr_array_new_with_free_func(g_free)};

    for (size_t i = 0; i < recipes->len; i++) {
        const FaRecipe *recipe = g_ptr_array_index(recipes, i);
        look_for_packages(recipe, packages, &missing);
        look_for_programs(recipe, &missing);
    }
    if (missing.install->len == 0)
        return true;

    g_ptr_array_add(missing.install, NULL);
    g_autofree char *line = g_strjoinv(" ", (char **)missing.install->pdata);
    return fa_fail(error, FA_ERROR_FAILED, "not installed: %s\nhelp: apt-get install %s",
                   missing.words->str, line);
}

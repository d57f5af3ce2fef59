#include "config/migration.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"

#define MIGRATIONS_MAX 1000
#define SCRIPT_MAX     ((size_t)1 << 20)
#define DIGITS_MIN     3
#define DIGITS_MAX     9

/* What migration.yaml says. */
typedef struct Head {
    bool has_mode;
    FaMigrationMode mode;
    char *summary;
    int64_t timeout;
} Head;

static void
read_mode(const FaYaml *value, void *object, FaDiags *diags)
{
    static const char *const words[] = {"online", "offline", NULL};
    Head *head = object;
    unsigned index = 0;

    if (!fa_schema_word(value, words, "mode", diags, &index) ||
        !fa_migration_mode_from_string(words[index], &head->mode))
        return;
    head->has_mode = true;
}

static const FaKey migration_keys[] = {
    {"mode", FA_KEY_OTHER, .read = read_mode, .is_required = true, .kind = "`online` or `offline`",
     .help = "`online`: the old code lives with it, and it is run while that serves. `offline`: "
             "nothing serves meanwhile, and people are told to come back"},
    {"timeout", FA_KEY_SPAN, offsetof(Head, timeout), .fallback = "`30m`",
     .help = "How long `up`, and `down`, may take; then it has failed"},
    {"summary", FA_KEY_TEXT, offsetof(Head, summary), .help = "What it does, in one line"},
    {0},
};
static const FaSchema migration_schema = {
    "migration",
    "The file `migrations/NNN-name/migration.yaml` of what a component builds, where `migrations` "
    "is what its recipe says. Beside it lie the scripts `up` and `down`, which `/bin/sh -eu` runs "
    "with the paths of a set-up step as variables: `$out` is what was built, `$etc`, `$var`, "
    "`$run` and `$log` are those of the "
    "environment. A deployment runs each once in an environment, in the "
    "order of their numbers, after a backup. Both may be run again after they failed, or were "
    "killed, half-way or at their end. "
    "Without `down` the migration cannot be undone, and nothing rolls back past it unless told "
    "how. See docs/migrations.md.",
    migration_keys};

const FaSchema *const fa_migration_schemas[] = {&migration_schema, NULL};

void
fa_migration_script_free(FaMigrationScript *script)
{
    fa_migration_free(script->migration);
    g_free(script->up);
    g_free(script->down);
    g_free(script);
}

/* NNN-name. */
static bool
read_number(const char *name, uint64_t *ret_number)
{
    size_t digits = strspn(name, "0123456789");
    g_autofree char *number = g_strndup(name, digits);

    return digits >= DIGITS_MIN && digits <= DIGITS_MAX && name[digits] == '-' &&
           fa_text_is_name(name) && fa_parse_uint64(number, 0, UINT64_MAX, ret_number);
}

static void
mistake(FaDiags *diags, const char *path, const char *message, const char *help)
{
    const FaPlace place = {g_intern_string(path), 1, 1};
    fa_diag_help(fa_diags_error(diags, &place, "%s", message), "%s", help);
}

static bool
read_head(const char *path, Head *head, FaDiags *diags, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;
    const char *file = g_intern_string(path);
    size_t length = 0;

    if (!fa_fs_read(path, FA_YAML_SIZE_MAX, &text, &length, &problem)) {
        if (!fa_error_is(problem, FA_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        mistake(diags, path, "a migration has no '" FA_MIGRATION_FILE "'",
                "write one with 'mode: online' or 'mode: offline'");
        return true;
    }
    fa_diags_add_text(diags, file, text, length);
    g_autoptr(FaYamlDocument) document = fa_yaml_parse(file, text, length, diags);
    if (document != NULL)
        fa_schema_read(&migration_schema, fa_yaml_root(document), head, diags);
    return true;
}

/* (transfer full) (nullable) */
static char *
digest_script(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    size_t length = 0;
    FaDigest digest;
    if (!fa_fs_read(path, SCRIPT_MAX, &text, &length, error))
        return NULL;
    fa_digest_of_bytes(text, length, &digest);
    return fa_digest_to_string(&digest);
}

static bool
add_migration(GPtrArray *scripts, const char *component, const char *directory, const char *name,
              FaDiags *diags, GError **error)
{
    g_autofree char *file = g_build_filename(directory, name, FA_MIGRATION_FILE, NULL);
    g_autofree char *up = g_build_filename(directory, name, FA_MIGRATION_UP, NULL);
    g_autofree char *down = g_build_filename(directory, name, FA_MIGRATION_DOWN, NULL);
    Head head = {0};

    if (!read_head(file, &head, diags, error))
        return false;
    g_autofree char *summary = head.summary;
    if (!fa_fs_exists(up) || fa_fs_is_directory(up)) {
        mistake(diags, up, "a migration has no script '" FA_MIGRATION_UP "'",
                "write what it does, for /bin/sh");
        return true;
    }
    if (!head.has_mode)
        return true;
    g_autofree char *digest = digest_script(up, error);
    if (digest == NULL)
        return false;

    bool is_reversible = fa_fs_exists(down);
    FaMigrationScript *script = g_new0(FaMigrationScript, 1);
    script->migration = fa_migration_new(component, name, head.mode, is_reversible);
    script->migration->digest = g_steal_pointer(&digest);
    script->migration->summary = g_steal_pointer(&summary);
    script->timeout = head.timeout;
    script->up = g_steal_pointer(&up);
    script->down = is_reversible ? g_steal_pointer(&down) : NULL;
    g_ptr_array_add(scripts, script);
    return true;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return fa_text_compare_versions(*(const char *const *)a, *(const char *const *)b);
}

/* (transfer container) Those of @names that are migrations, by number; two with one number have no order. */
static GPtrArray *
sort_out(char *const *names, const char *directory, FaDiags *diags)
{
    GPtrArray *sorted = g_ptr_array_new();

    uint64_t number = 0, before = 0;

    for (; *names != NULL; names++) {
        g_autofree char *path = g_build_filename(directory, *names, NULL);
        if (!fa_fs_is_directory(path))
            continue;
        if (!read_number(*names, &number))
            mistake(diags, path, "this is not the name of a migration",
                    "a number of three digits, '-' and a name, as 001-due");
        else
            g_ptr_array_add(sorted, *names);
    }
    g_ptr_array_sort(sorted, compare_names);
    for (guint i = 0; i < sorted->len; i++, before = number) {
        const char *name = g_ptr_array_index(sorted, i);
        if (!read_number(name, &number) || i == 0 || number != before)
            continue;
        g_autofree char *path = g_build_filename(directory, name, NULL);
        mistake(diags, path, "another migration has the same number", "number it after that one");
    }
    return sorted;
}

GPtrArray *
fa_config_load_migrations(const char *component, const char *directory, FaDiags *diags,
                          GError **error)
{
    g_autoptr(GPtrArray) scripts =
        g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_script_free);
    if (!fa_fs_exists(directory))
        return g_steal_pointer(&scripts);

    g_auto(GStrv) names = fa_fs_list(directory, error);
    if (names == NULL)
        return NULL;
    g_autoptr(GPtrArray) sorted = sort_out(names, directory, diags);
    if (sorted->len > MIGRATIONS_MAX) {
        fa_fail(error, FA_ERROR_CONFIG, "'%s' has more than %d migrations", directory,
                MIGRATIONS_MAX);
        return NULL;
    }
    for (guint i = 0; i < sorted->len; i++)
        if (!add_migration(scripts, component, directory, g_ptr_array_index(sorted, i), diags,
                           error))
            return NULL;
    return g_steal_pointer(&scripts);
}

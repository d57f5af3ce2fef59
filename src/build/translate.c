#include "build/step.h"

#include "base/error.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-."

/* What the sandbox gives by itself; no setting takes their place. */
static const char *const own_names[] = {"build", "files", "jobs", "out"};

typedef struct Translation {
    const FaScope *scope;
    GString *result;
    GHashTable *names; /* name of the shell -> name of the recipe, both owned */
    GPtrArray *environment;
} Translation;

static void
translation_clear(Translation *translation)
{
    if (translation->result != NULL)
        g_string_free(translation->result, TRUE);
    g_hash_table_unref(translation->names);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Translation, translation_clear)

static bool
is_own(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(own_names); i++)
        if (g_str_equal(own_names[i], name))
            return true;
    return false;
}

/* (transfer full) No variable of a shell begins with a digit. */
static char *
to_variable(const char *name)
{
    g_autofree char *plain = g_strdelimit(g_strdup(name), "-.", '_');
    return g_ascii_isdigit(name[0]) ? g_strconcat("_", plain, NULL) : g_steal_pointer(&plain);
}

static bool
add_name(Translation *translation, const char *name, const char *value, GError **error)
{
    g_autofree char *variable = to_variable(name);
    const char *known = g_hash_table_lookup(translation->names, variable);

    if (known != NULL && !g_str_equal(known, name))
        return fa_fail(error, FA_ERROR_CONFIG, "'${%s}' and '${%s}' are one variable to the shell",
                       known, name);
    g_string_append(translation->result, variable);
    if (known == NULL) {
        g_ptr_array_add(translation->environment, g_strconcat(variable, "=", value, NULL));
        g_hash_table_insert(translation->names, g_steal_pointer(&variable), g_strdup(name));
    }
    return true;
}

/* @name stands behind a "${". What nobody knows is the shell's, unless it cannot be. */
static bool
translate_name(Translation *translation, const char *name, GError **error)
{
    const char *value = is_own(name) ? NULL : fa_scope_get(translation->scope, name);

    if (value != NULL)
        return add_name(translation, name, value, error);
    if (strchr(name, '.') != NULL)
        return fa_fail(error, FA_ERROR_CONFIG, "there is no '%s' for '${%s}'", name, name);
    g_string_append(translation->result, name);
    return true;
}

char *
fa_step_translate(const char *text, const FaScope *scope, GPtrArray *environment, GError **error)
{
    g_auto(Translation) translation = {
        .scope = scope,
        .result = g_string_new(NULL),
        .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .environment = environment,
    };

    for (const char *at = text; *at != '\0';) {
        if (g_str_has_prefix(at, "$${")) {
            g_string_append(translation.result, "${");
            at += strlen("$${");
            continue;
        }
        if (!g_str_has_prefix(at, "${")) {
            g_string_append_c(translation.result, *at++);
            continue;
        }
        at += strlen("${");
        size_t length = strspn(at, NAME_CHARACTERS);
        /* ${name-word} and ${name:-word}: the longest name that there is, or the shell's own. */
        g_autofree char *name = g_strndup(at, length);
        g_string_append(translation.result, "${");
        char *dash = NULL;
        while (!fa_scope_get(scope, name) && (dash = strrchr(name, '-')) != NULL)
            *dash = '\0';
        if (length > 0 && !translate_name(&translation, name, error))
            return NULL;
        at += strlen(name);
    }
    return g_string_free(g_steal_pointer(&translation.result), FALSE);
}

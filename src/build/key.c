#include "build/key.h"

#include "build/needs.h"
#include "build/templates.h"
#include "sys/fs.h"

#define KEY_FORMAT     "fassembler component 1" /* changes when the same facts build something else */
#define TEMPLATE_LIMIT (1024 * 1024)

/* Names that every sandbox gives by itself. That of the output is made from the key. */
static const char *const own_names[] = {"build", "files", "jobs", "out", NULL};

static void
add_number(FaKeyHasher *hasher, const char *label, int64_t number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    fa_key_hasher_add(hasher, label, text);
}

/* A list is the texts of its items; items are not lists of lists in what a build reads. */
static void
add_list(FaKeyHasher *hasher, const GPtrArray *items)
{
    for (size_t i = 0; i < items->len; i++) {
        const FaScope *item = g_ptr_array_index(items, i);
        g_autoptr(GPtrArray) names = fa_scope_names(item);
        add_number(hasher, "item", (int64_t)i);
        for (size_t n = 0; n < names->len; n++) {
            const char *name = g_ptr_array_index(names, n);
            fa_key_hasher_add(hasher, name, fa_scope_get(item, name));
        }
    }
}

/* The names that @text reads, with their values. */
static void
add_names(FaKeyHasher *hasher, const char *text, const FaScope *scope)
{
    if (text == NULL)
        return;

    g_autoptr(GPtrArray) names = fa_template_names(text);
    for (size_t i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (g_strv_contains(own_names, name))
            continue;
        fa_key_hasher_add(hasher, "name", name);
        fa_key_hasher_add(hasher, "value", fa_scope_get(scope, name));
        const GPtrArray *list = fa_scope_get_list(scope, name);
        if (list != NULL)
            add_list(hasher, list);
    }
}

/* What the template of @step reads, or each of a folder, and their names. One that cannot be read is the step's to
 * complain of. */
static void
add_templates(FaKeyHasher *hasher, const FaStep *step, const FaKeyFacts *facts)
{
    if (step->kind != FA_STEP_TEMPLATE || facts->files_directory == NULL || step->from.text == NULL)
        return;

    const char *rest = step->from.text;
    if (g_str_has_prefix(rest, "$files/"))
        rest += strlen("$files/");
    else if (g_str_has_prefix(rest, "${files}/"))
        rest += strlen("${files}/");
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autofree char *name = fa_template_expand(rest, &step->from.place, facts->scope, diags);
    if (name == NULL)
        return;
    g_autofree char *path = g_build_filename(facts->files_directory, name, NULL);
    g_autoptr(GPtrArray) files = fa_templates_list(path, NULL);
    for (guint i = 0; files != NULL && i < files->len; i++) {
        const char *inside = g_ptr_array_index(files, i);
        g_autofree char *file = g_build_filename(path, inside, NULL), *text = NULL;
        add_names(hasher, inside, facts->scope);
        if (fa_fs_read(*inside != '\0' ? file : path, TEMPLATE_LIMIT, &text, NULL, NULL))
            add_names(hasher, text, facts->scope);
    }
}

static void
add_step(FaKeyHasher *hasher, const FaStep *step, const FaKeyFacts *facts)
{
    const struct {
        const char *label, *text;
    } texts[] = {
        {"run", step->run.text},       {"from", step->from.text},       {"to", step->to.text},
        {"wheels", step->wheels.text}, {"program", step->program.text}, {"lock", step->lock},
    };

    fa_key_hasher_add(hasher, "step", fa_step_kind_to_string(step->kind));
    add_number(hasher, "strip", step->strip);
    add_number(hasher, "network", step->network);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        fa_key_hasher_add(hasher, texts[i].label, texts[i].text);
        add_names(hasher, texts[i].text, facts->scope);
    }
    add_templates(hasher, step, facts);
}

static bool
add_programs(FaKeyHasher *hasher, const FaKeyFacts *facts, GError **error)
{
    const FaRecipe *recipe = facts->recipe;

    for (size_t i = 0; i < recipe->packages->len; i++) {
        const char *name = g_ptr_array_index(recipe->packages, i);
        fa_key_hasher_add(hasher, "package", name);
        fa_key_hasher_add(hasher, "version", fa_packages_get_version(facts->packages, name));
    }
    for (size_t i = 0; i < recipe->programs->len; i++) {
        const char *const *alternatives = g_ptr_array_index(recipe->programs, i);
        g_autofree char *path = fa_needs_find_program(alternatives);
        g_autofree char *identity =
            path != NULL ? fa_packages_identify(facts->packages, path, recipe->packages, error)
                         : NULL;
        if (path != NULL && identity == NULL)
            return false;
        fa_key_hasher_add(hasher, "program", path);
        fa_key_hasher_add(hasher, "identity", identity);
    }
    return true;
}

static void
add_texts(FaKeyHasher *hasher, const char *label, const GPtrArray *texts)
{
    for (size_t i = 0; texts != NULL && i < texts->len; i++)
        fa_key_hasher_add(hasher, label, g_ptr_array_index(texts, i));
}

static void
add_digest(FaKeyHasher *hasher, const char *label, const FaDigest *digest)
{
    if (digest != NULL)
        fa_key_hasher_add_digest(hasher, label, digest);
    else
        fa_key_hasher_add(hasher, label, NULL);
}

static void
finish(FaKeyHasher *facts, const FaHash *hash, FaDigest *ret_key)
{
    if (hash == NULL) {
        fa_key_hasher_finish(facts, ret_key);
        return;
    }
    size_t length;
    const void *bytes = fa_key_hasher_get_facts(facts, &length);
    fa_hash_bytes(hash, bytes, length, ret_key);
}

bool
fa_key_make(const FaKeyFacts *facts, FaDigest *ret_key, GError **error)
{
    const FaRecipe *recipe = facts->recipe;
    g_autoptr(FaKeyHasher) hasher = fa_key_hasher_new(KEY_FORMAT);

    fa_key_hasher_add(hasher, "component", recipe->name);
    fa_key_hasher_add(hasher, "home", facts->home);
    fa_key_hasher_add(hasher, "sandbox", fa_sandbox_mode_to_string(facts->sandbox));
    add_digest(hasher, "source", facts->source);
    add_digest(hasher, "files", facts->files);
    for (size_t i = 0; i < facts->needs_length; i++) {
        fa_key_hasher_add(hasher, "need", facts->needs[i].name);
        add_digest(hasher, "key", facts->needs[i].key);
    }
    add_texts(hasher, "etc", recipe->etc);
    for (size_t i = 0; i < recipe->build->len; i++)
        add_step(hasher, g_ptr_array_index(recipe->build, i), facts);
    if (!add_programs(hasher, facts, error))
        return false;
    finish(hasher, facts->hash, ret_key);
    return true;
}

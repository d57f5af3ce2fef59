#include "config/recipe.h"

#include <string.h>

#include "base/text.h"
#include "domain/ports.h"

#define SHA256_DIGITS 64

static void
set_source(const FaYaml *value, void *object, FaSourceKind kind, FaDiags *diags)
{
    FaSourceSpec *source = object;
    if (!fa_schema_is(value, FA_YAML_TEXT, fa_source_kind_to_string(kind), diags))
        return;
    if (source->kind != FA_SOURCE_NONE) {
        fa_diag_help(fa_schema_mistake(diags, value, "a source cannot be both '%s' and '%s'",
                                       fa_source_kind_to_string(source->kind),
                                       fa_source_kind_to_string(kind)),
                     "a component has one source; make two components of it");
        return;
    }
    source->kind = kind;
    source->location = g_strdup(value->text);
}

static void
read_git(const FaYaml *value, void *object, FaDiags *diags)
{
    set_source(value, object, FA_SOURCE_GIT, diags);
}

static void
read_svn(const FaYaml *value, void *object, FaDiags *diags)
{
    set_source(value, object, FA_SOURCE_SVN, diags);
}

static void
read_archive(const FaYaml *value, void *object, FaDiags *diags)
{
    set_source(value, object, FA_SOURCE_ARCHIVE, diags);
}

static void
read_directory(const FaYaml *value, void *object, FaDiags *diags)
{
    set_source(value, object, FA_SOURCE_DIRECTORY, diags);
}

static void
read_sha256(const FaYaml *value, void *object, FaDiags *diags)
{
    FaSourceSpec *source = object;
    if (!fa_schema_is(value, FA_YAML_TEXT, "sha256", diags))
        return;
    if (strlen(value->text) != SHA256_DIGITS ||
        strspn(value->text, "0123456789abcdefABCDEF") != SHA256_DIGITS) {
        fa_diag_help(fa_schema_mistake(diags, value, "'%s' is not a SHA-256 digest", value->text),
                     "%d hexadecimal digits, as 'sha256sum' prints them", SHA256_DIGITS);
        return;
    }
    source->sha256 = g_ascii_strdown(value->text, -1);
}

#define AT(field) offsetof(FaSourceSpec, field)
static const FaKey source_keys[] = {
    {"git", FA_KEY_OTHER, .read = read_git, .kind = "URL or path", .help = "A git repository"},
    {"svn", FA_KEY_OTHER, .read = read_svn, .kind = "URL", .help = "A Subversion repository"},
    {"archive", FA_KEY_OTHER, .read = read_archive, .kind = "URL or path",
     .help = "A tar or zip file; must have a `sha256`"},
    {"directory", FA_KEY_OTHER, .read = read_directory, .kind = "path",
     .help = "A folder, as it is"},
    {"trunk", FA_KEY_TEXT, AT(trunk), .fallback = "git: `main`; svn: `trunk`",
     .help = "Branch, or path, where development goes on"},
    {"releases", FA_KEY_TEXT, AT(releases), .fallback = "git: `release/*`; svn: `branches/*`",
     .help = "Pattern of release branches"},
    {"revision", FA_KEY_TEXT, AT(revision), .fallback = "the tip of the trunk",
     .help = "A pin: branch, tag or commit; svn: `PATH@REV` or `@REV`"},
    {"sha256", FA_KEY_OTHER, .read = read_sha256, .kind = "64 hexadecimal digits",
     .help = "Digest of the archive"},
    {"strip", FA_KEY_NUMBER, AT(strip), .max = 20, .fallback = "1",
     .help = "Leading directories to drop from an archive"},
    {"subdirectory", FA_KEY_PATH, AT(subdirectory),
     .help = "Only this part of the tree is the source"},
    {0},
};
#undef AT
static const FaSchema source_schema = {"source",
                                       "Where the source comes from: one of `git`, `svn`, "
                                       "`archive` and `directory`. A relative path is "
                                       "relative to the product's folder. Not templates.",
                                       source_keys};

static void
read_source(const FaYaml *value, void *object, FaDiags *diags)
{
    FaSourceSpec *source = &((FaRecipe *)object)->source;
    bool is_svn;

    source->place = value->place;
    fa_schema_read(&source_schema, value, source, diags);
    if (source->kind == FA_SOURCE_NONE)
        fa_diag_help(fa_schema_mistake(diags, value, "'source' does not say where it is"),
                     "one of 'git', 'svn', 'archive', 'directory'");
    if (source->kind == FA_SOURCE_ARCHIVE && fa_yaml_get(value, "sha256") == NULL)
        fa_diag_help(fa_schema_mistake(diags, value, "an archive must have a 'sha256'"),
                     "what 'sha256sum' prints for it");
    is_svn = source->kind == FA_SOURCE_SVN;
    if (!is_svn && source->kind != FA_SOURCE_GIT)
        return;
    if (source->trunk == NULL)
        source->trunk = g_strdup(is_svn ? "trunk" : "main");
    if (source->releases == NULL)
        source->releases = g_strdup(is_svn ? "branches/*" : "release/*");
}

/* A program, or a list of alternatives. */
static void
read_programs(const FaYaml *value, void *object, FaDiags *diags)
{
    FaRecipe *recipe = object;

    for (unsigned i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        const GPtrArray *names = item->values;
        if (item->kind != FA_YAML_LIST && !fa_schema_is(item, FA_YAML_TEXT, "programs", diags))
            continue;
        if (names != NULL && names->len == 0) {
            fa_schema_mistake(diags, item, "this list of programs is empty");
            continue;
        }
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        for (unsigned j = 0; j < (names != NULL ? names->len : 1); j++) {
            const FaYaml *name = names != NULL ? g_ptr_array_index(names, j) : item;
            if (fa_schema_is(name, FA_YAML_TEXT, "programs", diags))
                g_strv_builder_add(words, name->text);
        }
        g_ptr_array_add(recipe->programs, g_strv_builder_end(words));
    }
}

#define AT(field) offsetof(FaRecipe, field)
static const FaKey needs_keys[] = {
    {"programs", FA_KEY_LIST, .read = read_programs, .kind = "list of names or of lists of names",
     .help = "Programs of the machine; of a list in the list the first that exists is taken"},
    {"packages", FA_KEY_TEXTS, AT(packages), .help = "Debian packages that must be installed"},
    {"components", FA_KEY_TEMPLATES, AT(components), .kind = "list of names",
     .help = "Components to build before; seen as `${NAME.out}`"},
    {0},
};
static const FaSchema needs_schema = {"needs", "What must be there before the build.", needs_keys};

static void
read_needs(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_schema_read(&needs_schema, value, object, diags);
}

static const FaKey test_keys[] = {
    {"unit", FA_KEY_TEMPLATES, AT(unit_tests),
     .help = "Commands that need nothing but what was built"},
    {"smoke", FA_KEY_TEMPLATES, AT(smoke_tests),
     .help = "Commands that ask a copy that does not serve yet, and only look: a deployment runs "
             "them before it switches"},
    {"functional", FA_KEY_TEMPLATES, AT(functional_tests),
     .help = "Commands that ask the running environment"},
    {0},
};
static const FaSchema test_schema = {"tests", "Commands for `/bin/sh -eu` that test it.",
                                     test_keys};

static void
read_tests(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_schema_read(&test_schema, value, object, diags);
}

static const FaKey data_keys[] = {
    {"files", FA_KEY_PATHS, AT(data_files), .help = "What is kept and copied, below `${var}`"},
    {"scrub", FA_KEY_PATH, AT(scrub),
     .help = "What takes private data out of a copy; read, and not acted on yet"},
    {0},
};
static const FaSchema data_schema = {"data", "What the component keeps in its environment.",
                                     data_keys};

static void
read_data(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_schema_read(&data_schema, value, object, diags);
}

static const FaKey usage_keys[] = {
    {"events", FA_KEY_TEXT, AT(usage_events), .kind = "template",
     .help = "The log from which use is counted; read, and not acted on yet"},
    {0},
};
static const FaSchema usage_schema = {"usage", "What is counted.", usage_keys};

static void
read_usage(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_schema_read(&usage_schema, value, object, diags);
}

static const FaKey develop_keys[] = {
    {"run", FA_KEY_TEMPLATE, AT(develop), .help = "Commands that prepare a checkout for work"},
    {"in-place", FA_KEY_BOOLEAN, AT(in_place), .fallback = "`false`",
     .help = "The checkout itself is what runs"},
    {0},
};
static const FaSchema develop_schema = {"develop", "Work on a checkout in place.", develop_keys};

static void
read_develop(const FaYaml *value, void *object, FaDiags *diags)
{
    fa_schema_read(&develop_schema, value, object, diags);
}
#undef AT

static void
read_type(const FaYaml *value, void *object, FaDiags *diags)
{
    static const char *const words[] = {"text", "number", "boolean", "path", "secret", NULL};
    unsigned index;
    if (fa_schema_word(value, words, "type", diags, &index))
        fa_setting_type_from_string(words[index], &((FaSetting *)object)->type);
}

static void
read_choices(const FaYaml *value, void *object, FaDiags *diags)
{
    FaSetting *setting = object;
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    for (unsigned i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        if (fa_schema_is(item, FA_YAML_TEXT, "choices", diags))
            g_strv_builder_add(words, item->text);
    }
    g_strfreev(setting->choices);
    setting->choices = g_strv_builder_end(words);
}

static void
read_inherit(const FaYaml *value, void *object, FaDiags *diags)
{
    if (!fa_schema_is(value, FA_YAML_TEXT, "inherit", diags))
        return;
    g_auto(GStrv) parts = g_strsplit(value->text, ".", -1);
    if (g_strv_length(parts) != 2 || !fa_text_is_name(parts[0]) || !fa_text_is_name(parts[1])) {
        fa_schema_mistake(diags, value, "'%s' is not of the form 'component.setting'", value->text);
        return;
    }
    ((FaSetting *)object)->inherit = g_strdup(value->text);
}

#define AT(field) offsetof(FaSetting, field)
static const FaKey setting_keys[] = {
    {"default", FA_KEY_TEMPLATE, AT(value), .fallback = "none: it must be given",
     .help = "Its value where nobody gives another"},
    {"help", FA_KEY_TEXT, AT(help), .help = "What `explain` says of it"},
    {"type", FA_KEY_OTHER, .read = read_type, .fallback = "`text`",
     .kind = "`text`, `number`, `boolean`, `path` or `secret`",
     .help = "What its value must be; a secret's is always `secret:NAME`"},
    {"choices", FA_KEY_LIST, .read = read_choices, .kind = "list of texts",
     .help = "All values that it may have"},
    {"inherit", FA_KEY_OTHER, .read = read_inherit, .kind = "`component.setting`",
     .help = "A setting that is asked before the default"},
    {0},
};
#undef AT
static const FaSchema setting_schema = {
    "setting", "One of `settings`, by name. A text in place of the map is its default.",
    setting_keys};

static void
read_settings(const FaYaml *value, void *object, FaDiags *diags)
{
    FaRecipe *recipe = object;

    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        const FaYaml *what = g_ptr_array_index(value->values, i);
        if (!fa_schema_is_name(name, "setting", diags))
            continue;
        FaSetting *setting = g_new0(FaSetting, 1);
        setting->name = g_strdup(name->text);
        setting->place = name->place;
        g_ptr_array_add(recipe->settings, setting);
        if (what->kind == FA_YAML_TEXT && !what->is_empty)
            fa_schema_text(what, &setting->value);
        else
            fa_schema_read(&setting_schema, what, setting, diags);
    }
}

static void
read_port(const FaYaml *value, void *object, FaDiags *diags)
{
    unsigned port;
    if (!fa_schema_is(value, FA_YAML_TEXT, "port", diags))
        return;
    if (fa_parse_uint(value->text, 0, FA_PORTS_PER_SLOT - 1, &port))
        ((FaRecipe *)object)->port_offset = (int)port;
    else
        fa_schema_mistake(diags, value, "'port' must be a number from 0 to %d, not '%s'",
                          FA_PORTS_PER_SLOT - 1, value->text);
}

#define AT(field) offsetof(FaRecipe, field)
static const FaKey recipe_keys[] = {
    {"summary", FA_KEY_TEXT, AT(summary), .is_required = true, .help = "What it is, in one line"},
    {"description", FA_KEY_TEXT, AT(description), .help = "What it is, at length"},
    {"version", FA_KEY_TEXT, AT(version), .help = "Its version, where the source does not say"},
    {"source", FA_KEY_MAP, .read = read_source, .fallback = "none", .help = "See *Source*"},
    {"needs", FA_KEY_MAP, .read = read_needs, .help = "See *Needs*"},
    {"settings", FA_KEY_MAP, .read = read_settings, .help = "See *Setting*"},
    {"build", FA_KEY_LIST, .read = fa_config_read_steps, .help = "See *Step*"},
    {"tests", FA_KEY_MAP, .read = read_tests, .help = "See *Tests*"},
    {"processes", FA_KEY_MAP, .read = fa_config_read_processes, .help = "See *Process*"},
    {"setup", FA_KEY_LIST, .read = fa_config_read_setup, .help = "See *Setup*"},
    {"databases", FA_KEY_LIST, .read = fa_config_read_databases, .help = "See *Database*"},
    {"routes", FA_KEY_LIST, .read = fa_config_read_routes, .help = "See *Route*"},
    {"secrets", FA_KEY_NAMES, AT(secrets),
     .help = "Values made once for each environment, and never shown"},
    {"etc", FA_KEY_TEXTS, AT(etc),
     .help = "Parts of `/etc` that the build sees beside the usual few"},
    {"copy-on-checkout", FA_KEY_TEXTS, AT(copy_on_checkout),
     .help = "Patterns of files that are copied, not linked, since programs write to them"},
    {"data", FA_KEY_MAP, .read = read_data, .help = "See *Data*"},
    {"migrations", FA_KEY_PATH, AT(migrations),
     .help = "Folder of what was built that holds changes of its data. See *Migration*"},
    {"usage", FA_KEY_MAP, .read = read_usage, .help = "See *Usage*"},
    {"develop", FA_KEY_MAP, .read = read_develop, .help = "See *Develop*"},
    {"port", FA_KEY_OTHER, .read = read_port, .kind = "number, 0 to 49",
     .fallback = "the next free one", .help = "Added to the first port of the environment"},
    {"timeout", FA_KEY_SPAN, AT(timeout), .fallback = "`30m`",
     .help = "The longest that a step may take"},
    {0},
};
#undef AT
static const FaSchema recipe_schema = {"recipe",
                                       "The file `components/NAME.yaml`. What is called a template "
                                       "may use `${name}`; so may settings.",
                                       recipe_keys};

const FaSchema *const fa_recipe_schemas[] = {&recipe_schema,  &source_schema,  &needs_schema,
                                             &setting_schema, &test_schema,    &data_schema,
                                             &usage_schema,   &develop_schema, NULL};

FaRecipe *
fa_config_read_recipe(const char *name, const FaYaml *value, FaDiags *diags)
{
    FaRecipe *recipe = fa_recipe_new(name);
    recipe->place = value->place;
    fa_schema_read(&recipe_schema, value, recipe, diags);
    return recipe;
}

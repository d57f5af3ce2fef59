#include "config/recipe.h"

#include <string.h>

#define AT(field) offsetof(FaStep, field)

static const FaKey copy_keys[] = {
    {"from", FA_KEY_TEMPLATE, AT(from), .is_required = true,
     .help = "File or folder of the source, or `$files/...`: below `components/NAME/`"},
    {"to", FA_KEY_TEMPLATE, AT(to), .is_required = true,
     .help = "Where to, below `$out` unless it starts with `$build`"},
    {0},
};
static const FaSchema copy_schema = {"copy", "A step that copies.", copy_keys};

static const FaKey template_keys[] = {
    {"from", FA_KEY_TEMPLATE, AT(from), .is_required = true,
     .help = "File below `components/NAME/`, or a folder there: every file in it, whose names may "
             "hold `${name}` too"},
    {"to", FA_KEY_TEMPLATE, AT(to), .is_required = true,
     .help = "Where to, below `$out` unless it starts with `$build`"},
    {0},
};
static const FaSchema template_schema = {
    "template", "A step that fills in a template (`${name}`, `%% for`, `%% if`).", template_keys};

static const FaKey symlink_keys[] = {
    {"target", FA_KEY_TEMPLATE, AT(from), .is_required = true, .help = "What the link points at"},
    {"path", FA_KEY_TEMPLATE, AT(to), .is_required = true,
     .help = "The link, below `$out` unless it starts with `$build`"},
    {0},
};
static const FaSchema symlink_schema = {"symlink", "A step that makes a link.", symlink_keys};

static const FaKey patch_keys[] = {
    {"files", FA_KEY_TEMPLATE, AT(from), .is_required = true,
     .help = "Pattern of patches below `components/NAME/`, applied in the order of their names"},
    {"strip", FA_KEY_NUMBER, AT(strip), .max = 20, .fallback = "1",
     .help = "Leading directories to drop from the names in the patches"},
    {0},
};
static const FaSchema patch_schema = {"patch", "A step that patches the source.", patch_keys};

static const FaKey venv_keys[] = {
    {"to", FA_KEY_TEMPLATE, AT(to), .is_required = true, .help = "Where the environment goes"},
    {"requirements", FA_KEY_TEMPLATE, AT(from),
     .help = "File of the source that pins what is installed"},
    {"wheels", FA_KEY_TEMPLATE, AT(wheels),
     .help = "Folder of wheels and sdists: nothing is taken from the network"},
    {"python", FA_KEY_TEMPLATE, AT(program), .fallback = "`python3`", .help = "The interpreter"},
    {0},
};
static const FaSchema venv_schema = {"venv", "A step that makes a Python environment.", venv_keys};

static const FaKey npm_keys[] = {
    {"in", FA_KEY_TEMPLATE, AT(from), .fallback = "`.`", .help = "Folder of `package.json`"},
    {"lock", FA_KEY_PATH, AT(lock), .fallback = "`package-lock.json`",
     .help = "The lock file that pins every package, in that folder"},
    {0},
};
static const FaSchema npm_schema = {"npm", "A step that installs npm packages.", npm_keys};

static void
read_run(const FaYaml *value, void *object, FaDiags *diags)
{
    FaStep *step = object;
    step->kind = FA_STEP_RUN;
    if (fa_schema_is(value, FA_YAML_TEXT, "run", diags))
        fa_schema_text(value, &step->run);
}

static void
read_copy(const FaYaml *value, void *object, FaDiags *diags)
{
    ((FaStep *)object)->kind = FA_STEP_COPY;
    fa_schema_read(&copy_schema, value, object, diags);
}

static void
read_template(const FaYaml *value, void *object, FaDiags *diags)
{
    ((FaStep *)object)->kind = FA_STEP_TEMPLATE;
    fa_schema_read(&template_schema, value, object, diags);
}

static void
read_symlink(const FaYaml *value, void *object, FaDiags *diags)
{
    ((FaStep *)object)->kind = FA_STEP_SYMLINK;
    fa_schema_read(&symlink_schema, value, object, diags);
}

static void
read_patch(const FaYaml *value, void *object, FaDiags *diags)
{
    ((FaStep *)object)->kind = FA_STEP_PATCH;
    fa_schema_read(&patch_schema, value, object, diags);
}

static void
read_venv(const FaYaml *value, void *object, FaDiags *diags)
{
    FaStep *step = object;
    step->kind = FA_STEP_VENV;
    fa_schema_read(&venv_schema, value, object, diags);
    if (step->program.text == NULL)
        step->program = (FaText){g_strdup("python3"), value->place};
}

static void
read_npm(const FaYaml *value, void *object, FaDiags *diags)
{
    FaStep *step = object;
    step->kind = FA_STEP_NPM;
    fa_schema_read(&npm_schema, value, object, diags);
    if (step->from.text == NULL)
        step->from = (FaText){g_strdup("."), value->place};
    if (step->lock == NULL)
        step->lock = g_strdup("package-lock.json");
}

static const FaKey step_keys[] = {
    {"run", FA_KEY_OTHER, .read = read_run, .kind = "template",
     .help = "Commands for `/bin/sh -eu`, in the source, with `$build` and `$out`"},
    {"copy", FA_KEY_OTHER, .read = read_copy, .kind = "map", .help = "See *Copy*"},
    {"template", FA_KEY_OTHER, .read = read_template, .kind = "map", .help = "See *Template*"},
    {"symlink", FA_KEY_OTHER, .read = read_symlink, .kind = "map", .help = "See *Symlink*"},
    {"patch", FA_KEY_OTHER, .read = read_patch, .kind = "map", .help = "See *Patch*"},
    {"venv", FA_KEY_OTHER, .read = read_venv, .kind = "map", .help = "See *Venv*"},
    {"npm", FA_KEY_OTHER, .read = read_npm, .kind = "map", .help = "See *Npm*"},
    {"name", FA_KEY_TEXT, AT(name), .fallback = "its kind", .help = "What logs and plans call it"},
    {"timeout", FA_KEY_SPAN, AT(timeout), .fallback = "the recipe's",
     .help = "A step that takes longer is ended, and has failed"},
    {"network", FA_KEY_BOOLEAN, AT(network), .fallback = "`false`",
     .help = "May use the network; only with a `lock`"},
    {"lock", FA_KEY_PATH, AT(lock), .help = "File of the source that pins what the network gives"},
    {0},
};
static const FaSchema step_schema = {
    "step",
    "One step of `build`: exactly one of `run`, `copy`, `template`, `symlink`, `patch`, `venv` and "
    "`npm`.",
    step_keys};

const FaSchema *const fa_step_schemas[] = {&step_schema,    &copy_schema,  &template_schema,
                                           &symlink_schema, &patch_schema, &venv_schema,
                                           &npm_schema,     NULL};

/* Exactly one key of a step says what it does. */
static void
check_kind(const FaYaml *value, FaDiags *diags)
{
    const FaYaml *first = NULL;

    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *key = g_ptr_array_index(value->keys, i);
        FaStepKind ignored;
        if (!fa_step_kind_from_string(key->text, &ignored))
            continue;
        if (first != NULL) {
            FaDiag *diag = fa_schema_mistake(diags, key, "a step cannot both '%s' and '%s'",
                                             first->text, key->text);
            fa_diag_help(diag, "make two steps of it");
        }
        first = key;
    }
    if (first == NULL)
        fa_diag_help(fa_schema_mistake(diags, value, "this step does nothing"),
                     "one of 'run', 'copy', 'template', 'symlink', 'patch', 'venv', 'npm'");
}

void
fa_config_read_steps(const FaYaml *value, void *object, FaDiags *diags)
{
    FaRecipe *recipe = object;

    for (unsigned i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        if (!fa_schema_is(item, FA_YAML_MAP, "step", diags))
            continue;
        FaStep *step = g_new0(FaStep, 1);
        step->strip = 1;
        step->place = item->place;
        g_ptr_array_add(recipe->build, step);
        fa_schema_read(&step_schema, item, step, diags);
        check_kind(item, diags);
        if (step->name == NULL)
            step->name = g_strdup(fa_step_kind_to_string(step->kind));
        if (step->network && step->lock == NULL)
            fa_diag_help(fa_schema_mistake(diags, item, "a step with 'network' must have a 'lock'"),
                         "a file of the source that pins all that the network gives");
    }
}

#include "build/step.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "build/templates.h"
#include "sys/fs.h"

#define TEMPLATE_LIMIT (1024 * 1024)
#define TAIL_LIMIT     4096 /* bytes of output kept for the message */

static const char script_copy[] =
    "mkdir -p -- \"$(dirname -- \"$step_to\")\"\n"
    "cp -dRT --preserve=mode,timestamps,links -- \"$step_from\" \"$step_to\"\n"
    "chmod -R u+w -- \"$step_to\"\n";

static const char script_template[] = "mkdir -p -- \"$(dirname -- \"$step_to\")\"\n"
                                      "cat > \"$step_to\"\n"
                                      "chmod \"$step_mode\" -- \"$step_to\"\n";

static const char script_symlink[] = "mkdir -p -- \"$(dirname -- \"$step_to\")\"\n"
                                     "ln -sfT -- \"$step_target\" \"$step_to\"\n";

/* What is in the source already is no mistake: the patch was merged there. */
static const char script_patch[] =
    "IFS=\n"
    "found=\n"
    "for patch in $step_patches; do\n"
    "    [ -f \"$patch\" ] || continue\n"
    "    found=yes\n"
    "    set -- -p \"$step_strip\" --batch -i \"$patch\"\n"
    "    if patch --forward --dry-run \"$@\" > /dev/null; then\n"
    "        patch --forward --no-backup-if-mismatch \"$@\"\n"
    "    elif patch --reverse --dry-run \"$@\" > /dev/null; then\n"
    "        echo \"${patch##*/} is applied already\"\n"
    "    else\n"
    "        patch --forward \"$@\" || true\n"
    "        find . -name '*.rej' -exec cat {} +\n"
    "        echo \"cannot apply '${patch##*/}'\"\n"
    "        exit 1\n"
    "    fi\n"
    "done\n"
    "[ -n \"$found\" ] || { echo \"there is no patch '${step_patches##*/}'\"; exit 1; }\n";

/* Compiled files that trust their source's hash, for times of files are not kept by the store. */
static const char script_venv[] =
    "pip=--without-pip\n"
    "[ -z \"$step_from\" ] || pip=\n"
    "\"$step_python\" -m venv $pip -- \"$step_to\"\n"
    "if [ -n \"$step_from\" ]; then\n"
    "    if [ -n \"$step_wheels\" ]; then\n"
    "        set -- --no-index --find-links \"$step_wheels\" --no-build-isolation\n"
    "    elif [ -n \"$step_network\" ]; then\n"
    "        set -- --require-hashes\n"
    "    else\n"
    "        set -- --no-index\n"
    "    fi\n"
    "    \"$step_to/bin/python\" -m pip install --no-input --no-compile --no-cache-dir \\\n"
    "        --disable-pip-version-check \"$@\" -r \"$step_from\"\n"
    "fi\n"
    "\"$step_to/bin/python\" -m compileall -q --invalidation-mode unchecked-hash \\\n"
    "    \"$step_to/lib\"\n";

/* npm believes an entry without a digest, so such a lock is refused. */
static const char script_npm[] =
    "cd -- \"$step_from\"\n"
    "[ -f \"$step_lock\" ] || { echo \"there is no lock '${step_lock##*/}'\"; exit 1; }\n"
    "[ \"$step_lock\" -ef package-lock.json ] || cp -- \"$step_lock\" package-lock.json\n"
    "node -e '\n"
    "const lock = JSON.parse(require(\"fs\").readFileSync(\"package-lock.json\", \"utf8\"));\n"
    "if (!lock.packages) throw new Error(\"the lock file is older than version 2\");\n"
    "const open = Object.entries(lock.packages).filter(([name, entry]) =>\n"
    "    name.includes(\"node_modules/\") && !entry.link && !entry.inBundle && !entry.integrity);\n"
    "if (open.length > 0) {\n"
    "    console.error(\"no integrity in the lock for \" + open[0][0]);\n"
    "    process.exit(1);\n"
    "}\n"
    "'\n"
    "[ -n \"$step_network\" ] || set -- --offline\n"
    "npm ci --ignore-scripts --omit=dev --no-audit --no-fund --no-update-notifier \"$@\"\n";

/* What planning one step needs at hand. */
typedef struct Planning {
    const FaStep *step;
    const FaStepRun *run;
    GPtrArray *environment; /* of char * */
    FaStepPlan *plan;
} Planning;

void
fa_step_plan_clear(FaStepPlan *plan)
{
    g_free(plan->script);
    g_strfreev(plan->environment);
    g_free(plan->input);
    *plan = (FaStepPlan){0};
}

static void
add_variable(Planning *planning, const char *name, const char *value)
{
    g_ptr_array_add(planning->environment, g_strconcat(name, "=", value, NULL));
}

/* (transfer full) (nullable) */
static char *
expand(const char *text, const FaPlace *place, const FaScope *scope, GError **error)
{
    g_autoptr(FaDiags) diags = fa_diags_new();
    g_autofree char *result = fa_template_expand(text, place, scope, diags);

    if (!fa_diags_check(diags, error))
        return NULL;
    return g_steal_pointer(&result);
}

/* The first part of a path that names one of the three trees, and what is left of it. */
static const char *
skip_root(const char *path, const char *const names[2])
{
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(names[i]);
        if (g_str_has_prefix(path, names[i]) && (path[length] == '/' || path[length] == '\0'))
            return path + length;
    }
    return NULL;
}

/* (transfer full) (nullable) @text as an absolute path of the sandbox; @root is the tree of a path that names none. */
static char *
resolve(const Planning *planning, const FaText *text, const char *root, GError **error)
{
    const FaSandbox *sandbox = planning->run->sandbox;
    const struct {
        const char *names[2];
        const char *path;
    } roots[] = {
        {{"$out", "${out}"}, sandbox->out_final},
        {{"$build", "${build}"}, fa_sandbox_get_build(sandbox)},
        {{"$files", "${files}"}, fa_sandbox_get_files(sandbox)},
    };
    const char *rest = text->text;

    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        const char *after = skip_root(text->text, roots[i].names);
        if (after == NULL)
            continue;
        rest = after[0] == '/' ? after + 1 : after;
        root = roots[i].path;
    }
    g_autofree char *path = expand(rest, &text->place, planning->run->scope, error);
    if (path == NULL)
        return NULL;
    if (path[0] == '\0' || g_str_equal(path, "."))
        return g_strdup(root);
    if (!fa_text_is_relative_path(path)) {
        fa_fail(error, FA_ERROR_CONFIG,
                "'%s' is not a path below $out, $build or $files\n"
                "help: write it without a '/' at the start and without '..'",
                text->text);
        return NULL;
    }
    return g_build_filename(root, path, NULL);
}

static bool
add_path(Planning *planning, const char *name, const FaText *text, const char *root, GError **error)
{
    const FaText here = {.text = (char *)"."};
    g_autofree char *path = resolve(planning, text->text != NULL ? text : &here, root, error);

    if (path == NULL)
        return false;
    add_variable(planning, name, path);
    return true;
}

/* The same, and nothing where nothing is said. */
static bool
add_optional_path(Planning *planning, const char *name, const FaText *text, const char *root,
                  GError **error)
{
    if (text->text != NULL)
        return add_path(planning, name, text, root, error);
    add_variable(planning, name, "");
    return true;
}

static bool
plan_run(Planning *planning, GError **error)
{
    planning->plan->script = fa_step_translate(planning->step->run.text, planning->run->scope,
                                               planning->environment, error);
    return planning->plan->script != NULL;
}

static bool
plan_copy(Planning *planning, GError **error)
{
    const FaSandbox *sandbox = planning->run->sandbox;

    planning->plan->script = g_strdup(script_copy);
    return add_path(planning, "step_from", &planning->step->from, fa_sandbox_get_build(sandbox),
                    error) &&
           add_path(planning, "step_to", &planning->step->to, sandbox->out_final, error);
}

/* (transfer full) (nullable) Where the template is, outside of the sandbox. Only one of the team's own folder: its names
 * are part of the key, and no source is read outside the sandbox. */
static char *
find_template(const Planning *planning, GError **error)
{
    const FaSandbox *sandbox = planning->run->sandbox;
    const char *from = planning->step->from.text;
    const char *files = fa_sandbox_get_files(sandbox);
    g_autofree char *inside = resolve(planning, &planning->step->from, files, error);
    if (inside == NULL)
        return NULL;
    if (sandbox->files != NULL && g_str_has_prefix(inside, files) && inside[strlen(files)] == '/')
        return g_build_filename(sandbox->files, inside + strlen(files), NULL);
    fa_fail(error, FA_ERROR_CONFIG,
            "'%s' is not a file below components/NAME/\n"
            "help: put it there, NAME being the component's; 'copy' takes files of the source",
            from);
    return NULL;
}

static bool
plan_template(Planning *planning, GError **error)
{
    const FaStep *step = planning->step;
    g_autofree char *path = find_template(planning, error);
    if (path == NULL)
        return false;

    g_autofree char *text = NULL;
    struct stat status = {0};
    if (!fa_fs_read(path, TEMPLATE_LIMIT, &text, NULL, error))
        return false;
    /* Copied beside what the messages of mistakes point at: the template, not the recipe. */
    const FaPlace place = {.file = path, .line = 1, .column = 1};
    planning->plan->input = expand(text, &place, planning->run->scope, error);
    if (planning->plan->input == NULL)
        return false;

    bool is_program = stat(path, &status) == 0 && (status.st_mode & S_IXUSR) != 0;
    add_variable(planning, "step_mode", is_program ? "755" : "644");
    planning->plan->script = g_strdup(script_template);
    return add_path(planning, "step_to", &step->to, planning->run->sandbox->out_final, error);
}

static bool
plan_symlink(Planning *planning, GError **error)
{
    const FaStep *step = planning->step;
    g_autofree char *target =
        expand(step->from.text, &step->from.place, planning->run->scope, error);

    if (target == NULL)
        return false;
    add_variable(planning, "step_target", target);
    planning->plan->script = g_strdup(script_symlink);
    return add_path(planning, "step_to", &step->to, planning->run->sandbox->out_final, error);
}

static bool
plan_patch(Planning *planning, GError **error)
{
    g_autofree char *strip = g_strdup_printf("%u", planning->step->strip);

    add_variable(planning, "step_strip", strip);
    planning->plan->script = g_strdup(script_patch);
    return add_path(planning, "step_patches", &planning->step->from,
                    fa_sandbox_get_files(planning->run->sandbox), error);
}

static bool
plan_venv(Planning *planning, GError **error)
{
    const FaStep *step = planning->step;
    const FaSandbox *sandbox = planning->run->sandbox;
    const char *build = fa_sandbox_get_build(sandbox);
    g_autofree char *python = expand(step->program.text != NULL ? step->program.text : "python3",
                                     &step->program.place, planning->run->scope, error);

    if (python == NULL)
        return false;
    add_variable(planning, "step_python", python);
    add_variable(planning, "step_network", step->network ? "yes" : "");
    planning->plan->script = g_strdup(script_venv);
    return add_optional_path(planning, "step_from", &step->from, build, error) &&
           add_optional_path(planning, "step_wheels", &step->wheels, build, error) &&
           add_path(planning, "step_to", &step->to, sandbox->out_final, error);
}

static bool
plan_npm(Planning *planning, GError **error)
{
    const FaStep *step = planning->step;
    const FaText here = {.text = (char *)"."};
    const FaText lock = {.text = step->lock != NULL ? step->lock : (char *)"package-lock.json"};
    g_autofree char *directory = resolve(planning, step->from.text != NULL ? &step->from : &here,
                                         fa_sandbox_get_build(planning->run->sandbox), error);

    if (directory == NULL)
        return false;
    add_variable(planning, "step_from", directory);
    add_variable(planning, "step_network", step->network ? "yes" : "");
    planning->plan->script = g_strdup(script_npm);
    return add_path(planning, "step_lock", &lock, directory, error);
}

static bool
plan_kind(Planning *planning, GError **error)
{
    switch (planning->step->kind) {
    case FA_STEP_RUN:
        return plan_run(planning, error);
    case FA_STEP_COPY:
        return plan_copy(planning, error);
    case FA_STEP_TEMPLATE:
        return plan_template(planning, error);
    case FA_STEP_SYMLINK:
        return plan_symlink(planning, error);
    case FA_STEP_PATCH:
        return plan_patch(planning, error);
    case FA_STEP_VENV:
        return plan_venv(planning, error);
    case FA_STEP_NPM:
        return plan_npm(planning, error);
    }
    return fa_fail(error, FA_ERROR_FAILED, "no such kind of step");
}

/* The network gives only what a file of the source pins. Where npm's lock is npm's own script looks. */
static bool
check_network(const FaStep *step, const FaSandbox *sandbox, GError **error)
{
    if (!step->network)
        return true;
    if (step->lock == NULL)
        return fa_fail(error, FA_ERROR_CONFIG,
                       "it asks for the network without a lock\n"
                       "help: name the file that pins what comes from there: lock: FILE");
    if (!fa_text_is_relative_path(step->lock))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is not a path below the source", step->lock);

    if (step->kind == FA_STEP_NPM)
        return true;
    g_autofree char *in_build = g_build_filename(sandbox->build, step->lock, NULL);
    g_autofree char *in_files =
        sandbox->files != NULL ? g_build_filename(sandbox->files, step->lock, NULL) : NULL;
    if (fa_fs_exists(in_build) || (in_files != NULL && fa_fs_exists(in_files)))
        return true;
    return fa_fail(error, FA_ERROR_CONFIG, "its lock '%s' is not there", step->lock);
}

bool
fa_step_make_plan(const FaStep *step, const FaStepRun *run, FaStepPlan *ret_plan, GError **error)
{
    g_auto(FaStepPlan) plan = {.network = step->network};
    g_autoptr(GPtrArray) environment = g_ptr_array_new_with_free_func(g_free);
    Planning planning = {step, run, environment, &plan};

    if (!check_network(step, run->sandbox, error) || !plan_kind(&planning, error)) {
        g_prefix_error(error, "cannot do step '%s': ", step->name);
        return false;
    }
    g_ptr_array_add(environment, NULL);
    plan.environment = g_strdupv((char **)environment->pdata);
    *ret_plan = plan;
    plan = (FaStepPlan){0};
    return true;
}

/* The end of what a step said, and whoever else listens. */
typedef struct Tail {
    GString *text;
    const FaStepRun *run;
} Tail;

static void
keep_tail(const char *bytes, size_t length, void *data)
{
    Tail *tail = data;

    if (tail->run->on_output != NULL)
        tail->run->on_output(bytes, length, tail->run->on_output_data);
    g_string_append_len(tail->text, bytes, (gssize)length);
    if (tail->text->len > TAIL_LIMIT)
        g_string_erase(tail->text, 0, (gssize)(tail->text->len - TAIL_LIMIT));
}

static bool
fail_step(const FaStep *step, const FaSpawnResult *result, const GString *tail, GError **error)
{
    g_autofree char *text = fa_text_sanitize(tail->str, tail->len);
    const char *last = strrchr(g_strchomp(text), '\n');
    const char *line = last != NULL ? last + 1 : text;
    /* Told apart by the kernel's words: what went wrong was in a program that we did not write. */
    bool is_outside = strstr(text, "Read-only file system") != NULL;

    return fa_fail(error, FA_ERROR_FAILED, "step '%s' failed with status %d%s%s%s", step->name,
                   result->status, line[0] != '\0' ? ": " : "", line,
                   is_outside ? "\nhelp: a step may write below $out, $build and /tmp only" : "");
}

static bool
run_one(const FaStep *step, const FaStepRun *run, GError **error)
{
    g_auto(FaStepPlan) plan = {0};
    if (!fa_step_make_plan(step, run, &plan, error))
        return false;

    g_autoptr(GString) text = g_string_new(NULL);
    Tail tail = {text, run};
    FaSandbox sandbox = *run->sandbox;
    sandbox.environment = (const char *const *)plan.environment;
    sandbox.network = plan.network;
    const FaSpawn options = {
        .input = plan.input,
        .input_length = plan.input != NULL ? strlen(plan.input) : 0,
        .output_limit = 1,
        .merge_stderr = true,
        .log_fd = run->log_fd,
        .timeout = step->timeout > 0 ? step->timeout : run->timeout,
        .cancel = run->cancel,
        .on_output = keep_tail,
        .on_output_data = &tail,
    };
    g_auto(FaSpawnResult) result = {0};
    if (run->log_fd > 0)
        dprintf(run->log_fd, "== %s ==\n", step->name);
    g_autoptr(GError) problem = NULL;
    if (!fa_sandbox_run(&sandbox, plan.script, &options, &result, &problem)) {
        if (result.timed_out)
            return fa_fail(error, FA_ERROR_FAILED,
                           "step '%s' did not end within %" G_GINT64_FORMAT " s\n"
                           "help: 'timeout' in the recipe gives it longer",
                           step->name, options.timeout);
        g_propagate_error(error, g_steal_pointer(&problem));
        g_prefix_error(error, "step '%s': ", step->name);
        return false;
    }
    return result.status == 0 || fail_step(step, &result, text, error);
}

/* The name of a file is a template too, but not where it is read. */
static bool
run_template(const FaStep *step, const char *inside, const FaStepRun *run, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(inside, "${", -1);
    g_autofree char *literal = g_strjoinv("$${", parts);
    g_autofree char *from = g_build_filename(step->from.text, literal, NULL);
    g_autofree char *to = g_build_filename(step->to.text, inside, NULL);
    FaStep one = *step;
    one.from.text = from;
    one.to.text = to;
    return run_one(&one, run, error);
}

static bool
run_templates(const FaStep *step, const FaStepRun *run, GError **error)
{
    const Planning planning = {.step = step, .run = run};
    g_autofree char *path = find_template(&planning, error);
    g_autoptr(GPtrArray) files = path != NULL ? fa_templates_list(path, error) : NULL;
    if (files == NULL) {
        g_prefix_error(error, "cannot do step '%s': ", step->name);
        return false;
    }
    for (guint i = 0; i < files->len; i++) {
        const char *inside = g_ptr_array_index(files, i);
        if (*inside == '\0' ? !run_one(step, run, error) : !run_template(step, inside, run, error))
            return false;
    }
    return true;
}

bool
fa_step_run(const FaStep *step, const FaStepRun *run, GError **error)
{
    return step->kind == FA_STEP_TEMPLATE ? run_templates(step, run, error)
                                          : run_one(step, run, error);
}

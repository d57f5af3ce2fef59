#pragma once
/*
 * One step of a recipe, of any kind, done in the sandbox.
 *
 * Every kind becomes a text for the shell that never changes and values in its environment, so that no value is ever
 * read by a shell as text: `${greeting}` of a `run` step becomes a variable, and `${mariadb.out}` becomes
 * `${mariadb_out}`. Files are copied, written and linked inside the sandbox too: there a link that leads out of the
 * output leads nowhere.
 *
 * Paths are relative and cannot climb. They begin with $out, $build (the source) or $files (components/NAME/), and
 * without one of these mean: `to` $out, templates and patches $files, all else $build; npm's lock lies beside its
 * package.json.
 */
#include <glib.h>
#include <stdbool.h>
#include "build/sandbox.h"
#include "domain/recipe.h"
#include "domain/template.h"

/* What is run for a step: the shell's text, what it finds in its environment, what it reads. */
typedef struct FaStepPlan {
    char *script;
    char **environment; /* "NAME=value" */
    char *input;        /* (nullable) */
    bool network;
} FaStepPlan;

void fa_step_plan_clear(FaStepPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaStepPlan, fa_step_plan_clear)

typedef struct FaStepRun {
    const FaSandbox *sandbox; /* its environment and network are the step's to give */
    const FaScope *scope;
    int64_t timeout;  /* seconds, for a step that has none of its own; 0: none */
    int log_fd;       /* > 0: gets a header and all output */
    FaCancel *cancel; /* (nullable) */
    FaSpawnOutputFunc on_output;
    void *on_output_data;
} FaStepRun;

/* Reads a template and looks for a lock; starts nothing. CONFIG when the step cannot be done as it is written. */
bool fa_step_make_plan(const FaStep *step, const FaStepRun *run, FaStepPlan *ret_plan,
                       GError **error);
/* FAILED with the last line that the step said. */
bool fa_step_run(const FaStep *step, const FaStepRun *run, GError **error);

/*
 * (transfer full) (nullable) @text with the names that @scope knows made into names of the shell, and in @environment
 * (of char *) their values. `$${` is the shell's own "${". CONFIG for a dotted name that is not known, and for two names
 * that become the same.
 */
char *fa_step_translate(const char *text, const FaScope *scope, GPtrArray *environment,
                        GError **error);

#pragma once
/*
 * Builds one component into the store: its source into a directory of its own, its steps in the sandbox, what they
 * made into the store under its key.
 *
 * What has been built is taken as it is. Two that build the same key share the work: the second waits, told who is at
 * it. Until all is done nothing of it can be found in the store but an empty directory; whatever is killed is begun anew.
 * What a failed build left stays until the next try, for fa_component_shell().
 */
#include <glib.h>
#include <stdbool.h>
#include "build/sandbox.h"
#include "build/turns.h"
#include "domain/recipe.h"
#include "domain/template.h"
#include "store/store.h"

typedef struct FaBuildRequest {
    FaStore *store;
    const char *home; /* absolute */
    const FaRecipe *recipe;
    const char *version;    /* (nullable) part of the name in the store */
    const FaDigest *key;    /* by fa_key_make() */
    const FaDigest *source; /* (nullable) a tree of the store, or what @directory has to hold */
    const char *directory;  /* (nullable) where the source is read from */
    const char *const *leave_out; /* (nullable) names in it that are no source */
    const char *files;            /* (nullable) components/NAME/, absolute */
    const FaScope *scope;         /* with COMPONENT.out of all that it needs */
    FaSandboxMode sandbox;
    FaServant *servant; /* (nullable) of fa_sandbox_start(), for NAMESPACES */
    unsigned jobs;      /* that a step may use itself */
    bool
        commits_later; /* the caller waits for the disk, with fa_store_commit(), for many at once */
    FaTurns *turns;    /* (nullable) for its steps, all of them */
    int64_t source_date_epoch; /* 0: the oldest there is */
    const char *log;           /* written anew; its directory is made */
    FaCancel *cancel;          /* (nullable) */
    FaLockWaitFunc on_wait;    /* (nullable) somebody else builds it */
    void (*on_step)(const FaStep *step, unsigned number, unsigned total,
                    void *data); /* (nullable) */
    void *data;
} FaBuildRequest;

typedef struct FaBuildResult {
    char *name; /* in the store */
    char *path;
    FaDigest tree;
    bool was_there;   /* nothing had to be done */
    int64_t elapsed;  /* microseconds */
    FaTreeStats kept; /* zero when it was there */
} FaBuildResult;

void fa_build_result_clear(FaBuildResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaBuildResult, fa_build_result_clear)

/* (transfer full) NAME-VERSION-ID: what the component is called in the store; `out` is there, built or not. */
char *fa_component_name(const char *component, const char *version, const FaDigest *key);

/* From any thread, several at once. A step's failure is told with where its log is. */
bool fa_component_build(const FaBuildRequest *request, FaBuildResult *ret_result, GError **error);

/* A shell on the terminal in the sandbox of a build that failed, as it was left. NOT_FOUND when nothing was left. */
bool fa_component_shell(const FaBuildRequest *request, GError **error);

#pragma once
/*
 * Where a component comes from: finds out which exact revision is meant, and puts the tree of that revision somewhere.
 *
 * Four kinds behind one opaque type: git and svn (through their programs, so that ssh, proxies and credential helpers
 * work), archives (checked against their digest, unpacked by `fassembler-unpack`) and directories for work in place.
 * A target appears whole or not at all. Nothing asks a question on the terminal, and no error or log shows
 * credentials that stand in a URL. What was fetched is kept below HOME/src/.mirrors and HOME/src/.archives; two
 * processes may use them at once. Submodules of git are refused, externals of svn are left out.
 *
 * `fassembler-unpack` and `fassembler-pack` are looked for beside the running program, in ../libexec/fassembler and, for tests, in
 * $FASSEMBLER_LIBEXEC. All functions may block; a set cancel ends them with CANCELLED. A source does not change once open: threads may
 * share it.
 */
#include <glib.h>
#include <stdbool.h>
#include "domain/recipe.h"
#include "sys/cancel.h"
#include "sys/clock.h"

typedef struct FaSource FaSource;

/*
 * (transfer full) (nullable) Checks what can be checked without touching network or disk: CONFIG when the location or
 * revision cannot be right. @spec is copied.
 */
FaSource *fa_source_open(const FaSourceSpec *spec, const char *product_directory, const char *home,
                         GError **error);
void fa_source_free(FaSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSource, fa_source_free)

/* (transfer none) The location without credentials, for people. */
const char *fa_source_get_location(const FaSource *source);

/*
 * The exact revision that @wanted (nullable: the spec's, else the tip of trunk) names now: a commit in hex for git,
 * PATH@REV for svn, the sha256 of an archive, "directory". What is exact already and known here needs no network;
 * @offline forbids it for the rest.
 */
bool fa_source_resolve(FaSource *source, const char *wanted, bool offline, FaCancel *cancel,
                       char **ret_revision, GError **error);

/* Puts the tree of @revision, as resolve gave it, at @target, which must not exist. @log_fd > 0 gets what programs say. */
bool fa_source_fetch(FaSource *source, const char *revision, const char *target, FaCancel *cancel,
                     int log_fd, GError **error);

/* (transfer none) (nullable) For directories: where to read in place. */
const char *fa_source_local_directory(const FaSource *source);

/* An editable checkout of @branch (nullable: trunk), joined to the real repository, at @target, which must not exist.
 * REFUSED for archives and directories. */
bool fa_source_clone_for_work(FaSource *source, const char *branch, const char *target,
                              FaCancel *cancel, GError **error);

/*
 * Packs the tree at @directory, below the one name @name, into the new file @file, a tar.zst, by `fassembler-pack`: the
 * same tree gives the same bytes. After a failure a part of the file may be left.
 */
bool fa_source_pack(const char *directory, const char *name, const char *file, FaCancel *cancel,
                    GError **error);

/* What people call @revision (its highest tag, else a short form), and when it was made; 0 where nothing tells. */
bool fa_source_describe(FaSource *source, const char *revision, char **ret_version,
                        FaTime *ret_committed, GError **error);

/*
 * History: what releases are cut from. Only git and svn have one; the others answer REFUSED to all that follows but
 * fa_source_tip(), which is what they are now, and fa_source_is_ancestor(), where a revision has only itself.
 * A revision is exact, as resolve gives it. Where it is known here already, nothing needs the network, but marks that
 * are pushed and what is said to look at the repository.
 */
bool fa_source_has_history(const FaSource *source);

/* (transfer full) (nullable) The release branch for @label by the pattern of the recipe, "release/0.6"; NULL for what has none. */
char *fa_source_branch_name(const FaSource *source, const char *label);

typedef enum FaSourceMade {
    FA_MADE_NEW,      /* it is there now */
    FA_MADE_BEFORE,   /* it was there, and is what was wanted */
    FA_MADE_RECORDED, /* it cannot be made here alone (svn without push): nothing was done */
} FaSourceMade;

/*
 * Makes branch (in svn: a path below the location, "branches/0.6") or tag @name at @revision, in the real repository, or
 * without @push in our mirror only, where later reads find it as well. May be repeated. CONFLICT, naming both revisions,
 * when the name is elsewhere already; USAGE for what cannot be a name; REFUSED for the trunk.
 */
bool fa_source_branch(FaSource *source, const char *name, const char *revision, bool push,
                      FaCancel *cancel, FaSourceMade *ret_made, GError **error);
bool fa_source_tag(FaSource *source, const char *name, const char *revision, bool push,
                   FaCancel *cancel, FaSourceMade *ret_made, GError **error);

/* The newest revision of @branch (nullable: trunk, whatever the recipe pins). Asks the repository unless @offline. */
bool fa_source_tip(FaSource *source, const char *branch, bool offline, FaCancel *cancel,
                   char **ret_revision, GError **error);

typedef struct FaSourceRef {
    char *name; /* as fa_source_branch() and fa_source_tag() take it */
    char *revision;
    bool is_tag;   /* else a release branch */
    bool is_local; /* made without push */
} FaSourceRef;

/* (transfer full) (nullable) Release branches and tags (of FaSourceRef), by name. Asks the repository unless @offline. */
GPtrArray *fa_source_list(FaSource *source, bool offline, FaCancel *cancel, GError **error);

typedef enum FaTrailerKind {
    FA_TRAILER_NOTE,     /* Deployment-Note: TEXT */
    FA_TRAILER_FIXES,    /* Fixes: #N, one value for each number, without the '#' */
    FA_TRAILER_REFERS,   /* Refs: #N */
    FA_TRAILER_PICKED,   /* (cherry picked from commit X), Cherry-picked-from: X */
    FA_TRAILER_BACKPORT, /* Backport-of: X */
    FA_TRAILER_PAID,     /* Paid-by: X */
    FA_TRAILER_REVERTS,  /* This reverts commit X, Reverts: X */
} FaTrailerKind;

const char *fa_trailer_kind_to_string(FaTrailerKind kind);

typedef struct FaTrailer {
    FaTrailerKind kind;
    char *value;
} FaTrailer;

/* Texts are valid UTF-8 in one line without control characters, however hostile the commit. */
typedef struct FaSourceCommit {
    char *id;       /* an exact revision */
    char *short_id; /* what people call it */
    char *author;   /* the name alone */
    FaTime time;
    char *subject;       /* the first line */
    GPtrArray *trailers; /* of FaTrailer, in their order */
    GPtrArray *files;    /* of char *: changed files below the path that was asked for */
} FaSourceCommit;

typedef struct FaSourceLog {
    GPtrArray *commits; /* of FaSourceCommit, the newest last */
    bool is_cut;        /* there are older ones */
} FaSourceLog;

typedef struct FaSourceRange {
    const char *from; /* (nullable) from the beginning */
    const char *to;
    const char *path; /* (nullable) whose files to list, relative to the top of the tree */
    size_t limit;     /* of commits; 0: FA_SOURCE_LOG_MAX, and never more than that */
} FaSourceRange;

#define FA_SOURCE_LOG_MAX 100000

/* (transfer full) (nullable) What is in `to` and not in `from`, by ancestry. */
FaSourceLog *fa_source_log(FaSource *source, const FaSourceRange *range, FaCancel *cancel,
                           GError **error);
void fa_source_log_free(FaSourceLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSourceLog, fa_source_log_free)

typedef enum FaContainedBy {
    FA_CONTAINED_NOT,
    FA_CONTAINED_ANCESTRY, /* it is in its history */
    FA_CONTAINED_PATCH, /* a commit there makes exactly the same change (git patch-id; svn:mergeinfo) */
    FA_CONTAINED_DECLARED, /* a trailer there, or of the change itself, says so */
} FaContainedBy;

const char *fa_contained_by_to_string(FaContainedBy by);

typedef struct FaContained {
    FaContainedBy by;
    char *carrier;  /* (nullable) the commit that brought it last */
    char *reverted; /* (nullable) with NOT: the commit that took it out again */
} FaContained;

void fa_contained_clear(FaContained *contained);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaContained, fa_contained_clear)

/*
 * Whether @where, a revision or a branch, has @change, one commit. What was reverted there is not in it, until the revert
 * is reverted. An error, never NOT, when it could not be found out.
 */
bool fa_source_contains(FaSource *source, const char *where, const char *change, FaCancel *cancel,
                        FaContained *ret_contained, GError **error);

/* A revision is its own ancestor. */
bool fa_source_is_ancestor(FaSource *source, const char *ancestor, const char *revision,
                           FaCancel *cancel, bool *ret_is_ancestor, GError **error);

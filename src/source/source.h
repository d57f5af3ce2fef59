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
 * `fassembler-unpack` is looked for beside the running program, in ../libexec/fassembler and, for tests, in
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

/* What people call @revision (its highest tag, else a short form), and when it was made; 0 where nothing tells. */
bool fa_source_describe(FaSource *source, const char *revision, char **ret_version,
                        FaTime *ret_committed, GError **error);

#pragma once
/*
 * The bare mirror of one git repository, HOME/src/.mirrors/DIGEST, without contents of files until they are wanted,
 * where the server can.
 *
 * It only grows: what a branch that was rewritten had before is kept. One process at a time updates it, under a lock;
 * reading needs none. The location is given to git by its environment and is not in the mirror.
 */
#include "source/backend.h"

bool fa_git_mirror_exists(const FaSource *source);
/* Makes it if need be and fetches all branches and tags, and @commit (nullable) where the server gives it. */
bool fa_git_mirror_update(FaSource *source, const char *commit, FaCancel *cancel, int log_fd,
                          GError **error);
/* Runs `git ARGUMENTS` in it; @offline cuts it off from the repository that it mirrors. */
bool fa_git_mirror_run(FaSource *source, const char *const *arguments, bool offline,
                       FaCancel *cancel, int *ret_status, char **ret_output, GError **error);
/* The same with all that a program can have; its limit on output is this folder's own. */
bool fa_git_mirror_program(FaSource *source, const char *const *arguments, bool offline,
                           const FaProgram *program, int *ret_status, char **ret_output,
                           char **ret_message, GError **error);
#define FA_GIT_OUTPUT_MAX (64 * 1024 * 1024)

/*
 * Names that were made without a push, kept apart from what a fetch prunes: with "heads/" or "tags/" behind. Set under
 * the mirror's lock; CONFLICT when it has another value by then.
 */
#define FA_GIT_LOCAL "refs/fassembler/"
bool fa_git_mirror_set_ref(FaSource *source, const char *ref, const char *commit, FaCancel *cancel,
                           GError **error);

/* 40 or 64 digits. */
bool fa_git_is_commit(const char *text);
/* *ret_commit is NULL when there is no @name among @refs ("refs/heads/", or "" for what is named in full). */
bool fa_git_look_up(FaSource *source, const char *refs, const char *name, bool offline,
                    FaCancel *cancel, char **ret_commit, GError **error);
/* A commit that may have to be fetched first. */
bool fa_git_need_commit(FaSource *source, const char *commit, FaCancel *cancel, GError **error);
/* The files of @commit into @target, an empty directory. */
bool fa_git_mirror_check_out(FaSource *source, const char *commit, const char *target,
                             FaCancel *cancel, int log_fd, GError **error);
/* Runs git outside of any mirror. */
bool fa_git_run(FaSource *source, const char *const *argv, FaCancel *cancel, int *ret_status,
                char **ret_message, GError **error);

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
/* The files of @commit into @target, an empty directory. */
bool fa_git_mirror_check_out(FaSource *source, const char *commit, const char *target,
                             FaCancel *cancel, int log_fd, GError **error);
/* Runs git outside of any mirror. */
bool fa_git_run(FaSource *source, const char *const *argv, FaCancel *cancel, int *ret_status,
                char **ret_message, GError **error);

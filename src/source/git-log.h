#pragma once
/*
 * What git knows of the past: logs, ancestry, and whether a change is somewhere, by whatever way it came.
 */
#include "source/backend.h"

bool fa_git_log(FaSource *source, const FaSourceRange *range, FaCancel *cancel, FaSourceLog *log,
                GError **error);
bool fa_git_is_ancestor(FaSource *source, const char *ancestor, const char *revision,
                        FaCancel *cancel, bool *ret_is_ancestor, GError **error);
bool fa_git_contains(FaSource *source, const char *revision, const char *change, FaCancel *cancel,
                     FaContained *contained, GError **error);

/*
 * Runs git in the mirror for what it prints: all of it, or an error. *ret_output ends with a NUL that is not in
 * *ret_length. What is missing in the mirror may be fetched.
 */
bool fa_git_read(FaSource *source, const char *const *arguments, const char *input,
                 size_t input_length, FaCancel *cancel, char **ret_output, size_t *ret_length,
                 GError **error);

#pragma once
/*
 * Arguments that may be mixed: one word of the command's own, and `component.setting=value`.
 */
#include "cli/command.h"

/* What --sandbox may be, NULL-ended. */
extern const char *const fa_words_sandboxes[];

/*
 * Of all words that are no assignment, the one with a dot is an environment and the others are components: *ret_components
 * (transfer container) is NULL-ended. Otherwise as below.
 */
bool fa_words_sort(const FaInvocation *invocation, const char **ret_environment,
                   const char ***ret_components, const char ***ret_assignments, GError **error);

/*
 * *ret_word is the argument that is no assignment, or NULL; *ret_assignments (transfer container) are all others,
 * NULL-ended. Both point into @invocation. USAGE when there are two words; @what names them: "environment".
 */
bool fa_words_divide(const FaInvocation *invocation, const char *what, const char **ret_word,
                     const char ***ret_assignments, GError **error);

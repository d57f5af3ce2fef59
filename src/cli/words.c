#include "cli/words.h"

#include <string.h>

#include "base/error.h"

const char *const fa_words_sandboxes[] = {"namespaces", "bwrap", "none", NULL};

bool
fa_words_divide(const FaInvocation *invocation, const char *what, const char **ret_word,
                const char ***ret_assignments, GError **error)
{
    g_autofree const char **assignments = g_new0(const char *, invocation->argument_count + 1);
    const char *only = NULL;
    size_t count = 0;

    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *word = invocation->arguments[i];
        if (strchr(word, '=') != NULL)
            assignments[count++] = word;
        else if (only == NULL)
            only = word;
        else
            return fa_fail(error, FA_ERROR_USAGE, "two %ss given: '%s' and '%s'", what, only, word);
    }
    *ret_word = only;
    *ret_assignments = g_steal_pointer(&assignments);
    return true;
}

bool
fa_words_sort(const FaInvocation *invocation, const char **ret_environment,
              const char ***ret_components, const char ***ret_assignments, GError **error)
{
    g_autofree const char **assignments = g_new0(const char *, invocation->argument_count + 1);
    g_autofree const char **components = g_new0(const char *, invocation->argument_count + 1);
    const char *environment = NULL;
    size_t assigned = 0, named = 0;

    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *word = invocation->arguments[i];
        if (strchr(word, '=') != NULL)
            assignments[assigned++] = word;
        else if (strchr(word, '.') == NULL)
            components[named++] = word;
        else if (environment == NULL)
            environment = word;
        else
            return fa_fail(error, FA_ERROR_USAGE, "two environments given: '%s' and '%s'",
                           environment, word);
    }
    *ret_environment = environment;
    *ret_components = g_steal_pointer(&components);
    *ret_assignments = g_steal_pointer(&assignments);
    return true;
}

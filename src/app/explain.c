#include "app/explain.h"

#include <string.h>

#include "app/names.h"
#include "base/error.h"
#include "base/text.h"

/* Without a component, a value is for all that have a setting of that name. */
#define EVERY_COMPONENT "*"

static bool
parse_assignment(const char *word, FaGiven **ret_given, GError **error)
{
    const char *equals = strchr(word, '=');
    g_autofree char *left = g_strndup(word, (gsize)(equals - word));
    char *dot = strchr(left, '.');
    const char *component = EVERY_COMPONENT;
    const char *setting = left;

    if (dot != NULL) {
        *dot = '\0';
        component = left;
        setting = dot + 1;
    }
    if ((dot != NULL && !fa_text_is_name(component)) || !fa_text_is_name(setting))
        return fa_fail(error, FA_ERROR_USAGE,
                       "'%s' is not a value for a setting\nhelp: write component.setting=value",
                       word);

    FaGiven *given = g_new0(FaGiven, 1);
    given->component = g_strdup(component);
    given->setting = g_strdup(setting);
    given->value.text = g_strdup(equals + 1);
    *ret_given = given;
    return true;
}

FaValues *
fa_explain_values(FaContext *context, const FaChoice *choice, const char *const *assignments,
                  const FaInstance *instance, GError **error)
{
    g_autoptr(GPtrArray) given = g_ptr_array_new_with_free_func((GDestroyNotify)fa_given_free);
    for (; assignments != NULL && *assignments != NULL; assignments++) {
        FaGiven *one = NULL;
        if (!parse_assignment(*assignments, &one, error))
            return NULL;
        g_ptr_array_add(given, one);
    }

    g_autoptr(FaScope) names = fa_names_of_environment(context, choice, instance, error);
    if (names == NULL)
        return NULL;
    g_autoptr(FaValues) values =
        fa_values_resolve(fa_context_get_product(context), choice->site, choice->environment, given,
                          names, fa_context_get_diags(context));
    return fa_context_check(context, error) ? g_steal_pointer(&values) : NULL;
}

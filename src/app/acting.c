#include "app/acting.h"

#include <string.h>

#include "base/error.h"
#include "sys/user.h"

/* Written before the first command runs, by the one thread there is then. */
static struct {
    char *name;
    char *recorded;
    bool is_admin;
    FaContext *context; /* (nullable) none yet: nothing is allowed */
    FaAction action;
    bool is_on_site;
} acting;

void
fa_acting_begin(const char *name, const char *by, bool is_admin)
{
    g_free(acting.name);
    g_free(acting.recorded);
    acting.name = g_strdup(name);
    acting.recorded = by != NULL ? g_strdup_printf("%s as %s", by, name) : g_strdup(name);
    acting.is_admin = is_admin;
    g_clear_pointer(&acting.context, fa_context_free);
}

bool
fa_acting_is_begun(void)
{
    return acting.name != NULL;
}

const char *
fa_acting_get_recorded(void)
{
    return acting.recorded;
}

/* (transfer full) "ana, ben or fassembler" */
static char *
name_holders(const FaProduct *product, FaAction action, const char *site)
{
    g_autoptr(GPtrArray) names = fa_access_holders(
        (const FaGrant *)(const void *)product->people->data, product->people->len, action, site);
    g_autofree char *owner = fa_user_get_owner_name(fa_context_get_home(acting.context));
    g_ptr_array_add(names, owner);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s%s",
                               i == 0                ? ""
                               : i + 1 == names->len ? " or "
                                                     : ", ",
                               (const char *)g_ptr_array_index(names, i));
    return g_string_free(text, FALSE);
}

static bool
deny(const FaReason *reason, FaAction action, const char *site, GError **error)
{
    const FaProduct *product = fa_context_get_product(acting.context);
    g_autofree char *holders = name_holders(product, action, site);
    bool is_any =
        site != NULL ? strcmp(site, FA_ACCESS_ANY_SITE) == 0 : fa_action_is_for_any_site(action);
    const char *where = is_any ? "a site" : site != NULL ? site : "all sites";
    return fa_fail(error, FA_ERROR_DENIED,
                   "this needs the role '%s' for %s, and that of '%s' is '%s'\nhelp: ask %s",
                   reason->subject, where, acting.name, reason->detail, holders);
}

static bool
check(FaAction action, const char *site, GError **error)
{
    if (acting.name == NULL || acting.is_admin)
        return true;
    if (acting.context == NULL)
        return fa_fail(error, FA_ERROR_DENIED, "what '%s' may is not known", acting.name);
    const GArray *people = fa_context_get_product(acting.context)->people;
    g_autoptr(GPtrArray) reasons = fa_access_check((const FaGrant *)(const void *)people->data,
                                                   people->len, acting.name, action, site);
    return reasons->len == 0 || deny(g_ptr_array_index(reasons, 0), action, site, error);
}

bool
fa_acting_check(FaAction action, GError **error)
{
    return check(action, NULL, error);
}

bool
fa_acting_allow(FaContext *context, FaAction action, bool is_on_site, GError **error)
{
    g_clear_pointer(&acting.context, fa_context_free);
    acting.context = context;
    acting.action = action;
    acting.is_on_site = is_on_site;
    /* Where it is about one environment: whoever may it in the freest one of any site goes on to be asked which. */
    return is_on_site
               ? check(fa_action_on_track(action, FA_TRACK_ANYTHING), FA_ACCESS_ANY_SITE, error)
               : check(action, NULL, error);
}

bool
fa_acting_check_choice(const FaChoice *choice, GError **error)
{
    if (acting.name == NULL || acting.is_admin || (acting.context != NULL && !acting.is_on_site))
        return true;
    return check(fa_action_on_track(acting.action, choice->environment->track), choice->site->name,
                 error);
}

/* Of an environment that is not known any more, the strictest. */
static FaTrack
track_of(const char *environment)
{
    g_autofree char *name = g_strndup(environment, strcspn(environment, "."));
    const FaEnvironmentSpec *found =
        acting.context != NULL
            ? fa_product_find_environment(fa_context_get_product(acting.context), name)
            : NULL;
    return found != NULL ? found->track : FA_TRACK_RELEASE;
}

bool
fa_acting_check_event(const FaEvent *event, GError **error)
{
    if (acting.name == NULL)
        return true;
    if (strcmp(event->actor, acting.recorded) != 0)
        return fa_fail(error, FA_ERROR_DENIED, "'%s' writes nothing in the name of '%s'",
                       acting.recorded, event->actor);
    FaAction action = fa_action_of_event(event);
    if (!fa_action_is_about_environment(action))
        return check(action, NULL, error);
    const char *dot = strchr(event->subject, '.');
    return check(fa_action_on_track(action, track_of(event->subject)),
                 dot != NULL ? dot + 1 : event->subject, error);
}

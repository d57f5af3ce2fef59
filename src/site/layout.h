#pragma once
/*
 * Where the parts of an environment are, below a home, and which builds it has.
 *
 *   sites/SITE/ENVIRONMENT/builds/RELEASE-N   what was composed; N counts over all releases
 *   sites/SITE/ENVIRONMENT/current            the one that is used; switched by one rename
 *   sites/SITE/ENVIRONMENT/bin                current/bin
 *   sites/SITE/ENVIRONMENT/var                data, log, run, secrets: survives every build
 *
 * Sockets go to `run`, which is short enough for their names (107 bytes): where var/run would be too long, it is a link
 * to a directory of our own below another one, /tmp for example.
 */
#include <glib.h>
#include <stdbool.h>

#define FA_LAYOUT_SOCKET_PATH_MAX 107 /* of the kernel */
#define FA_LAYOUT_SOCKET_NAME_MAX 32  /* of a socket's own name, below `run` */

typedef struct FaLayout {
    char *home;
    char *site;
    char *environment;
    char *directory; /* HOME/sites/SITE/ENVIRONMENT */
    char *builds;
    char *current;
    char *bin;
    char *var;
    char *log;
    char *data;
    char *secrets;
    char *admin; /* var/admin.txt */
    char *run;   /* what sockets are named by: var/run, or the short directory */
} FaLayout;

/* (transfer full) (nullable) @home is absolute; @short_parent is where short directories may be made ("/tmp").
 * Touches nothing. CONFIG for names that are none. */
FaLayout *fa_layout_new(const char *home, const char *site, const char *environment,
                        const char *short_parent, GError **error);
void fa_layout_free(FaLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaLayout, fa_layout_free)

/* Makes the directories and `bin`; what is there stays. DENIED when the short directory belongs to somebody else. */
bool fa_layout_make(const FaLayout *layout, GError **error);

typedef struct FaBuildName {
    char *name; /* RELEASE-N */
    char *release;
    unsigned number;
    bool is_current;
} FaBuildName;

void fa_build_name_free(FaBuildName *name);

/* (transfer full) (nullable) of FaBuildName, oldest first; none when nothing was built yet. */
GPtrArray *fa_layout_list_builds(const FaLayout *layout, GError **error);
/* (transfer full) (nullable) The name for the next build of @release. Hold the environment's lock. */
char *fa_layout_next_build(const FaLayout *layout, const char *release, GError **error);
/* The name of the current build; *ret_name NULL when there is none. */
bool fa_layout_get_current(const FaLayout *layout, char **ret_name, GError **error);

/*
 * (transfer container) Names of those of @builds that may go: all but the newest @keep, the current one, and those
 * that @in_use (nullable, NULL-ended) names.
 */
GPtrArray *fa_layout_builds_to_drop(const GPtrArray *builds, unsigned keep,
                                    const char *const *in_use);

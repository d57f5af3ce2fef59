#pragma once
/*
 * One build of an environment, composed from components that were built, and the switch to it.
 *
 *   builds/RELEASE-N/COMPONENT     link to where the component was built
 *   builds/RELEASE-N/bin/          supervisord, supervisorctl and one short name per process
 *   builds/RELEASE-N/etc/          what was rendered, with what persons edited (site/carry.h), and supervisord.conf
 *   builds/RELEASE-N/build.json    what it is made of: enough to make it again, no secret, no time
 *   builds/RELEASE-N/slot-a        which slot it is for, and the slot's processes (site/slot.h)
 *
 * A build is made under a hidden name, written to disk, then renamed: it is there whole or not at all. Another rename
 * switches to it. Rendered files name one another by `slots/SLOT/etc/` or `current/etc/`, never by the build, so that the
 * same facts give the same files. Hold the environment's lock for all of it. Touches neither var/ nor other builds.
 */
#include <glib.h>
#include <stdbool.h>

#include "site/carry.h"
#include "site/conf.h"
#include "site/layout.h"
#include "site/secrets.h"
#include "site/slot.h"

/* A setting as it was used. A secret is shown as `secret:NAME`, never as its value. */
typedef struct FaComposeSetting {
    const char *name;
    const char *value;  /* (nullable) */
    const char *secret; /* (nullable) the name of the secret that it is */
    const char *origin; /* (nullable) where the value came from */
} FaComposeSetting;

/* All texts are borrowed. NULL where it does not apply. */
typedef struct FaComposeComponent {
    const char *name;
    const char *out; /* absolute: in the store, or the checkout that is worked on */
    const char *version;
    const char *key;
    const char *source_kind;
    const char *source_location;
    const char *source_revision;
    const char *source_digest;
    const FaComposeSetting *settings;
    size_t setting_count;
} FaComposeComponent;

typedef struct FaComposition {
    const FaLayout *layout;
    FaSlot slot;
    const char *release;
    const char *tool_version;
    const char *sandbox;     /* "namespaces", "bwrap", "none" */
    const char *supervisord; /* absolute paths of programs */
    const char *supervisorctl;
    const GPtrArray *components; /* of FaComposeComponent */
    const GPtrArray *processes;  /* of FaConfProcess */
    const GPtrArray *files;      /* of FaRendered */
    const char *const
        *packages; /* (nullable) "NAME=VERSION" of what was named as a need, NULL-ended */
    const FaSecrets *secrets;
} FaComposition;

typedef struct FaComposed {
    char *name;         /* of the build */
    bool is_new;        /* false: the current build is the same already */
    GPtrArray *carried; /* (nullable) of FaCarried, when it is new */
} FaComposed;

void fa_composed_clear(FaComposed *composed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaComposed, fa_composed_clear)

/* Makes the next build unless the current one is the same; does not switch. @edits decides about edited files. */
bool fa_compose(const FaComposition *composition, FaEdits *edits, FaComposed *ret_composed,
                GError **error);

/* *ret_needed: whether fa_compose() would make another build. Writes nothing. */
bool fa_compose_is_needed(const FaComposition *composition, const FaEdits *edits, bool *ret_needed,
                          GError **error);

/* Points `current` at build @name, in one rename. NOT_FOUND when there is no such build. */
bool fa_compose_switch(const FaLayout *layout, const char *name, GError **error);

/* No build is current any more; of an environment that nothing runs in. */
bool fa_compose_forget_current(const FaLayout *layout, GError **error);

/* (transfer full) (nullable) of char *: where the components of build @name are, as `out` was given for them. */
GPtrArray *fa_compose_list_outs(const FaLayout *layout, const char *name, GError **error);

/* Removes build @name; REFUSED when it is current. */
bool fa_compose_drop(const FaLayout *layout, const char *name, GError **error);

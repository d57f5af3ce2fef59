#include <string.h>

#include "app/bundle.h"
#include "app/frozen.h"
#include "app/release.h"

/* What comes from packages alone has nothing to be exported. */
static void
add_pin(GArray *pins, const FaPin *pin)
{
    FaBundlePin one = {.component = pin->component, .revision = pin->revision};
    const char *colon = strchr(pin->digest, ':');
    if (fa_digest_from_hex(colon != NULL ? colon + 1 : pin->digest, &one.digest))
        g_array_append_val(pins, one);
}

bool
fa_release_export(FaContext *context, const char *label, const char *file, FaCancel *cancel,
                  uint64_t *ret_bytes, GError **error)
{
    g_autoptr(FaState) state = fa_state_open(context, error);
    const FaRelease *release = state != NULL ? fa_state_find_release(state, label, error) : NULL;
    if (release == NULL)
        return false;
    g_autoptr(FaContext) frozen = fa_frozen_open(context, label, release->settings, error);
    g_autoptr(FaStore) store =
        frozen != NULL ? fa_store_open(fa_context_get_home(context), error) : NULL;
    g_autoptr(GArray) pins = g_array_new(FALSE, TRUE, sizeof(FaBundlePin));
    if (store == NULL)
        return false;
    for (guint i = 0; i < release->pins->len; i++)
        add_pin(pins, g_ptr_array_index(release->pins, i));

    const FaBundleOptions options = {
        .release = release->label,
        .pins = (const FaBundlePin *)(const void *)pins->data,
        .pins_count = pins->len,
        .file = file,
        .cancel = cancel,
    };
    FaBundleStats stats = {0};
    if (!fa_bundle_write(frozen, store, &options, &stats, error))
        return false;
    *ret_bytes = stats.bytes;
    return true;
}

#include "fuzz.h"

#include "domain/release.h"
#include "domain/running.h"

/* Laws: any bytes are a state or none; a state that was read is printed so that it is read as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GBytes) input = g_bytes_new(bytes, length);
    g_autoptr(FaRunning) running = fa_running_from_bytes(input);
    g_autoptr(FaReleases) releases = fa_releases_from_bytes(input);
    if (running != NULL) {
        g_autoptr(GBytes) once = fa_running_to_bytes(running);
        g_autoptr(FaRunning) read = fa_running_from_bytes(once);
        g_assert_nonnull(read);
        g_autoptr(GBytes) again = fa_running_to_bytes(read);
        g_assert_true(g_bytes_equal(once, again));
        g_autoptr(GPtrArray) list = fa_running_list(running);
        for (guint i = 0; i < list->len; i++) {
            const FaStanding *standing = g_ptr_array_index(list, i);
            if (standing->open != NULL)
                fa_deployment_next(standing->open);
        }
    }
    if (releases != NULL) {
        g_autoptr(GBytes) once = fa_releases_to_bytes(releases);
        g_autoptr(FaReleases) read = fa_releases_from_bytes(once);
        g_assert_nonnull(read);
        g_autoptr(GBytes) again = fa_releases_to_bytes(read);
        g_assert_true(g_bytes_equal(once, again));
    }
    return 0;
}

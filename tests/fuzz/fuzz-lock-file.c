/*
 * Any bytes are read without harm; what was understood, printed and read again is the same, without a mistake.
 */
#include "fuzz.h"

#include <string.h>

#include "config/lock.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const names[] = {"a", "opencore", "tasktracker", NULL};
    const char *const *components = length % 2 == 0 ? names : NULL;
    g_autoptr(FaDiags) diags = fa_diags_new(), none = fa_diags_new();
    g_autoptr(FaLockFile) lock =
        fa_lock_file_parse((const char *)bytes, length, "lock", components, diags);
    g_autofree char *shown = fa_diags_format(diags, false);
    g_autofree char *text = fa_lock_file_format(lock);
    g_autoptr(FaLockFile) again = fa_lock_file_parse(text, strlen(text), "lock", components, none);
    g_autofree char *second = fa_lock_file_format(again);

    g_assert_cmpuint(fa_diags_length(none), ==, 0);
    g_assert_cmpstr(second, ==, text);
    return 0;
}

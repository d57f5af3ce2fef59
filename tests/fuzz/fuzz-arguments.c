#include "fuzz.h"

#include <string.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/complete.h"

/* Law: any words, here divided by newlines, are read or refused, and can be completed. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autofree char *text = g_strndup((const char *)bytes, length);
    g_auto(GStrv) words = g_strsplit(text, "\n", 100);
    g_auto(FaInvocation) invocation = {0};
    g_autoptr(GError) error = NULL;

    bool is_read =
        fa_arguments_parse(fa_commands_all(), (const char *const *)words, &invocation, &error);
    g_assert_true(is_read == (error == NULL));
    g_autofree char *proposals = fa_complete(fa_commands_all(), (const char *const *)words);
    g_assert_nonnull(proposals);
    return 0;
}

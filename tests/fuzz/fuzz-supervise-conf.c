#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervise/conf.h"

static void
check_equal(const SvConfig *a, const SvConfig *b)
{
    char why[256];

    g_assert_cmpuint(a->group_count, ==, b->group_count);
    for (size_t i = 0; i < a->group_count; i++)
        g_assert_true(sv_group_conf_equal(&a->groups[i], &b->groups[i], why, sizeof why));
}

/* Laws: any file is a configuration or a message, never both or neither; one that was read twice is the same, and so is
 * one that was read again from what the first keeps of its files. */
static void
check_config(const char *path, const SvConfig *config)
{
    SvConfig *again;
    char *error = NULL;
    g_autofree char *text = NULL;
    size_t size = 0;

    FILE *out = open_memstream(&text, &size);
    sv_config_dump(config, out);
    fclose(out);
    g_assert_true(g_utf8_validate(text, (gssize)size, NULL));
    g_assert_cmpint(sv_config_read(path, NULL, &again, &error), ==, 0);
    check_equal(config, again);
    sv_config_unref(again);
    g_assert_cmpint(sv_config_read_again(&config->source, NULL, &again, &error), ==, 0);
    check_equal(config, again);
    sv_config_unref(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    SvConfig *config = NULL;
    char *error = NULL;
    char path[64];

    /* What it includes is outside of this test. */
    if (memmem(bytes, length, "include", 7))
        return 0;
    int fd = memfd_create("conf", MFD_CLOEXEC);
    g_assert_cmpint(write(fd, bytes, length), ==, length);
    g_snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int r = sv_config_read(path, NULL, &config, &error);
    g_assert_true((r == 0) == (config != NULL));
    g_assert_true((r == 0) == (error == NULL));
    if (config)
        check_config(path, config);
    sv_config_unref(config);
    free(error);
    close(fd);
    return 0;
}

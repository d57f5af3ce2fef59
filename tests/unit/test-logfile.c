#include "supervise/logfile.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAXBYTES ((int64_t)100 << 10)
#define PIECE    ((int64_t)128 << 10) /* what supervisord reads at once, and so exceeds a size by */
#define FLOOD    ((size_t)1 << 20)

static int64_t
size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* However much comes at once: a log is rotated as soon as it has reached its size, and exceeds it by one piece at most. */
static void
test_rotation(void)
{
    g_autofree char *dir = g_dir_make_tmp("logfile-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "log", NULL);
    g_autofree char *flood = g_malloc(FLOOD);
    SvLogFile log = {.fd = -1, .path = path, .maxbytes = MAXBYTES, .backups = 20};
    int64_t total = 0;

    memset(flood, 'x', FLOOD);
    g_assert_cmpint(sv_logfile_open(&log), ==, 0);
    sv_logfile_write(&log, flood, FLOOD);
    g_assert_cmpuint(log.lost, ==, 0);
    for (int i = 0; i <= 20; i++) {
        g_autofree char *name = i == 0 ? g_strdup(path) : g_strdup_printf("%s.%d", path, i);
        int64_t size = size_of(name);
        if (size < 0)
            continue;
        total += size;
        g_assert_cmpint(size, <, MAXBYTES + PIECE);
        if (i > 0)
            g_assert_cmpint(size, >=, MAXBYTES);
        unlink(name);
    }
    g_assert_cmpint(total, ==, FLOOD);
    sv_logfile_close(&log);
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/logfile/a-flood-exceeds-the-size-of-a-log-by-one-piece-at-most",
                    test_rotation);
    return g_test_run();
}

#include <stdio.h>
#include <string.h>

#include "sys/fs.h"
#include "sys/lock.h"

/* One function of sys/ at a time, for test-disk.sh: disk FUNCTION. */
static bool
run(const char *what, GError **error)
{
    static const char text[] = "the new content, long enough to be cut in half";

    if (strcmp(what, "write") == 0)
        return fa_fs_write("file", text, strlen(text), 0644, FA_WRITE_SYNC, error);
    if (strcmp(what, "switch") == 0)
        return fa_fs_switch_symlink("current", "builds/2", error);
    if (strcmp(what, "make") == 0)
        return fa_fs_make_directory("a/b/c", 0755, error);
    if (strcmp(what, "copy") == 0)
        return fa_fs_copy_tree("tree", "copy", error);
    if (strcmp(what, "remove") == 0)
        return fa_fs_remove_tree("tree", error);
    if (strcmp(what, "lock") == 0) {
        g_autoptr(FaLock) lock =
            fa_lock_take("lock", FA_LOCK_EXCLUSIVE, "a test", 0, NULL, NULL, NULL, error);
        return lock != NULL;
    }
    g_assert_not_reached();
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(argc, ==, 2);
    if (run(argv[1], &error))
        return 0;
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

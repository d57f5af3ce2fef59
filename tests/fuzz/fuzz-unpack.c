/*
 * Whatever an archive holds: nothing comes out beside the tree, and in the tree are only directories, regular files and
 * links that stay in it.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/unpack.h"
#include "sys/fd.h"
#include "sys/fs.h"

static int
check_member(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    g_assert_true(S_ISREG(status->st_mode) || S_ISDIR(status->st_mode) || S_ISLNK(status->st_mode));
    g_assert_true(!S_ISREG(status->st_mode) || (status->st_mode & 07022) == 0);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const FaUnpackLimits limits = {
        .bytes = 1 << 20, .entries = 100, .ratio = 200, .ratio_free = 1 << 16};
    if (length == 0)
        return 0;

    setlocale(LC_CTYPE, "C.UTF-8");
    fa_autofd int archive = memfd_create("archive", MFD_CLOEXEC);
    g_assert_cmpint(write(archive, bytes + 1, length - 1), ==, (ssize_t)length - 1);
    g_assert_cmpint(lseek(archive, 0, SEEK_SET), ==, 0);
    g_autofree char *parent = fa_fs_make_temporary(g_get_tmp_dir(), "fa-fuzz-", NULL);
    g_autofree char *tree = g_build_filename(parent, "tree", NULL);
    g_assert_cmpint(mkdir(tree, 0755), ==, 0);
    fa_autofd int directory = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    g_autoptr(GError) error = NULL;
    bool is_done = fa_unpack(archive, directory, bytes[0] % 3, &limits, &error);
    g_assert_true(is_done == (error == NULL));
    if (error != NULL)
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_cmpint(nftw(tree, check_member, 16, FTW_PHYS), ==, 0);
    g_auto(GStrv) beside = fa_fs_list(parent, NULL);
    g_assert_cmpuint(g_strv_length(beside), ==, 1);
    g_assert_true(fa_fs_remove_tree(parent, NULL));
    return 0;
}

/*
 * fassembler-unpack ARCHIVE STRIP: unpacks into the working directory, which must be empty. A program of its own, so that
 * a mistake in a reader of archives is one in a process that has nothing to lose. Exit: 0 done, 1 failed, 2 wrong usage,
 * 3 refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "source/unpack.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define STRIP_MAX 64

static bool
run(int argc, char **argv, GError **error)
{
    unsigned strip = 0;
    if (argc != 3 || !fa_parse_uint(argv[2], 0, STRIP_MAX, &strip))
        return fa_fail(error, FA_ERROR_USAGE, "usage: fassembler-unpack ARCHIVE STRIP");

    fa_autofd int archive = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (archive < 0)
        return fa_fail_errno(error, errno, "cannot open '%s'", argv[1]);
    fa_autofd int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return fa_fail_errno(error, errno, "cannot open the working directory");
    g_auto(GStrv) names = fa_fs_list(".", error);
    if (names == NULL)
        return false;
    if (*names != NULL)
        return fa_fail(error, FA_ERROR_USAGE, "the working directory is not empty");

    return fa_unpack(archive, directory, strip, &fa_unpack_limits, error);
}

int
main(int argc, char **argv)
{
    const struct rlimit none = {0, 0};
    g_autoptr(GError) error = NULL;

    setlocale(LC_CTYPE, "C.UTF-8");
    umask(022);
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return FA_ERROR_FAILED;
    if (run(argc, argv, &error))
        return 0;

    fprintf(stderr, "%s\n", error->message);
    return fa_error_exit_status(error);
}

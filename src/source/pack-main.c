/*
 * fassembler-pack DIRECTORY NAME: writes the tree at DIRECTORY, below NAME, to standard output as tar.zst. A program of
 * its own, so that what other commands start does not load a library of archives. Exit: as fassembler.
 */
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "source/pack.h"

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    setlocale(LC_CTYPE, "C.UTF-8");
    bool is_packed = argc == 3 && fa_text_is_relative_path(argv[2])
                         ? fa_pack(argv[1], argv[2], STDOUT_FILENO, &error)
                         : fa_fail(&error, FA_ERROR_USAGE, "usage: fassembler-pack DIRECTORY NAME");
    if (!is_packed)
        fprintf(stderr, "%s\n", error->message);
    return fa_error_exit_status(error);
}

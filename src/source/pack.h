#pragma once
/*
 * Packs a tree into one archive that says nothing of who made it, where or when: the same tree gives the same bytes.
 *
 * tar in pax's restricted form, compressed by zstd. Entries are sorted by bytes, below one directory; owners and times
 * are left out, and of modes all but whether a file may be executed. Regular files, directories and symlinks only.
 */
#include <stdbool.h>
#include "sys/fd.h"

/* Writes the tree at @directory below the name @prefix to @fd. Names are UTF-8 only if the caller has set such a LC_CTYPE. */
bool fa_pack(const char *directory, const char *prefix, int fd, GError **error);

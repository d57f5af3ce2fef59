#pragma once
/*
 * Unpacks an archive that nobody vouches for into an empty directory.
 *
 * Only regular files, directories and links to members of the same archive come out, with modes 0644 and 0755.
 * Everything else is an error that names the member: names that are absolute, have "..", control characters or bytes
 * that are not UTF-8; a name twice, also where only case differs; links that lead out of the tree; devices, pipes,
 * sockets; more than the limits. Symlinks are made last, so that nothing is ever written through one.
 * After an error the directory holds a part: it is the caller's to remove.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct FaUnpackLimits {
    uint64_t bytes;      /* of all files */
    uint64_t entries;    /* of members, and of directories made for them */
    uint64_t ratio;      /* bytes out for each byte in, beyond ratio_free */
    uint64_t ratio_free; /* bytes out before the ratio counts */
} FaUnpackLimits;

extern const FaUnpackLimits fa_unpack_limits;

/*
 * Reads tar (gzip, bzip2, xz, zstd) or zip from @archive_fd into the empty directory @directory_fd, dropping @strip
 * leading directories. REFUSED for what is hostile, FAILED for what is broken. Names are UTF-8 only if the caller has
 * set such a LC_CTYPE.
 */
bool fa_unpack(int archive_fd, int directory_fd, unsigned strip, const FaUnpackLimits *limits,
               GError **error);

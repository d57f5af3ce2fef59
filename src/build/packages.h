#pragma once
/*
 * What Debian has installed, and which package a program is from. Read from dpkg's own files, for starting dpkg takes
 * longer than a build with nothing to do may.
 *
 * For one thread: what was looked up is remembered.
 */
#include <glib.h>
#include <stdbool.h>

typedef struct FaPackages FaPackages;

/* (transfer full) (nullable) @directory is dpkg's; NULL: /var/lib/dpkg. Where there is none nothing is installed. */
FaPackages *fa_packages_read(const char *directory, GError **error);
void fa_packages_free(FaPackages *packages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaPackages, fa_packages_free)

/* (transfer none) (nullable) The installed version. */
const char *fa_packages_get_version(const FaPackages *packages, const char *name);
/* (transfer none) (nullable) The package that @path, absolute, came with. @likely (nullable, of char *) are asked first:
 * to look through all of them takes milliseconds. */
const char *fa_packages_find_owner(FaPackages *packages, const char *path, const GPtrArray *likely);
/*
 * (transfer full) (nullable) One line that changes when the program at @path may do something else: package and
 * version, or the digest of the content where no package owns it. Links are followed first.
 */
char *fa_packages_identify(FaPackages *packages, const char *path, const GPtrArray *likely,
                           GError **error);

#pragma once
/*
 * Walks a directory and says what is in it, before anything is read. Refuses what a tree may not hold.
 */
#include <glib.h>
#include <stdbool.h>
#include "store/cache.h"
#include "store/store.h"
#include "store/tree.h"

typedef struct FaScan {
    const char *directory; /* as it is shown */
    int fd;
    FaTree *tree;
    GArray *keys; /* of FaCacheKey, one for each entry of the tree */
    FaTreeStats stats;
} FaScan;

/* @shown (nullable): what messages call it. */
bool fa_scan_directory(const char *directory, const char *shown, const FaImportOptions *options,
                       FaScan *ret_scan, GError **error);
void fa_scan_clear(FaScan *scan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaScan, fa_scan_clear)
/* Opens a file of the tree without following a symlink. */
int fa_scan_open_file(int directory_fd, const char *path);

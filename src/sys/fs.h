#pragma once
/*
 * Files and directories: whole reads with a limit, writes that are never seen half done, trees made and removed.
 *
 * Every function that takes a path names it in its error. Nothing here follows a symlink out of a tree that it walks.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Reads a regular file whole; FAILED when it holds more than @limit bytes. A NUL follows the content. */
bool fa_fs_read(const char *path, size_t limit, char **ret_content, size_t *ret_length,
                GError **error);

/* (transfer full) (nullable) The last whole lines of a file that is not read whole: at most @limit bytes of them. */
char *fa_fs_read_tail(const char *path, size_t limit, GError **error);

typedef enum FaWriteFlags {
    FA_WRITE_NONE = 0,
    FA_WRITE_SYNC = 1 << 0,      /* fsync file and directory before returning */
    FA_WRITE_EXCLUSIVE = 1 << 1, /* CONFLICT when the name exists */
} FaWriteFlags;

/* New name beside @path, @mode whatever the umask, then rename: readers see the old content or the new. */
bool fa_fs_write(const char *path, const void *content, size_t length, mode_t mode,
                 FaWriteFlags flags, GError **error);
/* Writes only if content or mode differ; *ret_changed (nullable) tells. */
bool fa_fs_write_if_changed(const char *path, const void *content, size_t length, mode_t mode,
                            bool *ret_changed, GError **error);

/* mkdir -p; existing directories are left as they are. */
bool fa_fs_make_directory(const char *path, mode_t mode, GError **error);
/* rm -rf without following symlinks, making read-only directories writable on the way; a missing path is success. */
bool fa_fs_remove_tree(const char *path, GError **error);
/* Points symlink @path at @target by making a new one and renaming it over. */
bool fa_fs_switch_symlink(const char *path, const char *target, GError **error);
/* (transfer full) (nullable) */
char *fa_fs_read_symlink(const char *path, GError **error);
bool fa_fs_exists(const char *path); /* lstat succeeds */
bool fa_fs_is_directory(const char *path);
bool fa_fs_is_writable(const char *path); /* by this user; else errno says why */
/* (transfer full) (nullable) Names in @path without "." and "..", sorted by bytes. */
char **fa_fs_list(const char *path, GError **error);
/* (transfer full) (nullable) A new directory "@parent/@prefixXXXXXX", mode 0700. */
char *fa_fs_make_temporary(const char *parent, const char *prefix, GError **error);
/* Copies content and permission bits. @to must not exist. */
bool fa_fs_copy_file(const char *from, const char *to, GError **error);
/* Copies a tree: directories, regular files, symlinks; anything else is an error. @to must not exist. */
bool fa_fs_copy_tree(const char *from, const char *to, GError **error);
bool fa_fs_sync_directory(const char *path, GError **error);
/* (transfer full) The working directory without symlinks, whatever $PWD says: one folder has one name. */
char *fa_fs_current(void);
/* Everything of the file system that the directory @path is on: dearer than one fsync, cheaper than many. */
bool fa_fs_sync_all(const char *path, GError **error);
/* (transfer full) (nullable) What is there without any symlink on the way. */
char *fa_fs_real(const char *path, GError **error);
/* (transfer full) Absolute and normalised lexically ("." and ".." resolved), relative ones against the cwd. */
char *fa_fs_absolute(const char *path);

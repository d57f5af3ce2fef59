#pragma once
/*
 * Single objects: where they are, whether they are whole, and how they come to be there.
 *
 * New objects are written into a staging folder; when all are written, one syncfs makes them safe, and renames make
 * them visible: of whole shards (the folders of objects/) where many are new, else one by one. An object whose size, mode or mtime is not what its name demands was changed and counts as missing, so
 * that the next import replaces it. Reading is left to fa_store_verify().
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "base/digest.h"
#include "store/store.h"
#include "sys/hash.h"

#define FA_OBJECT_NAME_SIZE 72
#define FA_SHARD_COUNT      256
/* Bytes: so many builds have the same file of no more that a file system runs out of links. It is copied, not linked. */
#define FA_OBJECT_TINY 32

/* "ab/cdef...", with ".x" behind it for a program. */
void fa_object_name(const FaDigest *digest, bool is_program, char ret_name[FA_OBJECT_NAME_SIZE]);
bool fa_object_parse_name(const char *shard, const char *rest, FaDigest *ret_digest,
                          bool *ret_is_program);
/* What every copy of this content has as its mtime. */
struct timespec fa_object_time(const FaDigest *digest);
mode_t fa_object_mode(bool is_program);

/* Opens store/objects. */
int fa_object_open_folder(FaStore *store, GError **error);
bool fa_object_is_whole(int objects_fd, const FaDigest *digest, bool is_program, uint64_t size);
/* Reads and checks all of it; of a manifest also one that is held as a difference. */
bool fa_object_read(FaStore *store, const FaDigest *digest, size_t limit, char **ret_content,
                    size_t *ret_length, GError **error);

typedef struct FaStaging {
    char *path;
    int fd;
    int objects_fd;
    bool is_sharded;            /* staged as in objects/, not all in one folder */
    bool keeps_modes;           /* files get the mode that they are made with, whatever the umask */
    bool lacks[FA_SHARD_COUNT]; /* shards that objects/ had not, when this one was sharded */
    GMutex mutex;               /* over all that follows */
    unsigned parts;             /* that were begun */
    GPtrArray *names;           /* of char, as in objects/ */
    uint64_t bytes;             /* of all of them */
} FaStaging;

bool fa_staging_open(FaStore *store, FaStaging *staging, GError **error);
/* Removes what was not published. */
void fa_staging_clear(FaStaging *staging);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaStaging, fa_staging_clear)
/* Before the first of many: each shard that objects/ has not becomes one of its own with one rename. */
bool fa_staging_shard(FaStaging *staging, GError **error);
/* It is published. What another publishes meanwhile may be missed. */
bool fa_staging_is_published(const FaStaging *staging, const FaDigest *digest, bool is_program,
                             uint64_t size);
/* Makes a file for an object; -1 without an error when another thread is at it. Thread-safe. */
int fa_staging_begin(FaStaging *staging, const FaDigest *digest, bool is_program, GError **error);
/* All bytes are written: gives it mode and time. */
bool fa_staging_end(FaStaging *staging, int fd, const FaDigest *digest, bool is_program,
                    GError **error);
bool fa_staging_write(FaStaging *staging, const FaDigest *digest, bool is_program,
                      const void *bytes, size_t length, GError **error);
/* The same under another name than an object's own. */
bool fa_staging_write_as(FaStaging *staging, const char *name, const FaDigest *digest,
                         bool is_program, const void *bytes, size_t length, GError **error);
/* Makes the file @path of @directory_fd, which is open as @fd, the object itself. False, and nothing done, where that
 * cannot be, or another thread was first. */
bool fa_staging_link(FaStaging *staging, int fd, int directory_fd, const char *path,
                     const FaDigest *digest, bool is_program);
/* A file that is no object yet: nobody knows whether it will become one. */
int fa_staging_begin_part(FaStaging *staging, char ret_name[FA_OBJECT_NAME_SIZE], GError **error);
/* It holds what @digest says. */
bool fa_staging_adopt(FaStaging *staging, int fd, const char *part, const FaDigest *digest,
                      bool is_program, GError **error);
bool fa_staging_publish(FaStaging *staging, GError **error);
/* The two halves of that: all of the file system becomes safe on the disk, and the objects visible. */
bool fa_staging_sync(FaStaging *staging, GError **error);
bool fa_staging_show(FaStaging *staging, GError **error);
/* Where an object is that is published or staged: the folder, and its name there. -1 when it is missing or changed. */
int fa_staging_find(const FaStaging *staging, const FaDigest *digest, bool is_program,
                    uint64_t size, char ret_name[FA_OBJECT_NAME_SIZE]);
bool fa_write_all(int fd, const void *bytes, size_t length);
/* Reads a file below @directory_fd without following a symlink; -1 with errno set when that fails. */
int fa_object_hash_file(FaHasher *hasher, int directory_fd, const char *path, FaDigest *ret_digest);

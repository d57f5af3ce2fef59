#pragma once
/*
 * Reads files of a directory that was scanned, one after the other: each whole, as it was when it was scanned, and
 * without attributes that would be lost.
 */
#include <glib.h>
#include <stdbool.h>
#include "store/scan.h"
#include "sys/hash.h"

/* For one thread. */
typedef struct FaReader {
    const FaScan *scan;
    FaCancel *cancel; /* (nullable) */
    FaHasher *hasher;
    char *buffer;
    const FaEntry *entry; /* at hand */
    const FaCacheKey *key;
} FaReader;

void fa_reader_init(FaReader *reader, const FaScan *scan, const FaHash *hash, FaCancel *cancel);
void fa_reader_clear(FaReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaReader, fa_reader_clear)

/* Opens the file of that entry, which the next calls are about: it may be another one by now, which is seen by
 * fa_reader_check(), the last of them. -1: REFUSED. */
int fa_reader_open(FaReader *reader, size_t index, GError **error);
/* Reads all of it. */
bool fa_reader_hash(FaReader *reader, int fd, FaDigest *ret_digest, GError **error);
/* A small file, once it was hashed: its bytes. NULL for one that did not fit. */
const char *fa_reader_get_bytes(const FaReader *reader);
/* Writes what was hashed as @digest to @to. */
bool fa_reader_write(FaReader *reader, int fd, const FaDigest *digest, int to, GError **error);
/* It is as it was scanned, else CONFLICT. */
bool fa_reader_check(const FaReader *reader, int fd, GError **error);

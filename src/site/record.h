#pragma once
/*
 * build.json: what a build is made of. Sorted, without times, without secrets: the same facts are the same text.
 *
 * Members: format, product of nothing but the facts of an FaComposition (site/compose.h); `composition` is a digest over
 * all of them and over every rendered file, by which two builds are known to be the same.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/digest.h"
#include "site/compose.h"

#define FA_RECORD_FORMAT 1
#define FA_RECORD_MAX    ((size_t)16 << 20)

/* @files: all that is rendered, supervisord.conf among them. */
void fa_record_digest(const FaComposition *composition, const GPtrArray *files,
                      FaDigest *ret_digest);
/* (transfer full) (nullable) REFUSED when the value of a secret would stand in it. */
char *fa_record_write(const FaComposition *composition, const char *build,
                      const FaDigest *composition_digest, GError **error);
/* True when there is a record at @path whose `composition` is @digest. */
bool fa_record_is_of(const char *path, const FaDigest *digest);

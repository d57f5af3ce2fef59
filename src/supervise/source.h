#pragma once
/*
 * What a configuration was read from: the text of its files, which files its patterns found, the directory and the host that
 * its names were meant in. It is kept with the configuration, so that the same configuration can be read again when the
 * files have changed since: by a new supervisor that goes on with what the old one ran.
 */
#include "supervise/arena.h"

/* A file that was read, or a pattern of [include], which stands before the files that it found. */
typedef struct SvSourcePart {
    bool pattern;
    const char *path;
    int result; /* of reading the file: 0 or negative errno */
    const char *text;
    size_t length;
    struct SvSourcePart *next;
} SvSourcePart;

typedef struct SvSource {
    SvArena *arena; /* where it is kept */
    const char *directory;
    const char *host;
    SvSourcePart *parts;
    SvSourcePart *last;
    const struct SvSource *replayed; /* or NULL: from files */
    const SvSourcePart *next;        /* of @replayed */
} SvSource;

/* @replayed may be NULL. Returns 0 or -ENOMEM. */
int sv_source_init(SvSource *source, SvArena *arena, const SvSource *replayed);
/* Reads a file whole, with every kind of line end turned into \n, into @scratch. @source may be NULL: then nothing is kept
 * of it. Returns 0 or negative errno. */
int sv_source_read(SvSource *source, SvArena *scratch, const char *path, char **ret_text,
                   size_t *ret_length);
/* Keeps that @pattern comes next. Returns 0 or negative errno. */
int sv_source_pattern(SvSource *source, const char *pattern);
/* The path of the file that comes next in what is read again, or NULL where there is none before the next pattern. */
const char *sv_source_next_file(const SvSource *source);
/* Adds a part that was kept elsewhere. Returns 0 or -ENOMEM. */
int sv_source_add(SvSource *source, const SvSourcePart *part);

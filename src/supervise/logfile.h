#pragma once
/*
 * A log that is written to a file and rotated by size: NAME, NAME.1, NAME.2 and so on.
 *
 * It is rotated after the write that reached the size, as supervisord does. A write that fails loses its text and is
 * counted in @lost; nothing waits. What cannot be rotated (a pipe, a terminal) is written to and left alone.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SvLogFile {
    int fd; /* -1: not open */
    bool regular;
    const char *path;
    int64_t maxbytes; /* 0: never rotated */
    int64_t backups;
    int64_t size;
    uint64_t lost; /* bytes */
} SvLogFile;

/* @log has its path, maxbytes and backups. Returns 0 or negative errno. */
int sv_logfile_open(SvLogFile *log);
void sv_logfile_close(SvLogFile *log);
void sv_logfile_write(SvLogFile *log, const char *data, size_t length);
int sv_logfile_reopen(SvLogFile *log);
/* Removes the file and opens a new one. */
int sv_logfile_clear(SvLogFile *log);

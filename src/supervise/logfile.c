#include "supervise/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)128 << 10)

static int
open_log(SvLogFile *log, int flags)
{
    struct stat st;

    log->fd = open(log->path,
                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0666);
    if (log->fd < 0)
        return -errno;
    log->regular = fstat(log->fd, &st) == 0 && S_ISREG(st.st_mode);
    log->size = log->regular ? (int64_t)st.st_size : 0;
    return 0;
}

int
sv_logfile_open(SvLogFile *log)
{
    return open_log(log, 0);
}

void
sv_logfile_close(SvLogFile *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

static void
rotate(SvLogFile *log)
{
    char from[PATH_MAX];
    char to[PATH_MAX];

    sv_logfile_close(log);
    for (int64_t i = log->backups - 1; i > 0; i--) {
        snprintf(from, sizeof from, "%s.%" PRId64, log->path, i);
        snprintf(to, sizeof to, "%s.%" PRId64, log->path, i + 1);
        rename(from, to);
    }
    if (log->backups > 0) {
        snprintf(to, sizeof to, "%s.1", log->path);
        rename(log->path, to);
    }
    open_log(log, O_TRUNC);
}

void
sv_logfile_write(SvLogFile *log, const char *data, size_t length)
{
    if (log->fd < 0 && sv_logfile_open(log) < 0) {
        log->lost += length;
        return;
    }
    while (length > 0) {
        ssize_t n = write(log->fd, data, length < PIECE ? length : PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            log->lost += length;
            break;
        }
        data += n;
        length -= (size_t)n;
        log->size += n;
        if (log->regular && log->maxbytes > 0 && log->size >= log->maxbytes)
            rotate(log);
    }
}

int
sv_logfile_reopen(SvLogFile *log)
{
    sv_logfile_close(log);
    return sv_logfile_open(log);
}

int
sv_logfile_clear(SvLogFile *log)
{
    if (unlink(log->path) < 0 && errno != ENOENT)
        return -errno;
    return sv_logfile_reopen(log);
}

#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/user.h"

#define RECORD_MAX   512
#define PAUSE_MIN_MS 5
#define PAUSE_MAX_MS 250

struct FaLock {
    int fd;
    FaLockMode mode;
};

/* The record is for people: three numbers and the purpose, a line each. */
static void
write_record(int fd, const char *what)
{
    g_autofree char *record =
        g_strdup_printf("%d\n%u\n%" G_GINT64_FORMAT "\n%.300s\n", (int)getpid(),
                        (unsigned)geteuid(), fa_clock_now(), what);
    size_t length = strlen(record);
    /* Without it a second one would only not learn who was first. */
    if (pwrite(fd, record, length, 0) != (ssize_t)length || ftruncate(fd, (off_t)length) != 0)
        errno = 0;
}

/* (transfer full) "'building tasktracker', pid 4711 of ana, for 0:12". */
static char *
read_owner(int fd)
{
    char record[RECORD_MAX + 1];
    ssize_t length = pread(fd, record, RECORD_MAX, 0);
    if (length <= 0)
        return g_strdup("another process");

    record[length] = '\0';
    g_auto(GStrv) lines = g_strsplit(record, "\n", 5);
    unsigned pid, uid;
    int64_t since;
    if (g_strv_length(lines) < 4 || !fa_parse_uint(lines[0], 1, INT_MAX, &pid) ||
        !fa_parse_uint(lines[1], 0, UINT_MAX, &uid) ||
        !fa_parse_int64(lines[2], 0, INT64_MAX, &since))
        return g_strdup("another process");

    g_autofree char *user = fa_user_get_name(uid);
    g_autofree char *age = fa_text_format_span(fa_clock_now() - since);
    g_autofree char *what = fa_text_sanitize(lines[3], strlen(lines[3]));
    return g_strdup_printf("'%s', pid %u of %s, for %s", what, pid, user, age);
}

static int
open_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* A shared lock on a home that may only be read. */
    if (fd < 0 && (errno == EROFS || errno == EACCES)) {
        int refused = errno;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        errno = fd < 0 && errno == ENOENT ? refused : errno;
    }
    return fd;
}

/* Pauses between two tries; false when cancelled. flock() cannot be polled, and a signal could be lost before it. */
static bool
pause_between_tries(int milliseconds, FaCancel *cancel, GError **error)
{
    struct pollfd wake = {.fd = fa_cancel_get_fd(cancel), .events = POLLIN};
    poll(&wake, 1, milliseconds);
    return fa_cancel_check(cancel, error);
}

typedef struct Wait {
    int64_t until; /* of the monotonic clock; INT64_MAX: for ever */
    FaLockWaitFunc on_wait;
    void *data;
} Wait;

static bool
wait_for_lock(int fd, const char *path, int operation, const Wait *wait, FaCancel *cancel,
              GError **error)
{
    bool is_told = false;
    int pause = PAUSE_MIN_MS;

    while (flock(fd, operation | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fa_fail_errno(error, errno, "cannot lock '%s'", path);
        int64_t left =
            wait->until == INT64_MAX ? INT64_MAX : (wait->until - fa_clock_monotonic()) / 1000;
        g_autofree char *owner = left <= 0 || !is_told ? read_owner(fd) : NULL;
        if (left <= 0)
            return fa_fail(error, FA_ERROR_CONFLICT,
                           "'%s' is locked by %s\nhelp: run the command again once that has ended",
                           path, owner);
        if (!is_told && wait->on_wait != NULL)
            wait->on_wait(owner, wait->data);
        is_told = true;
        if (!pause_between_tries((int)MIN(pause, left), cancel, error))
            return false;
        pause = MIN(2 * pause, PAUSE_MAX_MS);
    }
    return true;
}

FaLock *
fa_lock_take(const char *path, FaLockMode mode, const char *what, int64_t wait,
             FaLockWaitFunc on_wait, void *data, FaCancel *cancel, GError **error)
{
    fa_autofd int fd = open_lock(path);
    if (fd < 0) {
        fa_fail_errno(error, errno, "cannot open lock '%s'", path);
        return NULL;
    }

    const Wait how = {
        .until = wait < 0 ? INT64_MAX : fa_clock_monotonic() + MIN(wait, G_MAXINT32) * 1000000,
        .on_wait = on_wait,
        .data = data,
    };
    if (!fa_cancel_check(cancel, error))
        return NULL;
    if (!wait_for_lock(fd, path, mode == FA_LOCK_SHARED ? LOCK_SH : LOCK_EX, &how, cancel, error))
        return NULL;

    write_record(fd, what);
    FaLock *lock = g_new0(FaLock, 1);
    lock->mode = mode;
    lock->fd = fa_fd_steal(&fd);
    return lock;
}

int
fa_lock_get_fd(const FaLock *lock)
{
    return lock->fd;
}

void
fa_lock_release(FaLock *lock)
{
    if (lock == NULL)
        return;
    /* The file stays: were it removed, two could hold locks on two files of the same name. */
    if (lock->mode == FA_LOCK_EXCLUSIVE && ftruncate(lock->fd, 0) != 0)
        errno = 0;
    close(lock->fd);
    g_free(lock);
}

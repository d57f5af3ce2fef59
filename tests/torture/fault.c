#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * Put before a program by LD_PRELOAD, lets the n-th of its calls that change the disk, start a program or reach another one
 * fail, or kills it there.
 *
 *   FAULT_AT=N      which call, from 1 on; without it calls are only counted
 *   FAULT_ERRNO=E   what it fails with; 0: SIGKILL instead of the call
 *   FAULT_COUNT=F   file that gets the number of calls when the program ends
 *   FAULT_AFTER=T   calls count from the one on that writes T into a file, and
 *   FAULT_UNTIL=T   up to, but not with, the one that writes this T
 *
 * After the fault all calls work again. A child that is started inherits none of it.
 */
static long calls, fault_at, fault_errno;
static char *count_file, *after, *until;
static bool is_after, is_until;

__attribute__((constructor)) static void
begin(void)
{
    const char *at = getenv("FAULT_AT"), *number = getenv("FAULT_ERRNO"),
               *file = getenv("FAULT_COUNT");

    sscanf(at != NULL ? at : "0", "%ld", &fault_at);
    sscanf(number != NULL ? number : "0", "%ld", &fault_errno);
    count_file = file != NULL ? strdup(file) : NULL;
    after = getenv("FAULT_AFTER") != NULL ? strdup(getenv("FAULT_AFTER")) : NULL;
    until = getenv("FAULT_UNTIL") != NULL ? strdup(getenv("FAULT_UNTIL")) : NULL;
    is_after = after == NULL;
    unsetenv("LD_PRELOAD");
    unsetenv("FAULT_AT");
    unsetenv("FAULT_COUNT");
    unsetenv("FAULT_AFTER");
    unsetenv("FAULT_UNTIL");
}

__attribute__((destructor)) static void
end(void)
{
    FILE *file;

    fault_at = 0;
    if (count_file == NULL)
        return;
    long total = calls;
    file = fopen(count_file, "w");
    if (file == NULL)
        return;
    fprintf(file, "%ld\n", total);
    fclose(file);
    free(count_file);
    free(after);
    free(until);
}

/* True when this call is the one that fails. */
static bool
is_fault(void)
{
    if (!is_after || is_until || __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != fault_at)
        return false;
    if (fault_errno == 0)
        raise(SIGKILL);
    errno = (int)fault_errno;
    return true;
}

/* What a file is given says where in its work the program is. */
static void
look(const void *bytes, size_t length)
{
    if (!is_after)
        is_after = memmem(bytes, length, after, strlen(after)) != NULL;
    if (!is_until && until != NULL)
        is_until = memmem(bytes, length, until, strlen(until)) != NULL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A call that takes @parameters and passes on @arguments. */
#define FAULTY(type, name, parameters, arguments)                                                  \
    type name parameters                                                                           \
    {                                                                                              \
        return is_fault() ? (type)-1 : REAL(name) arguments;                                       \
    }

FAULTY(int, rename, (const char *from, const char *to), (from, to))
FAULTY(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
       (from_fd, from, to_fd, to))
FAULTY(int, renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned flags),
       (from_fd, from, to_fd, to, flags))
FAULTY(int, link, (const char *from, const char *to), (from, to))
FAULTY(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
       (from_fd, from, to_fd, to, flags))
FAULTY(int, symlink, (const char *target, const char *path), (target, path))
FAULTY(int, symlinkat, (const char *target, int fd, const char *path), (target, fd, path))
FAULTY(int, mkdir, (const char *path, mode_t mode), (path, mode))
FAULTY(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
FAULTY(int, rmdir, (const char *path), (path))
FAULTY(int, unlink, (const char *path), (path))
FAULTY(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
FAULTY(int, fchmod, (int fd, mode_t mode), (fd, mode))
FAULTY(int, ftruncate, (int fd, off_t length), (fd, length))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, fdatasync, (int fd), (fd))
FAULTY(int, syncfs, (int fd), (fd))
FAULTY(int, mkostemp, (char *path, int flags), (path, flags))
FAULTY(int, chmod, (const char *path, mode_t mode), (path, mode))
FAULTY(int, fchmodat, (int fd, const char *path, mode_t mode, int flags), (fd, path, mode, flags))
FAULTY(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
FAULTY(int, futimens, (int fd, const struct timespec times[2]), (fd, times))
FAULTY(int, utimensat, (int fd, const char *path, const struct timespec times[2], int flags),
       (fd, path, times, flags))
FAULTY(int, remove, (const char *path), (path))
FAULTY(int, kill, (pid_t pid, int number), (pid, number))
FAULTY(int, connect, (int fd, const struct sockaddr *address, socklen_t length),
       (fd, address, length))
FAULTY(ssize_t, send, (int fd, const void *bytes, size_t length, int flags),
       (fd, bytes, length, flags))
FAULTY(ssize_t, copy_file_range,
       (int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags),
       (from, from_at, to, to_at, length, flags))

char *
mkdtemp(char *path)
{
    return is_fault() ? NULL : REAL(mkdtemp)(path);
}

/* Returns the number of its error. */
int
posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
            const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    return is_fault() ? (int)fault_errno
                      : REAL(posix_spawn)(pid, path, actions, attributes, argv, environment);
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    look(bytes, length);
    return is_fault() ? -1 : REAL(pwrite)(fd, bytes, length, offset);
}

/* Half of it is written first: a disk fills in the middle. What goes to a terminal or pipe is not the disk's. */
ssize_t
write(int fd, const void *bytes, size_t length)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !is_fault())
        return REAL(write)(fd, bytes, length);
    if (length > 1) {
        fault_at = 0;
        return REAL(write)(fd, bytes, length / 2) < 0 ? -1 : (errno = (int)fault_errno, -1);
    }
    return -1;
}

static mode_t
mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return (flags & O_CREAT) != 0 && is_fault() ? -1 : REAL(open)(path, flags, mode);
}

int
openat(int fd, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return (flags & O_CREAT) != 0 && is_fault() ? -1 : REAL(openat)(fd, path, flags, mode);
}

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * Put before a program by LD_PRELOAD, lets the n-th of its calls that change the disk fail, or kills it there.
 *
 *   FAULT_AT=N      which call, from 1 on; without it calls are only counted
 *   FAULT_ERRNO=E   what it fails with; 0: SIGKILL instead of the call
 *   FAULT_COUNT=F   file that gets the number of calls when the program ends
 *
 * After the fault all calls work again. A child that is started inherits none of it.
 */
static long calls, fault_at, fault_errno;
static char *count_file;

__attribute__((constructor)) static void
begin(void)
{
    const char *at = getenv("FAULT_AT"), *number = getenv("FAULT_ERRNO"),
               *file = getenv("FAULT_COUNT");

    sscanf(at != NULL ? at : "0", "%ld", &fault_at);
    sscanf(number != NULL ? number : "0", "%ld", &fault_errno);
    count_file = file != NULL ? strdup(file) : NULL;
    unsetenv("LD_PRELOAD");
    unsetenv("FAULT_AT");
    unsetenv("FAULT_COUNT");
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
}

/* True when this call is the one that fails. */
static bool
is_fault(void)
{
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != fault_at)
        return false;
    if (fault_errno == 0)
        raise(SIGKILL);
    errno = (int)fault_errno;
    return true;
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
FAULTY(ssize_t, pwrite, (int fd, const void *bytes, size_t length, off_t offset),
       (fd, bytes, length, offset))
FAULTY(ssize_t, copy_file_range,
       (int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags),
       (from, from_at, to, to_at, length, flags))

char *
mkdtemp(char *path)
{
    return is_fault() ? NULL : REAL(mkdtemp)(path);
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

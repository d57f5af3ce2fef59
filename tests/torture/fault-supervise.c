#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * Put before the supervisor by LD_PRELOAD: calls fail at random as they do where a machine runs out of something, and the
 * clock of the day is as far off as is wanted. Both are said in a file of numbers, FAULTS, which may change at any time.
 * What is started inherits none of it.
 */
typedef struct Faults {
    int64_t clock; /* seconds that the clock of the day is ahead */
    int64_t seed;
    int64_t odds[8];   /* by Kind: so many of a thousand calls fail */
    int64_t counts[8]; /* that failed */
    int64_t old;       /* the kernel is one without cgroup.kill */
} Faults;

typedef enum Kind { CLONE, OPEN, PIPE, SOCKET, ACCEPT, EPOLL, WRITE, MEMORY } Kind;

static Faults *faults;
static uint64_t dice;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("FAULTS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *page = fd >= 0 ? mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                         : MAP_FAILED;

    if (page != MAP_FAILED)
        faults = page;
    dice = faults ? (uint64_t)faults->seed | 1 : 1;
    if (fd >= 0)
        close(fd);
    unsetenv("LD_PRELOAD");
    unsetenv("FAULTS");
}

static uint64_t
roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

/* Whether this call fails, with one of @errors, which end with 0. */
static bool
fails(Kind kind, const int *errors)
{
    size_t count = 0;

    if (!faults || (int64_t)(roll() % 1000) >= faults->odds[kind])
        return false;
    while (errors[count] != 0)
        count++;
    faults->counts[kind]++;
    errno = errors[roll() % count];
    return true;
}

#define FAILS(kind, ...) fails((kind), (const int[]){__VA_ARGS__, 0})

int
clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list more;

    if (FAILS(CLONE, EAGAIN, ENOMEM))
        return -1;
    va_start(more, argument);
    void *first = va_arg(more, void *);
    void *second = va_arg(more, void *);
    void *third = va_arg(more, void *);
    va_end(more);
    return REAL(clone)(function, stack, flags, argument, first, second, third);
}

static bool
is_too_new(const char *path)
{
    const char *name = strrchr(path, '/');

    if (!faults || !faults->old || !name || strcmp(name, "/cgroup.kill") != 0)
        return false;
    errno = ENOENT;
    return true;
}

#define OPENS(name, directory, pass)                                                               \
    int name(directory const char *path, int flags, ...)                                           \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;                                  \
        va_end(more);                                                                              \
        if (is_too_new(path) || FAILS(OPEN, EMFILE, ENFILE, ENOMEM))                               \
            return -1;                                                                             \
        return REAL(name)(pass path, flags, mode);                                                 \
    }
#define NOTHING
#define IN_FOLDER  int folder,
#define THE_FOLDER folder,
OPENS(open, NOTHING, NOTHING)
OPENS(openat, IN_FOLDER, THE_FOLDER)

int
pipe2(int ends[2], int flags)
{
    return FAILS(PIPE, EMFILE, ENFILE) ? -1 : REAL(pipe2)(ends, flags);
}

int
socket(int family, int type, int protocol)
{
    return FAILS(SOCKET, EMFILE, ENOBUFS, ENOMEM) ? -1 : REAL(socket)(family, type, protocol);
}

int
accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    return FAILS(ACCEPT, EMFILE, ENFILE, ENOMEM, ECONNABORTED)
               ? -1
               : REAL(accept4)(fd, address, length, flags);
}

int
epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
    bool adds = what == EPOLL_CTL_ADD;

    return adds && FAILS(EPOLL, ENOMEM, ENOSPC) ? -1 : REAL(epoll_ctl)(epoll, what, fd, event);
}

/* A full disk is one of files: what goes to others has other faults. */
ssize_t
write(int fd, const void *data, size_t length)
{
    struct stat st;
    bool regular = faults && faults->odds[WRITE] > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

    return regular && FAILS(WRITE, ENOSPC, EIO, EDQUOT) ? -1 : REAL(write)(fd, data, length);
}

void *
mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    return FAILS(MEMORY, ENOMEM) ? MAP_FAILED
                                 : REAL(mmap)(address, length, protection, flags, fd, offset);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int r = REAL(clock_gettime)(clock, now);

    if (r == 0 && clock == CLOCK_REALTIME && faults)
        now->tv_sec += faults->clock;
    return r;
}

time_t
time(time_t *now)
{
    time_t result = REAL(time)(NULL) + (faults ? (time_t)faults->clock : 0);

    if (now)
        *now = result;
    return result;
}

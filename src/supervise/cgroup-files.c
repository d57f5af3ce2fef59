#include "supervise/cgroup-files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH_MAX 16 /* of groups that programs have made in theirs */

ssize_t
sv_cgroup_read(int directory, const char *path, char *text, size_t size)
{
    size_t length = 0;
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    ssize_t n = 0;
    while (length < size - 1 && (n = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)n;
    int problem = errno;
    close(fd);
    text[length] = '\0';
    return n < 0 ? -problem : (ssize_t)length;
}

int
sv_cgroup_write(int directory, const char *path, const char *text)
{
    int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    int problem = write(fd, text, strlen(text)) < 0 ? errno : 0;
    close(fd);
    return -problem;
}

struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

void
sv_cgroup_each(int directory, void (*visit)(int directory, const char *name, void *data),
               void *data)
{
    char buffer[2048] __attribute__((aligned(8)));
    /* A descriptor of its own has a place of its own in the directory. */
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n;

    while (fd >= 0 && (n = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < n;) {
            const struct entry *entry = (const void *)(buffer + at);
            at += entry->length;
            if (entry->type == 4 /* DT_DIR */ && entry->name[0] != '.')
                visit(directory, entry->name, data);
        }
    if (fd >= 0)
        close(fd);
}

typedef struct Walk {
    unsigned depth;
    bool found;
    bool kill;
    const char *mark;
    int problem;
} Walk;

static bool
is_marked(pid_t pid, const char *mark)
{
    char path[64];
    char text[4096];

    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    return sv_cgroup_read(AT_FDCWD, path, text, sizeof text) < 0 || strstr(text, mark);
}

/* It may have ended since it was listed, and its number may be another's by now: the descriptor is of one process. */
static void
kill_one(pid_t pid, const char *mark)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);

    if (pidfd < 0)
        return;
    if (is_marked(pid, mark))
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0U);
    close(pidfd);
}

/* The numbers of cgroup.procs, of which any may be cut by the end of the buffer. */
static void
look_at_procs(int directory, Walk *walk)
{
    char buffer[1024];
    int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    pid_t pid = 0;
    ssize_t n;

    while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0) {
        walk->found = true;
        for (ssize_t i = 0; walk->kill && i < n; i++) {
            if (buffer[i] != '\n') {
                pid = pid * 10 + (buffer[i] - '0');
                continue;
            }
            if (pid > 0)
                kill_one(pid, walk->mark);
            pid = 0;
        }
    }
    if (fd >= 0)
        close(fd);
}

static void
walk_down(int parent, const char *name, void *data)
{
    Walk *walk = data;

    if (walk->depth == DEPTH_MAX)
        return;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    look_at_procs(fd, walk);
    walk->depth++;
    sv_cgroup_each(fd, walk_down, walk);
    walk->depth--;
    close(fd);
}

bool
sv_cgroup_dir_is_populated(int directory, const char *name, bool v2)
{
    char path[PATH_MAX];
    char text[256];
    Walk walk = {0};

    snprintf(path, sizeof path, "%s/cgroup.events", name);
    if (v2 && sv_cgroup_read(directory, path, text, sizeof text) > 0)
        return strstr(text, "populated 1") != NULL;
    walk_down(directory, name, &walk);
    return walk.found;
}

void
sv_cgroup_dir_kill(int directory, const char *name, bool v2, const char *mark)
{
    char path[PATH_MAX];
    Walk walk = {.kill = true, .mark = mark};
    const char *file = v2 ? "cgroup.freeze" : "freezer.state";

    snprintf(path, sizeof path, "%s/cgroup.kill", name);
    if (v2 && sv_cgroup_write(directory, path, "1") == 0)
        return;
    /* What stands still cannot fork. Where there is no such file it goes on, and some may have to be killed again. */
    snprintf(path, sizeof path, "%s/%s", name, file);
    sv_cgroup_write(directory, path, v2 ? "1" : "FROZEN");
    walk_down(directory, name, &walk);
    sv_cgroup_write(directory, path, v2 ? "0" : "THAWED");
}

static void
remove_down(int parent, const char *name, void *data)
{
    Walk *walk = data;

    if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
        return;
    walk->problem = errno;
    int fd =
        walk->depth < DEPTH_MAX ? openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    walk->depth++;
    sv_cgroup_each(fd, remove_down, walk);
    walk->depth--;
    close(fd);
    walk->problem = unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

int
sv_cgroup_dir_remove(int directory, const char *name)
{
    Walk walk = {0};

    remove_down(directory, name, &walk);
    return -walk.problem;
}

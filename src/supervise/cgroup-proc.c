/*
 * The control groups of one process: GROUP:NAME in each place that it needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/cgroup-files.h"
#include "supervise/super.h"

#define PERIOD 100000 /* microseconds, in which cpu_limit holds */

/* A limit is a text in a file, which the two versions call differently. */
static const struct {
    uint32_t use;
    const char *v1, *v2;
} files[] = {
    {SV_CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max"},
    {SV_CGROUP_TASKS, "pids.max", "pids.max"},
    {SV_CGROUP_CPU, "cpu.cfs_period_us", "cpu.max"},
    {SV_CGROUP_CPU, "cpu.cfs_quota_us", NULL},
};

static void
name_of(const SvProc *proc, const char *file, char *path, size_t size)
{
    snprintf(path, size, "%s:%s%s%s", proc->group->conf->name, proc->conf->name,
             *file != '\0' ? "/" : "", file);
}

static void
value_of(const SvCgroupConf *conf, size_t which, bool v2, char *text, size_t size)
{
    long long quota = (long long)conf->percent * (PERIOD / 100);

    switch (files[which].use) {
    case SV_CGROUP_MEMORY:
        snprintf(text, size, "%lld", (long long)conf->memory);
        break;
    case SV_CGROUP_TASKS:
        snprintf(text, size, "%lld", (long long)conf->tasks);
        break;
    default:
        if (v2)
            snprintf(text, size, "%lld %d", quota, PERIOD);
        else
            snprintf(text, size, "%lld", files[which].v2 ? (long long)PERIOD : quota);
        break;
    }
}

static int
write_limits(const SvCgroupPlace *place, const SvProc *proc, const char **ret_step)
{
    char path[PATH_MAX];
    char text[64];
    uint32_t wanted = place->uses & proc->conf->cgroup.uses;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *file = place->v2 ? files[i].v2 : files[i].v1;
        if ((files[i].use & wanted) == 0 || !file)
            continue;
        name_of(proc, file, path, sizeof path);
        value_of(&proc->conf->cgroup, i, place->v2, text, sizeof text);
        int r = sv_cgroup_write(place->fd, path, text);
        if (r < 0) {
            *ret_step = file;
            return r;
        }
    }
    return 0;
}

static int
open_one(const SvCgroupPlace *place, const SvProc *proc, const char **ret_step)
{
    char path[PATH_MAX];

    *ret_step = "its directory";
    name_of(proc, "", path, sizeof path);
    if (mkdirat(place->fd, path, 0755) < 0 && errno != EEXIST)
        return -errno;
    int r = write_limits(place, proc, ret_step);
    if (r < 0)
        return r;
    *ret_step = "cgroup.procs";
    name_of(proc, "cgroup.procs", path, sizeof path);
    int fd = openat(place->fd, path, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int
sv_cgroup_open(const SvCgroups *groups, const SvProc *proc, int fds[SV_CGROUP_PLACES],
               const char **ret_step)
{
    int count = 0;

    for (size_t i = 0; i < groups->count; i++) {
        const SvCgroupPlace *place = &groups->places[i];
        if ((place->uses & proc->conf->cgroup.uses) == 0)
            continue;
        fds[count] = open_one(place, proc, ret_step);
        if (fds[count] >= 0) {
            count++;
            continue;
        }
        int problem = fds[count];
        while (count > 0)
            close(fds[--count]);
        return problem;
    }
    return count;
}

int
sv_cgroup_apply(const SvCgroups *groups, const SvProc *proc, const char **ret_step)
{
    for (size_t i = 0; i < groups->count; i++) {
        int r = write_limits(&groups->places[i], proc, ret_step);
        if (r < 0)
            return r;
    }
    return 0;
}

void
sv_cgroup_remove(const SvCgroups *groups, const SvProc *proc)
{
    char name[PATH_MAX];

    name_of(proc, "", name, sizeof name);
    for (size_t i = 0; i < groups->count; i++)
        if (groups->places[i].uses & proc->conf->cgroup.uses)
            sv_cgroup_dir_remove(groups->places[i].fd, name);
}

/* The place by which it is known what belongs to it, or NULL. */
static const SvCgroupPlace *
tree_of(const SvCgroups *groups, const SvProc *proc)
{
    for (size_t i = 0; proc->conf->cgroup.kill_tree && i < groups->count; i++)
        if (groups->places[i].uses & SV_CGROUP_KILL)
            return &groups->places[i];
    return NULL;
}

bool
sv_cgroup_is_populated(const SvCgroups *groups, const SvProc *proc)
{
    const SvCgroupPlace *place = tree_of(groups, proc);
    char name[PATH_MAX];

    name_of(proc, "", name, sizeof name);
    return place && sv_cgroup_dir_is_populated(place->fd, name, place->v2);
}

void
sv_cgroup_kill(const SvCgroups *groups, const SvProc *proc)
{
    const SvCgroupPlace *place = tree_of(groups, proc);
    char name[PATH_MAX];

    name_of(proc, "", name, sizeof name);
    if (place)
        sv_cgroup_dir_kill(place->fd, name, place->v2, groups->name);
}

int
sv_cgroup_events(const SvCgroups *groups, const SvProc *proc)
{
    const SvCgroupPlace *place = tree_of(groups, proc);
    char path[PATH_MAX];

    if (!place || !place->v2)
        return -ENOENT;
    name_of(proc, "cgroup.events", path, sizeof path);
    int fd = openat(place->fd, path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

uint64_t
sv_cgroup_oom_kills(const SvCgroups *groups, const SvProc *proc)
{
    static const char word[] = "oom_kill ";
    char path[PATH_MAX];
    char text[512];
    uint64_t kills = 0;

    for (size_t i = 0; i < groups->count; i++) {
        const SvCgroupPlace *place = &groups->places[i];
        if ((place->uses & proc->conf->cgroup.uses & SV_CGROUP_MEMORY) == 0)
            continue;
        name_of(proc, place->v2 ? "memory.events" : "memory.oom_control", path, sizeof path);
        if (sv_cgroup_read(place->fd, path, text, sizeof text) <= 0)
            continue;
        const char *found = strstr(text, word);
        if (found) {
            found += sizeof word - 1;
            sv_parse_digits(found, strspn(found, "0123456789"), &kills);
        }
    }
    return kills;
}

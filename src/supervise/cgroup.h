#pragma once
/*
 * Control groups of processes: made below the supervisor's own group, each where the controller is that it needs, in version
 * 2 or version 1. A process is in its groups before it execs. They go when they are empty; what an earlier supervisor with
 * the same pid file left is taken over.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervise/conf.h"

#define SV_CGROUP_PLACES 4 /* of one process: each of its uses may be in a hierarchy of its own */

struct SvProc;
struct SvSuper;

/* A directory below which each process has one. */
typedef struct SvCgroupPlace {
    int fd; /* and a lock, -1: none */
    bool v2;
    uint32_t uses;
    uint32_t enabled; /* of them, those whose controllers we have switched on above it */
    bool moved;       /* we have gone into a group below it ourselves */
    char path[PATH_MAX];
} SvCgroupPlace;

typedef struct SvCgroups {
    SvCgroupPlace places[SV_CGROUP_PLACES];
    size_t count;
    char name
        [32]; /* of the directories, the same for the same pid file; "": none has been made yet */
} SvCgroups;

/* Makes what the programs of @config need, and kills what an earlier supervisor left of those with kill_tree. On failure
 * @text says what to do. Returns 0 or negative errno. */
int sv_cgroup_ready(SvCgroups *groups, const SvConfig *config, char *text, size_t size);
/* Removes what is empty. */
void sv_cgroup_close(SvCgroups *groups);

/* Makes the groups of a process, writes its limits and opens what it enters them by. On failure *ret_step is what failed.
 * Returns how many, or negative errno. */
int sv_cgroup_open(const SvCgroups *groups, const struct SvProc *proc, int fds[SV_CGROUP_PLACES],
                   const char **ret_step);
/* Writes the limits of one that runs. Returns 0 or negative errno. */
int sv_cgroup_apply(const SvCgroups *groups, const struct SvProc *proc, const char **ret_step);
void sv_cgroup_remove(const SvCgroups *groups, const struct SvProc *proc);
/* Whether anything is left of the tree of a process. */
bool sv_cgroup_is_populated(const SvCgroups *groups, const struct SvProc *proc);
void sv_cgroup_kill(const SvCgroups *groups, const struct SvProc *proc);
/* Opens what says when the tree changes, for EPOLLPRI. Returns a descriptor or negative errno; -ENOENT in version 1. */
int sv_cgroup_events(const SvCgroups *groups, const struct SvProc *proc);
/* How many processes of the group the kernel has killed because of its memory. */
uint64_t sv_cgroup_oom_kills(const SvCgroups *groups, const struct SvProc *proc);

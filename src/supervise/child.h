#pragma once
/*
 * Starts a program, and does not wait until it runs: the child gets its pid and goes its way beside us, sharing our memory
 * until it execs. What it looks at is copied before, but for the text of its configuration.
 */
#include <stdbool.h>
#include <sys/types.h>

struct SvProc;
struct SvSuper;

typedef struct SvSpawn {
    const struct SvProc *proc;
    const char *path;
    char *const *argv;
    const char *serverurl;     /* of the supervisor, or NULL */
    const char *notify_socket; /* or NULL */
    int in, out, err;
    const int *cgroups; /* by which it enters its control groups */
    int cgroup_count;
    bool own_table;     /* @path needs a descriptor of ours: the child copies the whole table */
    const int *sockets; /* to be 3, 4, ..., as many as its program has; or NULL: none */
} SvSpawn;

/* Returns 0 or negative errno; -EAGAIN also where too many before it still hang on their way to their exec. */
int sv_child_spawn(struct SvSuper *super, const SvSpawn *spawn, pid_t *ret_pid, int *ret_pidfd);
/* Waits until no child shares our memory, before a configuration goes away. False: one still does, for it hangs. */
bool sv_child_settle(void);

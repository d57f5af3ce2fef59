#pragma once
/*
 * Files and directories of control groups. Nothing is allocated.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads a small file, NUL-terminated and cut where it is too long. Returns its length or negative errno. */
ssize_t sv_cgroup_read(int directory, const char *path, char *text, size_t size);
/* Returns 0 or negative errno. */
int sv_cgroup_write(int directory, const char *path, const char *text);

/* Calls @visit for each directory in @directory. */
void sv_cgroup_each(int directory, void (*visit)(int directory, const char *name, void *data),
                    void *data);
/* Whether a process is in the group @name or one below it. */
bool sv_cgroup_dir_is_populated(int directory, const char *name, bool v2);
/* Kills them all. In version 1 some may escape by a fork: it is to be done again until none is left. @mark is part of the
 * path of the group: who does not have it any longer is left alone. */
void sv_cgroup_dir_kill(int directory, const char *name, bool v2, const char *mark);
/* Removes the group and those below it as far as they are empty. Returns 0 or negative errno. */
int sv_cgroup_dir_remove(int directory, const char *name);

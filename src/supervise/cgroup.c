#include "supervise/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "supervise/cgroup-files.h"
#include "supervise/cgroup-find.h"
#include "supervise/super.h"
#include "supervise/values.h"

#define TEXT_MAX ((size_t)64 << 10) /* of /proc/self/mountinfo */
#define PATIENCE 1000 /* looks, a millisecond apart, at what an earlier supervisor left */
#define SUPERVISOR                                                                                 \
    "supervisor" /* where we go ourselves; no process is called so, for all have a colon */

static const struct {
    uint32_t use;
    const char *option, *controller;
} uses[] = {
    {SV_CGROUP_MEMORY, "memory_limit", "memory"},
    {SV_CGROUP_TASKS, "tasks_limit", "pids"},
    {SV_CGROUP_CPU, "cpu_limit", "cpu"},
};

static int
fail(char *text, size_t size, const char *option, int problem, const char *what, const char *path)
{
    char name[32];

    snprintf(text, size,
             "%s: cannot %s %s: %s. It needs a control group that the supervisor may write to: run "
             "it as "
             "root, or in one that is its own (systemd: Delegate=yes)",
             option, what, path, sv_errno_name(-problem, name, sizeof name));
    return problem;
}

static bool
has_controller(const char *directory, const char *file, const char *controller)
{
    char path[PATH_MAX];
    char text[1024];

    int n = snprintf(path, sizeof path, "%s/%s", directory, file);
    return n < (int)sizeof path && sv_cgroup_read(AT_FDCWD, path, text, sizeof text) >= 0 &&
           sv_cgroup_lists(text, controller);
}

/* In version 2 no group has processes and children with limits at once, but for the first: we make way. */
static int
move_ourselves(SvCgroupPlace *place)
{
    if (mkdirat(place->fd, SUPERVISOR, 0755) < 0 && errno != EEXIST)
        return -errno;
    int r = sv_cgroup_write(place->fd, SUPERVISOR "/cgroup.procs", "0");
    place->moved |= r == 0;
    return r;
}

/* The group that a place is in, and a file of it. */
static void
file_above(const SvCgroupPlace *place, const char *file, char *path, size_t size)
{
    snprintf(path, size, "%.*s%s", (int)(strrchr(place->path, '/') - place->path), place->path,
             file);
}

static int
enable(SvCgroupPlace *place, size_t which, char *text, size_t size)
{
    const char *option = uses[which].option;
    char file[PATH_MAX];
    char base[PATH_MAX];
    char word[32];

    file_above(place, "", base, sizeof base);
    file_above(place, "/cgroup.subtree_control", file, sizeof file);
    snprintf(word, sizeof word, "+%s", uses[which].controller);
    if (!has_controller(base, "cgroup.subtree_control", uses[which].controller)) {
        int r = sv_cgroup_write(AT_FDCWD, file, word);
        if (r == -EBUSY && (r = move_ourselves(place)) == 0)
            r = sv_cgroup_write(AT_FDCWD, file, word);
        if (r == -EBUSY) {
            snprintf(text, size,
                     "%s: other processes are in %s, so no limits can be set below it. Start the "
                     "supervisor "
                     "in a control group of its own (systemd: Delegate=yes)",
                     option, base);
            return r;
        }
        if (r < 0)
            return fail(text, size, option, r, "write", file);
        place->enabled |= uses[which].use;
    }
    int r = sv_cgroup_write(place->fd, "cgroup.subtree_control", word);
    return r < 0 ? fail(text, size, option, r, "enable controllers in", place->path) : 0;
}

/* As it was, so that somebody can be started in our group again: nobody may be where controllers are switched on. */
static void
leave(SvCgroupPlace *place)
{
    char path[PATH_MAX];
    char word[32];

    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if ((place->enabled & uses[i].use) == 0)
            continue;
        snprintf(word, sizeof word, "-%s", uses[i].controller);
        sv_cgroup_write(place->fd, "cgroup.subtree_control", word);
        file_above(place, "/cgroup.subtree_control", path, sizeof path);
        sv_cgroup_write(AT_FDCWD, path, word);
    }
    file_above(place, "/cgroup.procs", path, sizeof path);
    if (place->moved)
        sv_cgroup_write(AT_FDCWD, path, "0");
}

/* Who we shall be may do in it what we could. */
static void
hand_over(SvCgroupPlace *place, const SvConfig *config)
{
    static const char *const files[] = {"", "cgroup.procs", "cgroup.subtree_control",
                                        "cgroup.threads", "tasks"};

    if (config->uid <= 0 || getuid() != 0)
        return;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int flags = *files[i] == '\0' ? AT_EMPTY_PATH : 0;
        int ignored = fchownat(place->fd, files[i], (uid_t)config->uid, (gid_t)config->gid, flags);
        (void)ignored;
    }
    /* Version 2 asks who writes to what the old and the new group have in common. */
    if (place->v2 && move_ourselves(place) == 0) {
        int ignored = fchownat(place->fd, SUPERVISOR "/cgroup.procs", (uid_t)config->uid,
                               (gid_t)config->gid, 0);
        (void)ignored;
    }
}

static int
lock(const SvCgroupPlace *place)
{
    return flock(place->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

/* The place below @directory, made where there is none yet. */
static int
place_at(SvCgroups *groups, const SvConfig *config, char *directory, bool v2, SvCgroupPlace **ret)
{
    SvCgroupPlace *place = &groups->places[groups->count];
    char own[64];

    /* Before an upgrade we have moved ourselves. */
    snprintf(own, sizeof own, "/%s/%s", groups->name, SUPERVISOR);
    size_t n = strlen(directory);
    if (n > strlen(own) && strcmp(directory + n - strlen(own), own) == 0)
        directory[n - strlen(own)] = '\0';
    int length = snprintf(place->path, sizeof place->path, "%s/%s", directory, groups->name);
    if (length < 0 || (size_t)length >= sizeof place->path)
        return -ENAMETOOLONG;
    for (size_t i = 0; i < groups->count; i++)
        if (strcmp(groups->places[i].path, place->path) == 0) {
            *ret = &groups->places[i];
            return 0;
        }
    if (groups->count == SV_CGROUP_PLACES)
        return -ENOSPC;
    if (mkdir(place->path, 0755) < 0 && errno != EEXIST)
        return -errno;
    place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->fd < 0)
        return -errno;
    place->v2 = v2;
    place->moved = false;
    place->uses = place->enabled = 0;
    int r = lock(place);
    if (r < 0) {
        close(place->fd);
        return r;
    }
    hand_over(place, config);
    groups->count++;
    *ret = place;
    return 0;
}

static int
make_place(SvCgroups *groups, const SvConfig *config, char *directory, bool v2, const char *option,
           SvCgroupPlace **ret, char *text, size_t size)
{
    int r = place_at(groups, config, directory, v2, ret);

    if (r == -EWOULDBLOCK)
        snprintf(text, size,
                 "%s: another supervisor with the pid file %s uses the control group %s/%s", option,
                 config->pidfile, directory, groups->name);
    else if (r < 0)
        fail(text, size, option, r, "make a control group in", directory);
    return r;
}

static int
ready_for_limit(SvCgroups *groups, const SvConfig *config, const SvCgroupTexts *texts, size_t which,
                char *text, size_t size)
{
    const char *option = uses[which].option;
    const char *controller = uses[which].controller;
    char directory[PATH_MAX];
    SvCgroupPlace *place;

    bool v2 = sv_cgroup_find(texts, NULL, directory, sizeof directory) == 0 &&
              has_controller(directory, "cgroup.controllers", controller);
    if (!v2 && sv_cgroup_find(texts, controller, directory, sizeof directory) < 0) {
        snprintf(text, size,
                 "%s: no control groups with the controller '%s' can be seen. Mount them, in "
                 "version 2 or 1, or "
                 "leave the option out",
                 option, controller);
        return -ENOENT;
    }
    int r = make_place(groups, config, directory, v2, option, &place, text, size);
    if (r == 0 && v2)
        r = enable(place, which, text, size);
    if (r == 0)
        place->uses |= uses[which].use;
    return r;
}

/* Any hierarchy will do to know what belongs together; the best first. */
static int
ready_to_kill(SvCgroups *groups, const SvConfig *config, const SvCgroupTexts *texts, char *text,
              size_t size)
{
    static const char *const candidates[] = {NULL,  "freezer", "pids",        "memory",
                                             "cpu", "cpuacct", "name=systemd"};
    char directory[PATH_MAX];
    SvCgroupPlace *place;
    int r = -ENOENT;

    snprintf(text, size,
             "kill_tree: no control groups can be seen. Mount them, or leave the option out");
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        if (sv_cgroup_find(texts, candidates[i], directory, sizeof directory) < 0)
            continue;
        r = make_place(groups, config, directory, candidates[i] == NULL, "kill_tree", &place, text,
                       size);
        if (r == 0)
            place->uses |= SV_CGROUP_KILL;
        if (r == 0 || r == -EWOULDBLOCK)
            break;
    }
    return r;
}

static uint32_t
wanted_uses(const SvConfig *config, char *text, size_t size)
{
    uint32_t wanted = 0;

    for (size_t i = 0; i < config->group_count; i++)
        for (size_t j = 0; j < config->groups[i].count; j++) {
            const SvProgram *program = &config->groups[i].programs[j];
            wanted |= program->cgroup.uses;
            if (program->cgroup.uses &&
                strlen(config->groups[i].name) + strlen(program->name) + 1 > NAME_MAX)
                snprintf(text, size, "'%s' is too long for the name of a control group",
                         program->name);
        }
    return wanted;
}

static uint32_t
ready_uses(const SvCgroups *groups)
{
    uint32_t ready = 0;

    for (size_t i = 0; i < groups->count; i++)
        ready |= groups->places[i].uses;
    return ready;
}

/* What an earlier supervisor left, whose end was not in good order. */
typedef struct Leftover {
    const SvCgroups *groups;
    const SvConfig *config;
} Leftover;

static bool
is_to_be_killed(const SvConfig *config, const char *name)
{
    const char *colon = strchr(name, ':');

    for (size_t i = 0; colon && i < config->group_count; i++) {
        const SvGroupConf *group = &config->groups[i];
        if (strncmp(group->name, name, (size_t)(colon - name)) != 0 ||
            group->name[colon - name] != '\0')
            continue;
        for (size_t j = 0; j < group->count; j++)
            if (group->programs[j].cgroup.kill_tree &&
                strcmp(group->programs[j].name, colon + 1) == 0)
                return true;
    }
    return false;
}

static void
clear_leftover(int directory, const char *name, void *data)
{
    const Leftover *leftover = data;
    const SvCgroupPlace *place = leftover->groups->places;

    while (place->fd != directory)
        place++;
    for (int i = 0; is_to_be_killed(leftover->config, name) && i < PATIENCE; i++) {
        if (!sv_cgroup_dir_is_populated(directory, name, place->v2))
            break;
        sv_cgroup_dir_kill(directory, name, place->v2, leftover->groups->name);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (strcmp(name, SUPERVISOR) != 0)
        sv_cgroup_dir_remove(directory, name);
}

int
sv_cgroup_ready(SvCgroups *groups, const SvConfig *config, char *text, size_t size)
{
    static char mounts[TEXT_MAX];
    static char members[TEXT_MAX];
    size_t before = groups->count;

    *text = '\0';
    uint32_t missing = wanted_uses(config, text, size) & ~ready_uses(groups);
    if (*text != '\0')
        return -ENAMETOOLONG;
    if (missing == 0)
        return 0;
    if (groups->name[0] == '\0')
        snprintf(groups->name, sizeof groups->name, "fassembler-%08x",
                 (unsigned)sv_text_hash(config->pidfile));
    if (sv_cgroup_read(AT_FDCWD, "/proc/self/mountinfo", mounts, sizeof mounts) < 0)
        mounts[0] = '\0';
    if (sv_cgroup_read(AT_FDCWD, "/proc/self/cgroup", members, sizeof members) < 0)
        members[0] = '\0';
    SvCgroupTexts texts = {.mounts = mounts, .members = members};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if ((missing & uses[i].use) == 0)
            continue;
        int r = ready_for_limit(groups, config, &texts, i, text, size);
        if (r < 0)
            return r;
    }
    if (missing & SV_CGROUP_KILL) {
        int r = ready_to_kill(groups, config, &texts, text, size);
        if (r < 0)
            return r;
    }
    Leftover leftover = {.groups = groups, .config = config};
    for (size_t i = before; i < groups->count; i++)
        sv_cgroup_each(groups->places[i].fd, clear_leftover, &leftover);
    return 0;
}

static void
remove_empty(int directory, const char *name, void *data)
{
    sv_cgroup_dir_remove(directory, name);
}

void
sv_cgroup_close(SvCgroups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        leave(&groups->places[i]);
        sv_cgroup_each(groups->places[i].fd, remove_empty, NULL);
        rmdir(groups->places[i].path);
        close(groups->places[i].fd);
    }
    groups->count = 0;
}

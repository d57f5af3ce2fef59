#include "build/sandbox-mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_MAX_LENGTH 4096
#define DETACHED        (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)
#define HARMLESS        (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

static const char *const links[][2] = {
    {"usr/bin", "/bin"},
    {"usr/sbin", "/sbin"},
    {"usr/lib", "/lib"},
    {"usr/lib64", "/lib64"},
};

static const char *const device_links[][2] = {
    {"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"},
    {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
    {"pts/ptmx", "/dev/ptmx"},
};

/* By these root changes the machine, whatever its capabilities. */
static const char *const closed[] = {
    "/proc/acpi", "/proc/bus",           "/proc/fs", "/proc/irq", "/proc/scsi",
    "/proc/sys",  "/proc/sysrq-trigger",
};

void
fa_sandbox_give_up(int fd, const char *what, const char *on)
{
    dprintf(fd, "cannot %s '%s': %s", what, on, strerror(errno));
    _exit(127);
}

/* A new file system that is nowhere yet; @options are pairs that end with NULL. */
static int
make_file_system(const char *kind, const char *const *options, unsigned attributes, int fd)
{
    int context = fsopen(kind, FSOPEN_CLOEXEC);
    for (; context >= 0 && *options != NULL; options += 2) {
        if (fsconfig(context, FSCONFIG_SET_STRING, options[0], options[1], 0) != 0)
            fa_sandbox_give_up(fd, "set up a file system", kind);
    }
    if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
        fa_sandbox_give_up(fd, "make a file system", kind);
    int made = fsmount(context, FSMOUNT_CLOEXEC, attributes);
    if (made < 0)
        fa_sandbox_give_up(fd, "make a file system", kind);
    close(context);
    return made;
}

static int
make_memory(const char *mode, int fd)
{
    const char *const options[] = {"mode", mode, NULL};
    return make_file_system("tmpfs", options, HARMLESS, fd);
}

static void
attach(int mount, const char *to, int fd)
{
    if (move_mount(mount, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH) != 0)
        fa_sandbox_give_up(fd, "mount", to);
}

static void
set_attributes(int mount, const char *path, unsigned flags, uint64_t attributes, int fd)
{
    struct mount_attr change = {.attr_set = attributes};
    if (mount_setattr(mount, path, flags, &change, sizeof change) != 0)
        fa_sandbox_give_up(fd, "protect", path[0] != '\0' ? path : "a mount");
}

/* What is at @path, with all that is mounted below it. -1 with errno set when it is missing. */
static int
take(const char *path, uint64_t attributes, int fd)
{
    int taken = open_tree(AT_FDCWD, path, DETACHED | AT_RECURSIVE);
    if (taken < 0 && errno != ENOENT && errno != ENOTDIR)
        fa_sandbox_give_up(fd, "take in", path);
    if (taken >= 0)
        set_attributes(taken, "", AT_EMPTY_PATH | AT_RECURSIVE, attributes, fd);
    return taken;
}

static void
make_directory(const char *path, mode_t mode, int fd)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        fa_sandbox_give_up(fd, "create", path);
}

static void
make_file(const char *path, int fd)
{
    int made = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (made < 0)
        fa_sandbox_give_up(fd, "create", path);
    close(made);
}

/* Something to mount on, with its parents; nothing where there is something. */
static void
make_place(const char *path, bool is_directory, int fd)
{
    char parent[PATH_MAX_LENGTH];
    struct stat status;
    size_t length = strlen(path);
    if (lstat(path, &status) == 0)
        return;
    if (length >= sizeof parent) {
        errno = ENAMETOOLONG;
        fa_sandbox_give_up(fd, "create", path);
    }
    memcpy(parent, path, length + 1);
    for (char *slash = strchr(parent + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        make_directory(parent, 0755, fd);
        *slash = '/';
    }
    if (is_directory)
        make_directory(path, 0755, fd);
    else
        make_file(path, fd);
}

static void
make_link(const char *target, const char *path, int fd)
{
    if (symlink(target, path) != 0)
        fa_sandbox_give_up(fd, "create", path);
}

/* The devices lie over those of the machine, where nobody of us needs them any more. */
static void
prepare_devices(int fd)
{
    enum { COUNT = sizeof devices / sizeof devices[0] };
    int nodes[COUNT];
    char path[32];

    for (size_t i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "/dev/%s", devices[i]);
        nodes[i] = take(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, fd);
        if (nodes[i] < 0)
            fa_sandbox_give_up(fd, "take in", path);
    }
    int shared = take("/dev/shm", HARMLESS, fd);
    int memory = make_memory("0755", fd);
    attach(memory, "/dev", fd);
    /* The working directory has been on the file system that lies below. */
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "/dev/%s", devices[i]);
        make_file(path, fd);
        attach(nodes[i], path, fd);
        close(nodes[i]);
    }
    for (size_t i = 0; i < sizeof device_links / sizeof device_links[0]; i++)
        make_link(device_links[i][0], device_links[i][1], fd);
    make_directory("/dev/pts", 0755, fd);
    make_directory("/dev/shm", 0755, fd);
    /* A home may lie there: steps take in what they are given of it, and nothing else. */
    if (shared >= 0) {
        attach(shared, "/dev/shm", fd);
        close(shared);
    }
    set_attributes(memory, "", AT_EMPTY_PATH, HARMLESS | MOUNT_ATTR_RDONLY, fd);
    close(memory);
}

void
fa_sandbox_prepare_mounts(int fd)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        fa_sandbox_give_up(fd, "keep mounts apart from", "/");
    prepare_devices(fd);
}

static void
exchange_root(int root, int fd)
{
    attach(root, "/usr", fd);
    if (fchdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
        umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        fa_sandbox_give_up(fd, "change the root to", "a new one");
}

static void
attach_new(int mount, const char *to, mode_t mode, int fd)
{
    make_directory(to, mode, fd);
    attach(mount, to, fd);
    close(mount);
}

static void
attach_terminals(int fd)
{
    static const char *const options[] = {"ptmxmode", "0666", "mode", "620", NULL};
    int terminals = make_file_system("devpts", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, fd);
    attach(terminals, "/dev/pts", fd);
    close(terminals);
}

static void
close_settings(int fd)
{
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        int taken = take(closed[i], MOUNT_ATTR_RDONLY | HARMLESS | MOUNT_ATTR_NOEXEC, fd);
        if (taken < 0)
            continue;
        attach(taken, closed[i], fd);
        close(taken);
    }
}

static void
attach_bind(const FaBind *bind, int taken, int fd)
{
    struct stat status;
    if (fstat(taken, &status) != 0)
        fa_sandbox_give_up(fd, "look at", bind->from);
    make_place(bind->to, S_ISDIR(status.st_mode), fd);
    attach(taken, bind->to, fd);
    close(taken);
}

void
fa_sandbox_make_mounts(const FaBind *binds, size_t length, int fd)
{
    static const char *const none[] = {NULL};
    int taken[FA_BINDS_MAX];
    for (size_t i = 0; i < length; i++) {
        bool is_writable = binds[i].kind == FA_BIND_WRITABLE;
        taken[i] = take(binds[i].from, HARMLESS | (is_writable ? 0 : MOUNT_ATTR_RDONLY), fd);
        if (taken[i] < 0 && binds[i].kind != FA_BIND_READ_ONLY_IF_THERE)
            fa_sandbox_give_up(fd, "take in", binds[i].from);
    }
    if (umount2("/dev/shm", MNT_DETACH) != 0 && errno != EINVAL)
        fa_sandbox_give_up(fd, "leave out", "/dev/shm");
    int programs = take("/usr", HARMLESS | MOUNT_ATTR_RDONLY, fd);
    int device_tree = open_tree(AT_FDCWD, "/dev", DETACHED | AT_RECURSIVE);
    /* The kernel gives a new /proc only to who sees all of an old one. */
    int processes = make_file_system("proc", none, HARMLESS | MOUNT_ATTR_NOEXEC, fd);
    if (programs < 0 || device_tree < 0)
        fa_sandbox_give_up(fd, "take in", programs < 0 ? "/usr" : "/dev");
    int root = make_memory("0755", fd);
    exchange_root(root, fd);

    attach_new(programs, "/usr", 0755, fd);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        make_link(links[i][0], links[i][1], fd);
    attach_new(device_tree, "/dev", 0755, fd);
    attach_terminals(fd);
    attach_new(make_memory("1777", fd), "/dev/shm", 0755, fd);
    attach_new(processes, "/proc", 0755, fd);
    close_settings(fd);
    attach_new(make_memory("1777", fd), "/tmp", 0755, fd);
    make_directory("/tmp/home", 0755, fd);
    for (size_t i = 0; i < length; i++) {
        if (taken[i] >= 0)
            attach_bind(&binds[i], taken[i], fd);
    }
    set_attributes(root, "", AT_EMPTY_PATH, HARMLESS | MOUNT_ATTR_RDONLY, fd);
    close(root);
}

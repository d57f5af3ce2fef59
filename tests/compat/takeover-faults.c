/*
 * A supervisor that does not take over when it comes to it, in the ways that the file named by TAKEOVER_FAULT says. It is
 * linked with --wrap, so that these stand before the functions of their names.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervise/handover.h"

int __real_sv_handover_take(SvSuper *super, const void *data, size_t length, bool take, char *why,
                            size_t size);
int __wrap_sv_handover_take(SvSuper *super, const void *data, size_t length, bool take, char *why,
                            size_t size);
int __real_execveat(int fd, const char *path, char *const *argv, char *const *env, int flags);
int __wrap_execveat(int fd, const char *path, char *const *argv, char *const *env, int flags);

static void
read_fault(char *word, size_t size)
{
    const char *path = getenv("TAKEOVER_FAULT");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd >= 0 ? read(fd, word, size - 1) : 0;

    word[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* Says in the file beside it that it is there, and waits for somebody to read that. */
static void
wait_for_reader(void)
{
    char path[4096];

    snprintf(path, sizeof path, "%s.pipe", getenv("TAKEOVER_FAULT"));
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    /* And until it has done what it wants to do meanwhile. */
    fd = open(path, O_RDONLY | O_CLOEXEC);
    char byte;
    while (fd >= 0 && read(fd, &byte, 1) > 0)
        continue;
    if (fd >= 0)
        close(fd);
}

int
__wrap_sv_handover_take(SvSuper *super, const void *data, size_t length, bool take, char *why,
                        size_t size)
{
    char fault[64] = "";

    if (take)
        read_fault(fault, sizeof fault);
    if (strcmp(fault, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(fault, "abort") == 0)
        abort();
    if (strcmp(fault, "late") == 0)
        raise(SIGALRM);
    if (strcmp(fault, "slow") == 0)
        wait_for_reader();
    if (strcmp(fault, "refuse") == 0) {
        snprintf(why, size, "it does not want to");
        return -EINVAL;
    }
    int r = __real_sv_handover_take(super, data, length, take, why, size);
    if (r == 0 && strcmp(fault, "late crash") == 0)
        raise(SIGSEGV);
    return r;
}

int
__wrap_execveat(int fd, const char *path, char *const *argv, char *const *env, int flags)
{
    char fault[64];

    read_fault(fault, sizeof fault);
    if (strcmp(fault, "exec") != 0)
        return __real_execveat(fd, path, argv, env, flags);
    errno = ENOMEM;
    return -1;
}

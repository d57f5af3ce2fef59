#pragma once
/*
 * File descriptors that close themselves: `fa_autofd int fd = -1`.
 */
#include <errno.h>
#include <unistd.h>

static inline void
fa_fd_clear(int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        errno = saved;
        *fd = -1;
    }
}

static inline int
fa_fd_steal(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define fa_autofd __attribute__((cleanup(fa_fd_clear)))

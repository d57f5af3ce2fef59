/*
 * Sockets that the supervisor holds for programs (sockets=): they are open as long as the group is in use, so that who
 * connects while a program restarts waits in the queue of the socket. FastCGI sockets are made here too.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

static int
bind_unix(const SvSocketConf *conf, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(conf->path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, conf->path, strlen(conf->path) + 1);
    unlink(conf->path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    if (conf->owned && chown(conf->path, (uid_t)conf->uid, (gid_t)conf->gid) < 0)
        return -errno;
    return conf->mode >= 0 && chmod(conf->path, (mode_t)conf->mode) < 0 ? -errno : 0;
}

static int
bind_inet(const SvSocketConf *conf, int fd)
{
    struct addrinfo hints = {
        .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char port[16];
    int one = 1;

    snprintf(port, sizeof port, "%d", (int)conf->port);
    if (getaddrinfo(conf->host, port, &hints, &found) != 0)
        return -EADDRNOTAVAIL;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int r = bind(fd, found->ai_addr, found->ai_addrlen) < 0 ? -errno : 0;
    freeaddrinfo(found);
    return r;
}

int
sv_socket_open(SvSuper *super, const SvSocketConf *conf)
{
    int fd = socket(conf->path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    sv_log(super, SV_INFO, "Creating socket %s", conf->url);
    int r = conf->path ? bind_unix(conf, fd) : bind_inet(conf, fd);
    if (r == 0 && listen(fd, conf->backlog > 0 ? (int)conf->backlog : SOMAXCONN) < 0)
        r = -errno;
    if (r < 0) {
        close(fd);
        return r;
    }
    return fd;
}

static SvHeld *
find(SvGroup *group, const SvSocketConf *conf)
{
    for (size_t i = 0; group && i < group->held_count; i++)
        if (group->held[i].fd >= 0 && strcmp(group->held[i].conf->url, conf->url) == 0)
            return &group->held[i];
    return NULL;
}

/* Opens what no program of the group has opened yet. */
static int
hold(SvSuper *super, SvGroup *group, SvGroup *old, const SvSocketConf *conf)
{
    SvHeld *before = find(old, conf);

    if (find(group, conf))
        return 0;
    /* The old group keeps a second descriptor until all have been opened. */
    int fd = before ? fcntl(before->fd, F_DUPFD_CLOEXEC, 3) : sv_socket_open(super, conf);
    if (fd < 0)
        return before ? -errno : fd;
    group->held[group->held_count++] = (SvHeld){.conf = conf, .fd = fd, .taken = before != NULL};
    return 0;
}

int
sv_held_open(SvSuper *super, SvGroup *group, SvGroup *old)
{
    group->held_count = 0;
    for (size_t i = 0; i < group->count; i++) {
        SvProc *proc = &group->procs[i];
        for (size_t j = 0; j < proc->conf->socket_count; j++) {
            int r = hold(super, group, old, &proc->conf->sockets[j]);
            if (r < 0) {
                sv_held_close(super, group);
                return r;
            }
            proc->sockets[j] = find(group, &proc->conf->sockets[j])->fd;
        }
    }
    for (size_t i = 0; old && i < group->held_count; i++)
        if (group->held[i].taken) {
            find(old, group->held[i].conf)->taken = true;
            group->held[i].taken = false;
        }
    return 0;
}

SvHeld *
sv_held_resume(SvGroup *group, const char *url)
{
    for (size_t i = 0; i < group->count; i++)
        for (size_t j = 0; j < group->procs[i].conf->socket_count; j++) {
            const SvSocketConf *conf = &group->procs[i].conf->sockets[j];
            if (strcmp(conf->url, url) != 0)
                continue;
            if (find(group, conf))
                return NULL;
            SvHeld *held = &group->held[group->held_count++];
            *held = (SvHeld){.conf = conf, .fd = -1};
            return held;
        }
    return NULL;
}

bool
sv_held_is_whole(SvGroup *group)
{
    for (size_t i = 0; i < group->count; i++)
        for (size_t j = 0; j < group->procs[i].conf->socket_count; j++) {
            const SvHeld *held = find(group, &group->procs[i].conf->sockets[j]);
            if (!held)
                return false;
            group->procs[i].sockets[j] = held->fd;
        }
    return true;
}

/* What another group has taken over is left in its place. */
void
sv_held_close(SvSuper *super, SvGroup *group)
{
    for (size_t i = 0; i < group->held_count; i++) {
        SvHeld *held = &group->held[i];
        if (!held->taken)
            sv_log(super, SV_INFO, "Closing socket %s", held->conf->url);
        if (!held->taken && held->conf->path)
            unlink(held->conf->path);
        close(held->fd);
        held->fd = -1;
    }
    group->held_count = 0;
}

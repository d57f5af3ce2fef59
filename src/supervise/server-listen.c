/*
 * The sockets that clients come to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "supervise/server.h"
#include "supervise/values.h"

#define ACCEPT_PAUSE (SV_SECOND / 10)

static SvClient *
new_client(SvServer *server)
{
    unsigned number = server->client_count++;
    SvClient *client = &server->clients[number];

    *client = (SvClient){.watch.fd = -1, .number = number, .follow_fd = -1};
    client->in = server->buffers + (SV_IN_MAX + SV_REPLY_MAX) * number;
    client->out = (SvBuf){.data = client->in + SV_IN_MAX, .size = SV_REPLY_MAX};
    return client;
}

/* Makes room where there is none: of the connections that wait for nothing, the one silent longest goes. */
static SvClient *
close_oldest(SvSuper *super)
{
    SvServer *server = super->server;
    SvClient *oldest = NULL;

    for (unsigned i = 0; i < server->client_count; i++) {
        SvClient *client = &server->clients[i];
        if (client->watch.fd >= 0 && !client->waiting &&
            (!oldest || client->last_active < oldest->last_active))
            oldest = client;
    }
    if (oldest)
        sv_client_close(super, oldest);
    return oldest;
}

static SvClient *
free_client(SvSuper *super)
{
    SvServer *server = super->server;

    for (unsigned i = 0; i < server->client_count; i++)
        if (server->clients[i].watch.fd < 0)
            return &server->clients[i];
    return server->client_count < SV_CLIENT_MAX ? new_client(server) : close_oldest(super);
}

static void
pause_over(SvSuper *super, SvTimer *timer)
{
    SvListeningSocket *listener = sv_container_of(timer, SvListeningSocket, pause);

    sv_watch_change(&super->loop, &listener->watch, EPOLLIN);
}

static void
listener_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvListeningSocket *listener = sv_container_of(watch, SvListeningSocket, watch);

    int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        /* One that is silent makes room, or the loop would turn for ever around a connection that cannot be taken. */
        if (close_oldest(super))
            fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    }
    if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
        return;
    if (fd < 0) {
        /* It stays in the queue, and the loop would find it there again and again. */
        sv_watch_change(&super->loop, watch, 0);
        sv_timer_set(&super->loop, &listener->pause, sv_now() + ACCEPT_PAUSE);
        return;
    }
    SvClient *client = free_client(super);
    if (!client) {
        close(fd);
        return;
    }
    client->watch = (SvWatch){.fd = fd, .ready = sv_client_ready};
    client->conf = listener->conf;
    client->in_length = client->out.length = client->sent = client->head_length =
        client->head_sent = 0;
    client->last_active = sv_now();
    sv_watch_add(&super->loop, &client->watch, EPOLLIN);
}

static bool
is_used(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool used = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    if (fd >= 0)
        close(fd);
    return used;
}

/* Bound under another name and linked into place: nobody meets a socket that is not ready. */
static int
listen_unix(SvSuper *super, const SvServerConf *conf, int fd)
{
    struct sockaddr_un temporary = {.sun_family = AF_UNIX};
    struct sockaddr_un final = {.sun_family = AF_UNIX};

    if (snprintf(temporary.sun_path, sizeof temporary.sun_path, "%s.%d", conf->path,
                 (int)getpid()) >= (int)sizeof temporary.sun_path)
        return -ENAMETOOLONG;
    snprintf(final.sun_path, sizeof final.sun_path, "%s", conf->path);
    unlink(temporary.sun_path);
    if (bind(fd, (struct sockaddr *)&temporary, sizeof temporary) < 0)
        return -errno;
    int r = 0;
    if (chmod(temporary.sun_path, (mode_t)conf->chmod) < 0 || listen(fd, 1024) < 0)
        r = -errno;
    if (r == 0 && link(temporary.sun_path, conf->path) < 0) {
        if (is_used(&final)) {
            r = -EADDRINUSE;
        } else {
            fprintf(stderr, "Unlinking stale socket %s\n", conf->path);
            unlink(conf->path);
            r = link(temporary.sun_path, conf->path) < 0 ? -errno : 0;
        }
    }
    unlink(temporary.sun_path);
    if (r == 0 && (conf->uid >= 0 || conf->gid >= 0) &&
        chown(conf->path, (uid_t)conf->uid, (gid_t)conf->gid) < 0)
        r = -errno;
    return r;
}

static int
listen_inet(const SvServerConf *conf, int fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)conf->port)};
    const char *host = strcmp(conf->host, "localhost") == 0 ? "127.0.0.1" : conf->host;
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_ANY);
    if (*host != '\0' && inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return -EADDRNOTAVAIL;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1024) < 0)
        return -errno;
    return 0;
}

static int
add_listener(SvSuper *super, SvServer *server, const SvServerConf *conf)
{
    SvListeningSocket *listener = &server->listeners[server->listener_count];
    struct stat st;

    if (server->listener_count == SV_LISTENING_MAX)
        return -ENOSPC;
    int fd = socket(conf->path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int r = conf->path ? listen_unix(super, conf, fd) : listen_inet(conf, fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    *listener = (SvListeningSocket){
        .watch = {.fd = fd, .ready = listener_ready}, .conf = conf, .pause.fire = pause_over};
    if (conf->path && stat(conf->path, &st) == 0) {
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
    }
    server->listener_count++;
    if (!conf->username)
        sv_log(super, SV_CRIT, "Server '%s' running without any HTTP authentication checking",
               conf->section);
    return sv_watch_add(&super->loop, &listener->watch, EPOLLIN);
}

/* Without a secret that nobody can guess no form is taken: an empty one is not sent by any page. */
static void
make_token(SvServer *server)
{
    unsigned char bytes[(SV_TOKEN_SIZE - 1) / 2];

    server->token[0] = '\0';
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(server->token + 2 * i, 3, "%02x", bytes[i]);
}

int
sv_server_prepare(SvSuper *super)
{
    static SvServer server; /* the one of this process: it outlives a restart */
    size_t size = (SV_IN_MAX + SV_REPLY_MAX) * SV_CLIENT_MAX;

    server.listener_count = 0;
    if (!server.buffers) {
        void *buffers = mmap(NULL, size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (buffers == MAP_FAILED || sv_arena_init(&server.xml, SV_XML_MAX) < 0)
            return -ENOMEM;
        server.buffers = buffers;
        server.buffers_size = size;
    }
    server.client_count = 0;
    make_token(&server);
    super->server = &server;
    super->wake = sv_server_wake;
    return 0;
}

SvClient *
sv_server_client(SvSuper *super, unsigned number)
{
    while (super->server->client_count <= number)
        new_client(super->server);
    return &super->server->clients[number];
}

/* With what a state says of its sockets and connections. */
void
sv_server_take_over(SvSuper *super)
{
    SvServer *server = super->server;

    for (size_t i = 0; i < server->listener_count; i++) {
        sv_watch_resume(&super->loop, &server->listeners[i].watch, listener_ready);
        sv_timer_resume(&super->loop, &server->listeners[i].pause, pause_over);
    }
    for (unsigned i = 0; i < server->client_count; i++) {
        sv_watch_resume(&super->loop, &server->clients[i].watch, sv_client_ready);
        sv_client_follow_resume(super, &server->clients[i]);
    }
}

int
sv_server_open(SvSuper *super)
{
    int r = sv_server_prepare(super);

    if (r < 0)
        return r;
    for (size_t i = 0; i < super->config->server_count; i++) {
        r = add_listener(super, super->server, &super->config->servers[i]);
        if (r < 0) {
            sv_server_close(super);
            return r;
        }
    }
    for (const SvPlugin *plugin = super->config->plugins; plugin; plugin = plugin->next)
        sv_log(super, SV_INFO, "RPC interface '%s' initialized", plugin->name);
    return 0;
}

void
sv_server_close(SvSuper *super)
{
    SvServer *server = super->server;
    struct stat st;

    for (unsigned i = 0; server && i < server->client_count; i++)
        if (server->clients[i].watch.fd >= 0)
            sv_client_close(super, &server->clients[i]);
    for (size_t i = 0; server && i < server->listener_count; i++) {
        SvListeningSocket *listener = &server->listeners[i];
        sv_watch_close(&super->loop, &listener->watch);
        sv_timer_clear(&super->loop, &listener->pause);
        /* Only what is ours: another may have taken the name. */
        if (listener->conf->path && stat(listener->conf->path, &st) == 0 &&
            st.st_ino == listener->inode && st.st_dev == listener->device)
            unlink(listener->conf->path);
    }
    if (server)
        server->listener_count = 0;
    super->server = NULL;
}

/*
 * What goes out on a connection, and its end. No answer waits for its reader: what a socket does not take stays in the
 * buffer of its connection and disturbs no other.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "supervise/server.h"

#define AT_HAND  4 /* connections whose buffers stay */
#define KEPT_MAX 65536

void
sv_client_close(SvSuper *super, SvClient *client)
{
    uint64_t bit = UINT64_C(1) << client->number;

    sv_timer_clear(&super->loop, &client->timer);
    if (client->waiting)
        for (SvGroup *group = super->groups; group; group = group->next)
            for (size_t i = 0; i < group->count; i++)
                group->procs[i].waiters &= ~bit;
    sv_watch_close(&super->loop, &client->watch);
    if (client->follow_fd >= 0)
        close(client->follow_fd);
    client->follow_fd = -1;
    client->follow = NULL;
    client->busy = client->waiting = client->woken = false;
    /* Most of the time there are few; what many or large ones took is given back. */
    bool many = client->number >= AT_HAND;
    if (many || client->out.length > KEPT_MAX)
        madvise(client->out.data, client->out.size, MADV_DONTNEED);
    if (many || client->in_length > KEPT_MAX)
        madvise(client->in, SV_IN_MAX, MADV_DONTNEED);
    client->in_length = 0;
}

static bool
send_some(SvClient *client)
{
    while (client->head_sent < client->head_length || client->sent < client->out.length) {
        bool head = client->head_sent < client->head_length;
        const char *data =
            head ? client->head + client->head_sent : client->out.data + client->sent;
        size_t left =
            head ? client->head_length - client->head_sent : client->out.length - client->sent;
        ssize_t n = send(client->watch.fd, data, left,
                         MSG_NOSIGNAL | MSG_DONTWAIT | (head && client->out.length ? MSG_MORE : 0));
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        if (head)
            client->head_sent += (size_t)n;
        else
            client->sent += (size_t)n;
    }
    return true;
}

bool
sv_client_is_sent(const SvClient *client)
{
    return client->head_sent == client->head_length && client->sent == client->out.length;
}

/* The answer is out: the next request of the connection may be there already. */
static void
next_request(SvSuper *super, SvClient *client)
{
    size_t used = client->http.head + (size_t)client->http.body;

    if (!client->http.keep || used > client->in_length) {
        sv_client_close(super, client);
        return;
    }
    memmove(client->in, client->in + used, client->in_length - used);
    client->in_length -= used;
    if (client->out.length > KEPT_MAX)
        madvise(client->out.data, client->out.size, MADV_DONTNEED);
    client->out.length = client->sent = client->head_length = client->head_sent = 0;
    client->busy = false;
}

void
sv_client_flush(SvSuper *super, SvClient *client)
{
    if (!send_some(client)) {
        sv_client_close(super, client);
        return;
    }
    if (!sv_client_is_sent(client)) {
        sv_watch_change(&super->loop, &client->watch, EPOLLOUT);
        return;
    }
    if (client->follow) {
        client->out.length = client->sent = 0;
        sv_watch_change(&super->loop, &client->watch, EPOLLIN);
        return;
    }
    next_request(super, client);
    if (client->watch.fd >= 0)
        sv_watch_change(&super->loop, &client->watch, EPOLLIN);
}

void
sv_client_reply(SvSuper *super, SvClient *client, int status, const char *type, const char *extra)
{
    char date[64];
    time_t now = time(NULL);
    struct tm tm;
    SvBuf head;

    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    sv_buf_init(&head, client->head, sizeof client->head);
    sv_buf_printf(
        &head,
        "HTTP/%s %d %s\r\nServer: fassembler-supervisord/%s\r\nDate: %s\r\nContent-Type: %s\r\n"
        "X-Content-Type-Options: nosniff\r\n%s",
        client->http.version == 11 ? "1.1" : "1.0", status, sv_http_reason(status), FA_VERSION,
        date, type, extra);
    if (!client->follow)
        sv_buf_printf(&head, "Content-Length: %zu\r\n", client->out.length);
    sv_buf_printf(&head, "Connection: %s\r\n\r\n", client->http.keep ? "Keep-Alive" : "close");
    client->head_length = head.length;
    client->head_sent = client->sent = 0;
    sv_client_flush(super, client);
}

void
sv_client_reply_error(SvSuper *super, SvClient *client, int status)
{
    client->out.length = 0;
    client->busy = true;
    if (status == 400 || status >= 411)
        client->http.keep = false;
    if (client->http.version == 0)
        client->http.version = 10;
    sv_buf_printf(&client->out,
                  "<head>\n<title>Error response</title>\n</head>\n<body>\n<h1>Error "
                  "response</h1>\n<p>Error code %d.\n"
                  "<p>Message: %s.\n</body>\n",
                  status, sv_http_reason(status));
    sv_client_reply(super, client, status, "text/html",
                    status == 401 ? "WWW-Authenticate: Basic realm=\"default\"\r\n" : "");
}

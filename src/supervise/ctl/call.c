/*
 * XML-RPC over a Unix or TCP connection, and logs that are followed.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "supervise/ctl/ctl.h"
#include "supervise/http.h"

#define REQUEST_MAX ((size_t)1 << 20)

void
sv_ctl_disconnect(SvCtl *ctl)
{
    if (ctl->fd >= 0)
        close(ctl->fd);
    ctl->fd = -1;
}

static int
connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

static int
connect_inet(const char *url)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[256];
    const char *port = "80";

    snprintf(host, sizeof host, "%.*s", (int)strcspn(url, "/"), url);
    char *colon = strrchr(host, ':');
    if (colon) {
        *colon = '\0';
        port = colon + 1;
    }
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -EHOSTUNREACH;
    int r = -EHOSTUNREACH;
    for (const struct addrinfo *one = found; one; one = one->ai_next) {
        int fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) == 0) {
            freeaddrinfo(found);
            return fd;
        }
        r = -errno;
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(found);
    return r;
}

static int
open_connection(const SvCtl *ctl)
{
    if (strncmp(ctl->url, "unix://", 7) == 0)
        return connect_unix(ctl->url + 7);
    if (strncmp(ctl->url, "http://", 7) == 0)
        return connect_inet(ctl->url + 7);
    return -EPROTONOSUPPORT;
}

static void
add_authorization(const SvCtl *ctl, SvBuf *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char login[512];

    if (!ctl->username || !ctl->password)
        return;
    int length = snprintf(login, sizeof login - 3, "%s:%s", ctl->username, ctl->password);
    if (length < 0 || length >= (int)sizeof login - 3)
        return;
    memset(login + length, 0, 3);
    sv_buf_puts(out, "Authorization: Basic ");
    for (int i = 0; i < length; i += 3) {
        unsigned bits = (unsigned)(unsigned char)login[i] << 16 |
                        (unsigned)(unsigned char)login[i + 1] << 8 | (unsigned char)login[i + 2];
        char four[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                        i + 1 < length ? alphabet[bits >> 6 & 63] : '=',
                        i + 2 < length ? alphabet[bits & 63] : '='};
        sv_buf_add(out, four, 4);
    }
    sv_buf_puts(out, "\r\n");
}

static void
write_params(SvBuf *body, const char *method, const char *format, va_list args)
{
    sv_buf_printf(body,
                  "<?xml version='1.0'?>\n<methodCall>\n<methodName>%s</methodName>\n<params>\n",
                  method);
    for (const char *p = format; *p != '\0'; p++) {
        sv_buf_puts(body, "<param>\n");
        if (*p == 's')
            sv_xml_string(body, va_arg(args, const char *));
        else if (*p == 'i')
            sv_xml_int(body, va_arg(args, int));
        else
            sv_xml_bool(body, va_arg(args, int));
        sv_buf_puts(body, "\n</param>\n");
    }
    sv_buf_puts(body, "</params>\n</methodCall>\n");
}

static int
send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -errno;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Reads an answer whole. *ret_body is behind its head, terminated. */
static int
receive(SvCtl *ctl, int *ret_status, char **ret_body, size_t *ret_length)
{
    size_t length = 0;
    const char *end = NULL;
    size_t wanted = SIZE_MAX;

    while (length < wanted) {
        ssize_t n = recv(ctl->fd, ctl->reply + length, SV_CTL_REPLY_MAX - 1 - length, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return length == 0 || !end || wanted != SIZE_MAX ? (n < 0 ? -errno : -ECONNRESET) : 0;
        length += (size_t)n;
        ctl->reply[length] = '\0';
        if (end || !(end = strstr(ctl->reply, "\r\n\r\n")))
            continue;
        const char *field = strcasestr(ctl->reply, "\r\nContent-Length:");
        uint64_t body = 0;
        if (!field || field > end)
            continue;
        field += 17 + strspn(field + 17, " ");
        if (sv_parse_digits(field, strcspn(field, "\r"), &body) == 0)
            wanted = (size_t)(end - ctl->reply) + 4 + (size_t)body;
    }
    uint64_t status = 0;
    if (length < 12 || sv_parse_digits(ctl->reply + 9, 3, &status) < 0)
        return -EPROTO;
    *ret_status = (int)status;
    *ret_body = ctl->reply + (end - ctl->reply) + 4;
    *ret_length = length - (size_t)(end - ctl->reply) - 4;
    return 0;
}

static int
exchange(SvCtl *ctl, const SvBuf *request, int *ret_status, char **ret_body, size_t *ret_length)
{
    bool fresh = ctl->fd < 0;

    if (fresh)
        ctl->fd = open_connection(ctl);
    if (ctl->fd < 0) {
        int r = ctl->fd;
        ctl->fd = -1;
        return r;
    }
    int r = send_all(ctl->fd, request->data, request->length);
    if (r == 0)
        r = receive(ctl, ret_status, ret_body, ret_length);
    if (r < 0)
        sv_ctl_disconnect(ctl);
    /* A connection that was kept may have been closed meanwhile. */
    return r < 0 && !fresh ? exchange(ctl, request, ret_status, ret_body, ret_length) : r;
}

int
sv_ctl_call(SvCtl *ctl, SvValue *ret_value, int64_t *ret_fault, const char *method,
            const char *format, ...)
{
    static char body_data[REQUEST_MAX];
    static char data[REQUEST_MAX + 4096];
    SvBuf body, request;
    va_list args;
    char *answer = NULL;
    size_t length = 0;
    int status = 0;

    sv_buf_init(&body, body_data, sizeof body_data);
    va_start(args, format);
    write_params(&body, method, format, args);
    va_end(args);
    sv_buf_init(&request, data, sizeof data);
    sv_buf_puts(
        &request,
        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nAccept: text/xml\r\n");
    add_authorization(ctl, &request);
    sv_buf_printf(&request, "Content-Length: %zu\r\n\r\n", body.length);
    sv_buf_add(&request, body.data, body.length);
    int r = exchange(ctl, &request, &status, &answer, &length);
    if (r < 0) {
        snprintf(ctl->problem, sizeof ctl->problem, "%s: %s", ctl->url, strerror(-r));
        return r;
    }
    if (status != 200) {
        sv_ctl_disconnect(ctl);
        snprintf(ctl->problem, sizeof ctl->problem, "%s: the server answered %d %s", ctl->url,
                 status, sv_http_reason(status));
        return status == 401 ? -EACCES : -EPROTO;
    }
    sv_arena_reset(&ctl->arena);
    r = sv_xml_read_response(&ctl->arena, answer, length, ret_value, ret_fault);
    if (r < 0)
        snprintf(ctl->problem, sizeof ctl->problem, "%s: the answer is no XML-RPC", ctl->url);
    return r;
}

/* Chunks as they come: the sizes are taken out, what is between is shown. */
typedef struct Chunks {
    size_t left; /* of the chunk */
    char line[32];
    size_t line_length;
    bool chunked;
    bool ended;
} Chunks;

static void
show(Chunks *chunks, const char *data, size_t length)
{
    while (length > 0 && !chunks->ended) {
        size_t n = !chunks->chunked || length < chunks->left ? length : chunks->left;
        if (n > 0) {
            fwrite(data, 1, n, stdout);
            chunks->left -= chunks->chunked ? n : 0;
            data += n;
            length -= n;
            continue;
        }
        char c = *data++;
        length--;
        if (c != '\n') {
            if (c != '\r' && chunks->line_length + 1 < sizeof chunks->line)
                chunks->line[chunks->line_length++] = c;
            continue;
        }
        if (chunks->line_length == 0)
            continue;
        chunks->line[chunks->line_length] = '\0';
        chunks->line_length = 0;
        unsigned size = 0;
        chunks->ended = sscanf(chunks->line, "%x", &size) != 1 || size == 0;
        chunks->left = size;
    }
    fflush(stdout);
}

static int
open_stream(SvCtl *ctl, const char *path, char *data, size_t size, size_t *ret_length,
            Chunks *chunks)
{
    SvBuf request;
    size_t length = 0;
    char *end = NULL;

    int fd = open_connection(ctl);
    if (fd < 0)
        return fd;
    sv_buf_init(&request, data, size);
    sv_buf_printf(&request, "GET %s HTTP/1.1\r\nHost: localhost\r\n", path);
    add_authorization(ctl, &request);
    sv_buf_puts(&request, "\r\n");
    int r = send_all(fd, request.data, request.length);
    while (r == 0 && !end) {
        ssize_t n = recv(fd, data + length, size - 1 - length, 0);
        if (n <= 0) {
            r = n < 0 ? -errno : -ECONNRESET;
            break;
        }
        length += (size_t)n;
        data[length] = '\0';
        end = strstr(data, "\r\n\r\n");
    }
    if (r == 0 && strncmp(data + 8, " 200", 4) != 0) {
        fprintf(stderr, "%s%s Cannot read, status code %.3s\n", ctl->url, path, data + 9);
        r = -ENOENT;
    }
    if (r < 0) {
        close(fd);
        return r;
    }
    chunks->chunked = strcasestr(data, "Transfer-Encoding: chunked") != NULL;
    *ret_length = length - (size_t)(end + 4 - data);
    memmove(data, end + 4, *ret_length);
    return fd;
}

int
sv_ctl_follow(SvCtl *ctl, const char *path, bool (*also)(SvCtl *ctl, void *data), void *user)
{
    static char data[65536];
    Chunks chunks = {0};
    size_t length = 0;
    int fd = open_stream(ctl, path, data, sizeof data, &length, &chunks);

    if (fd < 0)
        return fd;
    /* Ctrl-C comes as one more thing to read: a log that never pauses must not hide it. */
    sigset_t interrupt, old;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &old);
    int signals = signalfd(-1, &interrupt, SFD_CLOEXEC);
    struct signalfd_siginfo info;
    bool interrupted = false;
    show(&chunks, data, length);
    while (!chunks.ended) {
        struct pollfd polls[3] = {{.fd = fd, .events = POLLIN},
                                  {.fd = also ? STDIN_FILENO : -1, .events = POLLIN},
                                  {.fd = signals, .events = POLLIN}};
        if (poll(polls, 3, -1) < 0)
            break;
        if (polls[2].revents) {
            interrupted = read(signals, &info, sizeof info) > 0;
            break;
        }
        if (polls[1].revents && !also(ctl, user))
            break;
        if (!polls[0].revents)
            continue;
        ssize_t n = recv(fd, data, sizeof data, 0);
        if (n <= 0)
            break;
        show(&chunks, data, (size_t)n);
    }
    close(signals);
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(fd);
    return interrupted;
}

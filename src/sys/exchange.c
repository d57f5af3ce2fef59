#include "sys/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "sys/fd.h"

#define PIECE 65536

/* Nobody is there, or nobody for us. Whatever else fails says nothing about that. */
static bool
is_absent(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ECONNREFUSED || number == EACCES ||
           number == EPERM || number == EPIPE || number == ECONNRESET || number == ETIMEDOUT;
}

static bool
fail(const FaExchange *exchange, int number, GError **error)
{
    if (!is_absent(number))
        return fa_fail_errno(error, number, "cannot ask '%s'", exchange->path);
    return fa_fail(error, FA_ERROR_UNREACHABLE, "cannot reach '%s': %s", exchange->path,
                   g_strerror(number));
}

static bool
connect_to(const FaExchange *exchange, int *ret_fd, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(exchange->path);
    if (length >= sizeof(address.sun_path))
        return fa_fail(error, FA_ERROR_FAILED, "'%s' is too long for a socket: %zu bytes of %zu",
                       exchange->path, length, sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, exchange->path, length);

    fa_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot make a socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        return fail(exchange, errno, error);
    *ret_fd = fa_fd_steal(&fd);
    return true;
}

/* Until @fd is ready for @events. */
static bool
wait_for(const FaExchange *exchange, int fd, short events, GError **error)
{
    struct pollfd fds[] = {
        {.fd = fd, .events = events},
        {.fd = fa_cancel_get_fd(exchange->cancel), .events = POLLIN},
    };
    int ready = poll(fds, G_N_ELEMENTS(fds), (int)MIN(exchange->timeout, 86400) * 1000);

    if (!fa_cancel_check(exchange->cancel, error))
        return false;
    if (ready == 0)
        return fail(exchange, ETIMEDOUT, error);
    return ready > 0 || errno == EINTR || fail(exchange, errno, error);
}

static bool
send_request(const FaExchange *exchange, int fd, GError **error)
{
    size_t sent = 0;
    while (sent < exchange->request_length) {
        ssize_t count = send(fd, exchange->request + sent, exchange->request_length - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0)
            sent += (size_t)count;
        else if (errno != EAGAIN && errno != EINTR)
            return fail(exchange, errno, error);
        else if (!wait_for(exchange, fd, POLLOUT, error))
            return false;
    }
    return true;
}

static bool
read_answer(const FaExchange *exchange, int fd, GString *answer, GError **error)
{
    g_autofree char *piece = g_malloc(PIECE);
    for (;;) {
        ssize_t count = recv(fd, piece, PIECE, MSG_DONTWAIT);
        if (count == 0)
            return true;
        if (count < 0) {
            if (errno != EAGAIN && errno != EINTR)
                return fail(exchange, errno, error);
            if (!wait_for(exchange, fd, POLLIN, error))
                return false;
            continue;
        }
        if (answer->len + (size_t)count > exchange->answer_limit)
            return fa_fail(error, FA_ERROR_FAILED, "the answer of '%s' is longer than %zu bytes",
                           exchange->path, exchange->answer_limit);
        g_string_append_len(answer, piece, count);
        if (exchange->is_whole != NULL &&
            exchange->is_whole(answer->str, answer->len, exchange->data))
            return true;
    }
}

bool
fa_exchange(const FaExchange *exchange, char **ret_answer, size_t *ret_length, GError **error)
{
    fa_autofd int fd = -1;
    g_autoptr(GString) answer = g_string_new(NULL);

    if (!connect_to(exchange, &fd, error) || !send_request(exchange, fd, error) ||
        !read_answer(exchange, fd, answer, error))
        return false;
    *ret_length = answer->len;
    *ret_answer = g_string_free(g_steal_pointer(&answer), FALSE);
    return true;
}

#include "app/serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/call.h"
#include "app/serve-call.h"
#include "base/error.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/unix.h"

#define LOCK_NAME "serve.lock"
#define DENIED    5
#define CONFLICT  6
#define TURN_MS   1000 /* deadlines are looked at this often */

typedef struct Server {
    const FaServeOptions *options;
    int listening; /* -1 once it takes nobody more */
    uid_t owner;
    GPtrArray *calls; /* of FaServeCall */
} Server;

static guint
count_of(const Server *server, uid_t uid)
{
    guint count = 0;
    for (guint i = 0; i < server->calls->len; i++)
        count += ((const FaServeCall *)g_ptr_array_index(server->calls, i))->uid == uid;
    return count;
}

static void
take_caller(Server *server, int fd)
{
    g_autoptr(GError) error = NULL;
    uid_t uid = (uid_t)-1;
    pid_t pid;
    bool is_known = fa_unix_get_peer(fd, &uid, &pid, &error);
    bool is_admin = is_known && (uid == server->owner || uid == 0);
    FaServeCall *call = fa_serve_call_new(server->options, fd, uid, is_admin);
    bool is_one_too_many = count_of(server, uid) >= FA_SERVE_CALLS_EACH_MAX;
    g_ptr_array_add(server->calls, call);
    if (!is_known)
        fa_serve_call_refuse(call, DENIED, error->message);
    else if (is_one_too_many)
        fa_serve_call_refuse(call, CONFLICT,
                             "too many commands of yours are under way\nhelp: wait for one to end");
}

/* When there are too many, others wait in the queue of the socket. */
static void
take_callers(Server *server)
{
    while (server->calls->len < FA_SERVE_CALLS_MAX) {
        int fd = fa_unix_accept(server->listening);
        if (fd < 0)
            return;
        take_caller(server, fd);
    }
}

static void
forget_those_over(Server *server)
{
    for (guint i = server->calls->len; i > 0; i--) {
        if (fa_serve_call_is_over(g_ptr_array_index(server->calls, i - 1)))
            g_ptr_array_remove_index(server->calls, i - 1);
    }
}

/* What is under way is brought to its end; nobody new gets in. */
static void
begin_to_stop(Server *server)
{
    g_autofree char *path = g_build_filename(server->options->home, FA_CALL_SOCKET, NULL);
    unlink(path);
    fa_fd_clear(&server->listening);
    for (guint i = 0; i < server->calls->len; i++)
        fa_serve_call_stop(g_ptr_array_index(server->calls, i));
}

static void
turn(Server *server)
{
    guint count = server->calls->len;
    bool is_full = count >= FA_SERVE_CALLS_MAX, is_stopping = server->listening < 0;
    g_autofree struct pollfd *fds = g_new0(struct pollfd, 2 + count * FA_SERVE_FDS);
    fds[0] = (struct pollfd){.fd = is_full ? -1 : server->listening, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = is_stopping ? -1 : fa_cancel_get_fd(server->options->cancel),
                             .events = POLLIN};
    for (guint i = 0; i < count; i++)
        fa_serve_call_prepare(g_ptr_array_index(server->calls, i), fds + 2 + i * FA_SERVE_FDS);
    if (poll(fds, 2 + count * FA_SERVE_FDS, TURN_MS) < 0)
        return; /* a signal, which set the cancel */

    int64_t now = fa_clock_monotonic();
    for (guint i = 0; i < count; i++)
        fa_serve_call_turn(g_ptr_array_index(server->calls, i), fds + 2 + i * FA_SERVE_FDS, now);
    forget_those_over(server);
    if (fds[0].revents != 0)
        take_callers(server);
}

static bool
run(Server *server, GError **error)
{
    const char *home = server->options->home;
    g_autofree char *path = g_build_filename(home, FA_CALL_SOCKET, NULL);
    struct stat status;
    if (stat(home, &status) != 0)
        return fa_fail_errno(error, errno, "cannot look at '%s'", home);
    server->owner = status.st_uid;
    server->listening = fa_unix_listen(home, FA_CALL_SOCKET, error);
    if (server->listening < 0)
        return false;
    if (server->options->ready != NULL)
        server->options->ready(path, server->options->data);
    while (server->listening >= 0 || server->calls->len > 0) {
        if (server->listening >= 0 && fa_cancel_is_set(server->options->cancel))
            begin_to_stop(server);
        forget_those_over(server);
        if (server->listening >= 0 || server->calls->len > 0)
            turn(server);
    }
    return true;
}

bool
fa_serve(const FaServeOptions *options, GError **error)
{
    g_autofree char *path = g_build_filename(options->home, LOCK_NAME, NULL);
    g_autoptr(FaLock) lock =
        fa_lock_take(path, FA_LOCK_EXCLUSIVE, "serving", 0, NULL, NULL, options->cancel, error);
    if (lock == NULL)
        return false;
    g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)fa_serve_call_free);
    Server server = {.options = options, .listening = -1, .calls = calls};
    return run(&server, error);
}

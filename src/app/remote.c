#include "app/remote.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/unix.h"
#include "sys/user.h"

#define FRAME_MAX (FA_CALL_MAX + FA_FRAME_HEADER) /* of what is received */

typedef struct Line {
    const FaRemote *remote;
    const char *home;
    int fd;
    GByteArray *in;
    GByteArray *out;
    bool is_cancelled;
    bool is_ended;
    int status;
} Line;

bool
fa_remote_is_there(const char *home)
{
    struct stat folder, place;
    g_autofree char *path = g_build_filename(home, FA_CALL_SOCKET, NULL);
    return !fa_user_is_root() && stat(home, &folder) == 0 && folder.st_uid != geteuid() &&
           lstat(path, &place) == 0 && S_ISSOCK(place.st_mode);
}

/* Whoever can write to the home could put a socket there; only its user is to be believed. */
static bool
check_server(int fd, const char *home, GError **error)
{
    struct stat status;
    uid_t uid;
    pid_t pid;
    if (stat(home, &status) != 0)
        return fa_fail_errno(error, errno, "cannot look at '%s'", home);
    if (!fa_unix_get_peer(fd, &uid, &pid, error))
        return false;
    return uid == status.st_uid || uid == 0 ||
           fa_fail(error, FA_ERROR_DENIED, "who serves '%s' is not its user, but user %u", home,
                   (unsigned)uid);
}

static bool
check_words(char *const *words, GError **error)
{
    for (; *words != NULL; words++) {
        if (!g_utf8_validate(*words, -1, NULL))
            return fa_fail(error, FA_ERROR_USAGE, "a word is not text in UTF-8");
    }
    return true;
}

static bool
fail_lost(const Line *line, GError **error)
{
    return fa_fail(
        error, FA_ERROR_UNREACHABLE,
        "the server of '%s' is gone\nhelp: 'fassembler history' and 'ledger log' say how "
        "far it came; run the command again",
        line->home);
}

static bool
answer(Line *line, const FaFrame *frame)
{
    const FaRemote *remote = line->remote;
    g_autofree char *question = fa_text_sanitize(frame->bytes, frame->length);
    g_autofree char *text = remote->ask != NULL ? remote->ask(question, remote->data) : NULL;
    if (text != NULL)
        fa_frame_append(line->out, FA_CALL_ANSWER, text, MIN(strlen(text), FA_CALL_LINE_MAX));
    else
        fa_frame_append(line->out, FA_CALL_NO_ANSWER, NULL, 0);
    return true;
}

static bool
take_frame(Line *line, const FaFrame *frame, GError **error)
{
    const FaRemote *remote = line->remote;
    g_autofree char *digits = NULL;
    unsigned status;
    switch (frame->kind) {
    case FA_CALL_OUT:
    case FA_CALL_ERR:
        return remote->output(frame->bytes, frame->length, frame->kind == FA_CALL_ERR, remote->data,
                              error);
    case FA_CALL_QUESTION:
        return answer(line, frame);
    case FA_CALL_STATUS:
        digits = g_strndup(frame->bytes, frame->length);
        if (!fa_parse_uint(digits, 0, 255, &status))
            break;
        line->status = (int)status;
        line->is_ended = true;
        return true;
    default:
        break;
    }
    return fa_fail(error, FA_ERROR_UNREACHABLE, "the server of '%s' says what is not understood",
                   line->home);
}

static bool
receive(Line *line, GError **error)
{
    guint8 buffer[FA_CALL_CHUNK];
    ssize_t count = recv(line->fd, buffer, MIN(sizeof buffer, FRAME_MAX - line->in->len), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (count <= 0)
        return fail_lost(line, error);
    g_byte_array_append(line->in, buffer, (guint)count);
    while (!line->is_ended) {
        FaFrame frame = {.kind = '?'};
        size_t used;
        FaFrameState state =
            fa_frame_read(line->in->data, line->in->len, FA_CALL_MAX, &frame, &used);
        if (state == FA_FRAME_PARTIAL)
            return true;
        if (state == FA_FRAME_WRONG)
            frame = (FaFrame){.kind = '?'};
        if (!take_frame(line, &frame, error))
            return false;
        g_byte_array_remove_range(line->in, 0, (guint)used);
    }
    return true;
}

static void
send_more(Line *line)
{
    ssize_t count = send(line->fd, line->out->data, line->out->len, MSG_NOSIGNAL);
    if (count > 0)
        g_byte_array_remove_range(line->out, 0, (guint)count);
    else if (count < 0 && errno != EAGAIN && errno != EINTR)
        g_byte_array_set_size(line->out, 0); /* what there is to read says why */
}

static bool
turn(Line *line, GError **error)
{
    bool has_more = line->out->len > 0;
    struct pollfd fds[] = {
        {.fd = line->fd, .events = (short)(POLLIN | (has_more ? POLLOUT : 0))},
        {.fd = line->is_cancelled ? -1 : fa_cancel_get_fd(line->remote->cancel), .events = POLLIN},
    };
    if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
        return fa_fail_errno(error, errno, "cannot wait for the server");
    if (!line->is_cancelled && fa_cancel_is_set(line->remote->cancel)) {
        fa_frame_append(line->out, FA_CALL_CANCEL, NULL, 0);
        line->is_cancelled = true;
    }
    if (has_more)
        send_more(line);
    return (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || receive(line, error);
}

bool
fa_remote_call(const char *home, const FaRemote *remote, int *ret_status, GError **error)
{
    if (!check_words(remote->call.words, error))
        return false;
    g_autoptr(GByteArray) in = g_byte_array_new(), out = g_byte_array_new();
    fa_autofd int fd = fa_unix_connect(home, FA_CALL_SOCKET, error);
    if (fd < 0) {
        g_prefix_error(error, "the home '%s' is somebody else's, and not served now: ", home);
        return false;
    }
    if (!check_server(fd, home, error))
        return false;
    fa_call_append(out, &remote->call);
    if (out->len > FA_CALL_MAX)
        return fa_fail(error, FA_ERROR_USAGE, "the words are too many to be sent to the server");

    Line line = {.remote = remote, .home = home, .fd = fd, .in = in, .out = out};
    while (!line.is_ended) {
        if (!turn(&line, error))
            return false;
    }
    *ret_status = line.status;
    return true;
}

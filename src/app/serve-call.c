#include "app/serve-call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/user.h"

#define SECOND       1000000                /* of the monotonic clock */
#define PATIENCE     (10 * (int64_t)SECOND) /* for the call, once somebody is there */
#define STALL        (60 * (int64_t)SECOND) /* in which somebody takes nothing of what there is */
#define OUT_MAX      ((size_t)1 << 20)      /* kept for a caller: then the process waits */
#define LAST_MAX     ((size_t)1 << 20) /* read of a process that has ended: others may hold its pipe */
#define CANCELS_MAX  10
#define FROM_CALLER  (FA_CALL_MAX + FA_FRAME_HEADER)
#define FROM_PROCESS (FA_CALL_LINE_MAX + FA_FRAME_HEADER)

FaServeCall *
fa_serve_call_new(const FaServeOptions *options, int fd, uid_t uid, bool is_admin)
{
    FaServeCall *call = g_new0(FaServeCall, 1);
    call->options = options;
    call->fd = fd;
    call->uid = uid;
    call->caller = (FaCaller){
        .name = fa_user_get_name(uid),
        .is_admin = is_admin,
        .home = g_strdup(options->home),
        .server = (int)getpid(),
    };
    call->served = (FaServed)FA_SERVED_NONE;
    call->in = g_byte_array_new();
    call->out = g_byte_array_new();
    call->talk_in = g_byte_array_new();
    call->talk_out = g_byte_array_new();
    call->deadline = fa_clock_monotonic() + PATIENCE;
    return call;
}

void
fa_serve_call_free(FaServeCall *call)
{
    if (call == NULL)
        return;
    fa_fd_clear(&call->fd);
    fa_served_close(&call->served);
    fa_call_clear(&call->call);
    fa_caller_clear(&call->caller);
    g_byte_array_unref(call->in);
    g_byte_array_unref(call->out);
    g_byte_array_unref(call->talk_in);
    g_byte_array_unref(call->talk_out);
    g_free(call);
}

static void
tell(const FaServeCall *call, int status, const char *problem)
{
    const FaServeEvent event = {
        .name = call->caller.name, .words = call->call.words, .status = status, .problem = problem};
    if (call->options->tell != NULL)
        call->options->tell(&event, call->options->data);
}

/* What is sent from now on is for nobody; what runs for them ends in good order. */
static void
lose_caller(FaServeCall *call)
{
    fa_fd_clear(&call->fd);
    call->is_gone = true;
    g_byte_array_set_size(call->in, 0);
    g_byte_array_set_size(call->out, 0);
    if (call->is_asked)
        fa_frame_append(call->talk_out, FA_CALL_NO_ANSWER, NULL, 0);
    call->is_asked = false;
    fa_serve_call_stop(call);
}

void
fa_serve_call_stop(FaServeCall *call)
{
    if (!call->is_begun) {
        call->is_ended = true;
        call->is_gone = true;
    } else if (!call->is_stopping && !call->is_ended) {
        call->is_stopping = true;
        fa_served_ask_to_stop(&call->served);
    }
}

static void
add_out(FaServeCall *call, FaCallKind kind, const void *bytes, size_t length)
{
    if (call->is_gone)
        return;
    if (call->out->len == 0)
        call->deadline = fa_clock_monotonic() + STALL;
    fa_frame_append(call->out, (char)kind, bytes, length);
}

static void
end(FaServeCall *call, int status)
{
    char digits[16];
    int length = g_snprintf(digits, sizeof digits, "%d", status);
    add_out(call, FA_CALL_STATUS, digits, (size_t)length);
    call->is_ended = true;
    fa_served_close(&call->served);
}

void
fa_serve_call_refuse(FaServeCall *call, int status, const char *message)
{
    g_autofree char *line = g_strdup_printf("error: %s\n", message);
    tell(call, status, message);
    add_out(call, FA_CALL_ERR, line, MIN(strlen(line), FA_CALL_CHUNK));
    end(call, status);
}

/* The process is told who calls by us, and what they want in their own words. */
static void
begin(FaServeCall *call, const FaFrame *frame)
{
    const char *const argv[] = {call->options->program, "served", NULL};
    g_autoptr(GError) error = NULL;
    if (!fa_call_read(frame, &call->call, &error) ||
        !fa_served_start(call->options->program, argv, &call->served, &error)) {
        g_autofree char *clean = fa_text_sanitize(error->message, strlen(error->message));
        fa_serve_call_refuse(call, fa_error_exit_status(error), clean);
        return;
    }
    call->is_begun = true;
    call->deadline = INT64_MAX;
    fa_caller_append(call->talk_out, &call->caller);
    fa_frame_append(call->talk_out, frame->kind, frame->bytes, frame->length);
    tell(call, -1, NULL);
}

/* False: it is out of turn. */
static bool
take_frame(FaServeCall *call, const FaFrame *frame)
{
    if (!call->is_begun) {
        if (frame->kind != FA_CALL_CALL)
            return false;
        begin(call, frame);
        return true;
    }
    switch (frame->kind) {
    case FA_CALL_CANCEL:
        fa_serve_call_stop(call);
        return frame->length == 0 && ++call->cancels <= CANCELS_MAX;
    case FA_CALL_ANSWER:
    case FA_CALL_NO_ANSWER:
        if (!call->is_asked || frame->length > FA_CALL_LINE_MAX)
            return false;
        call->is_asked = false;
        fa_frame_append(call->talk_out, frame->kind, frame->bytes, frame->length);
        return true;
    default:
        return false;
    }
}

/* Appends what there is to @bytes, up to @max of them. False: the other end is closed. */
static bool
read_more(int fd, GByteArray *bytes, size_t max)
{
    guint8 buffer[FA_CALL_CHUNK];
    if (bytes->len >= max)
        return true; /* what they begin with is a frame, or none that is allowed */
    ssize_t count = read(fd, buffer, MIN(sizeof buffer, max - bytes->len));
    if (count > 0)
        g_byte_array_append(bytes, buffer, (guint)count);
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
listen_to_caller(FaServeCall *call)
{
    if (!read_more(call->fd, call->in, call->is_begun ? FROM_PROCESS : FROM_CALLER)) {
        lose_caller(call);
        return;
    }
    for (;;) {
        FaFrame frame;
        size_t used;
        FaFrameState state =
            fa_frame_read(call->in->data, call->in->len,
                          call->is_begun ? FA_CALL_LINE_MAX : FA_CALL_MAX, &frame, &used);
        if (state == FA_FRAME_PARTIAL)
            return;
        if (state == FA_FRAME_WRONG || call->is_ended || !take_frame(call, &frame)) {
            tell(call, FA_ERROR_USAGE, "what came is no call");
            lose_caller(call);
            return;
        }
        g_byte_array_remove_range(call->in, 0, (guint)used);
    }
}

/* False: the other end is closed. */
static bool
write_more(int fd, GByteArray *bytes, bool *ret_moved)
{
    ssize_t count = send(fd, bytes->data, bytes->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    *ret_moved = count > 0;
    if (count > 0)
        g_byte_array_remove_range(bytes, 0, (guint)count);
    return count >= 0 || errno == EAGAIN || errno == EINTR;
}

static void
send_to_caller(FaServeCall *call, int64_t now)
{
    bool is_moved = false;
    if (!write_more(call->fd, call->out, &is_moved)) {
        lose_caller(call);
        return;
    }
    if (call->out->len == 0)
        call->deadline = INT64_MAX;
    else if (is_moved)
        call->deadline = now + STALL;
}

/* Returns what was read: 0 at the end and when there is nothing. */
static size_t
pass_on(FaServeCall *call, int *fd, FaCallKind kind)
{
    char buffer[FA_CALL_CHUNK];
    if (*fd < 0)
        return 0;
    ssize_t count = read(*fd, buffer, sizeof buffer);
    if (count > 0)
        add_out(call, kind, buffer, (size_t)count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        fa_fd_clear(fd);
    return count > 0 ? (size_t)count : 0;
}

/* All that it wrote so far. Whoever else has its pipe may go on for ever: up to a limit. */
static void
pass_on_rest(FaServeCall *call)
{
    size_t passed = 0, count;
    do {
        count = pass_on(call, &call->served.out, FA_CALL_OUT);
        count += pass_on(call, &call->served.err, FA_CALL_ERR);
        passed += count;
    } while (count > 0 && passed < LAST_MAX);
}

static void
listen_to_process(FaServeCall *call)
{
    FaFrame frame;
    size_t used;
    if (!read_more(call->served.control, call->talk_in, FROM_PROCESS)) {
        fa_fd_clear(&call->served.control);
        return;
    }
    if (fa_frame_read(call->talk_in->data, call->talk_in->len, FA_CALL_LINE_MAX, &frame, &used) !=
        FA_FRAME_WHOLE)
        return;
    if (frame.kind == FA_CALL_QUESTION && call->is_gone) {
        fa_frame_append(call->talk_out, FA_CALL_NO_ANSWER, NULL, 0);
    } else if (frame.kind == FA_CALL_QUESTION) {
        pass_on_rest(call);
        add_out(call, FA_CALL_QUESTION, frame.bytes, frame.length);
        call->is_asked = true;
    }
    g_byte_array_remove_range(call->talk_in, 0, (guint)used);
}

static void
talk_to_process(FaServeCall *call)
{
    bool is_moved;
    if (!write_more(call->served.control, call->talk_out, &is_moved))
        fa_fd_clear(&call->served.control);
}

static void
watch(struct pollfd *fd, int number, int events)
{
    *fd = (struct pollfd){.fd = events != 0 ? number : -1, .events = (short)events};
}

void
fa_serve_call_prepare(const FaServeCall *call, struct pollfd *fds)
{
    /* Who does not take what there is gets no more of it for now. */
    int output = call->is_gone || call->out->len < OUT_MAX ? POLLIN : 0;
    int talk = call->talk_out->len > 0 ? POLLIN | POLLOUT : POLLIN;
    watch(&fds[0], call->fd, (call->is_ended ? 0 : POLLIN) | (call->out->len > 0 ? POLLOUT : 0));
    watch(&fds[1], call->served.out, output);
    watch(&fds[2], call->served.err, output);
    watch(&fds[3], call->served.control, call->served.control >= 0 ? talk : 0);
    watch(&fds[4], call->served.pidfd, call->is_begun ? POLLIN : 0);
}

void
fa_serve_call_turn(FaServeCall *call, const struct pollfd *fds, int64_t now)
{
    int status = 0;
    if (fds[3].revents != 0 && call->served.control >= 0)
        listen_to_process(call);
    if (call->talk_out->len > 0 && call->served.control >= 0)
        talk_to_process(call);
    if (fds[1].revents != 0)
        pass_on(call, &call->served.out, FA_CALL_OUT);
    if (fds[2].revents != 0)
        pass_on(call, &call->served.err, FA_CALL_ERR);
    if (fds[4].revents != 0 && fa_served_has_ended(&call->served, &status)) {
        pass_on_rest(call);
        tell(call, status, NULL);
        end(call, status);
    }
    if (fds[0].revents != 0 && call->fd >= 0 && !call->is_ended)
        listen_to_caller(call);
    if (call->out->len > 0 && call->fd >= 0)
        send_to_caller(call, now);
    if (call->fd >= 0 && now >= call->deadline)
        lose_caller(call);
}

bool
fa_serve_call_is_over(const FaServeCall *call)
{
    return call->is_ended && call->served.pid < 0 && (call->is_gone || call->out->len == 0);
}

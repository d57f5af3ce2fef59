#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/call.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/dispatch.h"
#include "cli/interrupt.h"
#include "sys/served.h"

/* What the server sends, one frame after the other. */
typedef struct Control {
    GByteArray *in;
    guint used; /* by the frame that was read last */
} Control;

/* The bytes of @ret_frame stay until the next. Waits for ever: a server that is gone is an end of file. */
static bool
read_frame(Control *control, FaCancel *cancel, FaFrame *ret_frame, GError **error)
{
    guint8 buffer[4096];
    g_byte_array_remove_range(control->in, 0, control->used);
    control->used = 0;
    for (;;) {
        size_t used;
        FaFrameState state =
            fa_frame_read(control->in->data, control->in->len, FA_CALL_MAX, ret_frame, &used);
        if (state == FA_FRAME_WHOLE) {
            control->used = (guint)used;
            return true;
        }
        struct pollfd fds[] = {{.fd = FA_SERVED_CONTROL, .events = POLLIN},
                               {.fd = fa_cancel_get_fd(cancel), .events = POLLIN}};
        if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
            return fa_fail_errno(error, errno, "cannot wait for the server");
        if (!fa_cancel_check(cancel, error))
            return false;
        ssize_t count =
            fds[0].revents != 0 ? recv(FA_SERVED_CONTROL, buffer, sizeof buffer, MSG_DONTWAIT) : -1;
        if (count < 0 && fds[0].revents != 0 && errno != EAGAIN && errno != EINTR)
            return fa_fail_errno(error, errno, "this is for 'fassembler serve' to start");
        if (count == 0 || state == FA_FRAME_WRONG)
            return fa_fail(error, FA_ERROR_UNREACHABLE, "the server is gone");
        if (count > 0)
            g_byte_array_append(control->in, buffer, (guint)count);
    }
}

static char *
ask(const char *question, FaCancel *cancel, void *data)
{
    Control *control = data;
    g_autoptr(GByteArray) out = g_byte_array_new();
    FaFrame frame;
    fa_frame_append(out, FA_CALL_QUESTION, question, MIN(strlen(question), FA_CALL_LINE_MAX));
    if (send(FA_SERVED_CONTROL, out->data, out->len, MSG_NOSIGNAL) != (ssize_t)out->len ||
        !read_frame(control, cancel, &frame, NULL) || frame.kind != FA_CALL_ANSWER)
        return NULL;
    return g_strndup(frame.bytes, frame.length);
}

static bool
read_call(Control *control, FaCancel *cancel, FaCaller *caller, FaCall *call, GError **error)
{
    FaFrame frame;
    return read_frame(control, cancel, &frame, error) && fa_caller_read(&frame, caller, error) &&
           read_frame(control, cancel, &frame, error) && fa_call_read(&frame, call, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autoptr(GByteArray) in = g_byte_array_new();
    Control control = {.in = in};
    g_auto(FaCaller) caller = {0};
    g_auto(FaCall) call = {0};
    if (!read_call(&control, invocation->cancel, &caller, &call, error))
        return false;
    fa_interrupt_be_patient();
    fa_served_follow(caller.server);
    const FaServing serving = {
        .caller = &caller,
        .call = &call,
        .ask = call.can_ask ? ask : NULL,
        .data = &control,
    };
    invocation->exit_status = fa_dispatch_served(fa_commands_all(), &serving, invocation->cancel);
    return true;
}

const FaCmd fa_cmd_served = {
    .name = "served",
    .group = FA_GROUP_PROGRAM,
    .summary = "Do one command for somebody else, for the server",
    .traits = FA_CMD_IS_HIDDEN,
    .run = run,
};

/*
 * What programs are to read: what does not fit into a pipe waits in a buffer of its own, and nobody waits for the reader.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "supervise/super.h"

static void
input_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvProc *proc = sv_container_of(watch, SvProc, input);

    while (proc->input_length > 0) {
        ssize_t n = write(watch->fd, proc->input_data + proc->input_start, proc->input_length);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            proc->input_length = 0;
            sv_watch_close(&super->loop, watch);
            return;
        }
        proc->input_start += (size_t)n;
        proc->input_length -= (size_t)n;
    }
    sv_watch_change(&super->loop, watch, 0);
    if (events & EPOLLERR)
        sv_watch_close(&super->loop, watch);
}

int
sv_proc_write(SvSuper *super, SvProc *proc, const void *data, size_t length)
{
    if (proc->pid == 0 || proc->killing || proc->input.fd < 0)
        return -EPIPE;
    if (proc->input_length + length > proc->input_size)
        return -EAGAIN;
    if (proc->input_length == 0) {
        ssize_t n = write(proc->input.fd, data, length);
        if (n < 0 && errno != EAGAIN) {
            sv_watch_close(&super->loop, &proc->input);
            return -EPIPE;
        }
        size_t done = n > 0 ? (size_t)n : 0;
        if (done == length)
            return 0;
        data = (const char *)data + done;
        length -= done;
        proc->input_start = 0;
        sv_watch_change(&super->loop, &proc->input, EPOLLOUT);
    }
    if (proc->input_start + proc->input_length + length > proc->input_size) {
        memmove(proc->input_data, proc->input_data + proc->input_start, proc->input_length);
        proc->input_start = 0;
    }
    memcpy(proc->input_data + proc->input_start + proc->input_length, data, length);
    proc->input_length += length;
    return 0;
}

void
sv_input_open(SvSuper *super, SvProc *proc, int fd)
{
    proc->input = (SvWatch){.fd = fd, .ready = input_ready};
    proc->input_start = proc->input_length = 0;
    if (fd >= 0)
        sv_watch_add(&super->loop, &proc->input, 0);
}

void
sv_input_resume(SvSuper *super, SvProc *proc)
{
    sv_watch_resume(&super->loop, &proc->input, input_ready);
}

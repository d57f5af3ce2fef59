/*
 * What is known of a process that ended by itself and should not have: when, how, and the last it wrote. The last lines are
 * kept while it runs, for a log may be cut, rotated or switched off.
 */
#include <string.h>
#include <time.h>

#include "supervise/super.h"

void
sv_crash_hear(SvProc *proc, const char *data, size_t length)
{
    if (length > SV_TAIL_MAX) {
        data += length - SV_TAIL_MAX;
        length = SV_TAIL_MAX;
    }
    size_t at = proc->heard % SV_TAIL_MAX;
    size_t first = length < SV_TAIL_MAX - at ? length : SV_TAIL_MAX - at;
    memcpy(proc->tail + at, data, first);
    memcpy(proc->tail, data + first, length - first);
    proc->heard += length;
}

void
sv_crash_record(SvProc *proc, int status)
{
    SvCrash *crash = &proc->crash;
    size_t at = proc->heard % SV_TAIL_MAX;
    size_t length = proc->heard < SV_TAIL_MAX ? (size_t)proc->heard : SV_TAIL_MAX;

    crash->count++;
    crash->when = proc->last_stop;
    crash->pid = proc->pid;
    crash->status = status;
    crash->seconds = (int64_t)((sv_now() - proc->started) / SV_SECOND);
    crash->problem = proc->problem;
    crash->problem_detail = proc->problem_detail;
    crash->length = length;
    if (proc->heard <= SV_TAIL_MAX) {
        memcpy(crash->output, proc->tail, length);
        return;
    }
    memcpy(crash->output, proc->tail + at, SV_TAIL_MAX - at);
    memcpy(crash->output + SV_TAIL_MAX - at, proc->tail, at);
    /* It begins with a whole line. */
    const char *newline = memchr(crash->output, '\n', length);
    if (newline && newline + 1 < crash->output + length) {
        crash->length = length - (size_t)(newline + 1 - crash->output);
        memmove(crash->output, newline + 1, crash->length);
    }
}

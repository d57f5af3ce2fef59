/*
 * Reading and clearing logs. A piece of a log that begins or ends inside a character is shown with U+FFFD there, where
 * supervisord 4.2.5 fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/rpc.h"

#define LOG_PART_MAX ((size_t)4 << 20) /* of one answer */

/* Reads into the far half of the answer's buffer and writes it as a string from there. */
static SvOutcome
write_part(SvRpc *rpc, int fd, int64_t offset, int64_t length)
{
    char *room = rpc->out->data + rpc->out->size - LOG_PART_MAX;
    size_t done = 0;

    if (length > (int64_t)LOG_PART_MAX)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "more than %zu bytes of a log at once",
                           LOG_PART_MAX);
    while (done < (size_t)length) {
        ssize_t n = pread(fd, room + done, (size_t)length - done, (off_t)offset + (off_t)done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    sv_xml_bytes(rpc->out, room, done);
    return SV_DONE;
}

static SvOutcome
read_part(SvRpc *rpc, const char *path, const SvValue *params, unsigned index)
{
    struct stat st;
    int64_t offset, length;

    if (!sv_rpc_number(rpc, params, index, &offset) ||
        !sv_rpc_number(rpc, params, index + 1, &length))
        return SV_FAILED;
    if (!path)
        return sv_rpc_refuse(rpc, SV_FAULT_NO_FILE);
    if (stat(path, &st) < 0)
        return sv_rpc_fail(rpc, SV_FAULT_NO_FILE, "%s", path);
    if ((offset < 0 && length != 0) || length < 0)
        return sv_rpc_refuse(rpc, SV_FAULT_BAD_ARGUMENTS);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return sv_rpc_refuse(rpc, SV_FAULT_FAILED);
    int64_t start = offset < 0 ? (int64_t)st.st_size + offset : offset;
    start = start < 0 ? 0 : start;
    int64_t left = (int64_t)st.st_size > start ? (int64_t)st.st_size - start : 0;
    int64_t wanted = length > 0 && length < left ? length : left;
    SvOutcome outcome = write_part(rpc, fd, start, wanted);
    close(fd);
    return outcome;
}

SvOutcome
sv_rpc_read_log(SvRpc *rpc, const SvValue *params)
{
    return read_part(rpc, rpc->super->config->logfile, params, 0);
}

SvOutcome
sv_rpc_clear_log(SvRpc *rpc, const SvValue *params)
{
    struct stat st;

    if (stat(rpc->super->config->logfile, &st) < 0)
        return sv_rpc_refuse(rpc, SV_FAULT_NO_FILE);
    if (sv_logfile_clear(&rpc->super->log) < 0)
        return sv_rpc_refuse(rpc, SV_FAULT_FAILED);
    sv_log(rpc->super, 20, "reopening log file");
    sv_xml_bool(rpc->out, true);
    return SV_DONE;
}

static SvOutcome
named_proc(SvRpc *rpc, const SvValue *params, SvProc **ret_proc)
{
    const char *name = sv_rpc_string(rpc, params, 0);
    SvGroup *group;

    if (!name || sv_rpc_find(rpc, name, &group, ret_proc) == SV_FAILED)
        return SV_FAILED;
    return *ret_proc ? SV_DONE : sv_rpc_fail(rpc, SV_FAULT_BAD_NAME, "%s", name);
}

static SvOutcome
read_channel(SvRpc *rpc, const SvValue *params, int channel)
{
    SvProc *proc;

    if (named_proc(rpc, params, &proc) == SV_FAILED)
        return SV_FAILED;
    return read_part(rpc, sv_channel_path(&proc->channels[channel]), params, 1);
}

SvOutcome
sv_rpc_read_stdout(SvRpc *rpc, const SvValue *params)
{
    return read_channel(rpc, params, SV_STDOUT);
}

SvOutcome
sv_rpc_read_stderr(SvRpc *rpc, const SvValue *params)
{
    return read_channel(rpc, params, SV_STDERR);
}

static void
write_tail(SvRpc *rpc, int fd, int64_t size, int64_t offset, int64_t length)
{
    bool overflow = size > offset + length;

    if (overflow)
        offset = size - 1;
    if (offset + length > size) {
        if (offset > size - 1)
            length = 0;
        offset = size - length;
    }
    offset = offset < 0 ? 0 : offset;
    length = length < 0 ? 0 : length > (int64_t)LOG_PART_MAX ? (int64_t)LOG_PART_MAX : length;
    write_part(rpc, fd, offset, length);
    sv_xml_int(rpc->out, size);
    sv_xml_bool(rpc->out, overflow);
}

static SvOutcome
tail_channel(SvRpc *rpc, const SvValue *params, int channel)
{
    int64_t offset, length;
    struct stat st;
    SvProc *proc;

    if (named_proc(rpc, params, &proc) == SV_FAILED)
        return SV_FAILED;
    if (!sv_rpc_number(rpc, params, 1, &offset) || !sv_rpc_number(rpc, params, 2, &length))
        return SV_FAILED;
    const char *path = sv_channel_path(&proc->channels[channel]);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    sv_xml_begin_array(rpc->out);
    if (fd < 0 || fstat(fd, &st) < 0) {
        sv_xml_string(rpc->out, "");
        sv_xml_int(rpc->out, 0);
        sv_xml_bool(rpc->out, false);
    } else {
        write_tail(rpc, fd, (int64_t)st.st_size, offset, length);
    }
    if (fd >= 0)
        close(fd);
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

SvOutcome
sv_rpc_tail_stdout(SvRpc *rpc, const SvValue *params)
{
    return tail_channel(rpc, params, SV_STDOUT);
}

SvOutcome
sv_rpc_tail_stderr(SvRpc *rpc, const SvValue *params)
{
    return tail_channel(rpc, params, SV_STDERR);
}

/* As supervisord, only the logs of a process that runs: they are open then. */
static int
clear_logs(SvProc *proc)
{
    for (int i = 0; i < 2; i++)
        if (proc->channels[i].log.fd >= 0 && sv_logfile_clear(&proc->channels[i].log) < 0)
            return -EIO;
    return 0;
}

SvOutcome
sv_rpc_clear_process_logs(SvRpc *rpc, const SvValue *params)
{
    SvProc *proc;

    if (named_proc(rpc, params, &proc) == SV_FAILED)
        return SV_FAILED;
    if (clear_logs(proc) < 0)
        return sv_rpc_fail(rpc, SV_FAULT_FAILED, "%s", proc->conf->name);
    sv_xml_bool(rpc->out, true);
    return SV_DONE;
}

SvOutcome
sv_rpc_clear_all_logs(SvRpc *rpc, const SvValue *params)
{
    sv_xml_begin_array(rpc->out);
    for (SvGroup *group = rpc->super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++) {
            bool cleared = clear_logs(&group->procs[i]) == 0;
            sv_rpc_result(rpc, &group->procs[i], cleared ? SV_FAULT_SUCCESS : SV_FAULT_FAILED,
                          cleared ? "OK" : "FAILED");
        }
    sv_xml_end_array(rpc->out);
    return SV_DONE;
}

/*
 * From a configuration to what runs from it: all the memory that its processes will ever need, taken at once.
 */
#include <errno.h>
#include <string.h>

#include "supervise/super.h"

static size_t
buffers_needed(const SvConfig *config)
{
    size_t size = 4096;

    for (size_t i = 0; i < config->group_count; i++) {
        const SvGroupConf *group = &config->groups[i];
        bool pool = group->class == SV_CLASS_LISTENER;
        size +=
            group->count * ((pool ? SV_EVENT_MAX + 1024 : SV_STDIN_MAX) + 2 * SV_TAIL_MAX + 128);
        if (pool)
            size += ((size_t)group->buffer_size + group->count + 1) * (SV_EVENT_MAX + 64);
        for (size_t j = 0; j < group->count; j++)
            for (size_t k = 0; k < 2; k++)
                size += (size_t)group->programs[j].log[k].capture_maxbytes + 64;
    }
    return size;
}

static int
prepare_channel(SvConfig *config, SvProc *proc, int number)
{
    SvChannel *channel = &proc->channels[number];
    const SvLogConf *conf = &proc->conf->log[number];

    channel->proc = proc;
    channel->stdout = number == SV_STDOUT;
    channel->pipe.fd = channel->log.fd = -1;
    if (conf->kind == SV_LOG_AUTO) {
        size_t room = strlen(config->childlogdir) + strlen(proc->conf->name) +
                      strlen(config->identifier) + SV_AUTO_PATH_EXTRA;
        channel->auto_path = sv_arena_alloc(&config->arena, room);
        if (!channel->auto_path)
            return -ENOMEM;
    }
    if (conf->capture_maxbytes > 0) {
        channel->capture = sv_arena_alloc(&config->buffers, (size_t)conf->capture_maxbytes);
        if (!channel->capture)
            return -ENOMEM;
    }
    return 0;
}

static int
prepare_check(SvConfig *config, SvProc *proc, const SvCheckConf *conf, SvCheck **ret_check)
{
    if (conf->kind == SV_CHECK_NONE)
        return 0;
    SvCheck *check = sv_arena_alloc(&config->arena, sizeof *check);
    if (!check)
        return -ENOMEM;
    check->proc = proc;
    check->conf = conf;
    check->watch.fd = check->notify.fd = -1;
    *ret_check = check;
    return 0;
}

static int
prepare_proc(SvConfig *config, SvGroup *group, SvProc *proc, const SvProgram *program)
{
    bool listener = group->conf->class == SV_CLASS_LISTENER;

    proc->conf = program;
    proc->group = group;
    proc->exit.fd = proc->input.fd = -1;
    proc->event = -1;
    proc->input_size = listener ? SV_EVENT_MAX + 1024 : SV_STDIN_MAX;
    proc->input_data = sv_arena_alloc(&config->buffers, proc->input_size);
    if (!proc->input_data)
        return -ENOMEM;
    proc->tail = sv_arena_alloc(&config->buffers, SV_TAIL_MAX);
    proc->crash.output = sv_arena_alloc(&config->buffers, SV_TAIL_MAX);
    if (!proc->tail || !proc->crash.output)
        return -ENOMEM;
    proc->sockets = sv_arena_alloc(&config->arena, program->socket_count * sizeof *proc->sockets);
    if (!proc->sockets)
        return -ENOMEM;
    if (listener) {
        proc->result = sv_arena_alloc(&config->arena, 512);
        if (!proc->result)
            return -ENOMEM;
    }
    int r = prepare_check(config, proc, &program->ready, &proc->check);
    if (r == 0)
        r = prepare_check(config, proc, &program->health, &proc->health);
    if (r < 0)
        return r;
    if (program->cgroup.uses) {
        proc->tree = sv_arena_alloc(&config->arena, sizeof *proc->tree);
        if (!proc->tree)
            return -ENOMEM;
        proc->tree->proc = proc;
        proc->tree->watch.fd = -1;
    }
    r = prepare_channel(config, proc, SV_STDOUT);
    return r < 0 ? r : prepare_channel(config, proc, SV_STDERR);
}

static int
prepare_pool(SvConfig *config, SvGroup *group)
{
    group->types = sv_event_types(group->conf->events);
    group->slot_count = (size_t)group->conf->buffer_size + group->count + 1;
    group->slots = sv_arena_alloc(&config->arena, group->slot_count * sizeof *group->slots);
    group->queue = sv_arena_alloc(&config->arena, (group->slot_count + 1) * sizeof *group->queue);
    if (!group->slots || !group->queue)
        return -ENOMEM;
    for (size_t i = 0; i < group->slot_count; i++) {
        group->slots[i].payload = sv_arena_alloc(&config->buffers, SV_EVENT_MAX);
        if (!group->slots[i].payload)
            return -ENOMEM;
    }
    return 0;
}

/* Of processes with one name the last counts, at the place of the first. */
static int
prepare_group(SvConfig *config, SvGroup *group, const SvGroupConf *conf)
{
    group->conf = conf;
    group->hash = sv_text_hash(conf->name);
    group->config = config;
    group->socket = -1;
    size_t sockets = 0;
    for (size_t i = 0; i < conf->count; i++)
        sockets += conf->programs[i].socket_count;
    group->held = sv_arena_alloc(&config->arena, sockets * sizeof *group->held);
    group->procs = sv_arena_alloc(&config->arena, conf->count * sizeof *group->procs);
    if (!group->procs || !group->held)
        return -ENOMEM;
    for (size_t i = 0; i < conf->count; i++) {
        SvProc *same = sv_group_proc(group, conf->programs[i].name);
        if (same) {
            same->conf = &conf->programs[i];
            continue;
        }
        int r = prepare_proc(config, group, &group->procs[group->count], &conf->programs[i]);
        if (r < 0)
            return r;
        group->count++;
    }
    for (size_t i = 0; i < group->count; i++)
        group->forward |= group->procs[i].conf->forward;
    return conf->class == SV_CLASS_LISTENER ? prepare_pool(config, group) : 0;
}

int
sv_super_prepare(SvConfig *config, SvRuntime **ret_runtime)
{
    SvRuntime *runtime = sv_arena_alloc(&config->arena, sizeof *runtime);
    SvGroup *groups = sv_arena_alloc(&config->arena, config->group_count * sizeof *groups);

    if (!runtime || !groups)
        return -ENOMEM;
    size_t needed = buffers_needed(config);
    int r = sv_arena_init(&config->buffers, needed);
    if (r < 0 || config->buffers.size < needed)
        return -ENOMEM;
    runtime->config = config;
    runtime->groups = groups;
    for (size_t i = 0; i < config->group_count; i++) {
        r = prepare_group(config, &groups[i], &config->groups[i]);
        if (r < 0)
            return r;
    }
    sv_arena_seal(&config->arena);
    *ret_runtime = runtime;
    return 0;
}

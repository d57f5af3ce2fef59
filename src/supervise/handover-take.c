/*
 * What a state says becomes groups, processes and connections. The state is ours and has a check, but it may have been
 * written by another version: nothing of it is used as an index or a length that was not compared with what there is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/handover.h"
#include "supervise/server.h"
#include "supervise/state.h"

typedef struct Taker {
    SvSuper *super;
    SvStateReader reader;
    SvConfig *configs[SV_CONFIGS_MAX];
    SvRuntime *runtimes[SV_CONFIGS_MAX];
    size_t count;
    char text[4096]; /* the name that was read last */
} Taker;

/* The items that say whose record it is come first in it. */
static int
take_number(Taker *taker, const char *name, int64_t *ret_number)
{
    SvItem item;
    int r = sv_state_next(&taker->reader, &item);

    if (r > 0 && item.kind == SV_ITEM_NUMBER && strcmp(item.name, name) == 0) {
        *ret_number = item.number;
        return 0;
    }
    sv_state_fail(&taker->reader, "a record of the state lacks its '%s'", name);
    return -EINVAL; /* which a compiler that sees only this file would not know */
}

static int
copy_text(Taker *taker, const SvItem *item)
{
    if (item->kind != SV_ITEM_BYTES || item->length >= sizeof taker->text ||
        memchr(item->data, '\0', item->length))
        return sv_state_fail(&taker->reader, "'%s' of the state is no text", item->name);
    memcpy(taker->text, item->data, item->length);
    taker->text[item->length] = '\0';
    return 0;
}

static int
take_text(Taker *taker, const char *name)
{
    SvItem item;
    int r = sv_state_next(&taker->reader, &item);

    if (r <= 0 || strcmp(item.name, name) != 0)
        return sv_state_fail(&taker->reader, "a record of the state lacks its '%s'", name);
    return copy_text(taker, &item);
}

static int
unknown(Taker *taker, const SvItem *item)
{
    return sv_state_fail(&taker->reader, "the state has '%s', which this version does not know",
                         item->name);
}

static int
cut_off(Taker *taker)
{
    return sv_state_fail(&taker->reader, "the state is cut off");
}

/* The rest of a record that is all of one struct. */
static int
take_fields(Taker *taker, const SvFields *fields, void *object)
{
    SvItem item;
    int r;

    taker->reader.hint = 0;
    while ((r = sv_state_next(&taker->reader, &item)) > 0 && item.kind != SV_ITEM_END) {
        r = sv_state_take_field(&taker->reader, fields, object, &item);
        if (r < 0)
            return r;
    }
    return r > 0 ? 0 : cut_off(taker);
}

static int
take_part(Taker *taker, SvSource *source)
{
    SvSourcePart part = {0};
    int64_t pattern, result;
    SvItem item;
    int r = take_text(taker, "path");

    if (r < 0 || (r = take_number(taker, "pattern", &pattern)) < 0 ||
        (r = take_number(taker, "result", &result)) < 0)
        return r;
    part.path = taker->text;
    part.pattern = pattern != 0;
    part.result = result < 0 && result > -4096 ? (int)result : 0;
    if (sv_state_next(&taker->reader, &item) <= 0)
        return cut_off(taker);
    if (item.kind == SV_ITEM_BYTES && strcmp(item.name, "text") == 0) {
        part.text = item.data;
        part.length = item.length;
        if (sv_state_next(&taker->reader, &item) <= 0)
            return cut_off(taker);
    }
    if (item.kind != SV_ITEM_END)
        return unknown(taker, &item);
    if (!part.pattern && part.result == 0 && !part.text)
        return sv_state_fail(&taker->reader, "'%s' of the state has no text", part.path);
    return sv_source_add(source, &part) < 0 ? sv_state_fail(&taker->reader, "out of memory") : 0;
}

static int
take_source(Taker *taker, SvSource *source)
{
    SvItem item;
    int r = take_text(taker, "directory");

    if (r < 0)
        return r;
    source->directory = sv_arena_strdup(source->arena, taker->text);
    r = take_text(taker, "host");
    if (r < 0)
        return r;
    source->host = sv_arena_strdup(source->arena, taker->text);
    if (!source->directory || !source->host)
        return sv_state_fail(&taker->reader, "out of memory");
    while ((r = sv_state_next(&taker->reader, &item)) > 0 && item.kind != SV_ITEM_END) {
        if (item.kind != SV_ITEM_RECORD || strcmp(item.name, "part") != 0)
            return unknown(taker, &item);
        r = take_part(taker, source);
        if (r < 0)
            return r;
    }
    return r > 0 ? 0 : cut_off(taker);
}

static int
read_config(Taker *taker, const SvSource *source)
{
    char *problem = NULL;
    SvConfig **config = &taker->configs[taker->count];

    if (sv_config_read_again(source, taker->super->overrides, config, &problem) < 0) {
        sv_state_fail(&taker->reader, "the configuration cannot be read again: %s",
                      problem ? problem : "");
        free(problem);
        return -EINVAL;
    }
    taker->count++;
    return sv_super_prepare(*config, &taker->runtimes[taker->count - 1]) < 0
               ? sv_state_fail(&taker->reader, "the configuration is too large")
               : 0;
}

static int
take_config(Taker *taker)
{
    SvSuper *super = taker->super;
    SvArena scratch;
    SvSource source = {.arena = &scratch};
    int64_t current, candidate;
    int r;

    if (taker->count == SV_CONFIGS_MAX)
        return sv_state_fail(&taker->reader, "the state has too many configurations");
    if ((r = take_number(taker, "current", &current)) < 0 ||
        (r = take_number(taker, "candidate", &candidate)) < 0)
        return r;
    if (sv_arena_init(&scratch, (size_t)256 << 20) < 0)
        return sv_state_fail(&taker->reader, "out of memory");
    r = take_source(taker, &source);
    if (r == 0)
        r = read_config(taker, &source);
    sv_arena_clear(&scratch);
    if (r < 0)
        return r;
    size_t last = taker->count - 1;
    if (current) {
        super->config = taker->configs[last];
        super->runtime = taker->runtimes[last];
    }
    if (candidate) {
        super->candidate = taker->configs[last];
        super->candidate_runtime = taker->runtimes[last];
    }
    return 0;
}

static bool
channel_is_sound(const SvChannel *channel)
{
    const SvLogConf *conf = &channel->proc->conf->log[channel->stdout ? SV_STDOUT : SV_STDERR];
    size_t room = channel->capture ? (size_t)conf->capture_maxbytes : 0;

    return channel->captured <= room && (!channel->capturing || room > 0) &&
           channel->held_length < sizeof channel->held;
}

static bool
proc_is_sound(const SvProc *proc)
{
    int64_t slots = (int64_t)proc->group->slot_count;

    return channel_is_sound(&proc->channels[0]) && channel_is_sound(&proc->channels[1]) &&
           proc->input_length <= proc->input_size && proc->crash.length <= SV_TAIL_MAX &&
           proc->result_length < SV_LISTENER_LINE && proc->event >= -1 && proc->event < slots &&
           proc->pid >= 0 && (proc->pid > 0 || proc->exit.fd < 0);
}

static int
take_proc(Taker *taker, SvGroup *group)
{
    int r = take_text(taker, "name");

    if (r < 0)
        return r;
    SvProc *proc = sv_group_proc(group, taker->text);
    if (!proc)
        return sv_state_fail(&taker->reader, "the configuration of %s has no process %s",
                             group->conf->name, taker->text);
    sv_state_clear(&sv_fields_proc, proc);
    r = take_fields(taker, &sv_fields_proc, proc);
    if (r == 0 && !proc_is_sound(proc))
        r = sv_state_fail(&taker->reader, "the state of %s:%s contradicts itself",
                          group->conf->name, proc->conf->name);
    return r;
}

static int
take_held(Taker *taker, SvGroup *group)
{
    int r = take_text(taker, "url");

    if (r < 0)
        return r;
    SvHeld *held = sv_held_resume(group, taker->text);
    if (!held)
        return sv_state_fail(&taker->reader, "the configuration of %s has no socket %s",
                             group->conf->name, taker->text);
    return take_fields(taker, &sv_fields_held, held);
}

static int
take_event(Taker *taker, SvGroup *group)
{
    int64_t slot;
    int r = take_number(taker, "slot", &slot);

    if (r < 0)
        return r;
    if (slot < 0 || slot >= (int64_t)group->slot_count)
        return sv_state_fail(&taker->reader, "the pool %s has no place for an event",
                             group->conf->name);
    SvEvent *event = &group->slots[slot];
    r = take_fields(taker, &sv_fields_event, event);
    if (r == 0 && (event->length >= SV_EVENT_MAX || !event->used))
        r = sv_state_fail(&taker->reader, "an event of %s contradicts itself", group->conf->name);
    return r;
}

/* Each event waits, or is in the hands of one process. */
static bool
pool_is_sound(const SvGroup *group)
{
    if (group->queued > group->slot_count)
        return false;
    for (size_t i = 0; i < group->slot_count; i++) {
        unsigned owners = 0;
        for (size_t j = 0; j < group->queued; j++)
            owners += group->queue[j] == (int)i;
        for (size_t j = 0; j < group->count; j++)
            owners += group->procs[j].event == (int)i;
        if (owners != (group->slots[i].used ? 1 : 0))
            return false;
    }
    for (size_t j = 0; j < group->queued; j++)
        if (group->queue[j] < 0 || group->queue[j] >= (int)group->slot_count)
            return false;
    return true;
}

static int
take_group_items(Taker *taker, SvGroup *group)
{
    SvItem item;
    int r;

    taker->reader.hint = 0;
    while ((r = sv_state_next(&taker->reader, &item)) > 0 && item.kind != SV_ITEM_END) {
        bool record = item.kind == SV_ITEM_RECORD;
        if (record && strcmp(item.name, "process") == 0)
            r = take_proc(taker, group);
        else if (record && strcmp(item.name, "held") == 0)
            r = take_held(taker, group);
        else if (record && strcmp(item.name, "event") == 0)
            r = take_event(taker, group);
        else
            r = sv_state_take_field(&taker->reader, &sv_fields_group, group, &item);
        if (r < 0)
            return r;
    }
    return r > 0 ? 0 : cut_off(taker);
}

static SvGroup *
find_group(const SvRuntime *runtime, const char *name)
{
    for (size_t i = 0; i < runtime->config->group_count; i++)
        if (strcmp(runtime->groups[i].conf->name, name) == 0)
            return &runtime->groups[i];
    return NULL;
}

static int
take_group(Taker *taker)
{
    int64_t config;
    int r = take_number(taker, "config", &config);

    if (r == 0)
        r = take_text(taker, "name");
    if (r < 0)
        return r;
    if (config < 0 || config >= (int64_t)taker->count)
        return sv_state_fail(&taker->reader, "the configuration of %s is not there", taker->text);
    SvGroup *group = find_group(taker->runtimes[config], taker->text);
    if (!group || sv_super_group(taker->super, taker->text))
        return sv_state_fail(&taker->reader, "the configuration has no group %s, or two of it",
                             taker->text);
    sv_group_resume(taker->super, group);
    r = take_group_items(taker, group);
    if (r == 0 && !pool_is_sound(group))
        r = sv_state_fail(&taker->reader, "the events of %s contradict themselves",
                          group->conf->name);
    if (r == 0 && !sv_held_is_whole(group))
        r = sv_state_fail(&taker->reader, "a socket of %s is missing", group->conf->name);
    return r;
}

static int
take_server(Taker *taker, const SvServerConf **ret_conf)
{
    int64_t number;
    int r = take_number(taker, "server", &number);

    if (r < 0)
        return r;
    const SvConfig *config = taker->super->config;
    if (config && number >= 0 && number < (int64_t)config->server_count) {
        *ret_conf = &config->servers[number];
        return 0;
    }
    sv_state_fail(&taker->reader, "the configuration lacks a server");
    return -EINVAL;
}

static int
take_listening(Taker *taker)
{
    SvServer *server = taker->super->server;
    const SvServerConf *conf;
    int r = take_server(taker, &conf);

    if (r < 0)
        return r;
    if (server->listener_count == SV_LISTENING_MAX)
        return sv_state_fail(&taker->reader, "the state has too many sockets");
    SvListeningSocket *listener = &server->listeners[server->listener_count++];
    *listener = (SvListeningSocket){.watch.fd = -1, .conf = conf};
    return take_fields(taker, &sv_fields_listening, listener);
}

static bool
client_is_sound(const SvClient *client)
{
    return client->in_length <= SV_IN_MAX && client->head_length <= sizeof client->head &&
           client->head_sent <= client->head_length && client->out.length < client->out.size &&
           client->sent <= client->out.length &&
           (!client->waiting || client->mark <= client->out.length) &&
           client->http.head <= SV_HEAD_MAX && client->http.body <= SV_BODY_MAX &&
           client->watch.fd >= 0;
}

static int
take_client(Taker *taker)
{
    const SvServerConf *conf;
    int64_t number;
    int r = take_number(taker, "number", &number);

    if (r == 0)
        r = take_server(taker, &conf);
    if (r < 0)
        return r;
    SvClient *client = number >= 0 && number < SV_CLIENT_MAX
                           ? sv_server_client(taker->super, (unsigned)number)
                           : NULL;
    if (!client || client->watch.fd >= 0)
        return sv_state_fail(&taker->reader, "the state has too many connections");
    client->conf = conf;
    client->rpc =
        (SvRpc){.super = taker->super, .out = &client->out, .bit = UINT64_C(1) << client->number};
    memset(sv_client_follow_path(client), 0, SV_FOLLOW_PATH_MAX + 1);
    r = take_fields(taker, &sv_fields_client, client);
    if (r < 0)
        return r;
    if (!client_is_sound(client))
        return sv_state_fail(&taker->reader, "a connection of the state contradicts itself");
    client->rpc.name[sizeof client->rpc.name - 1] = '\0';
    client->rpc.text[sizeof client->rpc.text - 1] = '\0';
    client->out.data[client->out.length] = '\0';
    if (client->follow_fd >= 0)
        client->follow = sv_client_follow_path(client);
    return 0;
}

static int
take_cgroup(Taker *taker)
{
    SvCgroups *cgroups = &taker->super->cgroups;

    if (cgroups->count == SV_CGROUP_PLACES)
        return sv_state_fail(&taker->reader, "the state has too many control groups");
    SvCgroupPlace *place = &cgroups->places[cgroups->count];
    *place = (SvCgroupPlace){.fd = -1};
    int r = take_fields(taker, &sv_fields_cgroup_place, place);
    place->path[sizeof place->path - 1] = '\0';
    if (r == 0 && place->fd < 0)
        return sv_state_fail(&taker->reader, "a control group of the state is not open");
    cgroups->count++;
    return r;
}

static int
take_supervisor_item(Taker *taker, const SvItem *item)
{
    bool record = item->kind == SV_ITEM_RECORD;

    if (record && strcmp(item->name, "config") == 0)
        return take_config(taker);
    if (record && strcmp(item->name, "group") == 0)
        return take_group(taker);
    if (record && strcmp(item->name, "cgroup") == 0)
        return take_cgroup(taker);
    if (record && strcmp(item->name, "listening") == 0)
        return take_listening(taker);
    if (record && strcmp(item->name, "client") == 0)
        return take_client(taker);
    return sv_state_take_field(&taker->reader, &sv_fields_super, taker->super, item);
}

/* Who waits for a process is there, and waits. */
static bool
waiters_are_there(const SvSuper *super)
{
    uint64_t waiting = 0;

    for (unsigned i = 0; i < super->server->client_count; i++)
        if (super->server->clients[i].watch.fd >= 0 && super->server->clients[i].waiting)
            waiting |= UINT64_C(1) << i;
    for (const SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++)
            if (group->procs[i].waiters & ~waiting)
                return false;
    return true;
}

static int
take_supervisor(Taker *taker)
{
    SvSuper *super = taker->super;
    SvItem item;
    int r = sv_state_next(&taker->reader, &item);

    if (r <= 0 || item.kind != SV_ITEM_RECORD || strcmp(item.name, "supervisor") != 0)
        return sv_state_fail(&taker->reader, "this is no state of a supervisor");
    while ((r = sv_state_next(&taker->reader, &item)) > 0 && item.kind != SV_ITEM_END) {
        r = take_supervisor_item(taker, &item);
        if (r < 0)
            return r;
    }
    if (r <= 0)
        return cut_off(taker);
    if (!super->config || !super->candidate)
        return sv_state_fail(&taker->reader, "the state has no configuration");
    if (sv_state_next(&taker->reader, &item) != 0)
        return sv_state_fail(&taker->reader, "something stands behind the state");
    if (!waiters_are_there(super))
        return sv_state_fail(&taker->reader, "who waits for a process is not there");
    super->upgrade.binary[sizeof super->upgrade.binary - 1] = '\0';
    super->upgrade.path[sizeof super->upgrade.path - 1] = '\0';
    super->cgroups.name[sizeof super->cgroups.name - 1] = '\0';
    super->upgrade.version[sizeof super->upgrade.version - 1] = '\0';
    return 0;
}

/* One holder for the one that it runs from and one for the one that was read last; groups are counted already. */
static void
let_go(Taker *taker)
{
    for (size_t i = 0; i < taker->count; i++)
        if (taker->configs[i] != taker->super->config &&
            taker->configs[i] != taker->super->candidate)
            sv_config_unref(taker->configs[i]);
}

static void
forget(SvSuper *super)
{
    super->groups = super->latest = NULL;
    super->config = super->candidate = NULL;
    super->types = 0;
    super->cgroups.count = 0;
    memset(super->buckets, 0, sizeof super->buckets);
}

int
sv_handover_take(SvSuper *super, const void *data, size_t length, bool take, char *why, size_t size)
{
    Taker taker = {.super = super};

    sv_state_clear(&sv_fields_super, super);
    forget(super);
    /* Which signals are wanted is found out when the loop is made: none is new to it now. */
    super->forward = UINT64_MAX;
    int r = sv_state_open(&taker.reader, data, length);
    taker.reader.check_descriptors = take;
    if (r == 0 && sv_server_prepare(super) < 0)
        r = sv_state_fail(&taker.reader, "out of memory");
    if (r == 0)
        r = take_supervisor(&taker);
    if (r == 0) {
        let_go(&taker);
        return 0;
    }
    snprintf(why, size, "%s", taker.reader.problem);
    for (size_t i = 0; i < taker.count; i++) {
        taker.configs[i]->references = 1;
        sv_config_unref(taker.configs[i]);
    }
    forget(super);
    return r;
}

void
sv_handover_drop(SvSuper *super)
{
    while (super->groups) {
        SvConfig *config = super->groups->config;
        super->groups = super->groups->next;
        sv_config_unref(config);
    }
    if (super->candidate != super->config)
        sv_config_unref(super->candidate);
    sv_config_unref(super->config);
    forget(super);
}

void
sv_handover_resume(SvSuper *super)
{
    for (SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++)
            sv_proc_resume(super, &group->procs[i]);
    sv_super_resume(super);
    sv_server_take_over(super);
}

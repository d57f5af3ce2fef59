#include "supervise/handover.h"

#include <errno.h>
#include <string.h>

#include "supervise/server.h"
#include "supervise/state.h"

typedef struct Configs {
    const SvConfig *list[SV_CONFIGS_MAX];
    size_t count;
} Configs;

static size_t
config_number(const Configs *configs, const SvConfig *config)
{
    size_t i = 0;

    while (i < configs->count && configs->list[i] != config)
        i++;
    return i;
}

static int
collect(Configs *configs, const SvSuper *super)
{
    configs->list[configs->count++] = super->config;
    if (super->candidate != super->config)
        configs->list[configs->count++] = super->candidate;
    for (const SvGroup *group = super->groups; group; group = group->next) {
        if (config_number(configs, group->config) < configs->count)
            continue;
        if (configs->count == SV_CONFIGS_MAX)
            return -E2BIG;
        configs->list[configs->count++] = group->config;
    }
    return 0;
}

static void
put_config(SvStateWriter *writer, const SvSuper *super, const SvConfig *config)
{
    sv_state_put_record(writer, "config");
    sv_state_put_number(writer, "current", config == super->config);
    sv_state_put_number(writer, "candidate", config == super->candidate);
    sv_state_put_text(writer, "directory", config->source.directory);
    sv_state_put_text(writer, "host", config->source.host);
    for (const SvSourcePart *part = config->source.parts; part; part = part->next) {
        sv_state_put_record(writer, "part");
        sv_state_put_text(writer, "path", part->path);
        sv_state_put_number(writer, "pattern", part->pattern);
        sv_state_put_number(writer, "result", part->result);
        if (part->text)
            sv_state_put_bytes(writer, "text", part->text, part->length);
        sv_state_put_end(writer);
    }
    sv_state_put_end(writer);
}

static void
put_events(SvStateWriter *writer, const SvGroup *pool)
{
    for (size_t i = 0; i < pool->slot_count; i++) {
        if (!pool->slots[i].used)
            continue;
        sv_state_put_record(writer, "event");
        sv_state_put_number(writer, "slot", (int64_t)i);
        sv_state_put_fields(writer, &sv_fields_event, &pool->slots[i]);
        sv_state_put_end(writer);
    }
}

static void
put_group(SvStateWriter *writer, const Configs *configs, const SvGroup *group)
{
    sv_state_put_record(writer, "group");
    sv_state_put_number(writer, "config", (int64_t)config_number(configs, group->config));
    sv_state_put_text(writer, "name", group->conf->name);
    sv_state_put_fields(writer, &sv_fields_group, group);
    put_events(writer, group);
    for (size_t i = 0; i < group->held_count; i++) {
        sv_state_put_record(writer, "held");
        sv_state_put_text(writer, "url", group->held[i].conf->url);
        sv_state_put_fields(writer, &sv_fields_held, &group->held[i]);
        sv_state_put_end(writer);
    }
    for (size_t i = 0; i < group->count; i++) {
        sv_state_put_record(writer, "process");
        sv_state_put_text(writer, "name", group->procs[i].conf->name);
        sv_state_put_fields(writer, &sv_fields_proc, &group->procs[i]);
        sv_state_put_end(writer);
    }
    sv_state_put_end(writer);
}

static void
put_cgroup(SvStateWriter *writer, const SvCgroupPlace *place)
{
    sv_state_put_record(writer, "cgroup");
    sv_state_put_fields(writer, &sv_fields_cgroup_place, place);
    sv_state_put_end(writer);
}

static void
put_server(SvStateWriter *writer, const SvSuper *super)
{
    const SvServer *server = super->server;

    for (size_t i = 0; i < server->listener_count; i++) {
        const SvListeningSocket *listener = &server->listeners[i];
        sv_state_put_record(writer, "listening");
        sv_state_put_number(writer, "server", listener->conf - super->config->servers);
        sv_state_put_fields(writer, &sv_fields_listening, listener);
        sv_state_put_end(writer);
    }
    for (unsigned i = 0; i < server->client_count; i++) {
        const SvClient *client = &server->clients[i];
        if (client->watch.fd < 0)
            continue;
        sv_state_put_record(writer, "client");
        sv_state_put_number(writer, "number", i);
        sv_state_put_number(writer, "server", client->conf - super->config->servers);
        sv_state_put_fields(writer, &sv_fields_client, client);
        sv_state_put_end(writer);
    }
}

int
sv_handover_give(SvSuper *super, int fd, bool keep)
{
    SvStateWriter writer;
    Configs configs = {0};
    int r = collect(&configs, super);

    if (r < 0)
        return r;
    /* Nothing is read while this is written, so the buffer for it is free. */
    sv_state_begin(&writer, fd, super->read_buffer, SV_READ_PLAIN);
    writer.keep = keep;
    sv_state_put_record(&writer, "supervisor");
    sv_state_put_fields(&writer, &sv_fields_super, super);
    for (size_t i = 0; i < super->cgroups.count; i++)
        put_cgroup(&writer, &super->cgroups.places[i]);
    for (size_t i = 0; i < configs.count; i++)
        put_config(&writer, super, configs.list[i]);
    for (const SvGroup *group = super->groups; group; group = group->next)
        put_group(&writer, &configs, group);
    if (super->server)
        put_server(&writer, super);
    sv_state_put_end(&writer);
    return sv_state_end(&writer);
}

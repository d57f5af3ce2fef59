/*
 * The same methods by JSON, and figures for Prometheus. POST /api/v1/METHOD has an array of parameters as its body, or
 * nothing; the answer is {"result": ...} or {"fault": {...}}. It must say that it is JSON: a page of another site can
 * make a browser send a form, but not this.
 */
#include <string.h>

#include "supervise/json.h"
#include "supervise/server.h"

static int
status_of(int fault)
{
    switch (fault) {
    case SV_FAULT_UNKNOWN_METHOD:
    case SV_FAULT_BAD_NAME:
        return 404;
    case SV_FAULT_INCORRECT_PARAMETERS:
    case SV_FAULT_BAD_ARGUMENTS:
    case SV_FAULT_BAD_SIGNAL:
        return 400;
    case SV_FAULT_SHUTDOWN_STATE:
        return 503;
    default:
        return 409;
    }
}

void
sv_api_end(SvSuper *super, SvClient *client, bool fault)
{
    const SvRpc *rpc = &client->rpc;

    client->busy = true;
    if (fault) {
        client->out.length = 0;
        sv_buf_puts(&client->out, "{\"fault\":");
        sv_xml_begin_struct(&client->out);
        sv_xml_member_int(&client->out, "code", rpc->fault);
        sv_xml_member_string(&client->out, "name", sv_fault_name(rpc->fault));
        sv_xml_member_string(&client->out, "text", rpc->text);
        sv_xml_end_struct(&client->out);
    }
    sv_buf_puts(&client->out, "}\n");
    if (client->out.full)
        sv_client_reply_error(super, client, 500);
    else
        sv_client_reply(super, client, fault ? status_of(rpc->fault) : 200, "application/json", "");
}

void
sv_api_call(SvSuper *super, SvClient *client, const char *method)
{
    SvValue params = {.kind = SV_KIND_ARRAY};
    SvArena *arena = &super->server->xml;
    char name[256];

    client->busy = true;
    client->out.length = 0;
    client->out.full = false;
    client->multi = false;
    client->rpc =
        (SvRpc){.super = super, .out = &client->out, .bit = UINT64_C(1) << client->number};
    sv_arena_reset(arena);
    if (!client->http.json) {
        sv_client_reply_error(super, client, 415);
        return;
    }
    if (client->http.body > 0 && (sv_json_read(arena, client->in + client->http.head,
                                               (size_t)client->http.body, &params) < 0 ||
                                  params.kind != SV_KIND_ARRAY)) {
        sv_client_reply_error(super, client, arena->full ? 413 : 400);
        return;
    }
    snprintf(name, sizeof name, "%s%s", strchr(method, '.') ? "" : "supervisor.", method);
    client->out.json = true;
    sv_buf_puts(&client->out, "{\"result\":");
    client->mark = client->out.length;
    SvOutcome outcome = sv_rpc_call(&client->rpc, name, &params);
    if (outcome == SV_WAITS)
        client->waiting = true;
    else
        sv_api_end(super, client, outcome == SV_FAILED);
}

typedef int64_t (*Figure)(const SvProc *proc);

static int64_t
figure_up(const SvProc *proc)
{
    return proc->machine.state == SV_RUNNING;
}

static int64_t
figure_state(const SvProc *proc)
{
    return sv_state_code(proc->machine.state);
}

static int64_t
figure_starts(const SvProc *proc)
{
    return proc->starts;
}

static int64_t
figure_crashes(const SvProc *proc)
{
    return proc->crash.count;
}

static int64_t
figure_started(const SvProc *proc)
{
    return proc->pid > 0 ? proc->last_start : 0;
}

static int64_t
figure_lost(const SvProc *proc)
{
    return (int64_t)(proc->channels[SV_STDOUT].log.lost + proc->channels[SV_STDERR].log.lost);
}

static void
write_label(SvBuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            sv_buf_add(out, "\\", 1);
        sv_buf_add(out, (unsigned char)*text < 0x20 ? "?" : text, 1);
    }
}

static void
write_figure(const SvSuper *super, SvBuf *out, const char *name, const char *type, const char *help,
             Figure figure)
{
    sv_buf_printf(out, "# HELP fassembler_%s %s\n# TYPE fassembler_%s %s\n", name, help, name,
                  type);
    for (const SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++) {
            sv_buf_printf(out, "fassembler_%s{group=\"", name);
            write_label(out, group->conf->name);
            sv_buf_puts(out, "\",name=\"");
            write_label(out, group->procs[i].conf->name);
            sv_buf_printf(out, "\"} %lld\n", (long long)figure(&group->procs[i]));
        }
}

void
sv_api_metrics(SvSuper *super, SvClient *client)
{
    static const struct {
        const char *name, *type, *help;
        Figure figure;
    } figures[] = {
        {"process_up", "gauge", "Whether it is RUNNING.", figure_up},
        {"process_state", "gauge", "The state by its number.", figure_state},
        {"process_starts_total", "counter", "How often it was started.", figure_starts},
        {"process_crashes_total", "counter", "How often it ended and should not have.",
         figure_crashes},
        {"process_start_time_seconds", "gauge", "When it was started, 0: it does not run.",
         figure_started},
        {"process_log_lost_bytes", "gauge", "What its logs could not take since its start.",
         figure_lost},
    };
    SvBuf *out = &client->out;

    client->busy = true;
    out->length = 0;
    out->full = false;
    sv_buf_puts(out, "# HELP fassembler_supervisor_info The supervisor.\n"
                     "# TYPE fassembler_supervisor_info gauge\n"
                     "fassembler_supervisor_info{version=\"" FA_VERSION "\",identifier=\"");
    write_label(out, super->config->identifier);
    sv_buf_puts(out, "\"} 1\n");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        write_figure(super, out, figures[i].name, figures[i].type, figures[i].help,
                     figures[i].figure);
    sv_client_reply(super, client, 200, "text/plain; version=0.0.4; charset=utf-8", "");
}

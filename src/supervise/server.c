/*
 * The HTTP servers: connections and requests. Every connection has its buffers from the beginning; they are address
 * space that becomes memory when it is used, and are given back after a large answer.
 */
#include "supervise/server.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "supervise/values.h"

static void run_request(SvSuper *super, SvClient *client);

static void
write_fault(SvBuf *out, int code, const char *text)
{
    sv_xml_begin_struct(out);
    sv_xml_member_int(out, "faultCode", code);
    sv_xml_member_string(out, "faultString", text);
    sv_xml_end_struct(out);
}

static void
reply_call(SvSuper *super, SvClient *client, bool fault)
{
    if (client->out.json) {
        sv_api_end(super, client, fault);
        return;
    }
    client->busy = true;
    sv_buf_puts(&client->out, fault ? "</fault>\n</methodResponse>\n"
                                    : "\n</param>\n</params>\n</methodResponse>\n");
    if (client->out.full) {
        sv_client_reply_error(super, client, 500);
        return;
    }
    sv_client_reply(super, client, 200, "text/xml", "");
}

/* The value of a call is there, or the fault: ends the answer, or the part of a multicall. */
static void
end_value(SvClient *client, SvOutcome outcome)
{
    char text[4200];

    if (outcome == SV_DONE || client->out.json)
        return;
    client->out.length = client->mark;
    sv_rpc_fault_string(&client->rpc, text, sizeof text);
    if (!client->multi) {
        client->out.length = 0;
        sv_buf_puts(&client->out, "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n");
    }
    write_fault(&client->out, client->rpc.fault, text);
}

static bool
read_body(SvServer *server, SvClient *client, SvCall *ret_call)
{
    sv_arena_reset(&server->xml);
    return sv_xml_read_call(&server->xml, client->in + client->http.head, (size_t)client->http.body,
                            ret_call) == 0;
}

static SvOutcome
call_part(SvClient *client, const SvValue *part)
{
    static const SvValue none = {.kind = SV_KIND_ARRAY};
    const SvValue *name = sv_value_member(part, "methodName");
    const SvValue *params = sv_value_member(part, "params");

    if (!name || name->kind != SV_KIND_STRING)
        return sv_rpc_fail(&client->rpc, SV_FAULT_INCORRECT_PARAMETERS, "No methodName");
    if (strcmp(name->text, "system.multicall") == 0)
        return sv_rpc_fail(&client->rpc, SV_FAULT_INCORRECT_PARAMETERS,
                           "Recursive system.multicall forbidden");
    return sv_rpc_call(&client->rpc, name->text, params ? params : &none);
}

/* Calls one after another; the body is read again after each that waited, so that nothing has to be kept but a number. */
static void
run_multicall(SvSuper *super, SvClient *client, const SvCall *call)
{
    const SvValue *part = sv_rpc_param(call->params.first, client->multi_next);

    for (; part; part = part->next) {
        client->multi_next++;
        client->mark = client->out.length;
        SvOutcome outcome = call_part(client, part);
        if (outcome == SV_WAITS) {
            client->waiting = true;
            return;
        }
        end_value(client, outcome);
        if (client->out.full)
            break;
    }
    sv_xml_end_array(&client->out);
    reply_call(super, client, false);
}

static void
run_call(SvSuper *super, SvClient *client)
{
    SvCall call;

    client->busy = true;
    client->out.length = 0;
    client->out.full = client->out.json = false;
    client->multi = false;
    client->rpc =
        (SvRpc){.super = super, .out = &client->out, .bit = UINT64_C(1) << client->number};
    if (!read_body(super->server, client, &call)) {
        sv_log(super, SV_ERRO, "XML-RPC request data is invalid: unmarshallable or no method name");
        sv_client_reply_error(super, client, super->server->xml.full ? 413 : 400);
        return;
    }
    sv_log(super, SV_TRAC, "XML-RPC method called: %s()", call.method);
    sv_buf_puts(&client->out, "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n");
    client->mark = client->out.length;
    if (strcmp(call.method, "system.multicall") == 0 && call.params.count == 1 &&
        call.params.first->kind == SV_KIND_ARRAY) {
        client->multi = true;
        client->multi_next = 0;
        sv_xml_begin_array(&client->out);
        run_multicall(super, client, &call);
        return;
    }
    SvOutcome outcome = sv_rpc_call(&client->rpc, call.method, &call.params);
    if (outcome == SV_WAITS) {
        client->waiting = true;
        return;
    }
    end_value(client, outcome);
    reply_call(super, client, outcome == SV_FAILED);
}

static void
is_decided(SvServer *server, SvClient *client, SvOutcome outcome)
{
    end_value(client, outcome);
    client->woken = true;
    client->waiting = false;
    client->rpc.pending = 0;
    client->rpc.building = outcome == SV_FAILED;
    server->woken |= client->rpc.bit;
}

void
sv_server_wake(SvSuper *super, SvProc *proc)
{
    SvServer *server = super->server;

    for (uint64_t bits = server ? proc->waiters : 0; bits != 0; bits &= bits - 1) {
        SvClient *client = &server->clients[__builtin_ctzll(bits)];
        SvOutcome outcome = sv_rpc_wake(&client->rpc, proc);
        if (outcome != SV_WAITS)
            is_decided(server, client, outcome);
    }
}

/* Answers those whose processes have come to rest. It is done between events, not inside them. */
void
sv_server_resume(SvSuper *super)
{
    SvServer *server = super->server;

    while (server && server->woken != 0) {
        SvClient *client = &server->clients[__builtin_ctzll(server->woken)];
        SvCall call;
        server->woken &= server->woken - 1;
        if (!client->woken || client->watch.fd < 0)
            continue;
        client->woken = false;
        if (client->form)
            sv_form_resume(super, client, client->rpc.building);
        else if (client->multi && read_body(server, client, &call))
            run_multicall(super, client, &call);
        else
            reply_call(super, client, client->rpc.building);
    }
}

void
sv_server_upgraded(SvSuper *super, int fault, const char *text)
{
    SvServer *server = super->server;

    for (unsigned i = 0; server && i < server->client_count; i++) {
        SvClient *client = &server->clients[i];
        SvOutcome outcome = SV_DONE;
        if (client->watch.fd < 0 || !client->waiting || !client->rpc.upgrading)
            continue;
        client->rpc.upgrading = false;
        if (fault != 0)
            outcome = sv_rpc_fail(&client->rpc, fault, "%s", text);
        else
            sv_rpc_describe_upgrade(super, &client->out);
        is_decided(server, client, outcome);
    }
}

/* A page of another site cannot read what is answered, but could make a browser send what changes something. */
static void
refuse_foreign(SvSuper *super, SvClient *client)
{
    sv_log(super, SV_WARN, "refused a request that a browser was made to send by another site");
    client->http.keep = false;
    sv_page_refuse(
        super, client, 403,
        "A page of another site made the browser send this. If it was this page, a proxy "
        "changes the Host header and should keep it.");
}

static bool
is_page(const char *path, const char *name)
{
    return *path == '/' && strcmp(path + 1, name) == 0;
}

static void
run_page(SvSuper *super, SvClient *client)
{
    const char *path = client->http.path;

    if (is_page(path, "") || is_page(path, "index.html")) {
        sv_page_status(super, client);
    } else if (is_page(path, "tail.html")) {
        sv_page_tail(super, client);
    } else if (is_page(path, "stylesheets/supervisor.css")) {
        sv_page_style(super, client);
    } else if (is_page(path, "metrics")) {
        sv_api_metrics(super, client);
    } else if (is_page(path, "ok.html")) {
        client->busy = true;
        sv_buf_puts(&client->out, "OK");
        sv_client_reply(super, client, 200, "text/html", "");
    } else {
        sv_client_reply_error(super, client, 404);
    }
}

static void
run_request(SvSuper *super, SvClient *client)
{
    const SvServerConf *conf = client->conf;
    static const char api_prefix[] = "/api/v1/";
    const char *path = client->http.path;
    bool get = strcmp(client->http.method, "GET") == 0;
    bool post = strcmp(client->http.method, "POST") == 0;

    client->form = false;
    client->out.length = 0;
    client->out.full = client->out.json = false;

    if (conf->username && !sv_http_authorized(&client->http, conf->username, conf->password)) {
        client->http.keep = false;
        sv_client_reply_error(super, client, 401);
    } else if (client->http.foreign && !get) {
        refuse_foreign(super, client);
    } else if (strncmp(path, "/RPC2", 5) == 0) {
        if (post)
            run_call(super, client);
        else
            sv_client_reply_error(super, client, 400);
    } else if (strncmp(path, "/logtail", 8) == 0 || strncmp(path, "/mainlogtail", 12) == 0) {
        if (get)
            sv_client_follow(super, client);
        else
            sv_client_reply_error(super, client, 400);
    } else if (strncmp(path, api_prefix, sizeof api_prefix - 1) == 0) {
        if (post)
            sv_api_call(super, client, path + sizeof api_prefix - 1);
        else
            sv_client_reply_error(super, client, 405);
    } else if (post && (is_page(path, "") || is_page(path, "index.html"))) {
        sv_form_post(super, client);
    } else if (get) {
        run_page(super, client);
    } else {
        sv_client_reply_error(super, client, 404);
    }
}

/* Works on what has been received: several requests, if they came at once. */
static void
take_requests(SvSuper *super, SvClient *client)
{
    while (client->watch.fd >= 0 && !client->busy && client->in_length > 0) {
        int status =
            sv_http_read(client->in, client->in_length, SV_HEAD_MAX, SV_BODY_MAX, &client->http);
        if (status == -EAGAIN)
            return;
        if (status > 0) {
            sv_client_reply_error(super, client, status);
            return;
        }
        if (client->in_length < client->http.head + client->http.body)
            return;
        run_request(super, client);
    }
}

static void
receive(SvSuper *super, SvClient *client)
{
    while (client->in_length < SV_IN_MAX) {
        ssize_t n = recv(client->watch.fd, client->in + client->in_length,
                         SV_IN_MAX - client->in_length, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n <= 0) {
            sv_client_close(super, client);
            return;
        }
        client->in_length += (size_t)n;
        if (client->follow)
            client->in_length = 0;
    }
    client->last_active = sv_now();
    take_requests(super, client);
    /* Who sends more than there is room for while an answer is due is not read from until it is out. */
    if (client->watch.fd >= 0 && client->in_length >= SV_IN_MAX)
        sv_watch_change(&super->loop, &client->watch, client->busy ? 0 : EPOLLIN);
}

void
sv_client_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvClient *client = sv_container_of(watch, SvClient, watch);

    if (events & (EPOLLERR | EPOLLHUP)) {
        sv_client_close(super, client);
        return;
    }
    if (events & EPOLLOUT) {
        sv_client_flush(super, client);
        if (client->watch.fd >= 0)
            take_requests(super, client);
    }
    if ((events & EPOLLIN) && client->watch.fd >= 0)
        receive(super, client);
}

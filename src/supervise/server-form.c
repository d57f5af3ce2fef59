/*
 * What the forms of the status page send: a few methods of the interface, one after another, and then the page again with
 * what became of it.
 *
 * A page of another site can make a browser send a form here, with the login that the browser knows. So a form must not
 * come from elsewhere, as far as the browser says where it comes from, and it must hold a secret that only our own pages
 * know.
 */
#include <string.h>
#include <time.h>

#include "supervise/form.h"
#include "supervise/server.h"

#define STEPS 2

typedef struct Action {
    const char *name;
    const char *methods[STEPS];
    bool to_all;
    const char *done; /* behind its name, or before the time */
} Action;

static const Action actions[] = {
    {"start", {"supervisor.startProcess"}, false, "started"},
    {"stop", {"supervisor.stopProcess"}, false, "stopped"},
    {"restart", {"supervisor.stopProcess", "supervisor.startProcess"}, false, "restarted"},
    {"clearlog", {"supervisor.clearProcessLogs"}, false, "cleared"},
    {"stopall", {"supervisor.stopAllProcesses"}, true, "All stopped at"},
    {"restartall",
     {"supervisor.stopAllProcesses", "supervisor.startAllProcesses"},
     true,
     "All restarted at"},
    {"refresh", {NULL}, true, "Page refreshed at"},
};

typedef struct Form {
    char name[512];
    const Action *action; /* NULL: there is no such */
} Form;

static bool
field(const SvClient *client, const char *name, char *buffer, size_t size)
{
    return sv_form_get(client->in + client->http.head, (size_t)client->http.body, name, buffer,
                       size);
}

static Form
read_form(const SvClient *client)
{
    Form form = {0};
    char action[32];

    if (!field(client, "action", action, sizeof action))
        return form;
    if (!field(client, "processname", form.name, sizeof form.name))
        form.name[0] = '\0';
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(action, actions[i].name) == 0)
            form.action = &actions[i];
    return form;
}

static void
tell_done(SvSuper *super, SvClient *client, const Form *form)
{
    char text[1024];
    char when[64];
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
    strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", &tm);
    if (form->action->to_all)
        snprintf(text, sizeof text, "%s %s", form->action->done, when);
    else if (strcmp(form->action->name, "clearlog") == 0)
        snprintf(text, sizeof text, "Log for %s cleared", form->name);
    else
        snprintf(text, sizeof text, "Process %s %s", form->name, form->action->done);
    sv_page_note(super, client, text);
}

static void
tell_failed(SvSuper *super, SvClient *client, const Form *form)
{
    static const struct {
        int fault;
        const char *text;
    } faults[] = {
        {SV_FAULT_NO_FILE, "no such file"},
        {SV_FAULT_NOT_EXECUTABLE, "file not executable"},
        {SV_FAULT_ALREADY_STARTED, "already started"},
        {SV_FAULT_NOT_RUNNING, "not running"},
        {SV_FAULT_SPAWN_ERROR, "spawn error"},
        {SV_FAULT_ABNORMAL_TERMINATION, "abnormal termination"},
        {SV_FAULT_BAD_NAME, "no such process"},
        {SV_FAULT_SHUTDOWN_STATE, "the supervisor is stopping"},
    };
    char text[4800];
    char fault[4200];

    sv_rpc_fault_string(&client->rpc, fault, sizeof fault);
    const char *why = fault;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].fault == client->rpc.fault)
            why = faults[i].text;
    if (form->action->to_all)
        snprintf(text, sizeof text, "ERROR: %s", why);
    else
        snprintf(text, sizeof text, "ERROR: Process %s: %s", form->name, why);
    sv_page_note(super, client, text);
}

/* A process that is to be restarted may have ended before. */
static bool
is_over(const SvClient *client, const Form *form, SvOutcome outcome)
{
    return outcome == SV_FAILED &&
           (client->rpc.fault != SV_FAULT_NOT_RUNNING || !form->action->methods[1]);
}

/* The name of a whole group is no name of a process here: there is no button for it. */
static SvOutcome
call(SvClient *client, const Form *form)
{
    const char *method = form->action->methods[client->multi_next++];
    SvValue name = {.kind = SV_KIND_STRING, .text = (char *)form->name};
    SvValue params = {.kind = SV_KIND_ARRAY, .count = 1, .first = &name};
    SvGroup *group;
    SvProc *proc;

    client->out.length = 0;
    if (form->action->to_all)
        params = (SvValue){.kind = SV_KIND_ARRAY};
    else if (sv_rpc_find(&client->rpc, form->name, &group, &proc) == SV_FAILED)
        return SV_FAILED;
    else if (!proc)
        return sv_rpc_fail(&client->rpc, SV_FAULT_BAD_NAME, "%s", form->name);
    return sv_rpc_call(&client->rpc, method, &params);
}

static void
run_steps(SvSuper *super, SvClient *client, const Form *form)
{
    while (client->multi_next < STEPS && form->action->methods[client->multi_next]) {
        SvOutcome outcome = call(client, form);
        if (outcome == SV_WAITS) {
            client->waiting = true;
            return;
        }
        if (is_over(client, form, outcome)) {
            tell_failed(super, client, form);
            return;
        }
    }
    tell_done(super, client, form);
}

void
sv_form_resume(SvSuper *super, SvClient *client, bool failed)
{
    Form form = read_form(client);

    if (is_over(client, &form, failed ? SV_FAILED : SV_DONE))
        tell_failed(super, client, &form);
    else
        run_steps(super, client, &form);
}

void
sv_form_post(SvSuper *super, SvClient *client)
{
    char token[SV_TOKEN_SIZE];

    client->busy = true;
    client->out.length = 0;
    client->out.full = client->out.json = client->multi = false;
    client->multi_next = 0;
    client->rpc =
        (SvRpc){.super = super, .out = &client->out, .bit = UINT64_C(1) << client->number};
    if (!client->http.form) {
        sv_client_reply_error(super, client, 415);
        return;
    }
    Form form = read_form(client);
    if (!field(client, "token", token, sizeof token) || *token == '\0' ||
        !sv_http_same(token, super->server->token)) {
        sv_page_refuse(super, client, 403,
                       "The form is from another site, or from before the supervisor started.");
    } else if (!form.action) {
        sv_page_refuse(super, client, 400, "There is no such action.");
    } else {
        client->form = true;
        run_steps(super, client, &form);
    }
}

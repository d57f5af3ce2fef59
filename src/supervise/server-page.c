/*
 * The pages for people: / with the state of all processes and what can be done to them, and tail.html with the end of a log.
 * They work without scripts and show nothing that is not escaped: names come from a file, logs from anywhere. A GET changes
 * nothing; what changes something is a form, and server-form.c takes what it sends.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/form.h"
#include "supervise/server.h"

#define TAIL_MIN INT64_C(1024)
#define TAIL_MAX (INT64_C(1) << 20)

static const char headers[] =
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'\r\n"
    /* Without a referrer of its own a browser would not say either that a form is from here. */
    "Referrer-Policy: same-origin\r\n";

static const char style[] =
    "body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; "
    "color: #222; background: #fff; }\n"
    "h1 { font-size: 1.5em; margin: 0 0 .7em; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { text-align: left; padding: .35em .7em; border-bottom: 1px solid #ddd; "
    "vertical-align: top; }\n"
    "th { background: #eee; }\n"
    "td a, div a { white-space: nowrap; margin-right: .4em; }\n"
    "td.name a { white-space: normal; }\n"
    "form { display: inline; margin: 0; }\n"
    "button { font: inherit; padding: .1em .7em; margin: 0 .2em .2em 0; }\n"
    ".note { border: 1px solid #bbb; background: #ffc; padding: .5em .8em; }\n"
    ".state { font-weight: bold; white-space: nowrap; }\n"
    ".good { color: #060; }\n"
    ".bad { color: #a00; }\n"
    ".name, .description { overflow-wrap: anywhere; }\n"
    "pre { background: #f4f4f4; padding: .8em; white-space: pre-wrap; overflow-wrap: anywhere; }\n"
    "footer { margin-top: 2em; color: #666; }\n";

void
sv_page_text(SvBuf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t run = 0;
        while (i + run < length && text[i + run] != '"' && text[i + run] != '\'')
            run++;
        sv_xml_escape(out, text + i, run);
        i += run;
        if (i < length)
            sv_buf_puts(out, text[i++] == '"' ? "&quot;" : "&#39;");
    }
}

static void
put(SvBuf *out, const char *text)
{
    sv_page_text(out, text, strlen(text));
}

static void
begin(SvClient *client, const char *title, const char *name)
{
    SvBuf *out = &client->out;

    client->busy = true;
    out->length = 0;
    out->full = out->json = false;
    sv_buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
    put(out, title);
    put(out, name);
    sv_buf_puts(out, "</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<link rel=\"stylesheet\" href=\"stylesheets/supervisor.css\">\n<h1>");
    put(out, title);
    put(out, name);
    sv_buf_puts(out, "</h1>\n");
}

static void
end(SvSuper *super, SvClient *client, int status)
{
    sv_buf_puts(&client->out, "<footer>fassembler-supervisord " FA_VERSION ", ");
    put(&client->out, super->config->identifier);
    sv_buf_puts(&client->out, "</footer>\n");
    if (client->out.full)
        sv_client_reply_error(super, client, 500);
    else
        sv_client_reply(super, client, status, "text/html; charset=utf-8", headers);
}

static void
begin_form(SvSuper *super, SvBuf *out, const char *name)
{
    sv_buf_printf(out,
                  "<form method=\"post\" action=\"index.html\"><input type=\"hidden\" "
                  "name=\"token\" value=\"%s\">",
                  super->server->token);
    if (!name)
        return;
    sv_buf_puts(out, "<input type=\"hidden\" name=\"processname\" value=\"");
    put(out, name);
    sv_buf_puts(out, "\">");
}

static void
button(SvBuf *out, const char *action, const char *label, const char *name)
{
    sv_buf_printf(out, "<button name=\"action\" value=\"%s\"", action);
    if (name) {
        sv_buf_printf(out, " aria-label=\"%s ", label);
        put(out, name);
        sv_buf_puts(out, "\"");
    }
    sv_buf_printf(out, ">%s</button>\n", label);
}

static void
link_to(SvBuf *out, const char *path, const char *name, const char *behind, const char *label)
{
    sv_buf_printf(out, "<a href=\"%s", path);
    sv_form_escape(out, name);
    sv_buf_printf(out, "%s\">", behind);
    put(out, label);
    sv_buf_puts(out, "</a>\n");
}

static const char *
class_of(SvState state)
{
    if (state == SV_RUNNING)
        return " good";
    return state == SV_FATAL || state == SV_BACKOFF || state == SV_UNKNOWN ? " bad" : "";
}

static void
write_actions(SvSuper *super, SvBuf *out, const SvProc *proc, const char *name)
{
    SvState state = proc->machine.state;

    begin_form(super, out, name);
    if (state == SV_RUNNING)
        button(out, "restart", "Restart", name);
    else if (sv_state_is_stopped(state))
        button(out, "start", "Start", name);
    if (sv_state_is_running(state) || sv_cron_is_waiting(proc))
        button(out, "stop", "Stop", name);
    button(out, "clearlog", "Clear Log", name);
    sv_buf_puts(out, "</form>\n");
    link_to(out, "logtail/", name, "", "Tail -f Stdout");
    link_to(out, "logtail/", name, "/stderr", "Tail -f Stderr");
}

static void
write_row(SvSuper *super, SvBuf *out, const SvProc *proc)
{
    char name[1024];
    char text[8192];
    SvBuf description;

    sv_rpc_namespec(proc, name, sizeof name);
    sv_buf_init(&description, text, sizeof text);
    sv_rpc_describe(super, proc, &description);
    sv_buf_printf(out, "<tr><td class=\"state%s\">%s<td class=\"description\">",
                  class_of(proc->machine.state), sv_state_name(proc->machine.state));
    put(out, text);
    sv_buf_puts(out, "<td class=\"name\">");
    link_to(out, "tail.html?processname=", name, "", name);
    sv_buf_puts(out, "<td>");
    write_actions(super, out, proc, name);
}

static void
write_note(SvSuper *super, SvClient *client)
{
    const char *query = client->http.query;
    char number[16];
    uint64_t id;

    if (!sv_form_get(query, strlen(query), "note", number, sizeof number) ||
        sv_parse_digits(number, strlen(number), &id) < 0)
        return;
    const SvNote *note = &super->server->notes[id % SV_NOTES];
    if (note->id != id || note->text[0] == '\0')
        return;
    sv_buf_puts(&client->out, "<p class=\"note\" role=\"status\">");
    put(&client->out, note->text);
    sv_buf_puts(&client->out, "</p>\n");
}

void
sv_page_status(SvSuper *super, SvClient *client)
{
    SvBuf *out = &client->out;

    begin(client, "Supervisor Status", "");
    write_note(super, client);
    sv_buf_puts(out, "<div>");
    begin_form(super, out, NULL);
    button(out, "refresh", "Refresh", NULL);
    button(out, "restartall", "Restart All", NULL);
    button(out, "stopall", "Stop All", NULL);
    sv_buf_puts(out, "</form></div>\n");
    const SvProc **list;
    size_t count = sv_rpc_sorted_procs(super, out, &list);
    if (count == 0)
        sv_buf_puts(out, "<p>No programs to manage</p>\n");
    else
        sv_buf_puts(out, "<table>\n<tr><th scope=\"col\">State<th scope=\"col\">Description"
                         "<th scope=\"col\">Name<th scope=\"col\">Action\n");
    for (size_t i = 0; i < count; i++)
        write_row(super, out, list[i]);
    if (count > 0)
        sv_buf_puts(out, "</table>\n");
    end(super, client, 200);
}

/* The last bytes of a log, from a whole character on, by way of the unused end of the answer's buffer. */
static bool
write_end_of(SvBuf *out, const char *path, int64_t limit)
{
    char *room = out->data + out->size - TAIL_MAX;
    struct stat st;
    size_t length = 0;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0) {
        off_t from = st.st_size > limit ? (off_t)(st.st_size - limit) : 0;
        ssize_t n = pread(fd, room, (size_t)limit, from);
        length = n > 0 ? (size_t)n : 0;
        size_t cut = 0;
        while (from > 0 && cut < 3 && cut < length && ((unsigned char)room[cut] & 0xc0) == 0x80)
            cut++;
        sv_page_text(out, room + cut, length - cut);
    }
    close(fd);
    return true;
}

static void
write_tail_links(SvSuper *super, SvBuf *out, const char *name, bool is_stderr, int64_t limit)
{
    char behind[64];

    sv_buf_puts(out, "<div><a href=\"index.html\">All processes</a>\n");
    for (int i = 0; i < 2; i++) {
        bool other = (i == 1) != is_stderr;
        snprintf(behind, sizeof behind, "&amp;limit=%lld%s", (long long)limit,
                 i == 1 ? "&amp;channel=stderr" : "");
        link_to(out, "tail.html?processname=", name, behind,
                !other   ? "Refresh"
                : i == 1 ? "Stderr"
                         : "Stdout");
    }
    link_to(out, "logtail/", name, is_stderr ? "/stderr" : "", "Tail -f");
    begin_form(super, out, name);
    button(out, "clearlog", "Clear Log", name);
    sv_buf_puts(out, "</form></div>\n");
}

void
sv_page_tail(SvSuper *super, SvClient *client)
{
    const char *query = client->http.query;
    SvRpc rpc = {.super = super};
    SvBuf *out = &client->out;
    char name[1024] = "";
    char text[16] = "";
    uint64_t limit;
    SvGroup *group;
    SvProc *proc = NULL;

    bool named = sv_form_get(query, strlen(query), "processname", name, sizeof name) && *name;
    if (!sv_form_get(query, strlen(query), "limit", text, sizeof text) ||
        sv_parse_digits(text, strlen(text), &limit) < 0 || limit < TAIL_MIN)
        limit = TAIL_MIN;
    limit = limit > TAIL_MAX ? TAIL_MAX : limit;
    bool is_stderr = sv_form_get(query, strlen(query), "channel", text, sizeof text) &&
                     strcmp(text, "stderr") == 0;
    begin(client, "Supervisor tail of process ", named ? name : "None");
    if (!named || sv_rpc_find(&rpc, name, &group, &proc) == SV_FAILED || !proc) {
        sv_buf_puts(out, "<p>");
        put(out, named ? "There is no such process." : "No process name found.");
        sv_buf_puts(out, " <a href=\"index.html\">All processes</a></p>\n");
        end(super, client, named ? 404 : 200);
        return;
    }
    write_tail_links(super, out, name, is_stderr, (int64_t)limit);
    /* The first newline does not count. */
    sv_buf_puts(out, "<pre>\n");
    if (!write_end_of(out, sv_channel_path(&proc->channels[is_stderr ? SV_STDERR : SV_STDOUT]),
                      (int64_t)limit)) {
        sv_buf_puts(out, "No file for ");
        put(out, name);
    }
    sv_buf_puts(out, "</pre>\n");
    end(super, client, 200);
}

void
sv_page_style(SvSuper *super, SvClient *client)
{
    client->busy = true;
    client->out.length = 0;
    sv_buf_puts(&client->out, style);
    sv_client_reply(super, client, 200, "text/css; charset=utf-8",
                    "Cache-Control: max-age=3600\r\n");
}

void
sv_page_refuse(SvSuper *super, SvClient *client, int status, const char *why)
{
    begin(client, "Nothing was done", "");
    sv_buf_puts(&client->out, "<p>");
    put(&client->out, why);
    sv_buf_puts(&client->out, " <a href=\"index.html\">All processes</a></p>\n");
    end(super, client, status);
}

void
sv_page_note(SvSuper *super, SvClient *client, const char *text)
{
    SvServer *server = super->server;
    unsigned id = ++server->last_note;
    SvNote *note = &server->notes[id % SV_NOTES];
    char extra[sizeof headers + 64];

    note->id = id;
    snprintf(note->text, sizeof note->text, "%s", text);
    client->busy = true;
    client->out.length = 0;
    client->out.full = false;
    snprintf(extra, sizeof extra, "Location: index.html?note=%u\r\n%s", id, headers);
    sv_client_reply(super, client, 303, "text/html; charset=utf-8", extra);
}

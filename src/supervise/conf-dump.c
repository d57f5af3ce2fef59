/*
 * A configuration as JSON, in the shape in which the differential test has that of supervisord; and the comparison of two.
 */
#include <inttypes.h>
#include <string.h>

#include "supervise/conf.h"
#include "supervise/event.h"
#include "supervise/text.h"

#define VALUE_MAX ((size_t)1 << 20)

static void
text(FILE *out, const char *key, const char *value)
{
    static char data[VALUE_MAX];
    SvBuf buf;

    sv_buf_init(&buf, data, sizeof data);
    if (value)
        sv_buf_json(&buf, value);
    else
        sv_buf_puts(&buf, "null");
    fprintf(out, "\"%s\": %s", key, data);
}

static void
name_value(FILE *out, const char *name, const char *value)
{
    char data[4096];
    SvBuf buf;

    sv_buf_init(&buf, data, sizeof data);
    sv_buf_json(&buf, name);
    /* text() writes a key between quotes; a name may hold some itself */
    data[buf.length - 1] = '\0';
    text(out, data + 1, value);
}

static void
number(FILE *out, const char *key, int64_t value, bool is_set)
{
    if (is_set)
        fprintf(out, ", \"%s\": %" PRId64, key, value);
    else
        fprintf(out, ", \"%s\": null", key);
}

static void
flag(FILE *out, const char *key, bool value)
{
    fprintf(out, ", \"%s\": %s", key, value ? "true" : "false");
}

static void
env(FILE *out, const SvEnv *entry)
{
    fputs(", \"environment\": {", out);
    for (; entry; entry = entry->next) {
        name_value(out, entry->name, entry->value);
        fputs(entry->next ? ", " : "", out);
    }
    fputs("}", out);
}

static void
dump_log(FILE *out, const char *channel, const SvLogConf *log)
{
    char key[64];

    fputs(", ", out);
    snprintf(key, sizeof key, "%s_logfile", channel);
    text(out, key, log->kind == SV_LOG_AUTO ? "AUTO" : log->path);
    fprintf(out,
            ", \"%s_capture_maxbytes\": %" PRId64 ", \"%s_events_enabled\": %s, \"%s_syslog\": %s, "
            "\"%s_logfile_backups\": %" PRId64 ", \"%s_logfile_maxbytes\": %" PRId64,
            channel, log->capture_maxbytes, channel, log->events ? "true" : "false", channel,
            log->syslog ? "true" : "false", channel, log->backups, channel, log->maxbytes);
}

static void
dump_program(FILE *out, const SvProgram *program)
{
    static const char *const classes[] = {"ProcessConfig", "EventListenerConfig",
                                          "FastCGIProcessConfig"};
    static const char *const restarts[] = {"false", "unexpected", "true"};

    fputs("{", out);
    text(out, "name", program->name);
    number(out, "uid", program->uid, program->uid >= 0);
    fputs(", ", out);
    text(out, "command", program->command);
    fputs(", ", out);
    text(out, "directory", program->directory);
    number(out, "umask", program->umask, program->umask >= 0);
    number(out, "priority", program->priority, true);
    flag(out, "autostart", program->autostart);
    fprintf(out, ", \"autorestart\": \"%s\"", restarts[program->autorestart]);
    number(out, "startsecs", program->startsecs, true);
    number(out, "startretries", program->startretries, true);
    dump_log(out, "stdout", &program->log[SV_STDOUT]);
    dump_log(out, "stderr", &program->log[SV_STDERR]);
    number(out, "stopsignal", program->stopsignal, true);
    number(out, "stopwaitsecs", program->stopwaitsecs, true);
    flag(out, "stopasgroup", program->stopasgroup);
    flag(out, "killasgroup", program->killasgroup);
    fputs(", \"exitcodes\": [", out);
    for (size_t i = 0; i < program->exitcode_count; i++)
        fprintf(out, "%s%" PRId64, i > 0 ? ", " : "", program->exitcodes[i]);
    fputs("]", out);
    flag(out, "redirect_stderr", program->redirect_stderr);
    env(out, program->env);
    fputs(", ", out);
    text(out, "serverurl", program->serverurl);
    fprintf(out, ", \"class\": \"%s\"}", classes[program->class]);
}

static void
dump_group(FILE *out, const SvGroupConf *group)
{
    static const char *const classes[] = {"ProcessGroupConfig", "EventListenerPoolConfig",
                                          "FastCGIGroupConfig"};
    const SvSocketConf *socket = &group->socket;
    const char *comma = "";

    fprintf(out, "{\"class\": \"%s\", ", classes[group->class]);
    text(out, "name", group->name);
    number(out, "priority", group->priority, true);
    fputs(", \"processes\": [", out);
    for (size_t i = 0; i < group->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        dump_program(out, &group->programs[i]);
    }
    fputs("]", out);
    if (group->class == SV_CLASS_LISTENER) {
        number(out, "buffer_size", group->buffer_size, true);
        fputs(", \"pool_events\": [", out);
        for (const SvEventName *name = sv_event_names; name->name; name++)
            if (group->events & name->bit) {
                fprintf(out, "%s\"%s\"", comma, name->name);
                comma = ", ";
            }
        fputs("], \"result_handler\": \"supervisor.dispatchers:default_handler\"", out);
    }
    if (group->class == SV_CLASS_FCGI) {
        fputs(", \"socket\": {", out);
        text(out, "url", socket->url);
        number(out, "backlog", socket->backlog, socket->backlog >= 0);
        number(out, "mode", socket->mode, socket->mode >= 0);
        if (socket->owned)
            fprintf(out, ", \"owner\": [%" PRId64 ", %" PRId64 "]}", socket->uid, socket->gid);
        else
            fputs(", \"owner\": null}", out);
    }
    fputs("}", out);
}

static void
dump_supervisord(FILE *out, const SvConfig *config)
{
    fputs("\"supervisord\": {", out);
    text(out, "user", config->user);
    flag(out, "nodaemon", config->nodaemon);
    flag(out, "silent", config->silent);
    number(out, "uid", config->uid, config->uid >= 0);
    number(out, "gid", config->gid, config->gid >= 0);
    number(out, "umask", config->umask, true);
    fputs(", ", out);
    text(out, "directory", config->directory);
    fputs(", ", out);
    text(out, "logfile", config->logfile);
    number(out, "logfile_maxbytes", config->logfile_maxbytes, true);
    number(out, "logfile_backups", config->logfile_backups, true);
    number(out, "loglevel", config->loglevel, true);
    fputs(", ", out);
    text(out, "pidfile", config->pidfile);
    fputs(", ", out);
    text(out, "identifier", config->identifier);
    fputs(", ", out);
    text(out, "childlogdir", config->childlogdir);
    number(out, "minfds", config->minfds, true);
    number(out, "minprocs", config->minprocs, true);
    flag(out, "nocleanup", config->nocleanup);
    flag(out, "strip_ansi", config->strip_ansi);
    fputs(", ", out);
    text(out, "serverurl", config->serverurl);
    env(out, config->env);
    fputs("}", out);
}

static void
dump_server(FILE *out, const SvServerConf *server)
{
    fputs("{", out);
    text(out, "username", server->username);
    fputs(", ", out);
    text(out, "password", server->password);
    fputs(", ", out);
    text(out, "name", server->name);
    fputs(", ", out);
    text(out, "section", server->section);
    if (server->path) {
        fputs(", \"family\": \"unix\", ", out);
        text(out, "file", server->path);
        fprintf(out, ", \"chown\": [%" PRId64 ", %" PRId64 "], \"chmod\": %" PRId64 "}",
                server->uid, server->gid, server->chmod);
        return;
    }
    fputs(", \"family\": \"inet\", ", out);
    text(out, "host", server->host);
    number(out, "port", server->port, true);
    fputs("}", out);
}

static void
dump_messages(FILE *out, const SvConfig *config)
{
    static const struct {
        const char *key;
        char level;
    } kinds[] = {{"critical", 'c'}, {"warn", 'w'}, {"info", 'i'}};

    fputs(", \"messages\": {", out);
    for (size_t i = 0; i < 3; i++) {
        const char *comma = "";
        fprintf(out, "%s\"%s\": [", i > 0 ? ", " : "", kinds[i].key);
        for (const SvMessage *message = config->messages; message; message = message->next) {
            char data[16384];
            SvBuf buf;
            if (message->level != kinds[i].level)
                continue;
            sv_buf_init(&buf, data, sizeof data);
            sv_buf_json(&buf, message->text);
            fprintf(out, "%s%s", comma, data);
            comma = ", ";
        }
        fputs("]", out);
    }
    fputs("}", out);
}

void
sv_config_dump(const SvConfig *config, FILE *out)
{
    fputs("{\"ok\": true, ", out);
    dump_supervisord(out, config);
    fputs(", \"rpcinterfaces\": [", out);
    for (const SvPlugin *plugin = config->plugins; plugin; plugin = plugin->next) {
        fputs("[{", out);
        text(out, "name", plugin->name);
        fputs(", ", out);
        text(out, "factory", plugin->factory);
        fputs("}, {", out);
        for (const SvOption *option = plugin->options; option; option = option->next) {
            name_value(out, option->name, option->value);
            fputs(option->next ? ", " : "", out);
        }
        fputs(plugin->next ? "}], " : "}]", out);
    }
    fputs("], \"servers\": [", out);
    for (size_t i = 0; i < config->server_count; i++) {
        fputs(i > 0 ? ", " : "", out);
        dump_server(out, &config->servers[i]);
    }
    fputs("], \"groups\": [", out);
    for (size_t i = 0; i < config->group_count; i++) {
        fputs(i > 0 ? ", " : "", out);
        dump_group(out, &config->groups[i]);
    }
    fputs("]", out);
    dump_messages(out, config);
    fputs("}\n", out);
}

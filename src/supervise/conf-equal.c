/*
 * Would a group that runs be another one by the new configuration? Logs with names that supervisord made up are equal to
 * each other, as there.
 */
#include <stdio.h>
#include <string.h>

#include "supervise/conf.h"

static bool
same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
same_list(const char *const *a, const char *const *b)
{
    if (!a || !b)
        return a == b;
    for (; *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return *a == *b;
}

static bool
same_env(const SvEnv *a, const SvEnv *b)
{
    size_t count_a = 0;
    size_t count_b = 0;

    for (const SvEnv *entry = b; entry; entry = entry->next)
        count_b++;
    for (; a; a = a->next, count_a++) {
        const char *value = sv_env_get(b, a->name);
        if (!value || strcmp(value, a->value) != 0)
            return false;
    }
    return count_a == count_b;
}

static bool
same_log(const SvLogConf *a, const SvLogConf *b)
{
    if (a->kind != SV_LOG_AUTO && b->kind != SV_LOG_AUTO &&
        (a->kind != b->kind || !same_text(a->path, b->path)))
        return false;
    return a->syslog == b->syslog && a->events == b->events && a->maxbytes == b->maxbytes &&
           a->backups == b->backups && a->capture_maxbytes == b->capture_maxbytes;
}

static bool
same_exitcodes(const SvProgram *a, const SvProgram *b)
{
    return a->exitcode_count == b->exitcode_count &&
           (a->exitcode_count == 0 ||
            memcmp(a->exitcodes, b->exitcodes, a->exitcode_count * sizeof *a->exitcodes) == 0);
}

static bool
same_check(const SvCheckConf *a, const SvCheckConf *b)
{
    return a->kind == b->kind && same_text(a->host, b->host) && same_text(a->path, b->path) &&
           a->port == b->port && same_list(a->argv, b->argv);
}

static bool
same_limits(const SvProgram *a, const SvProgram *b)
{
    if (a->limit_count != b->limit_count)
        return false;
    for (size_t i = 0; i < a->limit_count; i++)
        if (a->limits[i].resource != b->limits[i].resource ||
            a->limits[i].limit.rlim_cur != b->limits[i].limit.rlim_cur ||
            a->limits[i].limit.rlim_max != b->limits[i].limit.rlim_max)
            return false;
    return true;
}

static bool
same_sockets(const SvProgram *a, const SvProgram *b)
{
    if (a->socket_count != b->socket_count)
        return false;
    for (size_t i = 0; i < a->socket_count; i++) {
        const SvSocketConf *x = &a->sockets[i];
        const SvSocketConf *y = &b->sockets[i];
        if (!same_text(x->url, y->url) || !same_text(x->name, y->name) || x->mode != y->mode ||
            x->uid != y->uid || x->gid != y->gid || x->backlog != y->backlog)
            return false;
    }
    return true;
}

const char *
sv_program_difference(const SvProgram *a, const SvProgram *b, bool *ret_live)
{
    /* A limit can change while it runs, but what is in no control group for it cannot come into one. */
    bool limits_go_on = a->cgroup.uses == b->cgroup.uses;
    const struct {
        const char *option;
        bool same;
        bool live;
    } options[] = {
        {"name", same_text(a->name, b->name)},
        {"command", same_text(a->command, b->command)},
        {"directory", same_text(a->directory, b->directory)},
        {"user", a->uid == b->uid},
        {"umask", a->umask == b->umask},
        {"priority", a->priority == b->priority, true},
        {"autostart", a->autostart == b->autostart, true},
        {"autorestart", a->autorestart == b->autorestart, true},
        {"startsecs", a->startsecs == b->startsecs, true},
        {"startretries", a->startretries == b->startretries, true},
        {"stdout log", same_log(&a->log[SV_STDOUT], &b->log[SV_STDOUT])},
        {"stderr log", same_log(&a->log[SV_STDERR], &b->log[SV_STDERR])},
        {"stopsignal", a->stopsignal == b->stopsignal, true},
        {"stopwaitsecs", a->stopwaitsecs == b->stopwaitsecs, true},
        {"stopasgroup", a->stopasgroup == b->stopasgroup, true},
        {"killasgroup", a->killasgroup == b->killasgroup, true},
        {"exitcodes", same_exitcodes(a, b), true},
        {"redirect_stderr", a->redirect_stderr == b->redirect_stderr},
        {"environment", same_env(a->env, b->env)},
        {"serverurl", same_text(a->serverurl, b->serverurl)},
        {"depends_on", same_list(a->depends_on, b->depends_on), true},
        {"schedule", same_text(a->schedule_text, b->schedule_text), true},
        {"healthcheck",
         same_check(&a->health, &b->health) && a->health_interval == b->health_interval &&
             a->health_timeout == b->health_timeout && a->health_retries == b->health_retries,
         true},
        {"exit_on", a->exit_on == b->exit_on, true},
        {"forward_signals", a->forward == b->forward, true},
        {"kill_tree", a->cgroup.kill_tree == b->cgroup.kill_tree},
        {"memory_limit", a->cgroup.memory == b->cgroup.memory, limits_go_on},
        {"tasks_limit", a->cgroup.tasks == b->cgroup.tasks, limits_go_on},
        {"cpu_limit", a->cgroup.percent == b->cgroup.percent, limits_go_on},
        {"sockets", same_sockets(a, b)},
        {"rlimit", same_limits(a, b)},
        {"ready", same_check(&a->ready, &b->ready) && a->ready_timeout == b->ready_timeout},
    };

    const char *found = NULL;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].same || (found && options[i].live))
            continue;
        found = options[i].option;
        *ret_live = options[i].live;
        if (!options[i].live)
            break;
    }
    return found;
}

bool
sv_group_conf_equal(const SvGroupConf *a, const SvGroupConf *b, char *why, size_t size)
{
    bool live;
    const char *option = NULL;
    const char *program = a->name;

    if (a->class != b->class || a->events != b->events || a->buffer_size != b->buffer_size)
        option = "kind of group";
    else if (a->priority != b->priority)
        option = "priority";
    else if (!same_text(a->socket.url, b->socket.url))
        option = "socket";
    else if (a->count != b->count)
        option = "number of processes";
    for (size_t i = 0; !option && i < a->count; i++) {
        option = sv_program_difference(&a->programs[i], &b->programs[i], &live);
        program = a->programs[i].name;
    }
    if (option && why)
        snprintf(why, size, "%s: %s", program, option);
    return option == NULL;
}

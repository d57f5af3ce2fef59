/*
 * Is a program that was started ready? A notify socket, a connection, a GET or a command says so. A check is tried at
 * once and then at growing distances, and only while the program starts. In the same way a program that runs may be asked
 * at fixed distances whether it is well.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/child.h"
#include "supervise/super.h"
#include "supervise/values.h"

#define FIRST_DELAY (SV_SECOND / 20)
#define LAST_DELAY  SV_SECOND

static void attempt(SvSuper *super, SvCheck *check);

const char *
sv_check_notify_socket(const SvProc *proc, char *buffer, size_t size)
{
    if (proc->conf->ready.kind != SV_CHECK_NOTIFY)
        return NULL;
    /* An abstract name: there is nothing to remove, and nobody has to be let into a directory. */
    snprintf(buffer, size, "@fassembler/%d/%s/%s", (int)getpid(), proc->group->conf->name,
             proc->conf->name);
    return buffer;
}

static void
notify_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvCheck *check = sv_container_of(watch, SvCheck, notify);
    char text[4096];
    ssize_t n;

    while ((n = recv(watch->fd, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
        text[n] = '\0';
        const char *ready = strstr(text, "READY=1");
        if (ready && (ready == text || ready[-1] == '\n'))
            check->report(super, check->proc, SV_READY);
        if (watch->fd < 0)
            return;
    }
}

int
sv_check_open_notify(SvSuper *super, SvProc *proc, SvReport *report)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[128];
    SvCheck *check = proc->check;

    if (!sv_check_notify_socket(proc, name, sizeof name))
        return 0;
    sv_watch_close(&super->loop, &check->notify);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    size_t length = strnlen(name, sizeof address.sun_path);
    memcpy(address.sun_path, name, length);
    address.sun_path[0] = '\0';
    if (bind(fd, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
        int problem = -errno;
        close(fd);
        return problem;
    }
    check->report = report;
    check->notify = (SvWatch){.fd = fd, .ready = notify_ready};
    return sv_watch_add(&super->loop, &check->notify, EPOLLIN);
}

static void
end_attempt(SvSuper *super, SvCheck *check)
{
    sv_watch_close(&super->loop, &check->watch);
    if (check->pid > 0) {
        kill(-check->pid, SIGKILL);
        sv_reap_forget(super, &check->child);
        waitpid(check->pid, NULL, WNOHANG);
    }
    check->pid = 0;
    check->talking = false;
}

void
sv_check_end(SvSuper *super, SvProc *proc)
{
    if (!proc->check)
        return;
    end_attempt(super, proc->check);
    sv_timer_clear(&super->loop, &proc->check->timer);
    if (proc->machine.state != SV_STARTING)
        sv_watch_close(&super->loop, &proc->check->notify);
}

static uint64_t
after(int64_t seconds)
{
    return sv_now() + (uint64_t)(seconds > 0 ? seconds : 1) * SV_SECOND;
}

static void
passed(SvSuper *super, SvCheck *check)
{
    end_attempt(super, check);
    if (check->health) {
        check->attempts = 0;
        sv_timer_set(&super->loop, &check->timer, after(check->proc->conf->health_interval));
        return;
    }
    sv_timer_clear(&super->loop, &check->timer);
    check->report(super, check->proc, SV_READY);
}

static void
health_failed(SvSuper *super, SvCheck *check)
{
    SvProc *proc = check->proc;

    end_attempt(super, check);
    if (++check->attempts < proc->conf->health_retries) {
        sv_timer_set(&super->loop, &check->timer, after(proc->conf->health_interval));
        return;
    }
    sv_timer_clear(&super->loop, &check->timer);
    proc->problem = SV_PROBLEM_UNHEALTHY;
    proc->problem_detail = (int)check->attempts;
    sv_log(super, SV_WARN, "%s is unhealthy: %u checks failed, one after another", proc->conf->name,
           check->attempts);
    check->report(super, proc, SV_UNHEALTHY);
}

static void
try_later(SvSuper *super, SvCheck *check)
{
    if (check->health) {
        health_failed(super, check);
        return;
    }
    uint64_t delay = FIRST_DELAY << (check->attempts < 5 ? check->attempts : 5);
    uint64_t now = sv_now();

    end_attempt(super, check);
    check->attempts++;
    uint64_t when = now + (delay < LAST_DELAY ? delay : LAST_DELAY);
    sv_timer_set(&super->loop, &check->timer, when < check->deadline ? when : check->deadline);
}

static void
timer_fired(SvSuper *super, SvTimer *timer)
{
    SvCheck *check = sv_container_of(timer, SvCheck, timer);
    SvProc *proc = check->proc;
    bool under_way = check->watch.fd >= 0;

    if (check->health && under_way) {
        health_failed(super, check);
        return;
    }
    if (check->health)
        check->deadline = after(proc->conf->health_timeout);
    end_attempt(super, check);
    if (sv_now() < check->deadline) {
        attempt(super, check);
        return;
    }
    proc->problem = SV_PROBLEM_UNREADY;
    proc->problem_detail = (int)proc->conf->ready_timeout;
    sv_log(super, SV_WARN, "%s is not ready within %d seconds", proc->conf->name,
           proc->problem_detail);
    check->report(super, proc, SV_UNREADY);
}

static void
command_ready(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvCheck *check = sv_container_of(watch, SvCheck, watch);
    int status;

    if (waitpid(check->pid, &status, WNOHANG) != check->pid)
        return;
    sv_reap_forget(super, &check->child);
    check->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        passed(super, check);
    else
        try_later(super, check);
}

static void
run_command(SvSuper *super, SvCheck *check)
{
    SvProgram program = *check->proc->conf;
    SvProc stand_in = {.conf = &program, .group = check->proc->group};
    char path[4096];
    int pidfd;

    program.argv = check->conf->argv;
    program.argv_problem = NULL;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    SvSpawn plan = {.proc = &stand_in,
                    .path = path,
                    .argv = (char *const *)(void *)program.argv,
                    .serverurl = super->config->serverurl,
                    .in = null,
                    .out = null,
                    .err = null};
    int r = null < 0 || sv_proc_find_command(&stand_in, path, sizeof path) != SV_PROBLEM_NONE
                ? -ENOENT
                : sv_child_spawn(super, &plan, &check->pid, &pidfd);
    if (null >= 0)
        close(null);
    if (r < 0) {
        try_later(super, check);
        return;
    }
    sv_reap_expect(super, &check->child, check->pid);
    check->watch = (SvWatch){.fd = pidfd, .ready = command_ready};
    sv_watch_add(&super->loop, &check->watch, EPOLLIN);
    sv_timer_set(&super->loop, &check->timer, check->deadline);
}

/* Sends the request, then looks at the status of the answer: 2xx and 3xx are well. */
static void
talk_http(SvSuper *super, SvCheck *check)
{
    const SvCheckConf *conf = check->conf;
    char text[2048];

    if (!check->talking) {
        int n =
            snprintf(text, sizeof text,
                     "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: fassembler-supervisord\r\n\r\n",
                     conf->path, conf->host);
        check->talking = true;
        if (send(check->watch.fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n)
            sv_watch_change(&super->loop, &check->watch, EPOLLIN);
        else
            try_later(super, check);
        return;
    }
    ssize_t n = recv(check->watch.fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n >= 12 && strncmp(text, "HTTP/1.", 7) == 0 && (text[9] == '2' || text[9] == '3'))
        passed(super, check);
    else
        try_later(super, check);
}

static void
connected(SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvCheck *check = sv_container_of(watch, SvCheck, watch);
    int problem = 0;
    socklen_t size = sizeof problem;

    getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0)
        try_later(super, check);
    else if (check->conf->kind == SV_CHECK_HTTP)
        talk_http(super, check);
    else
        passed(super, check);
}

static void
start_connecting(SvSuper *super, SvCheck *check)
{
    const SvCheckConf *conf = check->conf;
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in inet = {
        .sin_family = AF_INET, .sin_port = htons(conf->port), .sin_addr.s_addr = conf->address};
    bool local = conf->kind == SV_CHECK_UNIX;

    int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        try_later(super, check);
        return;
    }
    if (local)
        snprintf(path.sun_path, sizeof path.sun_path, "%s", conf->host);
    int r = local ? connect(fd, (struct sockaddr *)&path, sizeof path)
                  : connect(fd, (struct sockaddr *)&inet, sizeof inet);
    if (r < 0 && errno != EINPROGRESS) {
        close(fd);
        try_later(super, check);
        return;
    }
    check->watch = (SvWatch){.fd = fd, .ready = connected};
    sv_watch_add(&super->loop, &check->watch, EPOLLOUT);
    sv_timer_set(&super->loop, &check->timer, check->deadline);
}

static void
attempt(SvSuper *super, SvCheck *check)
{
    switch (check->conf->kind) {
    case SV_CHECK_NONE:
        break;
    case SV_CHECK_NOTIFY:
        sv_timer_set(&super->loop, &check->timer, check->deadline);
        break;
    case SV_CHECK_COMMAND:
        run_command(super, check);
        break;
    case SV_CHECK_UNIX:
    case SV_CHECK_TCP:
    case SV_CHECK_HTTP:
        start_connecting(super, check);
        break;
    }
}

void
sv_check_begin(SvSuper *super, SvProc *proc, SvReport *report)
{
    SvCheck *check = proc->check;

    if (!check)
        return;
    check->timer.fire = timer_fired;
    check->report = report;
    check->attempts = 0;
    check->deadline =
        sv_now() +
        (uint64_t)(proc->conf->ready_timeout > 0 ? proc->conf->ready_timeout : 1) * SV_SECOND;
    attempt(super, check);
}

void
sv_health_begin(SvSuper *super, SvProc *proc, SvReport *report)
{
    SvCheck *check = proc->health;

    if (!check)
        return;
    check->health = true;
    check->timer.fire = timer_fired;
    check->report = report;
    check->attempts = 0;
    sv_timer_set(&super->loop, &check->timer, after(proc->conf->health_interval));
}

void
sv_health_end(SvSuper *super, SvProc *proc)
{
    if (!proc->health)
        return;
    end_attempt(super, proc->health);
    sv_timer_clear(&super->loop, &proc->health->timer);
}

static void
resume(SvSuper *super, SvCheck *check, SvReport *report)
{
    if (!check)
        return;
    check->report = report;
    if (check->pid > 0)
        sv_reap_expect(super, &check->child, check->pid);
    sv_watch_resume(&super->loop, &check->watch,
                    check->conf->kind == SV_CHECK_COMMAND ? command_ready : connected);
    sv_watch_resume(&super->loop, &check->notify, notify_ready);
    sv_timer_resume(&super->loop, &check->timer, timer_fired);
}

void
sv_check_resume(SvSuper *super, SvProc *proc, SvReport *report)
{
    resume(super, proc->check, report);
    resume(super, proc->health, report);
}

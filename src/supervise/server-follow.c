/*
 * Logs that are followed: what comes to them is sent in chunks. They are looked at five times a second, and only while
 * somebody follows.
 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/server.h"

#define FOLLOW_DELAY (SV_SECOND / 5)
#define FOLLOW_PART  ((size_t)64 << 10)
#define FOLLOW_HEAD  1024 /* bytes of the log that a follower is shown first */

static const char *
log_to_follow(SvSuper *super, const char *path, char *name, size_t size)
{
    if (strncmp(path, "/mainlogtail", 12) == 0)
        return super->config->logfile;
    if (strncmp(path, "/logtail/", 9) != 0)
        return NULL;
    snprintf(name, size, "%s", path + 9);
    char *slash = strchr(name, '/');
    const char *channel = slash ? slash + 1 : "stdout";
    if (slash)
        *slash = '\0';
    char *colon = strchr(name, ':');
    if (colon)
        *colon = '\0';
    SvGroup *group = sv_super_group(super, name);
    SvProc *proc = group ? sv_group_proc(group, colon ? colon + 1 : name) : NULL;
    if (!proc || (strcmp(channel, "stdout") != 0 && strcmp(channel, "stderr") != 0))
        return NULL;
    return sv_channel_path(&proc->channels[strcmp(channel, "stdout") == 0 ? SV_STDOUT : SV_STDERR]);
}

static void
add_chunk(SvClient *client, const char *data, size_t length)
{
    if (client->http.version == 11)
        sv_buf_printf(&client->out, "%zx\r\n", length);
    sv_buf_add(&client->out, data, length);
    if (client->http.version == 11)
        sv_buf_puts(&client->out, "\r\n");
}

/* What has come to the log since, as long as the reader keeps up. */
static void
follow_some(SvSuper *super, SvClient *client)
{
    char data[16384];
    struct stat here, there;

    if (fstat(client->follow_fd, &here) < 0)
        return;
    if (here.st_size < client->follow_offset) {
        client->follow_offset = 0;
        add_chunk(client, "==> File truncated <==\n", 23);
    }
    while (client->out.length < FOLLOW_PART) {
        ssize_t n = pread(client->follow_fd, data, sizeof data, (off_t)client->follow_offset);
        if (n <= 0)
            break;
        client->follow_offset += n;
        add_chunk(client, data, (size_t)n);
    }
    /* It was rotated, and all of the old one was shown. */
    if (client->out.length == 0 && stat(client->follow, &there) == 0 &&
        there.st_ino != here.st_ino) {
        int fd = open(client->follow, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0) {
            close(client->follow_fd);
            client->follow_fd = fd;
            client->follow_offset = 0;
        }
    }
}

static void
follow_fired(SvSuper *super, SvTimer *timer)
{
    SvClient *client = sv_container_of(timer, SvClient, timer);

    if (sv_client_is_sent(client)) {
        client->out.length = client->sent = 0;
        follow_some(super, client);
        sv_client_flush(super, client);
    }
    if (client->watch.fd >= 0)
        sv_timer_set(&super->loop, timer, sv_now() + FOLLOW_DELAY);
}

void
sv_client_follow_resume(SvSuper *super, SvClient *client)
{
    sv_timer_resume(&super->loop, &client->timer, follow_fired);
}

void
sv_client_follow(SvSuper *super, SvClient *client)
{
    char name[1024];
    const char *path = log_to_follow(super, client->http.path, name, sizeof name);
    struct stat st;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

    if (fd < 0 || fstat(fd, &st) < 0) {
        if (fd >= 0)
            close(fd);
        sv_client_reply_error(super, client, 404);
        return;
    }
    client->busy = true;
    client->follow = sv_client_follow_path(client);
    snprintf(client->follow, SV_FOLLOW_PATH_MAX, "%s", path);
    client->follow_fd = fd;
    client->follow_offset = st.st_size > FOLLOW_HEAD ? st.st_size - FOLLOW_HEAD : 0;
    client->out.length = 0;
    client->timer.fire = follow_fired;
    follow_some(super, client);
    sv_client_reply(super, client, 200, "text/plain;charset=utf-8",
                    client->http.version == 11
                        ? "Transfer-Encoding: chunked\r\nX-Accel-Buffering: no\r\n"
                        : "");
    if (client->watch.fd >= 0)
        sv_timer_set(&super->loop, &client->timer, sv_now() + FOLLOW_DELAY);
}

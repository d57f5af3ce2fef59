#include "sys/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/launch.h"
#include "sys/spawn.h"

#define WORDS_MAX   4096 /* bytes kept of standard error: the last ones */
#define SHOWN_MAX   400
#define WORDS_AFTER 200 /* milliseconds to wait for what it says when it ends */
#define READS_MAX   64

extern char **environ;

struct FaPeer {
    pid_t pid;
    int talk;  /* a socket: its standard input and output */
    int words; /* its standard error; -1 once that has ended */
    GString *said;
};

FaPeer *
fa_peer_start(const char *const *argv, GError **error)
{
    g_autofree char *path =
        strchr(argv[0], '/') != NULL ? g_strdup(argv[0]) : fa_spawn_find(argv[0], NULL);
    int talk[2], words[2];
    pid_t pid;
    if (path == NULL) {
        fa_fail(error, FA_ERROR_NOT_FOUND, "cannot find program '%s'", argv[0]);
        return NULL;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) != 0) {
        fa_fail_errno(error, errno, "cannot start '%s': a socket", argv[0]);
        return NULL;
    }
    fa_autofd int our_talk = talk[0], its_talk = talk[1];
    if (pipe2(words, O_CLOEXEC) != 0) {
        fa_fail_errno(error, errno, "cannot start '%s': a pipe", argv[0]);
        return NULL;
    }
    fa_autofd int our_words = words[0], its_words = words[1];
    const int files[] = {its_talk, its_talk, its_words};
    int number =
        fcntl(our_talk, F_SETFL, O_NONBLOCK) != 0 || fcntl(our_words, F_SETFL, O_NONBLOCK) != 0
            ? errno
            : fa_launch(&pid, path, argv, (const char *const *)environ, files);
    if (number != 0) {
        fa_fail_errno(error, number, "cannot start '%s'", path);
        return NULL;
    }

    FaPeer *peer = g_new0(FaPeer, 1);
    peer->pid = pid;
    peer->talk = fa_fd_steal(&our_talk);
    peer->words = fa_fd_steal(&our_words);
    peer->said = g_string_new(NULL);
    return peer;
}

/* It loses nothing: whoever is talked with this way only answers. */
void
fa_peer_free(FaPeer *peer)
{
    if (peer == NULL)
        return;
    kill(-peer->pid, SIGKILL);
    while (waitpid(peer->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    fa_fd_clear(&peer->talk);
    fa_fd_clear(&peer->words);
    g_string_free(peer->said, TRUE);
    g_free(peer);
}

ssize_t
fa_peer_write(FaPeer *peer, const void *bytes, size_t length)
{
    ssize_t count;
    do
        count = send(peer->talk, bytes, length, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    return count;
}

ssize_t
fa_peer_read(FaPeer *peer, void *bytes, size_t length)
{
    ssize_t count;
    do
        count = read(peer->talk, bytes, length);
    while (count < 0 && errno == EINTR);
    return count;
}

/* What is read is kept up to a limit, the rest is dropped: it must never wait for us. */
static void
listen_to(FaPeer *peer)
{
    char buffer[WORDS_MAX];
    ssize_t count = read(peer->words, buffer, sizeof buffer);
    if (count > 0) {
        g_string_append_len(peer->said, buffer, count);
        if (peer->said->len > WORDS_MAX)
            g_string_erase(peer->said, 0, (gssize)(peer->said->len - WORDS_MAX));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        fa_fd_clear(&peer->words);
    }
}

bool
fa_peer_wait(FaPeer *peer, bool to_write, int milliseconds, FaCancel *cancel, GError **error)
{
    struct pollfd fds[] = {
        {.fd = peer->talk, .events = (short)(POLLIN | (to_write ? POLLOUT : 0))},
        {.fd = peer->words, .events = POLLIN},
        {.fd = fa_cancel_get_fd(cancel), .events = POLLIN},
    };
    if (poll(fds, G_N_ELEMENTS(fds), milliseconds) > 0 && fds[1].revents != 0)
        listen_to(peer);
    return fa_cancel_check(cancel, error);
}

char *
fa_peer_get_last_words(FaPeer *peer)
{
    struct pollfd fd = {.fd = peer->words, .events = POLLIN};
    /* Not for ever: it may say more than anybody reads. */
    for (int i = 0; i < READS_MAX && peer->words >= 0 && poll(&fd, 1, WORDS_AFTER) > 0; i++) {
        listen_to(peer);
        fd.fd = peer->words;
    }
    g_autofree char *text = g_strdup(peer->said->str);
    g_strchomp(text);
    const char *line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    return fa_text_sanitize(line, MIN(strlen(line), SHOWN_MAX));
}

#include "sys/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define BACKLOG       64
#define NUMBER_MAX    64
#define OVERFLOW_FILE "/proc/sys/kernel/overflowuid"
#define OVERFLOW_USER 65534

/* An address holds 107 bytes; by way of the folder's descriptor every path fits. */
static bool
make_address(int folder, const char *name, struct sockaddr_un *ret_address)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(ret_address->sun_path, sizeof ret_address->sun_path,
                          "/proc/self/fd/%d/%s", folder, name);
    return length > 0 && (size_t)length < sizeof ret_address->sun_path;
}

static int
open_socket(const char *directory, const char *name, int *ret_folder,
            struct sockaddr_un *ret_address, GError **error)
{
    fa_autofd int folder = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || !make_address(folder, name, ret_address)) {
        fa_fail_errno(error, errno, "cannot open '%s'", directory);
        return -1;
    }
    fa_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        fa_fail_errno(error, errno, "cannot make a socket");
        return -1;
    }
    *ret_folder = fa_fd_steal(&folder);
    return fa_fd_steal(&fd);
}

int
fa_unix_listen(const char *directory, const char *name, GError **error)
{
    fa_autofd int folder = -1;
    struct sockaddr_un address;
    fa_autofd int fd = open_socket(directory, name, &folder, &address, error);
    if (fd < 0)
        return -1;
    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT) {
        fa_fail_errno(error, errno, "cannot remove '%s/%s'", directory, name);
        return -1;
    }
    /* Who may do what is asked of each caller; to be refused with words, they have to get in. */
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        fchmodat(folder, name, 0666, 0) != 0 || listen(fd, BACKLOG) != 0) {
        fa_fail_errno(error, errno, "cannot listen on '%s/%s'", directory, name);
        return -1;
    }
    return fa_fd_steal(&fd);
}

int
fa_unix_accept(int listening)
{
    int fd;
    do
        fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd;
}

int
fa_unix_connect(const char *directory, const char *name, GError **error)
{
    fa_autofd int folder = -1;
    struct sockaddr_un address;
    fa_autofd int fd = open_socket(directory, name, &folder, &address, error);
    if (fd < 0)
        return -1;
    /* Without blocking, a server whose queue is full would be EAGAIN: here one waits for one's turn. */
    int flags = fcntl(fd, F_GETFL);
    if (fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        fcntl(fd, F_SETFL, flags) != 0) {
        int number = errno;
        fa_fail(error, number == ENOENT ? FA_ERROR_NOT_FOUND : FA_ERROR_UNREACHABLE,
                "cannot reach '%s/%s': %s", directory, name, g_strerror(number));
        return -1;
    }
    return fa_fd_steal(&fd);
}

static uid_t
overflow_user(void)
{
    g_autofree char *text = NULL;
    unsigned uid = OVERFLOW_USER;
    if (fa_fs_read(OVERFLOW_FILE, NUMBER_MAX, &text, NULL, NULL))
        fa_parse_uint(g_strchomp(text), 0, G_MAXUINT, &uid);
    return uid;
}

bool
fa_unix_get_peer(int fd, uid_t *ret_uid, pid_t *ret_pid, GError **error)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return fa_fail_errno(error, errno, "cannot tell who that is");
    if (peer.uid == (uid_t)-1 || peer.uid == overflow_user())
        return fa_fail(error, FA_ERROR_DENIED, "cannot tell who that is: it is no user of here");
    *ret_uid = peer.uid;
    *ret_pid = peer.pid;
    return true;
}

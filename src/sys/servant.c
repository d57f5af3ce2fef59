#include "sys/servant.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/launch.h"
#include "sys/servant-order.h"

#define ANSWER_MAX 1000

struct FaServant {
    char *name;
    pid_t pid;
    int socket;   /* its standard input */
    int lifeline; /* a pipe that breaks when we end; nothing is written to it */
};

static void
wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* What came as one message, up to @size bytes; 0 at the end. */
static ssize_t
receive(int fd, void *bytes, size_t size)
{
    ssize_t length;
    do
        length = recv(fd, bytes, size, 0);
    while (length < 0 && errno == EINTR);
    return length;
}

static bool
fail_with_words(const char *words, size_t length, GError **error)
{
    g_autofree char *text = fa_text_sanitize(words, length);
    return fa_fail(error, FA_ERROR_FAILED, "%s", text);
}

static bool
wait_until_ready(const FaServant *servant, GError **error)
{
    char words[ANSWER_MAX];
    ssize_t length = receive(servant->socket, words, sizeof words);
    if (length == 1 && words[0] == '\0')
        return true;
    if (length > 0)
        return fail_with_words(words, (size_t)length, error);
    return fa_fail(error, FA_ERROR_FAILED, "'%s' ended at once", servant->name);
}

FaServant *
fa_servant_start(const char *path, GError **error)
{
    int talk[2], life[2];
    pid_t pid;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) != 0) {
        fa_fail_errno(error, errno, "cannot start '%s': a socket", path);
        return NULL;
    }
    fa_autofd int our_talk = talk[0], its_talk = talk[1];
    if (pipe2(life, O_CLOEXEC) != 0) {
        fa_fail_errno(error, errno, "cannot start '%s': a pipe", path);
        return NULL;
    }
    fa_autofd int its_life = life[0], our_life = life[1];
    const char *const argv[] = {path, NULL}, *const environment[] = {NULL};
    const int files[] = {its_talk, its_life, -1};
    int number = fa_launch(&pid, path, argv, environment, files);
    if (number != 0) {
        fa_fail_errno(error, number, "cannot start '%s'", path);
        return NULL;
    }
    fa_fd_clear(&its_talk);

    FaServant *servant = g_new0(FaServant, 1);
    servant->name = g_path_get_basename(path);
    servant->pid = pid;
    servant->socket = fa_fd_steal(&our_talk);
    servant->lifeline = fa_fd_steal(&our_life);
    if (wait_until_ready(servant, error))
        return servant;
    fa_servant_free(servant);
    return NULL;
}

void
fa_servant_free(FaServant *servant)
{
    if (servant == NULL)
        return;
    fa_fd_clear(&servant->socket);
    fa_fd_clear(&servant->lifeline);
    wait_for(servant->pid);
    g_free(servant->name);
    g_free(servant);
}

/* The text lies in memory as a file: it has no limit, and is read by whoever is started. */
static int
write_text(const FaOrder *order, GError **error)
{
    fa_autofd int fd = memfd_create("order", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < order->length) {
        ssize_t count = write(fd, order->text + done, order->length - done);
        if (count < 0 && errno != EINTR)
            break;
        done += count > 0 ? (size_t)count : 0;
    }
    if (fd < 0 || done < order->length) {
        fa_fail_errno(error, errno, "cannot write an order");
        return -1;
    }
    return fa_fd_steal(&fd);
}

static bool
send_files(const FaServant *servant, char first, const int files[FA_SERVANT_FILES], GError **error)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * FA_SERVANT_FILES)];
    } control = {.bytes = {0}};
    struct iovec part = {.iov_base = &first, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * FA_SERVANT_FILES);
    memcpy(CMSG_DATA(header), files, sizeof(int) * FA_SERVANT_FILES);

    ssize_t sent;
    do
        sent = sendmsg(servant->socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == 1 || fa_fail_errno(error, errno, "cannot ask '%s'", servant->name);
}

/* The number and, before or after it, words if something went wrong; these are longer than a number. */
static bool
take_answer(const FaServant *servant, int fd, pid_t *ret_pid, GError **error)
{
    char part[ANSWER_MAX];
    g_autoptr(GString) words = g_string_new(NULL);
    int32_t number = 0;
    ssize_t length;
    while ((length = receive(fd, part, sizeof part)) > 0) {
        if (length == sizeof number)
            memcpy(&number, part, sizeof number);
        else
            g_string_append_len(words, part, length);
    }
    if (number < 0)
        return fa_fail_errno(error, -number, "cannot start a process");
    if (number == 0)
        return fa_fail(error, FA_ERROR_FAILED, "'%s' has ended", servant->name);
    if (words->len > 0) {
        wait_for(number);
        return fail_with_words(words->str, words->len, error);
    }
    *ret_pid = number;
    return true;
}

bool
fa_servant_order(FaServant *servant, const FaOrder *order, pid_t *ret_pid, GError **error)
{
    int answer[2];
    fa_autofd int text = write_text(order, error);
    if (text < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, answer) != 0)
        return fa_fail_errno(error, errno, "cannot ask '%s': a socket", servant->name);
    fa_autofd int ours = answer[0], its = answer[1];
    const int files[FA_SERVANT_FILES] = {
        [FA_SERVANT_ORDER] = text,           [FA_SERVANT_INPUT] = order->input,
        [FA_SERVANT_OUTPUT] = order->output, [FA_SERVANT_ERROR] = order->error_output,
        [FA_SERVANT_ANSWER] = its,
    };
    if (!send_files(servant, order->text[0], files, error))
        return false;
    fa_fd_clear(&its);
    return take_answer(servant, ours, ret_pid, error);
}

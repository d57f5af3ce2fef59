#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "site/portcheck.h"
#include "sys/fd.h"

static int
listen_somewhere(int family, unsigned *ret_port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address = {.any = {.sa_family = (sa_family_t)family}};
    socklen_t length = sizeof(address);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (family == AF_INET)
        address.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 ||
        bind(fd, &address.any, family == AF_INET ? sizeof(address.four) : sizeof(address.six)) < 0)
        return -1;
    g_assert_cmpint(listen(fd, 1), ==, 0);
    g_assert_cmpint(getsockname(fd, &address.any, &length), ==, 0);
    *ret_port = ntohs(family == AF_INET ? address.four.sin_port : address.six.sin6_port);
    return fd;
}

static void
assert_is_ours(int family)
{
    g_autoptr(GError) error = NULL;
    unsigned port;
    fa_autofd int fd = listen_somewhere(family, &port);

    if (fd < 0)
        return;
    FaPortUse use = {.port = port, .purpose = "front"};
    g_autoptr(GPtrArray) taken = fa_portcheck_find_taken(&use, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(taken->len, ==, 1);
    const FaPortHolder *holder = g_ptr_array_index(taken, 0);
    g_assert_cmpint(holder->pid, ==, getpid());
    g_assert_true(holder->has_user);
    g_assert_cmpuint(holder->user, ==, geteuid());
    g_assert_nonnull(strstr(holder->program, "test-port"));

    g_assert_false(fa_portcheck_require_free(&use, 1, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFLICT);
    g_assert_nonnull(strstr(error->message, "(front) by process"));
    fa_fd_clear(&fd);
    g_clear_error(&error);
    g_assert_true(fa_portcheck_require_free(&use, 1, &error));
    g_assert_no_error(error);
}

static void
test_holder(void)
{
    assert_is_ours(AF_INET);
}

static void
test_holder_six(void)
{
    assert_is_ours(AF_INET6);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/portcheck/who-holds-a-port-is-named", test_holder);
    g_test_add_func("/portcheck/who-holds-a-port-of-both-families-is-named", test_holder_six);
    return g_test_run();
}

#include "sys/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/error.h"
#include "sys/fd.h"

bool
fa_tcp_port_is_free(unsigned port, bool *ret_free, GError **error)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    fa_autofd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return fa_fail_errno(error, errno, "cannot make a socket");
    /* As servers do it: connections that are only waiting to be forgotten are nobody's. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        *ret_free = true;
        return true;
    }
    if (errno != EADDRINUSE)
        return fa_fail_errno(error, errno, "cannot bind port %u", port);
    *ret_free = false;
    return true;
}

#include "sys/cancel.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

struct FaCancel {
    atomic_bool is_set;
    int fd; /* an eventfd that is written once and never read */
};

FaCancel *
fa_cancel_new(void)
{
    FaCancel *cancel = g_new0(FaCancel, 1);
    cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->fd < 0)
        g_error("cannot make an eventfd: %s", g_strerror(errno));
    return cancel;
}

void
fa_cancel_free(FaCancel *cancel)
{
    if (cancel == NULL)
        return;
    close(cancel->fd);
    g_free(cancel);
}

void
fa_cancel_set(FaCancel *cancel)
{
    const uint64_t one = 1;
    int saved = errno;

    if (!atomic_exchange(&cancel->is_set, true)) {
        ssize_t written = write(cancel->fd, &one, sizeof one);
        (void)written; /* cannot fail on an eventfd that was never written */
    }
    errno = saved;
}

bool
fa_cancel_is_set(const FaCancel *cancel)
{
    return cancel != NULL && atomic_load(&cancel->is_set);
}

int
fa_cancel_get_fd(const FaCancel *cancel)
{
    return cancel == NULL ? -1 : cancel->fd;
}

bool
fa_cancel_check(const FaCancel *cancel, GError **error)
{
    if (!fa_cancel_is_set(cancel))
        return true;
    return fa_fail(error, FA_ERROR_CANCELLED, "stopped on request");
}

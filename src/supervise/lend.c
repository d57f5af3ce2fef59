#include "supervise/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIMIT     64 /* they are bits of a loan */
#define COUNT     32
#define UNSHARE   2U /* CLOSE_RANGE_UNSHARE */
#define BIT(fd)   (UINT64_C(1) << (fd))
#define LAST_FREE (~0U)

static struct {
    int holder; /* lies under the numbers that are not lent: it can do nothing */
    int limit;
    uint64_t left;
} numbers = {.holder = -1};

/* Closes nothing, for there is no such descriptor. A filter may know the call as little as an old kernel. */
static bool
can_leave(void)
{
    return syscall(SYS_close_range, LAST_FREE, LAST_FREE, UNSHARE) == 0;
}

void
sv_lend_init(void)
{
    if (numbers.holder >= 0 || !can_leave())
        return;
    numbers.holder = open("/", O_PATH | O_CLOEXEC);
    for (int i = 0; numbers.holder >= 0 && i < COUNT; i++) {
        int fd = fcntl(numbers.holder, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (fd < 0)
            return;
        if (fd >= LIMIT) {
            close(fd);
            return;
        }
        numbers.left |= BIT(fd);
        numbers.limit = fd + 1;
    }
}

size_t
sv_lend_left(void)
{
    return (size_t)__builtin_popcountll(numbers.left);
}

int
sv_lend(uint64_t *loan, int fd)
{
    int number = numbers.left != 0 ? __builtin_ctzll(numbers.left) : -1;

    if (number < 0)
        return -EMFILE;
    if (dup3(fd, number, O_CLOEXEC) < 0)
        return -errno;
    numbers.left &= ~BIT(number);
    *loan |= BIT(number);
    return number;
}

void
sv_lend_end(uint64_t *loan)
{
    for (uint64_t bits = *loan; bits != 0; bits &= bits - 1)
        dup3(numbers.holder, __builtin_ctzll(bits), O_CLOEXEC);
    numbers.left |= *loan;
    *loan = 0;
}

int
sv_lend_limit(void)
{
    return numbers.limit;
}

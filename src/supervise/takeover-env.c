/*
 * How one supervisor tells the next what it is given: by a variable of its environment, made without the C library where a
 * signal handler makes it.
 */
#include <fcntl.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervise/upgrade.h"

#define ENV_MAX 4096

extern char **environ;

char *
sv_add_text(char *at, const char *end, const char *text)
{
    while (*text != '\0' && at < end)
        *at++ = *text++;
    *at = '\0';
    return at;
}

char *
sv_add_number(char *at, const char *end, int number)
{
    char digits[12];
    char *first = digits + sizeof digits - 1;
    unsigned rest = number < 0 ? 0U - (unsigned)number : (unsigned)number;

    *first = '\0';
    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--first = '-';
    return sv_add_text(at, end, first);
}

char *const *
sv_takeover_env(const SvTakeover *takeover, const char *reason)
{
    static char *list[ENV_MAX + 2];
    static char variable[1024];
    const char *end = variable + sizeof variable - 1;
    size_t count = 0;

    for (char **one = environ; *one; one++) {
        if (count == ENV_MAX)
            return NULL;
        list[count++] = *one;
    }
    char *at = sv_add_text(variable, end, SV_STATE_VARIABLE "=");
    at = sv_add_number(at, end, takeover->state);
    at = sv_add_text(at, end, ":");
    at = sv_add_number(at, end, takeover->old);
    at = sv_add_text(at, end, ":");
    sv_add_text(at, end, reason);
    list[count++] = variable;
    list[count] = NULL;
    return list;
}

void
sv_takeover_close_on_exec(void)
{
    struct rlimit limit;

    if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0)
        return;
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 3; (rlim_t)fd < limit.rlim_cur; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

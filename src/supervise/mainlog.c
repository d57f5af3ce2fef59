#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

#define LINE_MAX_BYTES 16384

static const char *
level_name(int level)
{
    switch (level) {
    case SV_CRIT:
        return "CRIT";
    case SV_ERRO:
        return "ERRO";
    case SV_WARN:
        return "WARN";
    case SV_INFO:
        return "INFO";
    case SV_DEBG:
        return "DEBG";
    case SV_TRAC:
        return "TRAC";
    default:
        return "BLAT";
    }
}

int
sv_log_open_stdout(void)
{
    /* A description of our own: that of the terminal is shared with others, who do not expect it not to block. */
    int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC | O_NOCTTY);

    return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

void
sv_log(SvSuper *super, int level, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    struct timespec now;
    struct tm tm;
    va_list args;
    SvBuf buf;

    if (level < super->config->loglevel)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    sv_buf_init(&buf, line, sizeof line - 1);
    sv_buf_printf(&buf, "%04d-%02d-%02d %02d:%02d:%02d,%03d %s ", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now.tv_nsec / 1000000),
                  level_name(level));
    size_t head = buf.length;
    va_start(args, format);
    sv_buf_vprintf(&buf, format, args);
    va_end(args);
    line[buf.length++] = '\n';
    if (super->stdout_fd >= 0) {
        /* A terminal or a reader that is held must not hold the supervisor: what it does not take is lost to it. */
        ssize_t ignored = write(super->stdout_fd, line, buf.length);
        (void)ignored;
    }
    if (strcmp(super->config->logfile, "syslog") == 0)
        syslog(LOG_INFO, "%.*s", (int)(buf.length - head - 1), line + head);
    else
        sv_logfile_write(&super->log, line, buf.length);
}

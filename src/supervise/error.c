#include "supervise/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "supervise/text.h"

#define ERROR_MAX ((size_t)64 << 10)

static void
keep(SvError *error, const SvBuf *buf)
{
    if (error->text)
        return;
    error->text = sv_arena_strndup(error->arena, buf->data, buf->length);
    if (!error->text)
        error->text = "the configuration is too large";
}

int
sv_fail(SvError *error, const char *format, ...)
{
    char data[ERROR_MAX];
    va_list args;
    SvBuf buf;

    sv_buf_init(&buf, data, sizeof data);
    va_start(args, format);
    sv_buf_vprintf(&buf, format, args);
    va_end(args);
    keep(error, &buf);
    return -EINVAL;
}

int
sv_fail_repr(SvError *error, const char *format, ...)
{
    char data[ERROR_MAX];
    va_list args;
    SvBuf buf;

    sv_buf_init(&buf, data, sizeof data);
    va_start(args, format);
    for (const char *p = format; *p != '\0'; p++) {
        if (*p != '%') {
            sv_buf_add(&buf, p, 1);
            continue;
        }
        p++;
        if (*p == 'r')
            sv_buf_repr(&buf, va_arg(args, const char *));
        else if (*p == 's')
            sv_buf_puts(&buf, va_arg(args, const char *));
        else if (*p == 'd')
            sv_buf_printf(&buf, "%" PRId64, va_arg(args, int64_t));
        else
            sv_buf_add(&buf, p, 1);
    }
    va_end(args);
    keep(error, &buf);
    return -EINVAL;
}

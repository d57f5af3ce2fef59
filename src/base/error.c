#include "base/error.h"

#include <errno.h>

GQuark
fa_error_quark(void)
{
    /* Looked up each time: a remembered quark would be state, and errors are rare. */
    return g_quark_from_static_string("fa-error-quark");
}

bool
fa_fail(GError **error, FaErrorCode code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_set_error_literal(error, FA_ERROR, code, message);
    return false;
}

static FaErrorCode
code_for_errno(int number)
{
    if (number == ENOENT)
        return FA_ERROR_NOT_FOUND;
    if (number == EACCES || number == EPERM)
        return FA_ERROR_DENIED;
    return FA_ERROR_FAILED;
}

/* "Permission denied" becomes "permission denied"; "RPC version wrong" and the like stay. */
static char *
errno_text(int number)
{
    char *text = g_strdup(g_strerror(number));
    if (g_ascii_isupper(text[0]) && !g_ascii_isupper(text[1]))
        text[0] = g_ascii_tolower(text[0]);
    return text;
}

bool
fa_fail_errno(GError **error, int number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_autofree char *reason = errno_text(number);
    g_set_error(error, FA_ERROR, code_for_errno(number), "%s: %s", message, reason);
    return false;
}

bool
fa_error_is(const GError *error, FaErrorCode code)
{
    return error != NULL && error->domain == FA_ERROR && error->code == (int)code;
}

int
fa_error_exit_status(const GError *error)
{
    if (error == NULL)
        return 0;
    if (error->domain != FA_ERROR)
        return 1;

    switch ((FaErrorCode)error->code) {
    case FA_ERROR_FAILED:
        return 1;
    case FA_ERROR_USAGE:
    case FA_ERROR_CONFIG:
        return 2;
    case FA_ERROR_REFUSED:
        return 3;
    case FA_ERROR_NOT_FOUND:
        return 4;
    case FA_ERROR_DENIED:
        return 5;
    case FA_ERROR_CONFLICT:
        return 6;
    case FA_ERROR_UNREACHABLE:
        return 7;
    case FA_ERROR_CANCELLED:
        return 130;
    }
    return 1;
}

#pragma once
/*
 * What can go wrong, in as few kinds as a caller tells apart.
 *
 * A kind is also the exit status of the command that it ends. The message is one line, lower case, without a full
 * stop, and says what failed first; a second line that begins with "help: " says what to do.
 */
#include <glib.h>
#include <stdbool.h>

#define FA_ERROR (fa_error_quark())
GQuark fa_error_quark(void);

typedef enum FaErrorCode {
    FA_ERROR_FAILED = 1,  /* it was tried and did not work */
    FA_ERROR_USAGE,       /* the command line is wrong */
    FA_ERROR_CONFIG,      /* a file that a person wrote is wrong */
    FA_ERROR_REFUSED,     /* the rules forbid it */
    FA_ERROR_NOT_FOUND,   /* no such thing */
    FA_ERROR_DENIED,      /* not allowed for this actor */
    FA_ERROR_CONFLICT,    /* somebody else was first */
    FA_ERROR_UNREACHABLE, /* the supervisor or a server does not answer */
    FA_ERROR_CANCELLED,   /* a person asked to stop */
} FaErrorCode;

/* Sets @error and returns false, so that a failure is one statement: `return fa_fail(error, ...);` */
bool fa_fail(GError **error, FaErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same with ": " and the text of @number (an errno) behind it. ENOENT is NOT_FOUND, EACCES and EPERM are DENIED,
 * all others FAILED. */
bool fa_fail_errno(GError **error, int number, const char *format, ...) G_GNUC_PRINTF(3, 4);

bool fa_error_is(const GError *error, FaErrorCode code);

/* The exit status for @error: 0 for NULL, 130 for CANCELLED, else 1 to 7 as docs/exit-codes.md has them. */
int fa_error_exit_status(const GError *error);

#pragma once
/*
 * The secrets of one environment: made once, in files that only their owner can read, and given to nobody else.
 *
 * A secret is a file var/secrets/NAME of letters and digits, without a newline. A file that others may read or write, that
 * is not ours or not a regular file is refused. Values are given to files, environments and standard inputs only;
 * whoever asks for a log, an argument list or build.json gets a refusal, which is a bug of the asker made harmless.
 * Not thread-safe.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "domain/template.h"

#define FA_SECRETS_LENGTH     40
#define FA_SECRETS_LENGTH_MAX 4096

typedef enum FaSecretUse {
    FA_SECRET_FOR_FILE,  /* a file of mode 0600 */
    FA_SECRET_FOR_INPUT, /* the standard input or the environment of a program */
    FA_SECRET_FOR_ARGUMENT,
    FA_SECRET_FOR_LOG,
    FA_SECRET_FOR_RECORD, /* build.json, the ledger, a page */
} FaSecretUse;

typedef struct FaSecrets FaSecrets;

/* (transfer full) (nullable) @directory is made with mode 0700; DENIED when it is not ours alone. */
FaSecrets *fa_secrets_open(const char *directory, GError **error);
void fa_secrets_free(FaSecrets *secrets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSecrets, fa_secrets_free)

/* Makes secret @name unless it is there; two at once agree on one value. Loads it. */
bool fa_secrets_ensure(FaSecrets *secrets, const char *name, GError **error);
/* (transfer none) (nullable) The value; REFUSED for a use that others see, NOT_FOUND when nobody made it. */
const char *fa_secrets_get(FaSecrets *secrets, const char *name, FaSecretUse use, GError **error);
/* Makes every secret that was loaded known to templates as `secret.NAME`. What they give is for private files only. */
void fa_secrets_fill(const FaSecrets *secrets, FaScope *scope);
/* (transfer full) `secret:NAME`, which may be shown. */
char *fa_secrets_reference(const char *name);
/* True when @text holds the value of a secret that was loaded; then it must not be seen by others. */
bool fa_secrets_is_in(const FaSecrets *secrets, const char *text, size_t length);

/*
 * The first administrator's login, `admin:PASSWORD` and a newline, in @path (mode 0600), made once. Its password is the
 * secret `admin` from then on. (transfer full) (nullable) the password.
 */
char *fa_secrets_ensure_admin(FaSecrets *secrets, const char *path, GError **error);

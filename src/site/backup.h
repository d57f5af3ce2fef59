#pragma once
/*
 * Backups of the data of an environment: the files and SQLite databases that components name as their data.
 *
 *   HOME/backups/SITE/ENVIRONMENT/ID/backup.json      what is in it, with a digest for each component
 *   HOME/backups/SITE/ENVIRONMENT/ID/COMPONENT/PATH   as below var/data/COMPONENT
 *
 * One is made under a hidden name, written to disk, then renamed: it is there whole or not at all. A database is copied as it
 * was at one moment, whoever writes; other files as they are when their turn comes. The data of database servers is none of
 * this. Only the owner may enter. Sockets and pipes are left out.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "site/layout.h"
#include "sys/cancel.h"

/* What to save of a component. Borrowed. */
typedef struct FaBackupPart {
    const char *component;
    const GPtrArray *paths;       /* of char *, below var/data/COMPONENT */
    const char *const *not_saved; /* (nullable) what it has elsewhere, in words, NULL-ended */
} FaBackupPart;

typedef struct FaBackupRequest {
    const FaLayout *layout;
    const char *id;
    const char *deployment;        /* (nullable) */
    const char *const *migrations; /* COMPONENT/NAME that it is made for, NULL-ended */
    const GArray *parts;           /* of FaBackupPart */
    int64_t now;
    FaCancel *cancel; /* (nullable) */
} FaBackupRequest;

typedef struct FaBackup {
    char *id;
    char *environment; /* ENV.SITE */
    char *path;        /* absolute */
    char *digest;
    uint64_t bytes;
    int64_t made_at;
    JsonObject *document; /* backup.json */
} FaBackup;

void fa_backup_free(FaBackup *backup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaBackup, fa_backup_free)

/* (transfer full) (nullable) One of this id that is there already is the answer. */
FaBackup *fa_backup_make(const FaBackupRequest *request, GError **error);
/* (transfer full) (nullable) NOT_FOUND when there is none. */
FaBackup *fa_backup_open(const FaLayout *layout, const char *id, GError **error);
/* Has it the data of @component? */
bool fa_backup_has(const FaBackup *backup, const char *component);
/*
 * Puts the data of @component back as it was, also by removing what was not there. Nothing of it may run. Each path is
 * replaced whole; may be done again. FAILED, before anything is touched, when the backup is damaged.
 */
bool fa_backup_restore(const FaBackup *backup, const FaLayout *layout, const char *component,
                       FaCancel *cancel, GError **error);
/* (transfer full) (nullable) of FaBackup, of all environments of a home, the newest of each first. */
GPtrArray *fa_backup_list(const char *home, GError **error);
bool fa_backup_remove(const FaBackup *backup, GError **error);

#pragma once
/*
 * What the files for svn share: revisions as PATH@NUMBER, addresses, and the program.
 */
#include <stdint.h>
#include "source/backend.h"

#define FA_SVN_OUTPUT_MAX (64 * 1024 * 1024)

/* "branches/1.0@12" into its path and its number (0: the newest). False when it is neither. */
bool fa_svn_split(const char *text, char **ret_path, uint64_t *ret_number);
/* (transfer full) With a peg: HEAD for 0. */
char *fa_svn_make_url(const FaSource *source, const char *path, uint64_t number);
bool fa_svn_run(FaSource *source, const char *const *argv, FaCancel *cancel, int *ret_status,
                char **ret_output, char **ret_message, GError **error);
/* *ret_value is NULL when there is no such path in that revision. */
bool fa_svn_get_item(FaSource *source, const char *item, const char *path, uint64_t number,
                     FaCancel *cancel, char **ret_value, GError **error);
/* PATH@ the revision that last changed it; NULL when there is no such path. */
bool fa_svn_make_exact(FaSource *source, const char *path, uint64_t number, FaCancel *cancel,
                       char **ret_revision, GError **error);
/* (transfer full) (nullable) The location as a path in its repository: "" or "/project". */
char *fa_svn_get_base(FaSource *source, FaCancel *cancel, GError **error);
bool fa_svn_fail_offline(const FaSource *source, const char *what, GError **error);

typedef struct FaSvnPath {
    char *path;      /* in the repository, "/trunk/file" */
    char *copy_path; /* (nullable) */
    uint64_t copy_number;
} FaSvnPath;

typedef struct FaSvnEntry {
    uint64_t number;
    char *name; /* of a listing */
    GString *author;
    GString *date;
    GString *message;
    GPtrArray *paths; /* of FaSvnPath */
} FaSvnEntry;

/* (transfer full) (nullable) What `svn log --xml` or `svn list --xml` printed, of FaSvnEntry. */
GPtrArray *fa_svn_parse(const FaSource *source, const char *xml, GError **error);

bool fa_svn_log(FaSource *source, const FaSourceRange *range, FaCancel *cancel, FaSourceLog *log,
                GError **error);
bool fa_svn_is_ancestor(FaSource *source, const char *ancestor, const char *revision,
                        FaCancel *cancel, bool *ret_is_ancestor, GError **error);
bool fa_svn_contains(FaSource *source, const char *revision, const char *change, FaCancel *cancel,
                     FaContained *contained, GError **error);

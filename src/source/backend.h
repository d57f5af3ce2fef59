#pragma once
/*
 * What a kind of source is made of, for this folder only: the common part, the table of functions, and the way that
 * programs are run, which keeps credentials out of everything that people see.
 */
#include "source/source.h"

/* A name to be given to a revision. */
typedef struct FaMark {
    const char *name;
    const char *revision;
    bool is_tag;
    bool push;
} FaMark;

/* What kinds with a history add. Names were looked at for what would be an option or breaks a line; all texts are exact
 * revisions unless said otherwise. */
typedef struct FaHistoryBackend {
    bool (*is_revision)(const char *text); /* whether it is written as an exact one is */
    bool (*mark)(FaSource *source, const FaMark *mark, FaCancel *cancel, FaSourceMade *ret_made,
                 GError **error);
    bool (*tip)(FaSource *source, const char *branch, bool offline, FaCancel *cancel,
                char **ret_revision, GError **error);
    bool (*list)(FaSource *source, bool offline, FaCancel *cancel, GPtrArray *refs, GError **error);
    bool (*log)(FaSource *source, const FaSourceRange *range, FaCancel *cancel, FaSourceLog *log,
                GError **error);
    bool (*contains)(FaSource *source, const char *revision, const char *change, FaCancel *cancel,
                     FaContained *contained, GError **error);
    bool (*is_ancestor)(FaSource *source, const char *ancestor, const char *revision,
                        FaCancel *cancel, bool *ret_is_ancestor, GError **error);
} FaHistoryBackend;

typedef struct FaSourceBackend {
    bool (*check)(FaSource *source,
                  GError **error); /* at open; sets `where` if it must be another */
    bool (*resolve)(FaSource *source, const char *wanted, bool offline, FaCancel *cancel,
                    char **ret_revision, GError **error);
    /* @target does not exist; what is left of it after a failure is removed by the caller. */
    bool (*fetch)(FaSource *source, const char *revision, const char *target, FaCancel *cancel,
                  int log_fd, GError **error);
    bool (*clone)(FaSource *source, const char *branch, const char *target, FaCancel *cancel,
                  GError **error);
    bool (*describe)(FaSource *source, const char *revision, char **ret_version,
                     FaTime *ret_committed, GError **error);
    const FaHistoryBackend *history; /* (nullable) what has none */
} FaSourceBackend;

struct FaSource {
    const FaSourceBackend *backend;
    FaSourceSpec spec;
    char *where;   /* absolute path or URL, credentials included: never shown */
    char *shown;   /* without them */
    GStrv secrets; /* texts that must not be seen */
    char *home;
    bool is_local; /* `where` is a path */
};

extern const FaHistoryBackend fa_history_git, fa_history_svn;
extern const FaSourceBackend fa_source_git, fa_source_svn, fa_source_archive, fa_source_directory;

/* (transfer full) @text with every secret of @source replaced, fit for a terminal. */
char *fa_source_redact(const FaSource *source, const char *text);

/* (transfer full) (nullable) "https" for "https://..."; NULL for paths. */
char *fa_source_scheme(const char *location);

/*
 * (transfer full) (nullable) A new directory beside @path, in which it is made before it gets its name. The other removes
 * what processes that were killed left of such. Both are called under the lock of @path.
 */
char *fa_source_make_temporary(const char *path, GError **error);
bool fa_source_remove_temporaries(const char *path, GError **error);

typedef struct FaProgram {
    const char *const *argv;
    const char *const
        *variables;        /* (nullable) NAME, value, ... that are set beside the caller's own */
    const char *input;     /* (nullable) */
    size_t input_length;   /* 0: that of the text */
    const char *directory; /* (nullable) */
    size_t output_limit;   /* 0: 1 MiB */
    size_t *output_length; /* (nullable) gets how much of stdout was kept */
    int log_fd;
    FaCancel *cancel;
} FaProgram;

/*
 * Runs it. True when it ended by itself: *ret_status is its status, *ret_output (nullable) what it wrote to stdout,
 * *ret_message (nullable) what it wrote to stderr, redacted.
 */
bool fa_program_run(const FaSource *source, const FaProgram *program, int *ret_status,
                    char **ret_output, char **ret_message, GError **error);

/* What a failed program said, as an error: gone, not reachable or not allowed are told apart. Returns false. */
bool fa_program_fail(const FaSource *source, const char *what, const char *message, GError **error);

/* (transfer full) With the subject and the trailers of @message, whatever bytes that is. */
FaSourceCommit *fa_source_commit_new(const char *id, const char *shown, const char *author,
                                     FaTime time, const char *message);
void fa_source_add_ref(GPtrArray *refs, const char *name, const char *revision, bool is_tag,
                       bool is_local);

#include "app/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/acting.h"
#include "base/error.h"
#include "ledger/ledger.h"
#include "sys/clock.h"
#include "sys/fs.h"

#define TRIES 10 /* appends lost to somebody who was first */

static bool
guard(const FaEvent *event, GError **error)
{
    return event != NULL ? fa_acting_check_event(event, error)
                         : fa_acting_check(FA_ACTION_LEDGER_IMPORT, error);
}

FaLedger *
fa_home_ledger_open(const char *home, bool make, GError **error)
{
    g_autofree char *path = g_build_filename(home, "ledger.db", NULL);
    g_autoptr(GError) failure = NULL;
    FaLedger *ledger = fa_ledger_open(path, make, &failure);
    if (ledger == NULL && fa_error_is(failure, FA_ERROR_NOT_FOUND))
        fa_fail(error, FA_ERROR_NOT_FOUND,
                "%s\nhelp: the first 'fassembler up' or 'release cut' in this home makes it",
                failure->message);
    else if (ledger == NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    if (ledger != NULL)
        fa_ledger_set_guard(ledger, guard);
    return ledger;
}

static bool
append_behind(FaLedger *ledger, const FaEvent *event, GError **error)
{
    for (unsigned tries = TRIES;; tries--) {
        FaLedgerHead head;
        g_autoptr(GError) reason = NULL;
        if (!fa_ledger_get_head(ledger, &head, error))
            return false;
        if (fa_ledger_append(ledger, head.position, event, 1, NULL, &reason))
            return true;
        if (tries == 1 || !fa_error_is(reason, FA_ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return false;
        }
    }
}

bool
fa_home_ledger_append(FaLedger *ledger, const char *actor, FaEventKind kind, const char *subject,
                      JsonObject *payload, GError **error)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, payload);
    g_autofree char *text = fa_json_to_canonical(node);
    const FaEvent event = {
        .time = MAX(fa_clock_now(), 0),
        .actor = actor,
        .kind = fa_event_kind_to_string(kind),
        .version = fa_event_kind_get_version(kind),
        .subject = subject,
        .payload = text,
    };
    return append_behind(ledger, &event, error);
}

char *
fa_home_ledger_record(const char *home, const char *actor, FaEventKind kind, const char *subject,
                      JsonObject *payload)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(home, true, &error);
    if (ledger == NULL) {
        json_object_unref(payload);
        return g_strdup_printf("this was not recorded: %s", error->message);
    }
    if (fa_home_ledger_append(ledger, actor, kind, subject, payload, &error))
        return NULL;
    return g_strdup_printf("this was not recorded: %s", error->message);
}

char *
fa_home_ledger_path(const char *home, const char *path)
{
    size_t length = strlen(home);
    bool is_below = strncmp(path, home, length) == 0 && path[length] == '/';
    return g_strdup(is_below ? path + length + 1 : path);
}

static bool
keep_event(const FaEvent *event, void *data, GError **error)
{
    g_ptr_array_add(data, fa_event_copy(event));
    return true;
}

static void
reverse(GPtrArray *array)
{
    for (guint i = 0; i < array->len / 2; i++) {
        gpointer other = array->pdata[array->len - 1 - i];
        array->pdata[array->len - 1 - i] = array->pdata[i];
        array->pdata[i] = other;
    }
}

bool
fa_home_ledger_log(const char *home, const char *subject, const char *kind, uint64_t limit,
                   GPtrArray **ret_events, GError **error)
{
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(home, false, error);
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)fa_event_free);
    const FaLedgerQuery query = {
        .subject = subject, .kind = kind, .is_backward = true, .limit = limit};
    if (ledger == NULL || !fa_ledger_read(ledger, &query, keep_event, events, error))
        return false;
    reverse(events);
    *ret_events = g_steal_pointer(&events);
    return true;
}

static void
set_text(JsonObject *object, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_string_member(object, member, text);
    else
        json_object_set_null_member(object, member);
}

bool
fa_home_ledger_verify(const char *home, FaCancel *cancel, JsonObject **ret_report, GError **error)
{
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(home, false, error);
    g_auto(FaLedgerReport) found = {0};
    char hash[FA_DIGEST_HEX_SIZE];
    if (ledger == NULL || !fa_ledger_verify(ledger, cancel, &found, error))
        return false;

    bool is_whole = found.flaw == FA_LEDGER_FLAW_NONE;
    JsonObject *report = json_object_new();
    fa_digest_to_hex(&found.head.hash, hash);
    json_object_set_boolean_member(report, "is-whole", is_whole);
    json_object_set_int_member(report, "events", (gint64)found.head.position);
    json_object_set_string_member(report, "hash", hash);
    set_text(report, "flaw", is_whole ? NULL : fa_ledger_flaw_to_string(found.flaw));
    if (is_whole)
        json_object_set_null_member(report, "position");
    else
        json_object_set_int_member(report, "position", (gint64)found.position);
    set_text(report, "reason", found.reason);
    *ret_report = report;
    return true;
}

typedef struct Export {
    FaHomeLedgerLine each;
    void *data;
} Export;

static bool
pass_line(const char *line, size_t length, void *data, GError **error)
{
    const Export *work = data;
    return work->each(line, work->data, error);
}

bool
fa_home_ledger_export(const char *home, FaHomeLedgerLine each, void *data, GError **error)
{
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(home, false, error);
    Export work = {.each = each, .data = data};
    return ledger != NULL && fa_ledger_export(ledger, pass_line, &work, error);
}

typedef struct Output {
    FILE *file;
    const char *path;
} Output;

static bool
write_line(const char *line, void *data, GError **error)
{
    const Output *output = data;
    if (fputs(line, output->file) >= 0 && fputc('\n', output->file) != EOF)
        return true;
    return fa_fail_errno(error, errno, "cannot write '%s'", output->path);
}

bool
fa_home_ledger_export_to(const char *home, const char *file, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s.XXXXXX", file);
    int fd = mkostemp(path, O_CLOEXEC);
    FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (stream == NULL)
        return fa_fail_errno(error, errno, "cannot make '%s'", file);

    Output output = {.file = stream, .path = file};
    bool is_written = fa_home_ledger_export(home, write_line, &output, error);
    if (is_written && (fflush(stream) != 0 || fsync(fd) != 0))
        is_written = fa_fail_errno(error, errno, "cannot write '%s'", file);
    fclose(stream);
    if (is_written && rename(path, file) != 0)
        is_written = fa_fail_errno(error, errno, "cannot make '%s'", file);
    if (!is_written)
        unlink(path);
    return is_written;
}

typedef struct Input {
    FILE *file;
    const char *path;
    char *line; /* what getline() keeps */
    size_t size;
} Input;

static bool
read_line(const char **ret_line, size_t *ret_length, void *data, GError **error)
{
    Input *input = data;
    errno = 0;
    ssize_t length = getline(&input->line, &input->size, input->file);
    if (length < 0)
        return feof(input->file) || fa_fail_errno(error, errno, "cannot read '%s'", input->path);
    if (length > FA_EVENT_LINE_MAX)
        return fa_fail(error, FA_ERROR_CONFIG, "a line of '%s' is too long for an event",
                       input->path);
    *ret_line = input->line;
    *ret_length = (size_t)length - (input->line[length - 1] == '\n');
    return true;
}

static bool
import_from(const char *home, Input *input, FaCancel *cancel, uint64_t *ret_added, GError **error)
{
    if (!fa_fs_make_directory(home, 0755, error))
        return false;
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(home, true, error);
    return ledger != NULL && fa_ledger_import(ledger, read_line, input, cancel, ret_added, error);
}

bool
fa_home_ledger_import(const char *home, const char *file, FaCancel *cancel, uint64_t *ret_added,
                      GError **error)
{
    bool is_stdin = strcmp(file, "-") == 0;
    Input input = {.file = is_stdin ? stdin : fopen(file, "re"), .path = file};
    if (input.file == NULL)
        return fa_fail_errno(error, errno, "cannot open '%s'", file);
    bool is_imported = import_from(home, &input, cancel, ret_added, error);
    if (!is_stdin)
        fclose(input.file);
    free(input.line);
    return is_imported;
}

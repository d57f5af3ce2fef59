#include <inttypes.h>

#include "base/error.h"
#include "ledger/backend.h"

#define CANCEL_EVERY 4096

typedef struct Export {
    FaLedgerLineFunc each;
    void *data;
    GString *line;
} Export;

static bool
export_event(const FaEvent *event, void *data, GError **error)
{
    Export *work = data;
    g_string_truncate(work->line, 0);
    fa_event_append_line(event, work->line);
    return work->each(work->line->str, work->line->len, work->data, error);
}

bool
fa_ledger_export(FaLedger *ledger, FaLedgerLineFunc each, void *data, GError **error)
{
    const FaLedgerQuery all = {0};
    g_autoptr(GString) line = g_string_new(NULL);
    Export work = {.each = each, .data = data, .line = line};
    return fa_ledger_read(ledger, &all, export_event, &work, error);
}

static bool
take_hash(const FaEvent *event, void *data, GError **error)
{
    *(FaDigest *)data = event->hash;
    return true;
}

typedef struct Import {
    FaLedgerNextFunc next;
    void *data;
    FaCancel *cancel;
    uint64_t line;     /* count of them */
    uint64_t expected; /* position of the next event; the first line decides where it begins */
    FaDigest before;   /* hash of the one before that */
} Import;

/* The hash of the event at @position here. */
static bool
find_hash(FaLedger *ledger, uint64_t position, FaDigest *ret_hash, GError **error)
{
    const FaLedgerQuery one = {.after = position - 1, .limit = 1};
    *ret_hash = (FaDigest){0};
    return position == 0 || fa_ledger_scan(ledger, &one, take_hash, ret_hash, error);
}

static bool
compare(FaLedger *ledger, const FaEvent *event, GError **error)
{
    FaDigest here;
    if (!find_hash(ledger, event->position, &here, error))
        return false;
    return fa_digest_is_equal(&here, &event->hash) ||
           fa_fail(error, FA_ERROR_CONFLICT,
                   "event %" PRIu64 " is another one in the ledger: these are two histories",
                   event->position);
}

static bool
import_event(FaLedger *ledger, FaLedgerHead *head, FaEvent *event, Import *work, GError **error)
{
    FaDigest hash;
    if (event->position != work->expected)
        return fa_fail(error, FA_ERROR_CONFIG, "event %" PRIu64 " is where %" PRIu64 " should be",
                       event->position, work->expected);
    if (!fa_ledger_hash(ledger, &work->before, event, &hash, error))
        return false;
    if (!fa_digest_is_equal(&hash, &event->hash))
        return fa_fail(error, FA_ERROR_CONFIG,
                       "event %" PRIu64 " or one before it was changed: its hash is another",
                       event->position);
    work->expected++;
    work->before = hash;
    return event->position <= head->position ? compare(ledger, event, error)
                                             : fa_ledger_add(ledger, head, event, error);
}

static bool
import_line(FaLedger *ledger, FaLedgerHead *head, Import *work, const char *line, size_t length,
            GError **error)
{
    g_autoptr(FaEvent) event = fa_event_from_line(line, (gssize)length, error);
    if (event == NULL)
        return false;
    if (work->line == 1) {
        work->expected = MIN(event->position, head->position + 1);
        if (!find_hash(ledger, work->expected - 1, &work->before, error))
            return false;
    }
    return import_event(ledger, head, event, work, error);
}

static bool
import_lines(FaLedger *ledger, FaLedgerHead *head, Import *work, GError **error)
{
    for (;;) {
        const char *line = NULL;
        size_t length = 0;
        if ((work->line % CANCEL_EVERY == 0 && !fa_cancel_check(work->cancel, error)) ||
            !work->next(&line, &length, work->data, error))
            return false;
        if (line == NULL)
            return fa_ledger_set_head(ledger, head, error);
        work->line++;
        if (!import_line(ledger, head, work, line, length, error)) {
            g_prefix_error(error, "cannot import line %" PRIu64 ": ", work->line);
            return false;
        }
    }
}

bool
fa_ledger_import(FaLedger *ledger, FaLedgerNextFunc next, void *data, FaCancel *cancel,
                 uint64_t *ret_added, GError **error)
{
    Import work = {.next = next, .data = data, .cancel = cancel};
    FaLedgerHead head;
    if (!fa_ledger_ask_guard(ledger, NULL, error) ||
        !fa_ledger_begin(ledger, FA_LEDGER_WRITING, &head, error))
        return false;
    uint64_t before = head.position;
    bool is_well = import_lines(ledger, &head, &work, error);
    if (!fa_ledger_end(ledger, is_well, error))
        return false;
    *ret_added = head.position - before;
    return true;
}

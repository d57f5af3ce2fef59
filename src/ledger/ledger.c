#include "ledger/ledger.h"

#include <inttypes.h>

#include "base/error.h"
#include "ledger/backend.h"
#include "sys/hash.h"

#define LINE_START 1024

struct FaLedger {
    const FaLedgerBackend *backend;
    void *self;
    FaHash *hash; /* (nullable) loaded with the first event that is hashed */
    FaHasher *hasher;
    GString *line;
    FaLedgerGuard guard; /* (nullable) */
};

static const char *const flaw_names[] = {
    [FA_LEDGER_FLAW_NONE] = "none",
    [FA_LEDGER_FLAW_MISSING] = "missing",
    [FA_LEDGER_FLAW_CHANGED] = "changed",
    [FA_LEDGER_FLAW_UNREADABLE] = "unreadable",
};

const char *
fa_ledger_flaw_to_string(FaLedgerFlaw flaw)
{
    return flaw_names[flaw];
}

bool
fa_ledger_flaw_from_string(const char *text, FaLedgerFlaw *ret_flaw)
{
    for (size_t i = 0; i < G_N_ELEMENTS(flaw_names); i++) {
        if (g_str_equal(flaw_names[i], text)) {
            *ret_flaw = (FaLedgerFlaw)i;
            return true;
        }
    }
    return false;
}

FaLedger *
fa_ledger_new(const FaLedgerBackend *backend, void *self)
{
    FaLedger *ledger = g_new0(FaLedger, 1);
    ledger->backend = backend;
    ledger->self = self;
    ledger->line = g_string_sized_new(LINE_START);
    return ledger;
}

void
fa_ledger_free(FaLedger *ledger)
{
    if (ledger == NULL)
        return;
    ledger->backend->free(ledger->self);
    fa_hasher_free(ledger->hasher);
    fa_hash_free(ledger->hash);
    g_string_free(ledger->line, TRUE);
    g_free(ledger);
}

void
fa_ledger_set_guard(FaLedger *ledger, FaLedgerGuard guard)
{
    ledger->guard = guard;
}

bool
fa_ledger_ask_guard(const FaLedger *ledger, const FaEvent *event, GError **error)
{
    return ledger->guard == NULL || ledger->guard(event, error);
}

bool
fa_ledger_begin(FaLedger *ledger, FaLedgerAccess access, FaLedgerHead *ret_head, GError **error)
{
    if (!ledger->backend->begin(ledger->self, access, error))
        return false;
    if (ret_head == NULL || ledger->backend->get_head(ledger->self, ret_head, error))
        return true;
    ledger->backend->end(ledger->self, false, NULL);
    return false;
}

bool
fa_ledger_end(FaLedger *ledger, bool is_well, GError **error)
{
    bool is_ended = ledger->backend->end(ledger->self, is_well, is_well ? error : NULL);
    return is_well && is_ended;
}

bool
fa_ledger_get_head(FaLedger *ledger, FaLedgerHead *ret_head, GError **error)
{
    FaLedgerHead head;
    if (!fa_ledger_begin(ledger, FA_LEDGER_READING, &head, error) ||
        !fa_ledger_end(ledger, true, error))
        return false;
    *ret_head = head;
    return true;
}

bool
fa_ledger_hash(FaLedger *ledger, const FaDigest *before, const FaEvent *event, FaDigest *ret_hash,
               GError **error)
{
    if (ledger->hash == NULL) {
        ledger->hash = fa_hash_open(error);
        if (ledger->hash == NULL)
            return false;
        ledger->hasher = fa_hasher_new(ledger->hash);
    }
    g_string_truncate(ledger->line, 0);
    g_string_append_len(ledger->line, (const char *)before->bytes, FA_DIGEST_SIZE);
    fa_event_append_canonical(event, ledger->line);
    fa_hasher_begin(ledger->hasher);
    fa_hasher_add(ledger->hasher, ledger->line->str, ledger->line->len);
    fa_hasher_finish(ledger->hasher, ret_hash);
    return true;
}

bool
fa_ledger_add(FaLedger *ledger, FaLedgerHead *head, FaEvent *event, GError **error)
{
    event->position = head->position + 1;
    if (!fa_ledger_hash(ledger, &head->hash, event, &event->hash, error) ||
        !ledger->backend->add(ledger->self, event, error))
        return false;
    *head = (FaLedgerHead){event->position, event->hash};
    return true;
}

bool
fa_ledger_set_head(FaLedger *ledger, const FaLedgerHead *head, GError **error)
{
    return ledger->backend->set_head(ledger->self, head, error);
}

static bool
append_all(FaLedger *ledger, FaLedgerHead *head, const FaEvent *events, GPtrArray *payloads,
           GError **error)
{
    for (guint i = 0; i < payloads->len; i++) {
        FaEvent event = events[i];
        event.payload = g_ptr_array_index(payloads, i);
        if (!fa_ledger_add(ledger, head, &event, error))
            return false;
    }
    return fa_ledger_set_head(ledger, head, error);
}

/* (transfer full) (nullable) The payloads as they will be kept: all that can be wrong with them is found before the lock. */
static GPtrArray *
check_events(const FaLedger *ledger, const FaEvent *events, size_t count, GError **error)
{
    g_autoptr(GPtrArray) payloads = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < count; i++) {
        char *payload = NULL;
        if (!fa_event_check(&events[i], true, &payload, error))
            return NULL;
        g_ptr_array_add(payloads, payload);
        if (!fa_ledger_ask_guard(ledger, &events[i], error))
            return NULL;
    }
    return g_steal_pointer(&payloads);
}

bool
fa_ledger_append(FaLedger *ledger, uint64_t expected, const FaEvent *events, size_t count,
                 FaLedgerHead *ret_head, GError **error)
{
    if (count > FA_LEDGER_BATCH_MAX)
        return fa_fail(error, FA_ERROR_REFUSED, "more than %d events at once", FA_LEDGER_BATCH_MAX);
    g_autoptr(GPtrArray) payloads = check_events(ledger, events, count, error);
    FaLedgerHead head;
    if (payloads == NULL || !fa_ledger_begin(ledger, FA_LEDGER_WRITING, &head, error))
        return false;

    bool is_well = head.position == expected;
    if (!is_well)
        fa_fail(error, FA_ERROR_CONFLICT,
                "the ledger is at event %" PRIu64 ", not at %" PRIu64 " any more", head.position,
                expected);
    else
        is_well = append_all(ledger, &head, events, payloads, error);
    if (!fa_ledger_end(ledger, is_well, error))
        return false;
    if (ret_head != NULL)
        *ret_head = head;
    return true;
}

bool
fa_ledger_scan(FaLedger *ledger, const FaLedgerQuery *query, FaLedgerFunc each, void *data,
               GError **error)
{
    return ledger->backend->read(ledger->self, query, each, data, error);
}

bool
fa_ledger_read(FaLedger *ledger, const FaLedgerQuery *query, FaLedgerFunc each, void *data,
               GError **error)
{
    if (!fa_ledger_begin(ledger, FA_LEDGER_READING, NULL, error))
        return false;
    bool is_well = fa_ledger_scan(ledger, query, each, data, error);
    return fa_ledger_end(ledger, is_well, error);
}

void
fa_ledger_report_clear(FaLedgerReport *report)
{
    g_clear_pointer(&report->reason, g_free);
}

static bool
take_hash(const FaEvent *event, void *data, GError **error)
{
    *(FaLedgerHead *)data = (FaLedgerHead){event->position, event->hash};
    return true;
}

/* The event at @position; *ret_head is all zero when there is none. */
static bool
find_event(FaLedger *ledger, uint64_t position, FaLedgerHead *ret_head, GError **error)
{
    const FaLedgerQuery one = {.after = position - 1, .limit = 1};
    *ret_head = (FaLedgerHead){0};
    return position == 0 || fa_ledger_scan(ledger, &one, take_hash, ret_head, error);
}

static bool
save(FaLedger *ledger, const char *fold, FaLedgerSnapshot *snapshot, GError **error)
{
    uint64_t position = snapshot->head.position;
    if (!find_event(ledger, position, &snapshot->head, error))
        return false;
    if (snapshot->head.position != position)
        return fa_fail(error, FA_ERROR_NOT_FOUND, "the ledger has no event %" PRIu64, position);
    return ledger->backend->save(ledger->self, fold, snapshot, error);
}

bool
fa_ledger_save_snapshot(FaLedger *ledger, const char *fold, unsigned version, uint64_t position,
                        GBytes *state, GError **error)
{
    FaLedgerSnapshot snapshot = {.version = version, .head.position = position, .state = state};
    if (!fa_ledger_begin(ledger, FA_LEDGER_WRITING, NULL, error))
        return false;
    bool is_well = save(ledger, fold, &snapshot, error);
    return fa_ledger_end(ledger, is_well, error);
}

bool
fa_ledger_load_snapshot(FaLedger *ledger, const char *fold, unsigned version,
                        uint64_t *ret_position, GBytes **ret_state, GError **error)
{
    FaLedgerSnapshot snapshot = {0};
    FaLedgerHead head = {0};
    if (!fa_ledger_begin(ledger, FA_LEDGER_READING, NULL, error))
        return false;
    bool is_well = ledger->backend->load(ledger->self, fold, &snapshot, error) &&
                   find_event(ledger, snapshot.head.position, &head, error);
    g_autoptr(GBytes) state = snapshot.state;
    if (!fa_ledger_end(ledger, is_well, error))
        return false;

    bool is_good = state != NULL && snapshot.version == version &&
                   head.position == snapshot.head.position &&
                   fa_digest_is_equal(&head.hash, &snapshot.head.hash);
    *ret_position = is_good ? head.position : 0;
    *ret_state = is_good ? g_steal_pointer(&state) : NULL;
    return true;
}

bool
fa_ledger_drop_snapshots(FaLedger *ledger, GError **error)
{
    if (!fa_ledger_begin(ledger, FA_LEDGER_WRITING, NULL, error))
        return false;
    bool is_well = ledger->backend->drop(ledger->self, error);
    return fa_ledger_end(ledger, is_well, error);
}

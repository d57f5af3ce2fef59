#include "base/error.h"
#include "ledger/backend.h"
#include "sys/hash.h"

/*
 * One thread reads events and makes their lines, the other hashes these: about as much work. What is wrong is found by the
 * second, in order, and stops the first.
 */
#define CHUNKS       4
#define CHUNK_BYTES  (256 * 1024)
#define CANCEL_EVERY 4096 /* events between two looks whether to stop */

typedef struct Item {
    uint64_t position;
    FaDigest hash; /* as the ledger has it */
    size_t length; /* of its line */
} Item;

/* Some events. One without any is the end. */
typedef struct Chunk {
    GArray *items;
    GString *lines;
} Chunk;

typedef struct Verification {
    FaLedgerReport *report; /* the second thread's until it has ended */
    FaHasher *hasher;       /* the same */
    GAsyncQueue *full;
    GAsyncQueue *empty;
    Chunk *chunk; /* which is being filled */
    FaCancel *cancel;
    uint64_t count;
    int has_flaw;     /* atomic */
    bool is_given_up; /* for a reason that is no flaw */
} Verification;

static void
free_chunk(gpointer data)
{
    Chunk *chunk = data;
    g_array_unref(chunk->items);
    g_string_free(chunk->lines, TRUE);
    g_free(chunk);
}

static void
note_flaw(FaLedgerReport *report, FaLedgerFlaw flaw)
{
    report->flaw = flaw;
    report->position = report->head.position + 1;
}

static bool
verify_item(Verification *work, const Item *item, const char *line)
{
    FaLedgerHead *head = &work->report->head;
    FaDigest hash;
    fa_hasher_begin(work->hasher);
    fa_hasher_add(work->hasher, head->hash.bytes, FA_DIGEST_SIZE);
    fa_hasher_add(work->hasher, line, item->length);
    fa_hasher_finish(work->hasher, &hash);
    if (item->position != head->position + 1)
        note_flaw(work->report, FA_LEDGER_FLAW_MISSING);
    else if (!fa_digest_is_equal(&hash, &item->hash))
        note_flaw(work->report, FA_LEDGER_FLAW_CHANGED);
    else
        *head = (FaLedgerHead){item->position, hash};
    return work->report->flaw == FA_LEDGER_FLAW_NONE;
}

static bool
verify_chunk(Verification *work, const Chunk *chunk)
{
    const char *line = chunk->lines->str;
    for (guint i = 0; i < chunk->items->len; i++) {
        const Item *item = &g_array_index(chunk->items, Item, i);
        if (!verify_item(work, item, line))
            return false;
        line += item->length;
    }
    return true;
}

static gpointer
verify_chunks(gpointer data)
{
    Verification *work = data;
    for (;;) {
        Chunk *chunk = g_async_queue_pop(work->full);
        bool is_end = chunk->items->len == 0;
        if (!is_end && work->report->flaw == FA_LEDGER_FLAW_NONE && !verify_chunk(work, chunk))
            g_atomic_int_set(&work->has_flaw, 1);
        g_async_queue_push(work->empty, chunk);
        if (is_end)
            return NULL;
    }
}

static void
take_chunk(Verification *work)
{
    work->chunk = g_async_queue_pop(work->empty);
    g_array_set_size(work->chunk->items, 0);
    g_string_truncate(work->chunk->lines, 0);
}

static void
give_chunk(Verification *work)
{
    g_async_queue_push(work->full, g_steal_pointer(&work->chunk));
}

static bool
add_event(const FaEvent *event, void *data, GError **error)
{
    Verification *work = data;
    if (work->count++ % CANCEL_EVERY == 0 && !fa_cancel_check(work->cancel, error)) {
        work->is_given_up = true;
        return false;
    }
    GString *lines = work->chunk->lines;
    Item item = {.position = event->position, .hash = event->hash, .length = lines->len};
    fa_event_append_canonical(event, lines);
    item.length = lines->len - item.length;
    g_array_append_val(work->chunk->items, item);
    if (lines->len < CHUNK_BYTES)
        return true;
    give_chunk(work);
    take_chunk(work);
    return g_atomic_int_get(&work->has_flaw) == 0 || fa_fail(error, FA_ERROR_FAILED, "a flaw");
}

/* The events are whole: is there one too few, or too many? */
static void
compare_heads(FaLedgerReport *report, const FaLedgerHead *kept)
{
    const FaLedgerHead *head = &report->head;
    if (head->position == kept->position && fa_digest_is_equal(&head->hash, &kept->hash))
        return;
    bool is_short = head->position < kept->position;
    report->flaw = is_short ? FA_LEDGER_FLAW_MISSING : FA_LEDGER_FLAW_CHANGED;
    report->position = is_short ? head->position + 1 : kept->position + 1;
}

static bool
scan(FaLedger *ledger, Verification *work, GError **error)
{
    const FaLedgerQuery all = {0};
    g_autoptr(GThread) thread = g_thread_new("verify", verify_chunks, work);
    take_chunk(work);
    bool is_read = fa_ledger_scan(ledger, &all, add_event, work, error);
    if (work->chunk->items->len > 0) {
        give_chunk(work);
        take_chunk(work);
    }
    give_chunk(work);
    g_thread_join(g_steal_pointer(&thread));
    return is_read;
}

static bool
verify_all(FaLedger *ledger, Verification *work, const FaLedgerHead *kept, GError **error)
{
    g_autoptr(GError) reason = NULL;
    bool is_read = scan(ledger, work, &reason);
    if (work->is_given_up) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    if (work->report->flaw != FA_LEDGER_FLAW_NONE)
        return true;
    if (is_read) {
        compare_heads(work->report, kept);
    } else {
        note_flaw(work->report, FA_LEDGER_FLAW_UNREADABLE);
        work->report->reason = g_strdup(reason->message);
    }
    return true;
}

static GAsyncQueue *
make_chunks(void)
{
    GAsyncQueue *queue = g_async_queue_new_full(free_chunk);
    for (unsigned i = 0; i < CHUNKS; i++) {
        Chunk *chunk = g_new0(Chunk, 1);
        chunk->items = g_array_new(FALSE, FALSE, sizeof(Item));
        chunk->lines = g_string_sized_new(2 * CHUNK_BYTES);
        g_async_queue_push(queue, chunk);
    }
    return queue;
}

bool
fa_ledger_verify(FaLedger *ledger, FaCancel *cancel, FaLedgerReport *ret_report, GError **error)
{
    g_auto(FaLedgerReport) report = {0};
    FaLedgerHead kept;
    g_autoptr(FaHash) hash = fa_hash_open(error);
    if (hash == NULL)
        return false;
    g_autoptr(FaHasher) hasher = fa_hasher_new(hash);
    g_autoptr(GAsyncQueue) empty = make_chunks();
    g_autoptr(GAsyncQueue) full = g_async_queue_new_full(free_chunk);
    Verification work = {
        .report = &report, .hasher = hasher, .full = full, .empty = empty, .cancel = cancel};
    if (!fa_ledger_begin(ledger, FA_LEDGER_READING, &kept, error))
        return false;
    bool is_well = verify_all(ledger, &work, &kept, error);
    if (!fa_ledger_end(ledger, is_well, error))
        return false;
    *ret_report = report;
    report.reason = NULL;
    return true;
}

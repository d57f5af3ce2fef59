#include "ledger/fold.h"

#define SAVE_EVERY 500 /* events since the snapshot */

typedef struct Fold {
    const char *name;
    unsigned version;
    gpointer (*make)(void);
    gpointer (*from_bytes)(GBytes *bytes);
    GBytes *(*to_bytes)(gconstpointer state);
    void (*apply)(gpointer state, const FaEvent *event);
    void (*free)(gpointer state);
} Fold;

static gpointer
make_running(void)
{
    return fa_running_new();
}

static gpointer
read_running(GBytes *bytes)
{
    return fa_running_from_bytes(bytes);
}

static GBytes *
write_running(gconstpointer state)
{
    return fa_running_to_bytes(state);
}

static void
apply_running(gpointer state, const FaEvent *event)
{
    fa_running_apply(state, event);
}

static void
free_running(gpointer state)
{
    fa_running_free(state);
}

static gpointer
make_releases(void)
{
    return fa_releases_new();
}

static gpointer
read_releases(GBytes *bytes)
{
    return fa_releases_from_bytes(bytes);
}

static GBytes *
write_releases(gconstpointer state)
{
    return fa_releases_to_bytes(state);
}

static void
apply_releases(gpointer state, const FaEvent *event)
{
    fa_releases_apply(state, event);
}

static void
free_releases(gpointer state)
{
    fa_releases_free(state);
}

static const Fold running_fold = {FA_RUNNING_FOLD, FA_RUNNING_VERSION, make_running, read_running,
                                  write_running,   apply_running,      free_running};
static const Fold releases_fold = {FA_RELEASES_FOLD, FA_RELEASES_VERSION, make_releases,
                                   read_releases,    write_releases,      apply_releases,
                                   free_releases};

/* One fold while it is carried on. */
typedef struct Work {
    const Fold *fold;
    gpointer state; /* (nullable) NULL: nobody asked for it */
    uint64_t from;  /* the position of the snapshot */
} Work;

typedef struct Works {
    Work items[2];
    FaLedgerHead head;
} Works;

static bool
load(FaLedger *ledger, Work *work, const Fold *fold, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    work->fold = fold;
    if (!fa_ledger_load_snapshot(ledger, fold->name, fold->version, &work->from, &bytes, error))
        return false;
    work->state = bytes != NULL ? fold->from_bytes(bytes) : NULL;
    if (work->state == NULL) {
        work->state = fold->make();
        work->from = 0;
    }
    return true;
}

static bool
apply(const FaEvent *event, void *data, GError **error)
{
    Works *works = data;
    works->head = (FaLedgerHead){event->position, event->hash};
    for (size_t i = 0; i < G_N_ELEMENTS(works->items); i++) {
        Work *work = &works->items[i];
        if (work->state != NULL && event->position > work->from)
            work->fold->apply(work->state, event);
    }
    return true;
}

/* From the older snapshot on; its last event comes along, for the hash of the head. */
static bool
read_rest(FaLedger *ledger, Works *works, GError **error)
{
    FaLedgerQuery rest = {.after = UINT64_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(works->items); i++) {
        if (works->items[i].state != NULL)
            rest.after = MIN(rest.after, works->items[i].from);
    }
    rest.after -= rest.after > 0;
    return fa_ledger_read(ledger, &rest, apply, works, error);
}

static void
save(FaLedger *ledger, const Works *works)
{
    for (size_t i = 0; i < G_N_ELEMENTS(works->items); i++) {
        const Work *work = &works->items[i];
        if (work->state == NULL || works->head.position < work->from + SAVE_EVERY)
            continue;
        g_autoptr(GBytes) bytes = work->fold->to_bytes(work->state);
        fa_ledger_save_snapshot(ledger, work->fold->name, work->fold->version, works->head.position,
                                bytes, NULL);
    }
}

static void
clear(Works *works)
{
    for (size_t i = 0; i < G_N_ELEMENTS(works->items); i++) {
        if (works->items[i].state != NULL)
            works->items[i].fold->free(works->items[i].state);
    }
}

bool
fa_ledger_fold(FaLedger *ledger, FaRunning **ret_running, FaReleases **ret_releases,
               FaLedgerHead *ret_head, GError **error)
{
    Works works = {0};
    if ((ret_running != NULL && !load(ledger, &works.items[0], &running_fold, error)) ||
        (ret_releases != NULL && !load(ledger, &works.items[1], &releases_fold, error)) ||
        !read_rest(ledger, &works, error)) {
        clear(&works);
        return false;
    }
    save(ledger, &works);
    if (ret_running != NULL)
        *ret_running = works.items[0].state;
    if (ret_releases != NULL)
        *ret_releases = works.items[1].state;
    if (ret_head != NULL)
        *ret_head = works.head;
    return true;
}

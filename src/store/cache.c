#include "store/cache.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/fs.h"

#define MAGIC       UINT64_C(0x32636174732d6166) /* "fa-stat" and its version */
#define RACY        2                            /* seconds: the coarsest clock of a file system */
#define ENTRIES_MAX 500000u
#define FEW         16 /* one for so many slots */
#define NANO        INT64_C(1000000000)

typedef struct Slot {
    FaCacheKey key;
    FaDigest digest;
    uint64_t check; /* of all the rest; 0: empty */
} Slot;

typedef struct Heading {
    uint64_t magic;
    uint64_t capacity; /* a power of two */
    uint64_t count;    /* of its slots that are not empty, or nearly: two may have added at once */
} Heading;

typedef struct Table {
    void *map;
    size_t length;
    const Slot *slots;
    uint64_t capacity; /* 0: no table */
} Table;

struct FaCache {
    char *path;
    Table table;
    GHashTable *added; /* Slot -> itself, by device and inode */
};

static uint64_t
mix(uint64_t state, uint64_t value)
{
    state = (state ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return state ^ (state >> 29);
}

static uint64_t
hash_key(const FaCacheKey *key)
{
    return mix(mix(1, key->device), key->inode);
}

static uint64_t
check_of(const Slot *slot)
{
    uint64_t words[(sizeof(FaCacheKey) + sizeof(FaDigest)) / 8], state = MAGIC;
    memcpy(words, slot, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        state = mix(state, words[i]);
    return state | 1;
}

static guint
hash_slot(gconstpointer slot)
{
    return (guint)(hash_key(&((const Slot *)slot)->key) >> 7);
}

static gboolean
is_same_file(gconstpointer a, gconstpointer b)
{
    const FaCacheKey *left = &((const Slot *)a)->key, *right = &((const Slot *)b)->key;
    return left->inode == right->inode && left->device == right->device;
}

FaCacheKey
fa_cache_key(const struct stat *status)
{
    return (FaCacheKey){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = (uint64_t)status->st_size,
        .mtime = status->st_mtim.tv_sec * NANO + status->st_mtim.tv_nsec,
        .ctime = status->st_ctim.tv_sec * NANO + status->st_ctim.tv_nsec,
    };
}

/* Under a device that is none, for what the cache knows of the directory itself is not to be replaced. */
FaCacheKey
fa_cache_key_of_facts(const FaCacheKey *directory, const FaDigest *facts)
{
    FaCacheKey key = {.device = ~directory->device, .inode = directory->inode};
    memcpy(&key.size, facts->bytes, sizeof key.size);
    memcpy(&key.mtime, facts->bytes + 8, sizeof key.mtime);
    memcpy(&key.ctime, facts->bytes + 16, sizeof key.ctime);
    return key;
}

bool
fa_cache_key_is_equal(const FaCacheKey *a, const FaCacheKey *b)
{
    return a->inode == b->inode && a->device == b->device && a->size == b->size &&
           a->mtime == b->mtime && a->ctime == b->ctime;
}

static void
close_table(Table *table)
{
    if (table->map != NULL)
        munmap(table->map, table->length);
    *table = (Table){0};
}

static Table
map_table(int fd)
{
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        (size_t)status.st_size < sizeof(Heading))
        return (Table){0};

    Table table = {.length = (size_t)status.st_size};
    table.map = mmap(NULL, table.length, PROT_READ, MAP_SHARED, fd, 0);
    if (table.map == MAP_FAILED)
        return (Table){0};
    const Heading *heading = table.map;
    uint64_t capacity = heading->capacity;
    if (heading->magic != MAGIC || capacity == 0 || (capacity & (capacity - 1)) != 0 ||
        capacity > 4 * ENTRIES_MAX || table.length != sizeof(Heading) + capacity * sizeof(Slot)) {
        close_table(&table);
        return table;
    }
    table.capacity = capacity;
    table.slots = (const Slot *)(heading + 1);
    return table;
}

static Table
open_table(const char *path)
{
    fa_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return map_table(fd);
}

/* The slot of @key's file, or the empty one where it would be, or NULL in a table without either. */
static const Slot *
probe(const Slot *slots, uint64_t capacity, const FaCacheKey *key)
{
    uint64_t at = hash_key(key);
    for (uint64_t i = 0; i < capacity; i++, at++) {
        const Slot *slot = &slots[at & (capacity - 1)];
        if (slot->check == 0 || (slot->key.inode == key->inode && slot->key.device == key->device))
            return slot;
    }
    return NULL;
}

FaCache *
fa_cache_open(const char *path)
{
    FaCache *cache = g_new0(FaCache, 1);
    cache->path = g_strdup(path);
    cache->table = open_table(path);
    cache->added = g_hash_table_new_full(hash_slot, is_same_file, g_free, NULL);
    return cache;
}

void
fa_cache_free(FaCache *cache)
{
    if (cache == NULL)
        return;
    close_table(&cache->table);
    g_hash_table_unref(cache->added);
    g_free(cache->path);
    g_free(cache);
}

bool
fa_cache_find(const FaCache *cache, const FaCacheKey *key, FaDigest *ret_digest)
{
    const Slot wanted = {.key = *key};
    const Slot *slot =
        g_hash_table_size(cache->added) == 0 ? NULL : g_hash_table_lookup(cache->added, &wanted);
    if (slot == NULL)
        slot = probe(cache->table.slots, cache->table.capacity, key);
    if (slot == NULL)
        return false;
    /* Another process may write to the table meanwhile. */
    const Slot seen = *(const volatile Slot *)slot;
    if (seen.check == 0 || !fa_cache_key_is_equal(&seen.key, key) || seen.check != check_of(&seen))
        return false;
    *ret_digest = seen.digest;
    return true;
}

void
fa_cache_add_derived(FaCache *cache, const FaCacheKey *key, const FaDigest *digest)
{
    if (g_hash_table_size(cache->added) >= ENTRIES_MAX)
        return;
    Slot *slot = g_new(Slot, 1);
    *slot = (Slot){.key = *key, .digest = *digest};
    slot->check = check_of(slot);
    g_hash_table_add(cache->added, slot);
}

void
fa_cache_add(FaCache *cache, const FaCacheKey *key, int64_t read_at, const FaDigest *digest)
{
    int64_t changed = MAX(key->mtime, key->ctime) / NANO;
    if (changed <= read_at - RACY)
        fa_cache_add_derived(cache, key, digest);
}

static void
put(Slot *slots, uint64_t capacity, const Slot *slot)
{
    *(Slot *)probe(slots, capacity, &slot->key) = *slot;
}

static uint64_t
count_slots(const Table *table)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < table->capacity; i++)
        count += table->slots[i].check != 0;
    return count;
}

/* Few are added to a table that has room for them. False when it has not, or that cannot be. */
static bool
add_in_place(const FaCache *cache)
{
    fa_autofd int fd = open(cache->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    Table table = map_table(fd);
    uint64_t added = g_hash_table_size(cache->added);
    Heading heading = table.capacity > 0 ? *(const Heading *)table.map : (Heading){0};
    uint64_t full = heading.count < ENTRIES_MAX ? heading.count + added : UINT64_MAX / 4;
    bool ok =
        added <= table.capacity / FEW && full <= ENTRIES_MAX && 4 * full <= 3 * table.capacity;

    GHashTableIter iter;
    gpointer next;
    g_hash_table_iter_init(&iter, cache->added);
    while (ok && g_hash_table_iter_next(&iter, &next, NULL)) {
        const Slot *slot = probe(table.slots, table.capacity, &((const Slot *)next)->key);
        if (slot != NULL)
            heading.count += slot->check == 0;
        ok = slot != NULL && pwrite(fd, next, sizeof(Slot),
                                    (const char *)slot - (const char *)table.map) == sizeof(Slot);
    }
    ok = ok && pwrite(fd, &heading, sizeof heading, 0) == sizeof heading;
    close_table(&table);
    return ok;
}

static bool
save_whole(FaCache *cache, GError **error)
{
    Table now = open_table(cache->path);
    uint64_t old = count_slots(&now), count = g_hash_table_size(cache->added), capacity = 1024;
    /* Files come and go; what is too old to tell is begun anew. */
    if (old + count > ENTRIES_MAX)
        close_table(&now);
    else
        count += old;
    while (capacity < 2 * count)
        capacity *= 2;

    size_t length = sizeof(Heading) + capacity * sizeof(Slot);
    g_autofree Heading *heading = g_malloc0(length);
    *heading = (Heading){.magic = MAGIC, .capacity = capacity, .count = count};
    Slot *slots = (Slot *)(heading + 1);
    for (uint64_t i = 0; i < now.capacity; i++) {
        if (now.slots[i].check != 0)
            put(slots, capacity, &now.slots[i]);
    }
    GHashTableIter iter;
    gpointer slot;
    g_hash_table_iter_init(&iter, cache->added);
    while (g_hash_table_iter_next(&iter, &slot, NULL))
        put(slots, capacity, slot);
    close_table(&now);
    return fa_fs_write(cache->path, heading, length, 0600, FA_WRITE_NONE, error);
}

bool
fa_cache_save(FaCache *cache, GError **error)
{
    if (g_hash_table_size(cache->added) == 0)
        return true;
    if (!add_in_place(cache) && !save_whole(cache, error))
        return false;
    close_table(&cache->table);
    cache->table = open_table(cache->path);
    g_hash_table_remove_all(cache->added);
    return true;
}

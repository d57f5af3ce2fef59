#pragma once
/*
 * The store: files held once by the digest of their content, trees of them under one digest, and builds by key.
 *
 * A tree is a manifest, itself an object; its digest is its identity and depends on nothing but paths, contents,
 * link targets and whether a file may be executed. Objects are read-only, never changed, and their mtime is made from
 * their content, so that who compares times notices a change. Nothing is visible before its bytes are safe on disk.
 *
 * A store may be used by several threads and processes at once. A tree that was imported stays until the handle that
 * imported it is freed; after that only what a root names is kept.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/digest.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/lock.h"

typedef struct FaStore FaStore;

/* (transfer full) (nullable) Nothing is made in @home before something is to be kept. */
FaStore *fa_store_open(const char *home, GError **error);
/* For who only looks, in a dry run: what is learnt of files is not saved either. */
void fa_store_leave_untouched(FaStore *store);
/* Saves the stat cache, where there is a store. */
void fa_store_free(FaStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaStore, fa_store_free)
/* (transfer full) Where @name is or would be; the store itself for NULL. */
char *fa_store_path(const FaStore *store, const char *name);

/* All zero is valid. Special files, setuid files, extended attributes and control characters are always refused. */
typedef struct FaImportOptions {
    FaCancel *cancel;      /* (nullable) */
    unsigned threads;      /* that read files; 0: 2 */
    bool refuse_links_out; /* symlinks that are absolute or leave the tree */
    const char *const
        *paths; /* (nullable) only these, relative to the directory, and what is below them */
    const char *const
        *leave_out;     /* (nullable) names right below the directory that are not looked at */
    uint64_t files_max; /* entries; 0: 2 million */
    uint64_t bytes_max; /* of all files; 0: no limit */
    FaTime now;         /* 0: the clock's; for tests of the stat cache */
    unsigned many;      /* files to read that are published together; 0: 2048; for tests */
} FaImportOptions;

typedef struct FaTreeStats {
    uint64_t files;
    uint64_t directories;
    uint64_t links;
    uint64_t bytes;
    uint64_t files_read;    /* all others were known from the stat cache */
    uint64_t objects_added; /* the manifest among them */
    uint64_t bytes_added;
} FaTreeStats;

/* Keeps the tree at @directory. @options and @ret_stats may be NULL. REFUSED for what a tree may not hold. */
bool fa_store_import(FaStore *store, const char *directory, const FaImportOptions *options,
                     FaDigest *ret_tree, FaTreeStats *ret_stats, GError **error);
/* The same digest; keeps nothing but what it learnt of unchanged files. */
bool fa_store_digest(FaStore *store, const char *directory, const FaImportOptions *options,
                     FaDigest *ret_tree, FaTreeStats *ret_stats, GError **error);

/* Copies @directory to @target, which must not exist, as an import and a checkout in which all may be written would do:
 * nothing is kept. @ret_tree: of what was copied. */
bool fa_store_copy(FaStore *store, const char *directory, const FaImportOptions *options,
                   const char *target, FaDigest *ret_tree, GError **error);

/*
 * Makes @target, which must not exist or be an empty directory, in one rename. Files are hardlinks of objects, but
 * those whose path matches one of @copy_globs (NULL-ended, nullable) are copies that may be written.
 * @read_only makes copies and directories read-only too. A damaged or missing object is FAILED.
 */
bool fa_store_checkout(FaStore *store, const FaDigest *tree, const char *target,
                       const char *const *copy_globs, bool read_only, GError **error);

/* Checks @tree out as store/@name, read-only, and remembers it under @key. Again is no error; CONFLICT when another
 * build has the name. */
bool fa_store_publish(FaStore *store, const char *name, const FaDigest *key, const FaDigest *tree,
                      GError **error);
/* Imports @directory and publishes it, as fa_store_import() and fa_store_publish() do, but uses it up: its files become
 * objects, which nobody may have open, and it is there no more; but for one that holds what a tree may not. Several at
 * once wait for the disk together. */
bool fa_store_import_build(FaStore *store, const char *directory, const FaImportOptions *options,
                           const char *name, const FaDigest *key, FaDigest *ret_tree,
                           FaTreeStats *ret_stats, GError **error);

/* A build in its place that no key names yet, since the disk may not have it. Nothing is collected meanwhile. */
typedef struct FaPlaced FaPlaced;

/* (transfer full) (nullable) As fa_store_import_build(), but it does not wait for the disk. */
FaPlaced *fa_store_place_build(FaStore *store, const char *directory,
                               const FaImportOptions *options, const char *name,
                               const FaDigest *key, FaDigest *ret_tree, FaTreeStats *ret_stats,
                               GError **error);
/* It will be built again. */
void fa_placed_free(FaPlaced *placed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaPlaced, fa_placed_free)
/* Has the key written soon, and @lock (of fa_store_lock_key()) released then. Both (transfer full). Many wait for the disk
 * together, for a second at most, in a thread of their own. */
void fa_store_commit_later(FaStore *store, FaPlaced *placed, FaLock *lock);
/* Now, and waits for it. Fails also when one of those before failed, after which none succeeds. */
bool fa_store_commit(FaStore *store, GError **error);

/* What @key was built as, when that is still there. Both may be NULL. */
bool fa_store_lookup(FaStore *store, const FaDigest *key, char **ret_name, FaDigest *ret_tree);
/* (transfer full) (nullable) The right to build @key; the arguments are those of fa_lock_take(). */
FaLock *fa_store_lock_key(FaStore *store, const FaDigest *key, const char *what, int64_t wait,
                          FaLockWaitFunc on_wait, void *data, FaCancel *cancel, GError **error);

/* Keeps @names (NULL-ended: names of builds, or hexadecimal digests of trees) for @kind ("current", "pinned") and @id;
 * replaces what these kept before. */
bool fa_store_add_root(FaStore *store, const char *kind, const char *id, const char *const *names,
                       GError **error);
/* (transfer full) (nullable) What it keeps, NULL-ended; NULL for no such root. */
char **fa_store_list_root(FaStore *store, const char *kind, const char *id);
/* No such root is no error. */
bool fa_store_remove_root(FaStore *store, const char *kind, const char *id, GError **error);

/* Keeps builds of these names (NULL-ended), there already or not yet, until this handle is freed or its process ends;
 * replaces what it named before. */
bool fa_store_use(FaStore *store, const char *const *names, GError **error);

typedef struct FaKept {
    char *name;
    char *by; /* "current openplans/live", "a running command" */
} FaKept;

typedef struct FaGcStats {
    uint64_t names_removed;
    uint64_t objects_removed;
    uint64_t leftovers_removed;
    uint64_t bytes_freed; /* of objects; in a dry run what would be */
    uint64_t bytes_kept;
    GPtrArray *kept; /* of FaKept, by name */
} FaGcStats;

void fa_gc_stats_clear(FaGcStats *stats);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaGcStats, fa_gc_stats_clear)

/* Removes what no root and no running command keeps, and what killed commands left. Needs no free space. Waits for
 * imports and checkouts that are under way. */
bool fa_store_gc(FaStore *store, bool dry_run, FaCancel *cancel, FaGcStats *ret_stats,
                 GError **error);

typedef struct FaDamage {
    const char *path;         /* of the object, or of the file in a build */
    const char *const *names; /* builds that use it, NULL-ended */
    bool restored;            /* from an intact copy */
} FaDamage;

typedef void (*FaDamageFunc)(const FaDamage *damage, void *data);

/* Reads everything. True also when there was damage: @report is called for each. */
bool fa_store_verify(FaStore *store, FaDamageFunc report, void *data, FaCancel *cancel,
                     GError **error);

typedef struct FaOfferOptions {
    const char *folder;       /* that a web server or a file system gives out */
    const char *const *names; /* NULL-ended: builds, or hexadecimal digests of trees */
    const char *const *bases; /* (nullable) the same: trees that those who pull may have already */
    const FaDigest *secret;   /* (nullable) key to sign with, see fa_store_make_key() */
    FaCancel *cancel;
} FaOfferOptions;

typedef struct FaOfferStats {
    uint64_t trees;
    uint64_t files_written;
    uint64_t bytes_written;
} FaOfferStats;

/*
 * Puts into a folder what others need to pull @names: manifests, every object compressed, a pack of all the small ones
 * for who has nothing, and for each base a pack of what is new. What is there stays; again writes nothing. A tree is
 * listed only when all of it is there.
 */
bool fa_store_offer(FaStore *store, const FaOfferOptions *options, FaOfferStats *ret_stats,
                    GError **error);

/* A place that builds are pulled from, with its connections, which are kept; for one thread at a time. */
typedef struct FaSupplier FaSupplier;

/* (transfer full) (nullable) @from: http://, https://, ssh://, file:// or a folder, as fa_store_offer() makes them.
 * @patience: seconds that a server may do nothing; 0: 30. USAGE for what is no address. */
FaSupplier *fa_supplier_open(const char *from, unsigned patience, FaCancel *cancel, GError **error);
void fa_supplier_free(FaSupplier *supplier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSupplier, fa_supplier_free)

/* (transfer full) @from to be shown: without a password. */
char *fa_supplier_show(const char *from);

typedef enum FaSupply {
    FA_SUPPLY_NONE, /* nothing of that name, or something else */
    FA_SUPPLY_THERE,
    FA_SUPPLY_UNTRUSTED, /* nobody who is trusted signed it */
} FaSupply;

typedef struct FaSupplyQuestion {
    const char *name;
    const FaDigest *key;
    FaSupply answer;
} FaSupplyQuestion;

/* Which builds are there, signed by one of @trusted (NULL-ended, public keys): a small file for each, several at once. */
bool fa_supplier_ask(FaSupplier *supplier, const char *const *trusted, FaSupplyQuestion *questions,
                     size_t length, GError **error);

typedef struct FaPullOptions {
    const char *from;     /* of fa_supplier_open() */
    FaSupplier *supplier; /* (nullable) in place of @from and @patience */
    const char *what;     /* a build, or the hexadecimal digest of a tree */
    const FaDigest *key;  /* (nullable) that the build must have */
    const char *const
        *trusted;       /* (nullable) NULL-ended: public keys, one of which must have signed */
    unsigned patience;  /* seconds that a server may do nothing; 0: 30 */
    uint64_t bytes_max; /* of the whole tree; 0: no limit */
    FaCancel *cancel;
} FaPullOptions;

typedef struct FaPullStats {
    uint64_t requests;
    uint64_t bytes_received; /* with headers */
    uint64_t objects_added;
    uint64_t bytes_added;
    bool by_difference; /* by a pack against a tree that was here */
} FaPullStats;

/*
 * Fetches a tree: what is missing of it, by the cheapest way that is offered. A build is published under its name and
 * key; it needs trusted keys, since nothing else says that this is it. A digest alone is enough to know a tree, which
 * then stays until the handle is freed, as an import does.
 *
 * Nothing is kept that does not have the digest that was asked for. What was fetched before a pull was interrupted is
 * not fetched again. REFUSED when nobody who is trusted signed it, UNREACHABLE for a server that does not answer,
 * FAILED for one that answers with something else.
 */
bool fa_store_pull(FaStore *store, const FaPullOptions *options, FaDigest *ret_tree,
                   FaPullStats *ret_stats, GError **error);

/* A new secret key. */
bool fa_store_make_key(FaDigest *ret_secret, GError **error);
/* The public key, which others trust. */
bool fa_store_get_public_key(const FaDigest *secret, FaDigest *ret_public, GError **error);

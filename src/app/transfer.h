#pragma once
/*
 * Moving builds between the stores of several homes, and looking whether a store is whole. Reports are JSON.
 *
 * Whom a product trusts is in its file `trusted-keys`: one public key a line, 64 hexadecimal digits, with a name behind
 * it or not; lines that begin with '#' say something to people. What `store` in fassembler.yaml and the home's store.yaml
 * name is trusted too.
 */
#include <stdbool.h>

#include <glib.h>

#include "app/context.h"
#include "base/json.h"
#include "sys/cancel.h"

/* @names (builds, digests, environments), @bases (nullable) and @trusted (nullable) are NULL-ended. */
typedef struct FaOffering {
    const char *home;
    const char *folder;
    const char *const *names;
    const char *const *bases;
    const char *sign; /* (nullable) the file of a secret key */
    FaCancel *cancel;
} FaOffering;

typedef struct FaPulling {
    const char *home;
    const char *from;
    const char *what;
    const FaContext *context; /* (nullable) whose product trusts; without one only the home does */
    const char *const *trusted; /* (nullable) besides; public keys */
    unsigned patience;
    uint64_t bytes_max;
    FaCancel *cancel;
} FaPulling;

/* { "trees", "files-written", "bytes-written" } */
bool fa_transfer_offer(const FaOffering *offering, JsonObject **ret_report, GError **error);
/* { "what", "tree", "requests", "bytes-received", "objects-added", "bytes-added", "by-difference" } */
bool fa_transfer_pull(const FaPulling *pulling, JsonObject **ret_report, GError **error);
/* { "is-whole", "damage": [{"path", "builds": [], "restored"}] }; whole also when all damage was restored. */
bool fa_transfer_verify(const char *home, FaCancel *cancel, JsonObject **ret_report,
                        GError **error);
/* Adds to @keys (of char, which it frees) whom the product and the home trust. CONFIG for a line that is no key. */
bool fa_transfer_add_trusted(const FaContext *context, GPtrArray *keys, GError **error);
/* Makes a secret key in @file unless there is one. *ret_public (transfer full) is for `trusted-keys`. */
bool fa_transfer_key(const char *file, char **ret_public, GError **error);

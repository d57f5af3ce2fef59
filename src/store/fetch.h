#pragma once
/*
 * Files below one address: http, https and folders by libcurl, loaded when it is needed; ssh by sftp.h.
 *
 * The other side may be anybody: nothing is followed elsewhere, every answer has a limit, and one that comes to a halt
 * is given up. Several files are fetched at once, over connections that are kept.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sys/cancel.h"

typedef bool (*FaFetchFunc)(const void *bytes, size_t length, void *data, GError **error);
typedef bool (*FaFetchEndFunc)(void *data, GError **error);
typedef void (*FaFetchMissingFunc)(void *data);

typedef struct FaFetch {
    char *path;         /* (transfer full) below the address, made of plain characters */
    uint64_t first;     /* the first byte that is wanted */
    uint64_t limit;     /* bytes from there on, at most */
    FaFetchFunc take;   /* called with what comes */
    FaFetchEndFunc end; /* (nullable) called when all has come */
    FaFetchMissingFunc
        missing; /* (nullable) called when there is no such file, which is no error then */
    void *data;
} FaFetch;

/* Fills the next file to fetch; false when there are no more. */
typedef bool (*FaFetchNextFunc)(void *data, FaFetch *ret_fetch);

typedef struct FaFetcher FaFetcher;

/* (transfer full) (nullable) @from: http://, https://, ssh://, file:// or a folder. Less than a kilobyte a second for
 * @patience seconds is UNREACHABLE. */
FaFetcher *fa_fetcher_open(const char *from, unsigned patience, FaCancel *cancel, GError **error);
void fa_fetcher_free(FaFetcher *fetcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaFetcher, fa_fetcher_free)
/* Fetches until there is no more, or one fails. NOT_FOUND, DENIED and UNREACHABLE are told apart. */
bool fa_fetcher_run(FaFetcher *fetcher, FaFetchNextFunc next, void *data, GError **error);
/* One file into memory. (transfer full) (nullable) */
GByteArray *fa_fetcher_read(FaFetcher *fetcher, const char *path, uint64_t limit, GError **error);
/* (transfer full) @from as it may be shown: as an address, without a password. */
char *fa_fetcher_show(const char *from);
/* Where it fetches from, to be shown: without a password. */
const char *fa_fetcher_get_address(const FaFetcher *fetcher);
/* Bytes that came, headers among them, and requests that were made. */
uint64_t fa_fetcher_get_bytes(const FaFetcher *fetcher);
uint64_t fa_fetcher_get_requests(const FaFetcher *fetcher);

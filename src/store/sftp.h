#pragma once
/*
 * Files below ssh://[USER@]HOST[:PORT]/PATH: one connection by the ssh program, which is kept, and in it the file
 * transfer protocol (SFTP, version 3) that every ssh server has. Nothing has to be installed on the other side.
 *
 * As with every place that is pulled from, the other side may be anybody: see fetch.h. ssh is never asked to ask: keys,
 * agents and known hosts are its own business.
 */
#include <glib.h>
#include <stdbool.h>
#include "store/fetch.h"

typedef struct FaSftp FaSftp;

/* (transfer full) (nullable) Connects when something is to be fetched. USAGE for an address that is none. */
FaSftp *fa_sftp_open(const char *address, unsigned patience, FaCancel *cancel, GError **error);
void fa_sftp_free(FaSftp *sftp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaSftp, fa_sftp_free)
/* As fa_fetcher_run(). */
bool fa_sftp_run(FaSftp *sftp, FaFetchNextFunc next, void *data, GError **error);
uint64_t fa_sftp_get_bytes(const FaSftp *sftp);
uint64_t fa_sftp_get_requests(const FaSftp *sftp);

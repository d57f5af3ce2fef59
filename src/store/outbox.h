#pragma once
/*
 * Files on their way into a folder that others read while it is written: all are written aside, made safe by one
 * syncfs, and renamed in the order in which they were begun. Whoever reads sees whole files only.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/cancel.h"
#include "sys/lock.h"

typedef struct FaOutbox FaOutbox;

/* (transfer full) (nullable) Makes @folder; waits for another that writes there. */
FaOutbox *fa_outbox_open(const char *folder, FaCancel *cancel, GError **error);
/* Drops what was not sent. */
void fa_outbox_free(FaOutbox *outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaOutbox, fa_outbox_free)
/* There, or on its way. */
bool fa_outbox_has(const FaOutbox *outbox, const char *path);
/* Begins the file that will be @path; -1 when that fails. The caller closes it before fa_outbox_send(). */
int fa_outbox_begin(FaOutbox *outbox, const char *path, GError **error);
bool fa_outbox_write(FaOutbox *outbox, const char *path, const void *bytes, size_t length,
                     GError **error);
bool fa_outbox_send(FaOutbox *outbox, GError **error);
/* Of what was sent. */
uint64_t fa_outbox_get_files(const FaOutbox *outbox);
uint64_t fa_outbox_get_bytes(const FaOutbox *outbox);

#pragma once
/*
 * One question and one answer over a Unix socket: connect, send all, read until the peer closes or the answer is whole.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/cancel.h"

/* Is @bytes the whole answer? Called each time that more has come. */
typedef bool (*FaExchangeIsWhole)(const char *bytes, size_t length, void *data);

typedef struct FaExchange {
    const char *path; /* of the socket, at most 107 bytes */
    const char *request;
    size_t request_length;
    size_t answer_limit; /* bytes; more is FAILED */
    int64_t timeout;     /* seconds without any progress, at least 1; UNREACHABLE after that */
    FaExchangeIsWhole is_whole; /* (nullable) NULL: until the peer closes */
    void *data;
    FaCancel *cancel; /* (nullable) */
} FaExchange;

/* UNREACHABLE when nobody listens there. @ret_answer is NUL-terminated. */
bool fa_exchange(const FaExchange *exchange, char **ret_answer, size_t *ret_length, GError **error);

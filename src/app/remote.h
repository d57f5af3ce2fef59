#pragma once
/*
 * Calling the server of somebody else's home: what a command does for who may not open its ledger.
 */
#include "app/call.h"
#include "sys/cancel.h"

typedef struct FaRemote {
    FaCall call;
    FaCancel *cancel; /* set: the other side is asked to stop in good order */
    /* What comes; @is_error: for standard error. False, with an error, ends it. */
    bool (*output)(const char *bytes, size_t length, bool is_error, void *data, GError **error);
    char *(*ask)(const char *question, void *data); /* (nullable) as fa_tty_ask() */
    void *data;
} FaRemote;

/*
 * True when @home is somebody else's and is served: then commands that are served go there. Never for root, who goes on as
 * the home's user, nor where there is no socket: what is to be read is read then, and what may not be is told by who tries.
 */
bool fa_remote_is_there(const char *home);
/*
 * Until the other side has done it; *ret_status is its exit status. UNREACHABLE when nobody listens, or when they are gone before
 * the end; DENIED when the one who listens is not the home's user.
 */
bool fa_remote_call(const char *home, const FaRemote *remote, int *ret_status, GError **error);

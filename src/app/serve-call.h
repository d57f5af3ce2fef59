#pragma once
/*
 * One caller of the server, and the process that does what they want. For serve.c only.
 *
 * What a caller does not take is kept up to a limit; then the process waits, and after a while the caller counts as gone. What
 * they send is read one frame at a time, and whatever is out of turn ends the call.
 */
#include <poll.h>

#include "app/call.h"
#include "app/serve.h"
#include "sys/served.h"

#define FA_SERVE_FDS 5 /* that a call waits for */

typedef struct FaServeCall {
    const FaServeOptions *options;
    int fd;
    uid_t uid;
    FaCaller caller;
    FaCall call;
    FaServed served;
    GByteArray *in;       /* of the caller, not yet a frame */
    GByteArray *out;      /* to the caller */
    GByteArray *talk_in;  /* of the process */
    GByteArray *talk_out; /* to the process */
    int64_t deadline;     /* of the monotonic clock: when it is over, the caller is gone */
    unsigned cancels;     /* that the caller asked for */
    bool is_asked;        /* a question waits for its answer */
    bool is_begun;        /* the process was started */
    bool is_ended;        /* the last frame is in `out`, or there is none to come */
    bool is_gone;         /* nobody listens any more */
    bool is_stopping;     /* the process was asked to */
} FaServeCall;

/* (transfer full) Takes over @fd. */
FaServeCall *fa_serve_call_new(const FaServeOptions *options, int fd, uid_t uid, bool is_admin);
void fa_serve_call_free(FaServeCall *call);
/* Refuses it, with words: nothing was begun. */
void fa_serve_call_refuse(FaServeCall *call, int status, const char *message);

/* Fills in what it waits for: FA_SERVE_FDS entries. */
void fa_serve_call_prepare(const FaServeCall *call, struct pollfd *fds);
/* Does what can be done now. */
void fa_serve_call_turn(FaServeCall *call, const struct pollfd *fds, int64_t now);
/* The server ends: a call that has not begun is over, what runs is asked to stop. */
void fa_serve_call_stop(FaServeCall *call);
/* Nothing of it is left. */
bool fa_serve_call_is_over(const FaServeCall *call);

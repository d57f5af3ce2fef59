#pragma once
/*
 * The server of a home: does commands for people who may not open its ledger, each in a process of its own, as the home's
 * user. It knows who calls from the kernel, and decides nothing else: the process that does the command asks what that person
 * may (cli/gate.h). It never waits for a caller; there is one for each home.
 *
 * A caller who goes away is as one who says stop: the command ends in good order, a deployment by undoing what it did before
 * the switch. What the server began it sees to its end, also when it is stopped itself.
 */
#include <glib.h>
#include <stdbool.h>

#include "sys/cancel.h"

#define FA_SERVE_CALLS_MAX      64 /* at once */
#define FA_SERVE_CALLS_EACH_MAX 8  /* of one user */

typedef struct FaServeEvent {
    const char *name;    /* who called */
    char *const *words;  /* (nullable) what; NULL: it came to no call */
    int status;          /* how it ended; -1: it begins now */
    const char *problem; /* (nullable) what was wrong with the call */
} FaServeEvent;

typedef struct FaServeOptions {
    const char *home;    /* absolute */
    const char *program; /* that does a call: it is started with the word "served" */
    FaCancel *cancel;    /* ends it */
    void (*ready)(const char *socket, void *data);
    void (*tell)(const FaServeEvent *event, void *data);
    void *data;
} FaServeOptions;

/* Until it is cancelled. CONFLICT, naming its pid, when there is another. */
bool fa_serve(const FaServeOptions *options, GError **error);

#pragma once
/*
 * A process that does something for somebody else: its output is ours to pass on, and there is a socket to talk with it,
 * which it has as descriptor 3. It is in a session of its own, so that no signal of a terminal or to our group reaches it.
 */
#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define FA_SERVED_CONTROL 3

/* None of its descriptors blocks; -1: closed. */
typedef struct FaServed {
    pid_t pid;
    int pidfd; /* readable once it has ended */
    int out;
    int err;
    int control;
} FaServed;

#define FA_SERVED_NONE                                                                             \
    {                                                                                              \
        .pid = -1, .pidfd = -1, .out = -1, .err = -1, .control = -1                                \
    }

bool fa_served_start(const char *path, const char *const *argv, FaServed *ret_served,
                     GError **error);
/* True when it has ended; *ret_status is its exit status, or 128 + signal. */
bool fa_served_has_ended(FaServed *served, int *ret_status);
void fa_served_ask_to_stop(const FaServed *served);
void fa_served_close(FaServed *served);

/* For such a process, first of all: when @server is gone it gets SIGTERM, at once if it is gone already. */
void fa_served_follow(pid_t server);

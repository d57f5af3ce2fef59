#pragma once
/*
 * A helper program that starts processes for us, as our own children, in a way of its own: it is started once, and what
 * it has prepared serves for all. sys/spawn.h waits for what it started, as for any other program.
 *
 * Orders may come from several threads. When this process ends, however, the helper and all that it started end too.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct FaServant FaServant;

/* (transfer full) (nullable) Starts @path and waits until it is ready. FAILED with what it says when it is not. */
FaServant *fa_servant_start(const char *path, GError **error);
/* Ends it; nothing of what it started may be there any more. */
void fa_servant_free(FaServant *servant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaServant, fa_servant_free)

typedef struct FaOrder {
    const char *text; /* that the helper understands */
    size_t length;
    int input, output, error_output; /* descriptors for what is started */
} FaOrder;

/* Has a process started, which the caller has to wait for. FAILED with what the helper says. */
bool fa_servant_order(FaServant *servant, const FaOrder *order, pid_t *ret_pid, GError **error);

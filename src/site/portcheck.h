#pragma once
/*
 * Are ports free, and if not, who holds them? Asked before anything starts.
 *
 * Of the processes of others a user may not see who they are: then pid is 0 and only the user is told.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct FaPortUse {
    unsigned port;
    const char *purpose; /* (nullable) borrowed: what it is for, "wordpress" */
} FaPortUse;

typedef struct FaPortHolder {
    unsigned port;
    const char *purpose;
    pid_t pid;     /* 0: not to be seen */
    char *program; /* (nullable) */
    bool has_user;
    uid_t user;
} FaPortHolder;

void fa_port_holder_free(FaPortHolder *holder);

/* (transfer full) (nullable) of FaPortHolder: those of @ports that are not free, in their order. */
GPtrArray *fa_portcheck_find_taken(const FaPortUse *ports, size_t count, GError **error);

/* *ret_count: TCP connections to this host's ports from @first to @last that are open now. */
bool fa_portcheck_count_connections(unsigned first, unsigned last, unsigned *ret_count,
                                    GError **error);

/* CONFLICT, naming every taken port and its holder, unless all are free. */
bool fa_portcheck_require_free(const FaPortUse *ports, size_t count, GError **error);

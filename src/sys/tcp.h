#pragma once
/*
 * TCP ports of this machine: may one be bound?
 */
#include <glib.h>
#include <stdbool.h>

/* Tries to bind @port on all addresses, as a server would; *ret_free is false when somebody has it. DENIED when only
 * root may bind it. */
bool fa_tcp_port_is_free(unsigned port, bool *ret_free, GError **error);

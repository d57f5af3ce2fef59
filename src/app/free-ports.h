#pragma once
/*
 * Are the ports free that an environment is about to use?
 */
#include <stdbool.h>

#include "app/context.h"
#include "site/slot.h"

/* CONFLICT, naming every taken port of @slot and who holds it. @and_lasting: those of what outlives releases too. */
bool fa_free_ports_require(FaContext *context, const FaChoice *choice, FaSlot slot,
                           bool and_lasting, GError **error);

#pragma once
/*
 * What app/assemble.c does with a single line of its plan.
 */
#include "app/assemble.h"

void fa_assembled_free(FaAssembled *plan);
/* Nothing is built: who works on it sees each change at once. */
void fa_assembled_use_checkout(FaAssembled *plan, const char *checkout);

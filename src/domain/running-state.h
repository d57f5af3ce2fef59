#pragma once
/*
 * What the fold of what runs where is made of. For running.c and running-state.c alone.
 */
#include "domain/running.h"

struct FaRunning {
    uint64_t position;
    GHashTable *standings; /* borrowed name to FaStanding */
};

/* @environment (transfer full). */
FaStanding *fa_standing_new(char *environment);
void fa_standing_free(gpointer standing);

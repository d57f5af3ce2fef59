#pragma once
/*
 * Shows the building of components as progress.
 */
#include "app/assemble.h"
#include "cli/progress.h"

/* @progress must live as long as the events are used. */
FaAssembleEvents fa_build_events(FaProgress *progress);

#pragma once
/*
 * Shows the building of components as progress, and asks a person at a terminal about each that failed.
 */
#include "app/assemble.h"
#include "cli/progress.h"

/* @progress must live as long as the events are used. */
FaAssembleEvents fa_build_events(const FaInvocation *invocation, FaProgress *progress);
/* For a dry run: what is worth a line, and nothing else. */
FaAssembleEvents fa_preview_events(const FaInvocation *invocation);

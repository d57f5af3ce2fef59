#pragma once
/*
 * What commands about releases share: showing what changed, and proposing labels.
 */
#include "app/release.h"
#include "cli/answer.h"
#include "cli/complete.h"

/* (transfer full) of { "component", "before", "after", "problem", "is-back", "commits" } */
JsonArray *fa_release_text_describe_changes(const GPtrArray *changes);
/* One line a component, and one a commit; what stayed as it was is counted. */
bool fa_release_text_print_changes(const FaInvocation *invocation, const GPtrArray *changes,
                                   GError **error);
/* Proposes every label. */
void fa_release_text_complete(FaCompletion *completion);

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
/* Where a release that was just cut goes first. */
void fa_release_text_say_next(const FaInvocation *invocation, const FaProduct *product,
                              const char *label);
/* (transfer none) (nullable) @word is a label, or ENV.SITE for the release that runs there; NOT_FOUND. */
const FaRelease *fa_release_text_find(FaContext *context, const FaState *state, const char *word,
                                      GError **error);
/* Proposes every label. */
void fa_release_text_complete(FaCompletion *completion);

#pragma once
/*
 * Who runs what: the board of all environments, the history of one, and where something is. Documents of view/board.h.
 */
#include <stdbool.h>

#include "app/state.h"
#include "base/json.h"
#include "domain/history.h"
#include "sys/cancel.h"

/* *ret_board (transfer full). @with_health asks the supervisors of all environments; @with_retired shows old ones too. */
bool fa_board(FaContext *context, bool with_health, bool with_retired, FaCancel *cancel,
              JsonObject **ret_board, GError **error);
/* *ret_history (transfer full): the newest @limit (0: all) first. */
bool fa_board_history(FaContext *context, const FaChoice *choice, unsigned limit,
                      JsonObject **ret_history, GError **error);
/*
 * *ret_where (transfer full). @component (nullable): all; @revision (nullable): which of the environments have it, by
 * ancestry, as the same patch or by declaration. NOT_FOUND when no component knows it.
 */
bool fa_board_where(FaContext *context, const char *component, const char *revision,
                    FaCancel *cancel, JsonObject **ret_where, GError **error);
/* (transfer full) (nullable) @environment: ENV.SITE */
FaHistory *fa_board_read_history(const FaState *state, const char *environment, GError **error);

#pragma once
/*
 * What to do about a component that failed: retry, view the log, a shell in the sandbox, continue with what does not
 * need it, or quit. The words and the order of things are here; what touches a terminal comes in as a dialogue, so that
 * no terminal is needed to test them.
 */
#include "app/assemble.h"

typedef struct FaFailureDialogue {
    /* (transfer full) (nullable) The line that was answered; NULL at the end of input, or when Ctrl-C was pressed. */
    char *(*ask)(const FaFailure *failure, const char *prompt, void *data);
    void (*show)(const char *text, void *data);
    bool (*view)(const FaFailure *failure, GError **error, void *data);  /* its log */
    bool (*shell)(const FaFailure *failure, GError **error, void *data); /* in its sandbox */
    void *data;
} FaFailureDialogue;

/* Asks until an answer decides. Who says nothing any more has stopped: nothing new is begun. */
FaFailureAnswer fa_failure_ask(const FaFailureDialogue *dialogue, const FaFailure *failure);

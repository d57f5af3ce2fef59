#pragma once
/*
 * Asks a person at a terminal about files that were edited and cannot be merged; `merge` opens that person's editor.
 */
#include "app/up.h"
#include "cli/command.h"
#include "cli/progress.h"

typedef struct FaEditQuestions {
    FaEditDialogue dialogue;
    const FaInvocation *invocation;
    FaProgress *progress;
} FaEditQuestions;

/* (nullable) The dialogue in @questions, which holds all that is given; NULL where nobody can be asked. */
const FaEditDialogue *fa_edit_questions_init(FaEditQuestions *questions,
                                             const FaInvocation *invocation, FaProgress *progress);

#pragma once
/*
 * What could be typed next. The shells' scripts (`fassembler completion bash`) call `fassembler complete -- WORDS` for
 * every press of the tab key, so whatever is proposed comes from the command tables and from their callbacks.
 *
 * A callback must be quick, must not change or lock anything, and simply proposes nothing where it cannot know.
 */
#include "cli/command.h"

/* The words before the one being completed that are arguments of the command, NULL-ended. (transfer none) */
const char *const *fa_completion_get_arguments(const FaCompletion *completion);
/* The options read so far; only those that every command has are sure to be there. (transfer none) */
const FaInvocation *fa_completion_get_invocation(const FaCompletion *completion);
/* Proposes @word if it begins with what was typed. @help may be NULL. */
void fa_completion_add(FaCompletion *completion, const char *word, const char *help);
/* The shell proposes file names itself. */
void fa_completion_add_files(FaCompletion *completion);

/*
 * (transfer full) A line a proposal, "word" or "word TAB help"; the line ":files" asks for file names. The last of
 * @words (NULL-ended) is the one being completed and may be "".
 */
char *fa_complete(const FaCmd *const *commands, const char *const *words);

#pragma once
/*
 * Reads a command line by the tables in command.h.
 *
 * Options may stand anywhere, before or after the command and its arguments: `-j4`, `-j 4`, `--jobs 4`, `--jobs=4`; `--`
 * ends them. A mistyped word is an error with a suggestion; it is never run, and nothing may be abbreviated.
 */
#include "cli/command.h"

/* (transfer none) The options that every command has; offsets are into FaInvocation. Ended by a NULL name. */
const FaOption *fa_arguments_global_options(void);

/*
 * Fills @invocation, which is zero before, from @words (NULL-ended, without the program's name; they must outlive it).
 * Fails with USAGE. Owns what fa_arguments_clear() gives back.
 */
bool fa_arguments_parse(const FaCmd *const *commands, const char *const *words,
                        FaInvocation *invocation, GError **error);
void fa_arguments_clear(FaInvocation *invocation);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FaInvocation, fa_arguments_clear)

/*
 * (transfer none) (nullable) The command that @words name so far; @ret_taken tells for each word whether it is part of
 * its name. For completion, where the line is not whole.
 */
const FaCmd *fa_arguments_find_command(const FaCmd *const *commands, const char *const *words,
                                       bool *ret_taken);
/* (transfer none) (nullable) The option whose value must follow @word. */
const FaOption *fa_arguments_wants_value(const FaCmd *const *commands, const FaCmd *command,
                                         const char *word);

#pragma once
/*
 * Help in three shapes, all made from the command tables: the overview, one command, and the man page.
 */
#include "cli/command.h"

/* (transfer full) */
char *fa_help_overview(const FaCmd *const *commands, unsigned width, bool colour);
/* (transfer full) */
char *fa_help_command(const FaCmd *command, unsigned width, bool colour);
/* (transfer full) fassembler(1), in man(7). */
char *fa_help_man_page(const FaCmd *const *commands);
/* (transfer full) docs/commands.md. */
char *fa_help_markdown(const FaCmd *const *commands);
/* (transfer full) "-j, --jobs N". */
char *fa_help_option_shape(const FaOption *option);

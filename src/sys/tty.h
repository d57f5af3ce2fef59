#pragma once
/*
 * The terminal: is there one, how wide, may it have colours, and a question asked of a person.
 */
#include <glib.h>
#include <stdbool.h>

#include "sys/cancel.h"

bool fa_tty_is_terminal(int fd);
unsigned fa_tty_get_width(int fd);  /* columns; 80 when unknown */
unsigned fa_tty_get_height(int fd); /* rows; 24 when unknown */
/* A terminal, no NO_COLOR, TERM not "dumb". */
bool fa_tty_wants_colour(int fd);
/* A terminal that is ours to draw on: this process is in its foreground group. */
bool fa_tty_is_foreground(int fd);
/*
 * (transfer full) (nullable) One line from stdin after @prompt on stderr, without its newline; NULL at the end of file,
 * and when @cancel (nullable) is set before or meanwhile. Reads past stdio's buffer, and nothing behind the line.
 */
char *fa_tty_ask(const char *prompt, FaCancel *cancel);

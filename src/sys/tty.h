#pragma once
/*
 * The terminal: is there one, how wide, may it have colours, and a question asked of a person.
 */
#include <glib.h>
#include <stdbool.h>

bool fa_tty_is_terminal(int fd);
unsigned fa_tty_get_width(int fd);  /* columns; 80 when unknown */
unsigned fa_tty_get_height(int fd); /* rows; 24 when unknown */
/* A terminal, no NO_COLOR, TERM not "dumb". */
bool fa_tty_wants_colour(int fd);
/* A terminal that is ours to draw on: this process is in its foreground group. */
bool fa_tty_is_foreground(int fd);
/* (transfer full) (nullable) One line from stdin after @prompt on stderr, without its newline; NULL at end of file. */
char *fa_tty_ask(const char *prompt);

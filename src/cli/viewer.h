#pragma once
/*
 * The person's own programs on this terminal: a pager to read a file, an editor to change a text.
 */
#include <glib.h>
#include <stdbool.h>

/* Shows @path in $PAGER, else in less; without either its text goes to stderr, made safe for a terminal. */
bool fa_viewer_show_file(const char *path, GError **error);

/*
 * (transfer full) (nullable) @text after $VISUAL, $EDITOR or the machine's editor was at it, in a file that nobody else
 * can read and that ends like @name. FAILED when the editor did not end well: then nothing was changed.
 */
char *fa_viewer_edit(const char *name, const char *text, GError **error);

#pragma once
/*
 * The files of a template: itself, or all below a folder.
 */
#include <glib.h>

/*
 * (transfer full) (nullable) Of char: paths relative to @path, in a fixed order; just "" when it is a file. REFUSED for what
 * is neither file nor folder, and for too many.
 */
GPtrArray *fa_templates_list(const char *path, GError **error);

#pragma once
/*
 * Configuration files of a component, made from the product's etc/COMPONENT/.
 *
 * Every regular file there is a template, unless it holds a NUL; links, devices and names with control characters are
 * refused. A file in which the value of a secret stands is private, whatever way the value came.
 */
#include <glib.h>
#include <stdbool.h>

#include "base/diag.h"
#include "domain/template.h"
#include "site/secrets.h"

#define FA_RENDER_FILE_MAX  ((size_t)1 << 20)
#define FA_RENDER_FILES_MAX 5000
#define FA_RENDER_DEPTH_MAX 32

/*
 * Adds an FaRendered (site/carry.h), COMPONENT/..., to @files for each file in @product_directory/etc/@component, sorted
 * by path; none is fine. Mistakes in templates go to @diags, at etc/COMPONENT/FILE, and leave that file out. Interns
 * the names of files for their places.
 */
bool fa_render_component(const char *product_directory, const char *component, const FaScope *scope,
                         const FaSecrets *secrets, FaDiags *diags, GPtrArray *files,
                         GError **error);

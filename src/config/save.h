#pragma once
/*
 * One value put into a YAML file as a person would: the rest of the file, its comments and its layout stay as they are.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * *ret_text (transfer full) is @text with @value at @path, the keys of maps in maps (NULL-ended, at least one): an old value
 * is replaced, maps that are missing are made. REFUSED where that cannot be done without touching anything else (anchors,
 * values of several lines): the message says what to write by hand. @file is for messages.
 */
bool fa_config_save(const char *file, const char *text, size_t length, const char *const *path,
                    const char *value, char **ret_text, GError **error);

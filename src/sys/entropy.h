#pragma once
/*
 * Bytes that nobody can guess, from the kernel.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

bool fa_entropy_bytes(void *bytes, size_t length, GError **error);
/* (transfer full) (nullable) @length letters and digits, each as likely as any other. */
char *fa_entropy_alphanumeric(size_t length, GError **error);

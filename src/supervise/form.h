#pragma once
/*
 * What a form sends, in a body or behind the question mark of a URL: NAME=VALUE pairs with ampersands, escaped. Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "supervise/text.h"

/* The first value of @name, unescaped; false where there is none, or it does not fit, or it has a NUL. */
bool sv_form_get(const char *data, size_t length, const char *name, char *buffer, size_t size);
/* The text as it may stand in a URL, every byte but letters, digits and -._~ escaped. */
void sv_form_escape(SvBuf *out, const char *text);

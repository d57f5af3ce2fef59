#pragma once
/*
 * Whether somebody who is trusted signed a listing. Nobody outside this folder includes it.
 */
#include <glib.h>
#include <stdbool.h>
#include "store/listing.h"

/* @trusted: NULL-ended public keys in hexadecimal digits. REFUSED, with @what in the message. */
bool fa_trust_check(const FaListing *listing, const char *const *trusted, const char *what,
                    GError **error);

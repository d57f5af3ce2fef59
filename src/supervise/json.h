#pragma once
/*
 * JSON into the values that methods take. Pure, and bounded by its arena and by a depth. Not taken: null, U+0000, what
 * is not UTF-8, anything behind the value.
 */
#include "supervise/xml.h"

/* Returns 0, -EINVAL, or -E2BIG where the arena is too small. The values live in @arena. */
int sv_json_read(SvArena *arena, const char *data, size_t length, SvValue *ret_value);

#pragma once
/*
 * SHA-1, for passwords written {SHA} as supervisord has them. Nothing else should use it.
 */
#include <stddef.h>

/* 40 lower-case digits and a NUL. */
void sv_sha1_hex(const void *data, size_t length, char hex[41]);

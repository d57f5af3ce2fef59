#pragma once
/*
 * Text: numbers in, nearest words, names. Everything here is total: any bytes are a valid argument.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, no space, no sign but '-' for int64; false, and *ret untouched, when not a number or out of
 * [min, max]. */
bool fa_parse_uint64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);
bool fa_parse_uint(const char *text, unsigned min, unsigned max, unsigned *ret_value);
bool fa_parse_int64(const char *text, int64_t min, int64_t max, int64_t *ret_value);
/* true yes on 1 / false no off 0, any case. */
bool fa_parse_bool(const char *text, bool *ret_value);
/* Seconds from `90`, `90s`, `15m`, `2h`, `7d`. */
bool fa_parse_span(const char *text, int64_t *ret_seconds);
/* Bytes from `512`, `64k`, `10M`, `2G` (powers of 1024). */
bool fa_parse_size(const char *text, uint64_t *ret_bytes);

/* Damerau-Levenshtein over bytes, at most @limit + 1. */
size_t fa_text_distance(const char *a, const char *b, size_t limit);
/* (transfer none) (nullable) The nearest of @words (NULL-ended), if near enough to be a slip of the finger. */
const char *fa_text_nearest(const char *word, const char *const *words);

/* A name of a component, site, environment, process or setting: [a-z0-9][a-z0-9-]{0,62}, not ending in '-'. */
bool fa_text_is_name(const char *text);
/* A version or revision label: [A-Za-z0-9][A-Za-z0-9._+~-]{0,99}, without "..". */
bool fa_text_is_version(const char *text);
/* A relative path without empty, "." or ".." parts, at most 4096 bytes, no control characters. */
bool fa_text_is_relative_path(const char *text);

/* (transfer full) @text as one word of a POSIX shell. */
char *fa_text_shell_quote(const char *text);
/* (transfer full) Valid UTF-8 without control characters but newline and tab: safe to show on a terminal. */
char *fa_text_sanitize(const char *text, size_t length);
/* Columns that @text, one line, takes on a terminal. */
size_t fa_text_width(const char *text);
/* (transfer full) @text, one line, cut to @columns with "..." (or less, where that has no room). */
char *fa_text_fit(const char *text, size_t columns);
/* (transfer full) "0:31", "12:05", "1:02:03". */
char *fa_text_format_span(int64_t seconds);
/* (transfer full) "510 MB", "47 kB", "3.1 kB", "12 B"; powers of 1000. */
char *fa_text_format_size(uint64_t bytes);
/* Compares as people order versions: 0.9 before 0.10, 0.6.1 after 0.6, 1.0~rc1 before 1.0. */
int fa_text_compare_versions(const char *a, const char *b);

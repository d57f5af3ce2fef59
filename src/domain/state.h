#pragma once
/*
 * What a fold is kept as between two programs: numbers and texts one after the other, with nothing between them. A reader
 * that comes to what cannot be is bad from then on and answers zero, so that one look at the end is enough.
 */
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void fa_state_put_number(GByteArray *state, uint64_t number);
/* @text is nullable, which is another text than "". */
void fa_state_put_text(GByteArray *state, const char *text);

typedef struct FaStateReader {
    const uint8_t *at;
    const uint8_t *end;
    bool is_bad;
} FaStateReader;

/* Borrows @bytes. */
FaStateReader fa_state_read(GBytes *bytes);
uint64_t fa_state_get_number(FaStateReader *reader);
/* A number that is at most @max. */
unsigned fa_state_get_enum(FaStateReader *reader, unsigned max);
/* How many items follow: not more than there can be in what is left. */
size_t fa_state_get_count(FaStateReader *reader);
/* (transfer full) (nullable) */
char *fa_state_get_text(FaStateReader *reader);
/* The same, for what is never NULL: "" when the state is bad. */
char *fa_state_get_set_text(FaStateReader *reader);
bool fa_state_is_over(const FaStateReader *reader);

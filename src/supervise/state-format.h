#pragma once
/*
 * What the reader and the writer of a state share. Numbers are in the order of the machine: a state never leaves it.
 */
#include "supervise/state.h"

#define SV_STATE_MAGIC "fassembler-state"

typedef struct SvStateHead {
    char magic[16]; /* without a NUL */
    uint32_t version;
    uint32_t reserved;
    uint64_t length; /* of what follows */
    uint64_t check;  /* of what follows */
} SvStateHead;

/* FNV-1a, which finds what a mistake does; nobody else can write to a state. */
#define sv_state_check_start UINT64_C(14695981039346656037)
static inline uint64_t
sv_state_check(uint64_t check, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++)
        check = (check ^ bytes[i]) * UINT64_C(1099511628211);
    return check;
}

/* The member at @at as a number. */
int64_t sv_field_number(const SvField *field, const void *at);

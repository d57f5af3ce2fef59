#pragma once
/*
 * Python's % formatting over a mapping, as supervisord expands values with it: %(name)s, %(process_num)02d, %% and the
 * errors of everything else.
 */
#include <stdint.h>

#include "supervise/error.h"

typedef struct SvName {
    const char *name;
    uint32_t hash;    /* of the name */
    const char *text; /* NULL for a number */
    int64_t number;
    struct SvName *next;
} SvName;

/* An ordered mapping. */
typedef struct SvNames {
    SvArena *arena;
    SvName *first;
} SvNames;

void sv_names_set(SvNames *names, const char *name, const char *text);
void sv_names_set_number(SvNames *names, const char *name, int64_t number);
/* Borrows the texts of @others. */
void sv_names_update(SvNames *names, const SvNames *others);
const SvName *sv_names_get(const SvNames *names, const char *name);

/* The longest value that an expansion may make. */
#define SV_EXPANDED_MAX ((size_t)256 << 10)

/* Expands @value over @global overlaid by @names (either may be NULL). @what names the option in an error. */
int sv_expand(SvArena *arena, const char *value, const SvNames *global, const SvNames *names,
              const char *what, const char **ret_value, SvError *error);

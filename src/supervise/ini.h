#pragma once
/*
 * Reads files as Python's RawConfigParser does when supervisord uses it: sections, options, continuation lines, inline
 * comments. Values are kept as they stand; expand.h gives them their meaning.
 *
 * Sections and options keep the order in which they were first seen; a later value replaces an earlier one.
 */
#include <stdint.h>

#include "supervise/error.h"
#include "supervise/source.h"

typedef struct SvOption {
    const char *name; /* lower case */
    size_t name_length;
    const char *value; /* lines joined with \n */
    struct SvOption *next;
} SvOption;

typedef struct SvOptions {
    SvOption *first;
    uint64_t names; /* sv_option_look() of each */
} SvOptions;

typedef struct SvSection {
    const char *name;
    uint32_t hash;    /* of the name */
    const char *file; /* where it was first seen if that was an included file, or NULL */
    SvOptions options;
    struct SvSection *next;
    struct SvSection *same_bucket;
} SvSection;

#define SV_INI_BUCKETS 256

typedef struct SvIni {
    SvArena *arena;
    SvSection *sections;
    SvSection *last;
    SvSection *buckets[SV_INI_BUCKETS]; /* by the hash of the name */
    SvOptions defaults;                 /* of [DEFAULT] */
    SvSource *source;                   /* or NULL: what is read is not kept */
} SvIni;

/* Limits of one file. */
#define SV_INI_FILE_MAX ((size_t)8 << 20)

/* Reads one file into @ini. @included says whether new sections remember the file's name; a file that is included and
 * cannot be opened is skipped. Returns 0 or negative errno: -EINVAL has set @error, others are of open(), or -ESTALE where the
 * source that is read again has not this file next. */
int sv_ini_read(SvIni *ini, const char *path, bool included, SvError *error);
const SvSection *sv_ini_section(const SvIni *ini, const char *name);
/* (nullable). Looks in [DEFAULT] too. */
const char *sv_ini_get(const SvIni *ini, const SvSection *section, const char *name);
/* Names that begin differently mostly look differently. */
static inline uint64_t
sv_option_look(const char *name)
{
    unsigned look = (unsigned char)name[0];

    for (int i = 1; i < 4 && name[i - 1] != '\0'; i++)
        look = look * 5 + (unsigned char)name[i];
    return UINT64_C(1) << (look % 64);
}
/* Of eighty options that are asked for a section has five: this is quick, and may say yes where there is none. */
static inline bool
sv_ini_may_have(const SvIni *ini, const SvSection *section, const char *name)
{
    return ((section->options.names | ini->defaults.names) & sv_option_look(name)) != 0;
}
/* Whether any value of the section, or of [DEFAULT], has this character. */
bool sv_ini_has_char(const SvIni *ini, const SvSection *section, char c);
/* Replaces %(here)s by @here in all values read so far. */
void sv_ini_expand_here(SvIni *ini, const char *here);

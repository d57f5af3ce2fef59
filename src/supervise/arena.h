#pragma once
/*
 * One block of memory that is taken once and only ever grows to a limit set in advance.
 *
 * The address space is reserved when a configuration is read and becomes real memory as it is touched; nothing is
 * freed alone, all of it goes at once. What is allocated is zeroed and aligned for any type. A full arena returns NULL
 * and remembers it in @full, so that a reader may check once after a step instead of after every call.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct SvArena {
    char *base;
    size_t used;
    size_t size;
    size_t touched; /* what was asked for ahead goes so far, 0: nothing is */
    bool full;
} SvArena;

/* Reserves up to @size bytes, less where the system does not give so much. Returns 0 or -ENOMEM. */
int sv_arena_init(SvArena *arena, size_t size);
/* Memory is asked for in larger pieces, which is quicker where all of them will be used. */
void sv_arena_touch_ahead(SvArena *arena);
void sv_arena_clear(SvArena *arena);
/* Gives back what is reserved and was not used: nothing can be allocated after it. */
void sv_arena_seal(SvArena *arena);
/* Forgets everything and keeps the reserve. */
void sv_arena_reset(SvArena *arena);
size_t sv_arena_room(const SvArena *arena);

void *sv_arena_alloc(SvArena *arena, size_t size);
char *sv_arena_strdup(SvArena *arena, const char *text);
char *sv_arena_strndup(SvArena *arena, const char *text, size_t length);
char *sv_arena_printf(SvArena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#include "supervise/arena.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGNMENT 16
#define SMALLEST  ((size_t)8 << 20)
#define AHEAD     ((size_t)128 << 10)
#define KEPT_AT_HAND                                                                               \
    ((size_t)256 << 10) /* of a reset arena: the rest is given back to the system */

int
sv_arena_init(SvArena *arena, size_t size)
{
    while (true) {
        void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base != MAP_FAILED) {
            *arena = (SvArena){.base = base, .size = size};
            return 0;
        }
        if (size <= SMALLEST)
            return -ENOMEM;
        size /= 2;
    }
}

/* A kernel that does not know it leaves the pages to be made one by one. */
static void
touch(SvArena *arena)
{
    size_t end = (arena->used / AHEAD + 1) * AHEAD;

    if (end > arena->size)
        end = arena->size;
    if (end > arena->touched &&
        madvise(arena->base + arena->touched, end - arena->touched, MADV_POPULATE_WRITE) == 0)
        arena->touched = end;
    else
        arena->touched = 0;
}

void
sv_arena_touch_ahead(SvArena *arena)
{
    touch(arena);
}

static void
use(SvArena *arena, size_t used)
{
    arena->used = used;
    if (arena->touched > 0 && used > arena->touched)
        touch(arena);
}

void
sv_arena_clear(SvArena *arena)
{
    if (arena->base)
        munmap(arena->base, arena->size);
    *arena = (SvArena){0};
}

static size_t
page_up(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (size + page - 1) / page * page;
}

void
sv_arena_seal(SvArena *arena)
{
    size_t kept = page_up(arena->used ? arena->used : 1);

    if (kept < arena->size) {
        munmap(arena->base + kept, arena->size - kept);
        arena->size = kept;
    }
}

void
sv_arena_reset(SvArena *arena)
{
    if (arena->used > KEPT_AT_HAND)
        madvise(arena->base + KEPT_AT_HAND, arena->size - KEPT_AT_HAND, MADV_DONTNEED);
    memset(arena->base, 0, arena->used < KEPT_AT_HAND ? arena->used : KEPT_AT_HAND);
    arena->used = 0;
    arena->full = false;
}

size_t
sv_arena_room(const SvArena *arena)
{
    return arena->full ? 0 : arena->size - arena->used;
}

void *
sv_arena_alloc(SvArena *arena, size_t size)
{
    size_t start = (arena->used + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

    if (start > arena->size || size > arena->size - start) {
        arena->full = true;
        return NULL;
    }
    use(arena, start + size);
    return arena->base + start;
}

char *
sv_arena_strndup(SvArena *arena, const char *text, size_t length)
{
    /* Text needs no alignment: a configuration is mostly text. */
    if (length >= arena->size - arena->used) {
        arena->full = true;
        return NULL;
    }
    char *copy = arena->base + arena->used;
    use(arena, arena->used + length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *
sv_arena_strdup(SvArena *arena, const char *text)
{
    return sv_arena_strndup(arena, text, strlen(text));
}

char *
sv_arena_printf(SvArena *arena, const char *format, ...)
{
    va_list args;
    size_t room = arena->size - arena->used;
    char *text = arena->base + arena->used;

    va_start(args, format);
    int length = vsnprintf(text, room, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= room) {
        arena->full = true;
        return NULL;
    }
    use(arena, arena->used + (size_t)length + 1);
    return text;
}

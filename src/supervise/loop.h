#pragma once
/*
 * One epoll, one timerfd: who waits for a descriptor or a time embeds a watch or a timer and is called back. Nothing is
 * allocated, and an idle loop does not wake.
 */
#include <stdbool.h>
#include <stdint.h>

struct SvSuper;

typedef struct SvWatch {
    int fd; /* -1: nothing is watched */
    uint32_t events;
    void (*ready)(struct SvSuper *super, struct SvWatch *watch, uint32_t events);
    struct SvWatch *next; /* of those that the kernel had no memory for */
} SvWatch;

typedef struct SvTimer {
    uint64_t when; /* nanoseconds of the monotonic clock */
    void (*fire)(struct SvSuper *super, struct SvTimer *timer);
    struct SvTimer *child, *next, *previous;
    bool armed;
} SvTimer;

typedef struct SvLoop {
    int epoll;
    SvWatch clock;
    SvTimer *timers; /* a pairing heap */
    SvWatch *unwatched;
    uint64_t set_to; /* what the timerfd waits for, 0: nothing */
} SvLoop;

#define SV_SECOND UINT64_C(1000000000)

int sv_loop_init(SvLoop *loop);
void sv_loop_clear(SvLoop *loop);
/* Waits for something and calls who waits for it. Returns 0 or negative errno. */
int sv_loop_turn(SvLoop *loop, struct SvSuper *super);

/* Where the kernel has no memory for it, it is added as soon as there is some. Returns 0 or negative errno. */
int sv_watch_add(SvLoop *loop, SvWatch *watch, uint32_t events);
int sv_watch_change(SvLoop *loop, SvWatch *watch, uint32_t events);
/* The descriptor of @from is watched by @to from now on, as it was. */
void sv_watch_move(SvLoop *loop, SvWatch *from, SvWatch *to);
/* Stops watching and closes the descriptor. */
void sv_watch_close(SvLoop *loop, SvWatch *watch);

/* One that was taken from a state is watched, as it says there, by @ready. */
void sv_watch_resume(SvLoop *loop, SvWatch *watch,
                     void (*ready)(struct SvSuper *super, SvWatch *watch, uint32_t events));

void sv_timer_set(SvLoop *loop, SvTimer *timer, uint64_t when);
void sv_timer_clear(SvLoop *loop, SvTimer *timer);
/* One that was taken from a state is set, as it says there. */
void sv_timer_resume(SvLoop *loop, SvTimer *timer,
                     void (*fire)(struct SvSuper *super, SvTimer *timer));
uint64_t sv_now(void);

#define sv_container_of(pointer, type, member)                                                     \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#include "supervise/loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH       64
#define RETRY_AFTER 50 /* milliseconds, where the kernel has no memory for another watch */

uint64_t
sv_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SV_SECOND + (uint64_t)now.tv_nsec;
}

static SvTimer *
merge(SvTimer *a, SvTimer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->when < a->when) {
        SvTimer *other = a;
        a = b;
        b = other;
    }
    b->next = a->child;
    if (a->child)
        a->child->previous = b;
    b->previous = a;
    a->child = b;
    a->next = a->previous = NULL;
    return a;
}

static SvTimer *
merge_siblings(SvTimer *first)
{
    SvTimer *pairs = NULL;
    SvTimer *root = NULL;

    while (first) {
        SvTimer *a = first;
        SvTimer *b = a->next;
        first = b ? b->next : NULL;
        a->next = a->previous = NULL;
        if (b)
            b->next = b->previous = NULL;
        SvTimer *pair = merge(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs) {
        SvTimer *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        root = merge(root, pair);
    }
    return root;
}

void
sv_timer_clear(SvLoop *loop, SvTimer *timer)
{
    if (!timer->armed)
        return;
    SvTimer *rest = merge_siblings(timer->child);
    if (timer == loop->timers) {
        loop->timers = rest;
    } else {
        if (timer->previous->child == timer)
            timer->previous->child = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next)
            timer->next->previous = timer->previous;
        loop->timers = merge(loop->timers, rest);
    }
    timer->child = timer->next = timer->previous = NULL;
    timer->armed = false;
}

void
sv_timer_set(SvLoop *loop, SvTimer *timer, uint64_t when)
{
    sv_timer_clear(loop, timer);
    timer->when = when;
    timer->armed = true;
    timer->child = timer->next = timer->previous = NULL;
    loop->timers = merge(loop->timers, timer);
}

void
sv_timer_resume(SvLoop *loop, SvTimer *timer, void (*fire)(struct SvSuper *super, SvTimer *timer))
{
    bool armed = timer->armed;

    timer->fire = fire;
    timer->armed = false;
    if (armed)
        sv_timer_set(loop, timer, timer->when);
}

static void
clock_ready(struct SvSuper *super, SvWatch *watch, uint32_t events)
{
    SvLoop *loop = sv_container_of(watch, SvLoop, clock);
    uint64_t count;

    if (read(watch->fd, &count, sizeof count) > 0)
        loop->set_to = 0;
}

static void
fire_timers(SvLoop *loop, struct SvSuper *super)
{
    uint64_t now = sv_now();

    while (loop->timers && loop->timers->when <= now) {
        SvTimer *timer = loop->timers;
        sv_timer_clear(loop, timer);
        timer->fire(super, timer);
    }
}

static void
set_clock(SvLoop *loop)
{
    uint64_t when = loop->timers ? loop->timers->when : 0;

    if (when == loop->set_to)
        return;
    struct itimerspec spec = {
        .it_value = {.tv_sec = (time_t)(when / SV_SECOND), .tv_nsec = (long)(when % SV_SECOND)}};
    timerfd_settime(loop->clock.fd, TFD_TIMER_ABSTIME, &spec, NULL);
    loop->set_to = when;
}

static int
add(SvLoop *loop, SvWatch *watch)
{
    struct epoll_event event = {.events = watch->events, .data.ptr = watch};

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

/* Takes it from those that are not watched yet. Returns whether it was one. */
static bool
forget(SvLoop *loop, SvWatch *watch)
{
    for (SvWatch **link = &loop->unwatched; *link; link = &(*link)->next)
        if (*link == watch) {
            *link = watch->next;
            watch->next = NULL;
            return true;
        }
    return false;
}

static void
remember(SvLoop *loop, SvWatch *watch)
{
    watch->next = loop->unwatched;
    loop->unwatched = watch;
}

static void
add_unwatched(SvLoop *loop)
{
    SvWatch *watch = loop->unwatched;

    loop->unwatched = NULL;
    while (watch) {
        SvWatch *next = watch->next;
        watch->next = NULL;
        if (add(loop, watch) < 0)
            remember(loop, watch);
        watch = next;
    }
}

int
sv_loop_turn(SvLoop *loop, struct SvSuper *super)
{
    struct epoll_event events[BATCH];

    set_clock(loop);
    add_unwatched(loop);
    int count = epoll_wait(loop->epoll, events, BATCH, loop->unwatched ? RETRY_AFTER : -1);
    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        SvWatch *watch = events[i].data.ptr;
        /* It may have been closed by one that came before it. */
        if (watch->fd >= 0)
            watch->ready(super, watch, events[i].events);
    }
    fire_timers(loop, super);
    return 0;
}

int
sv_watch_add(SvLoop *loop, SvWatch *watch, uint32_t events)
{
    watch->events = events;
    int r = add(loop, watch);
    if (r != -ENOMEM && r != -ENOSPC)
        return r;
    /* Nobody who adds a watch could do without it. */
    remember(loop, watch);
    return 0;
}

int
sv_watch_change(SvLoop *loop, SvWatch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    watch->events = events;
    return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) < 0 ? -errno : 0;
}

void
sv_watch_move(SvLoop *loop, SvWatch *from, SvWatch *to)
{
    bool unwatched = forget(loop, from);

    *to = *from;
    from->fd = -1;
    if (unwatched)
        remember(loop, to);
    else if (to->fd >= 0)
        sv_watch_change(loop, to, to->events);
}

void
sv_watch_resume(SvLoop *loop, SvWatch *watch,
                void (*ready)(struct SvSuper *super, SvWatch *watch, uint32_t events))
{
    watch->ready = ready;
    if (watch->fd >= 0)
        sv_watch_add(loop, watch, watch->events);
}

void
sv_watch_close(SvLoop *loop, SvWatch *watch)
{
    if (watch->fd < 0)
        return;
    forget(loop, watch);
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    close(watch->fd);
    watch->fd = -1;
}

int
sv_loop_init(SvLoop *loop)
{
    *loop = (SvLoop){.clock = {.fd = -1, .ready = clock_ready}};
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return -errno;
    loop->clock.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (loop->clock.fd < 0)
        return -errno;
    return sv_watch_add(loop, &loop->clock, EPOLLIN);
}

void
sv_loop_clear(SvLoop *loop)
{
    sv_watch_close(loop, &loop->clock);
    close(loop->epoll);
}

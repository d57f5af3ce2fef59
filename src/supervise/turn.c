/*
 * start_rate of [supervisord]: how many programs start in a second, so that a thousand of them do not stampede when the
 * machine comes up, or when what they all need fails. Who comes too early waits, and the first of those that wait goes
 * when there is room again: the order is that of their groups.
 */
#include "supervise/super.h"

#define AHEAD (SV_SECOND / 10) /* may start together */

bool
sv_turn_has_come(const SvSuper *super)
{
    return super->config->start_rate == 0 || sv_now() + AHEAD >= super->next_turn;
}

void
sv_turn_count(SvSuper *super)
{
    uint64_t now = sv_now();

    if (super->config->start_rate == 0)
        return;
    if (super->next_turn < now)
        super->next_turn = now;
    super->next_turn += SV_SECOND / (uint64_t)super->config->start_rate;
}

uint64_t
sv_turn_when(const SvSuper *super)
{
    return super->next_turn > AHEAD ? super->next_turn - AHEAD : 0;
}

static void
turn_fired(SvSuper *super, SvTimer *timer)
{
    for (SvGroup *group = super->groups; group; group = group->next)
        for (size_t i = 0; i < group->count; i++) {
            if (group->procs[i].machine.state != SV_WAITING)
                continue;
            if (!sv_turn_has_come(super)) {
                sv_turn_wait(super, super->look);
                return;
            }
            super->look(super, &group->procs[i]);
        }
}

void
sv_turn_resume(SvSuper *super, SvLook *look)
{
    super->look = look;
    sv_timer_resume(&super->loop, &super->turns, turn_fired);
}

void
sv_turn_wait(SvSuper *super, SvLook *look)
{
    if (super->turns.armed)
        return;
    super->look = look;
    super->turns.fire = turn_fired;
    sv_timer_set(&super->loop, &super->turns, sv_turn_when(super));
}

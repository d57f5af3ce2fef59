/*
 * The loop: what has come, what is due, and between two turns what must not happen in the midst of one.
 */
#include "supervise/rpc.h"

static void
tell_failure(SvSuper *super)
{
    super->upgrade.failed = false;
    sv_server_upgraded(super, SV_FAULT_FAILED, super->upgrade.words_of_failure);
    sv_server_resume(super);
}

void
sv_super_run(SvSuper *super)
{
    while (!super->finished) {
        /* Groups come and go by requests; what is new starts here. */
        sv_super_arm_ticks(super);
        sv_cron_settle(super);
        if (sv_loop_turn(&super->loop, super) < 0)
            break;
        if (super->mood < SV_MOOD_RUNNING)
            sv_super_stop_step(super);
        sv_server_resume(super);
        if (super->upgrade.due)
            sv_upgrade_go(super);
        if (super->upgrade.failed)
            tell_failure(super);
    }
}

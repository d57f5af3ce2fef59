#pragma once
/*
 * Ctrl-C: once asks to stop in good order, twice stops at once. SIGTERM and SIGHUP count as the same.
 */
#include "sys/cancel.h"

/* From now on such a signal sets @cancel, which must live as long as the process. */
void fa_interrupt_watch(FaCancel *cancel);
/* From now on no signal ends the program at once: nobody is there who would know what they interrupt. */
void fa_interrupt_be_patient(void);

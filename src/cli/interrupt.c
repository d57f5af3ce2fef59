#include "cli/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* A signal handler has no argument of ours; this is written once, before the handler is in place. */
static FaCancel *watched;
static volatile sig_atomic_t is_patient;

static void
on_signal(int number)
{
    static const char notice[] = "\nstopping in good order; once more stops at once\n";
    int saved = errno;

    if (fa_cancel_is_set(watched) && !is_patient)
        _exit(128 + number);
    fa_cancel_set(watched);
    if (number == SIGINT) {
        ssize_t written = write(STDERR_FILENO, notice, sizeof notice - 1);
        (void)written; /* without a reader there is nobody to tell */
    }
    errno = saved;
}

void
fa_interrupt_watch(FaCancel *cancel)
{
    /* Not restarting: a question to a person is answered by Ctrl-C too. */
    struct sigaction action = {.sa_handler = on_signal};

    watched = cancel;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

void
fa_interrupt_be_patient(void)
{
    is_patient = 1;
}

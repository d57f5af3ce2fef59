/*
 * exit_on= and forward_signals= of a program, extensions: what a supervisor wants that is the first process of a container,
 * or whose own end shall mean something.
 */
#include <signal.h>
#include <string.h>

#include "supervise/conf.h"
#include "supervise/values.h"

/* These the supervisor takes for itself, or nobody can take, or they are faults of the process that gets them. */
static const int not_forwarded[] = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP,  SIGUSR2, SIGCHLD,
                                    SIGKILL, SIGSTOP, SIGPIPE, SIGXFSZ, SIGPWR,  SIGSEGV,
                                    SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGSYS,  SIGABRT};

static int
read_exit_on(SvConfReader *reader, const SvSection *section, const SvNames *names,
             SvProgram *program)
{
    static const char *const words[] = {"never", "failure", "exit"};
    const char *value;

    SV_TRY(sv_conf_get(reader, section, "exit_on", "never", names, &value));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(value, words[i]) == 0) {
            program->exit_on = (SvExitOn)i;
            return 0;
        }
    return sv_fail(&reader->error, "exit_on: '%s' is none of never, failure, exit", value);
}

static int
read_signal(SvConfReader *reader, const char *word, SvProgram *program)
{
    int number;

    SV_TRY(sv_value_signal(word, &number, &reader->error));
    for (size_t i = 0; i < sizeof not_forwarded / sizeof *not_forwarded; i++)
        if (number == not_forwarded[i])
            return sv_fail(&reader->error,
                           "forward_signals: '%s' is one that the supervisor cannot pass on", word);
    if (number < 1 || number > 64)
        return sv_fail(&reader->error, "forward_signals: '%s' is no signal", word);
    program->forward |= UINT64_C(1) << (number - 1);
    return 0;
}

int
sv_conf_read_init(SvConfReader *reader, const SvSection *section, const SvNames *names,
                  SvProgram *program)
{
    const char *value;

    SV_TRY(read_exit_on(reader, section, names, program));
    program->forward = 0;
    SV_TRY(sv_conf_get(reader, section, "forward_signals", "", names, &value));
    const char *const *words = sv_split_list(&reader->scratch, value);
    if (!words)
        return sv_fail(&reader->error, "the configuration is too large");
    for (; *words; words++)
        SV_TRY(read_signal(reader, *words, program));
    return 0;
}

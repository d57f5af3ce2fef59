/*
 * rlimit_X=SOFT[:HARD] of a program, an extension: X is the name of a resource in small letters, a limit is a number, a
 * size with KB, MB or GB, or "unlimited".
 */
#include <errno.h>
#include <string.h>

#include "supervise/conf.h"
#include "supervise/text.h"
#include "supervise/values.h"

static const struct {
    const char *option;
    int resource;
} resources[] = {
    {"rlimit_as", RLIMIT_AS},
    {"rlimit_core", RLIMIT_CORE},
    {"rlimit_cpu", RLIMIT_CPU},
    {"rlimit_data", RLIMIT_DATA},
    {"rlimit_fsize", RLIMIT_FSIZE},
    {"rlimit_memlock", RLIMIT_MEMLOCK},
    {"rlimit_msgqueue", RLIMIT_MSGQUEUE},
    {"rlimit_nice", RLIMIT_NICE},
    {"rlimit_nofile", RLIMIT_NOFILE},
    {"rlimit_nproc", RLIMIT_NPROC},
    {"rlimit_rss", RLIMIT_RSS},
    {"rlimit_rtprio", RLIMIT_RTPRIO},
    {"rlimit_rttime", RLIMIT_RTTIME},
    {"rlimit_sigpending", RLIMIT_SIGPENDING},
    {"rlimit_stack", RLIMIT_STACK},
};

#define RESOURCES (sizeof resources / sizeof *resources)

static int
read_number(SvArena *scratch, const char *text, rlim_t *ret_limit)
{
    int64_t number;
    SvError ignored = {.arena = scratch};

    if (strcmp(text, "unlimited") == 0 || strcmp(text, "infinity") == 0) {
        *ret_limit = RLIM_INFINITY;
        return 0;
    }
    if (sv_value_bytes(text, &number, &ignored) < 0 || number < 0)
        return -EINVAL;
    *ret_limit = (rlim_t)number;
    return 0;
}

static int
read_limit(SvArena *scratch, const char *value, struct rlimit *ret_limit)
{
    char *copy = sv_arena_strdup(scratch, value);
    struct rlimit limit;

    if (!copy)
        return -ENOMEM;
    char *colon = strchr(copy, ':');
    if (colon)
        *colon = '\0';
    if (read_number(scratch, sv_strip(copy), &limit.rlim_cur) < 0)
        return -EINVAL;
    limit.rlim_max = limit.rlim_cur;
    if (colon && read_number(scratch, sv_strip(colon + 1), &limit.rlim_max) < 0)
        return -EINVAL;
    if (limit.rlim_cur > limit.rlim_max)
        return -EINVAL;
    *ret_limit = limit;
    return 0;
}

int
sv_conf_read_limits(SvConfReader *reader, const SvSection *section, const SvNames *names,
                    SvProgram *program)
{
    SvLimit found[RESOURCES];
    size_t count = 0;
    const char *value;

    for (size_t i = 0; i < RESOURCES; i++) {
        SV_TRY(sv_conf_get(reader, section, resources[i].option, NULL, names, &value));
        if (!value)
            continue;
        found[count] = (SvLimit){.option = resources[i].option, .resource = resources[i].resource};
        if (read_limit(&reader->scratch, value, &found[count].limit) < 0)
            return sv_fail(&reader->error,
                           "%s: '%s' is no limit: SOFT or SOFT:HARD, each a size or 'unlimited'",
                           resources[i].option, value);
        count++;
    }
    if (count == 0)
        return 0;
    SvLimit *limits = sv_arena_alloc(reader->arena, count * sizeof *limits);
    if (!limits)
        return sv_fail(&reader->error, "the configuration is too large");
    memcpy(limits, found, count * sizeof *limits);
    program->limits = limits;
    program->limit_count = count;
    return 0;
}

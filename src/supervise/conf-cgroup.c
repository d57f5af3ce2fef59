/*
 * memory_limit=, tasks_limit=, cpu_limit= and kill_tree= of a program, extensions that want control groups. Whether there
 * are any is asked where they are made (cgroup.c): what is printed and compared is the same everywhere.
 */
#include "supervise/conf.h"

#define TASKS_MAX   ((int64_t)4 << 20) /* the kernel's own */
#define PERCENT_MAX 1000000

static int
read_size(SvConfReader *reader, const SvSection *section, const SvNames *names, int64_t *ret_bytes)
{
    const char *value;

    *ret_bytes = 0;
    SV_TRY(sv_conf_get(reader, section, "memory_limit", NULL, names, &value));
    if (!value)
        return 0;
    SV_TRY(sv_conf_get_bytes(reader, section, "memory_limit", 0, names, ret_bytes));
    if (*ret_bytes <= 0)
        return sv_fail(&reader->error, "memory_limit: '%s' is not a size above 0", value);
    return 0;
}

static int
read_number(SvConfReader *reader, const SvSection *section, const SvNames *names,
            const char *option, int64_t most, int64_t *ret_number)
{
    *ret_number = 0;
    const char *value;

    SV_TRY(sv_conf_get(reader, section, option, NULL, names, &value));
    if (!value)
        return 0;
    SV_TRY(sv_conf_get_int(reader, section, option, 0, names, ret_number));
    if (*ret_number < 1 || *ret_number > most)
        return sv_fail(&reader->error, "%s: '%s' is not between 1 and %lld", option, value,
                       (long long)most);
    return 0;
}

int
sv_conf_read_cgroup(SvConfReader *reader, const SvSection *section, const SvNames *names,
                    SvProgram *program)
{
    SvCgroupConf *conf = &program->cgroup;

    SV_TRY(read_size(reader, section, names, &conf->memory));
    SV_TRY(read_number(reader, section, names, "tasks_limit", TASKS_MAX, &conf->tasks));
    SV_TRY(read_number(reader, section, names, "cpu_limit", PERCENT_MAX, &conf->percent));
    SV_TRY(sv_conf_get_bool(reader, section, "kill_tree", false, names, &conf->kill_tree));
    conf->uses = (conf->memory > 0 ? SV_CGROUP_MEMORY : 0) |
                 (conf->tasks > 0 ? SV_CGROUP_TASKS : 0) | (conf->percent > 0 ? SV_CGROUP_CPU : 0) |
                 (conf->kill_tree ? SV_CGROUP_KILL : 0);
    return 0;
}

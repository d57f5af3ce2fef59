/*
 * Why a process could not be started, or ended: the words of supervisord for it.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/super.h"
#include "supervise/values.h"

static const struct {
    const char *text;
} problems[] = {
    [SV_PROBLEM_NONE] = {""},
    [SV_PROBLEM_TOO_QUICK] = {"Exited too quickly (process log may have details)"},
    [SV_PROBLEM_BAD_EXIT] = {"Bad exit code %d"},
    [SV_PROBLEM_BAD_COMMAND] = {"can't parse command '%s': %s"},
    [SV_PROBLEM_EMPTY] = {"command is empty"},
    [SV_PROBLEM_NOT_FOUND] = {"can't find command '%s'"},
    [SV_PROBLEM_DIRECTORY] = {"command at '%s' is a directory"},
    [SV_PROBLEM_NOT_EXECUTABLE] = {"command at '%s' is not executable"},
    [SV_PROBLEM_NOT_PERMITTED] = {"no permission to run command '%s'"},
    [SV_PROBLEM_FILES] = {"too many open files to spawn '%s'"},
    [SV_PROBLEM_PIPES] = {"unknown error making dispatchers for '%s': %s"},
    [SV_PROBLEM_PROCESSES] = {"Too many processes in process table to spawn '%s'"},
    [SV_PROBLEM_FORK] = {"unknown error during fork for '%s': %s"},
    [SV_PROBLEM_UNREADY] = {"not ready within %d seconds"},
    [SV_PROBLEM_UNHEALTHY] = {"unhealthy: %d checks failed, one after another"},
    [SV_PROBLEM_MEMORY] = {"reached its memory_limit: the kernel killed it, or a part of it"},
    [SV_PROBLEM_CGROUP] = {"control group of '%s' cannot be set up: %s: %s"},
    [SV_PROBLEM_DEPENDENCY] = {"a program that it depends on failed"},
};

const char *
sv_proc_problem(const SvProc *proc, char *buffer, size_t size)
{
    char path[PATH_MAX];
    char name[32];

    switch (proc->problem) {
    case SV_PROBLEM_NONE:
    case SV_PROBLEM_TOO_QUICK:
    case SV_PROBLEM_EMPTY:
    case SV_PROBLEM_MEMORY:
    case SV_PROBLEM_DEPENDENCY:
        return problems[proc->problem].text;
    case SV_PROBLEM_BAD_EXIT:
        snprintf(buffer, size, "Bad exit code %d", proc->problem_detail);
        return buffer;
    case SV_PROBLEM_UNREADY:
        snprintf(buffer, size, "not ready within %d seconds", proc->problem_detail);
        return buffer;
    case SV_PROBLEM_UNHEALTHY:
        snprintf(buffer, size, "unhealthy: %d checks failed, one after another",
                 proc->problem_detail);
        return buffer;
    case SV_PROBLEM_BAD_COMMAND:
        snprintf(buffer, size, "can't parse command '%s': %s", proc->conf->command,
                 proc->conf->argv_problem);
        return buffer;
    case SV_PROBLEM_NOT_FOUND:
        snprintf(buffer, size, "can't find command '%s'", proc->conf->argv[0]);
        return buffer;
    case SV_PROBLEM_DIRECTORY:
    case SV_PROBLEM_NOT_EXECUTABLE:
    case SV_PROBLEM_NOT_PERMITTED:
        sv_proc_find_command(proc, path, sizeof path);
        snprintf(buffer, size,
                 proc->problem == SV_PROBLEM_DIRECTORY        ? "command at '%s' is a directory"
                 : proc->problem == SV_PROBLEM_NOT_EXECUTABLE ? "command at '%s' is not executable"
                                                              : "no permission to run command '%s'",
                 path);
        return buffer;
    case SV_PROBLEM_FILES:
        snprintf(buffer, size, "too many open files to spawn '%s'", proc->conf->name);
        return buffer;
    case SV_PROBLEM_PROCESSES:
        snprintf(buffer, size, "Too many processes in process table to spawn '%s'",
                 proc->conf->name);
        return buffer;
    case SV_PROBLEM_CGROUP:
        snprintf(buffer, size, "control group of '%s' cannot be set up: %s: %s", proc->conf->name,
                 proc->tree && proc->tree->failed_step ? proc->tree->failed_step : "",
                 sv_errno_name(proc->problem_detail, name, sizeof name));
        return buffer;
    case SV_PROBLEM_PIPES:
    case SV_PROBLEM_FORK:
        snprintf(buffer, size,
                 proc->problem == SV_PROBLEM_PIPES ? "unknown error making dispatchers for '%s': %s"
                                                   : "unknown error during fork for '%s': %s",
                 proc->conf->name, sv_errno_name(proc->problem_detail, name, sizeof name));
        return buffer;
    }
    return "";
}

static bool
search_path(const SvProc *proc, char *path, size_t size, struct stat *st)
{
    const char *list = sv_env_get(proc->conf->env, "PATH");

    if (!list) {
        list = getenv("PATH");
        list = list && *list != '\0' ? list : "/bin:/usr/bin:/usr/local/bin";
    }
    while (true) {
        size_t n = strcspn(list, ":");
        snprintf(path, size, "%.*s%s%s", (int)n, list, n > 0 ? "/" : "", proc->conf->argv[0]);
        if (stat(path, st) == 0)
            return true;
        if (list[n] == '\0')
            return false;
        list += n + 1;
    }
}

SvProblem
sv_proc_find_command(const SvProc *proc, char *path, size_t size)
{
    struct stat st;

    if (proc->conf->argv_problem)
        return SV_PROBLEM_BAD_COMMAND;
    const char *program = proc->conf->argv[0];
    if (!program)
        return SV_PROBLEM_EMPTY;
    if (strchr(program, '/')) {
        snprintf(path, size, "%s", program);
        if (stat(path, &st) < 0)
            return SV_PROBLEM_NOT_FOUND;
    } else if (!search_path(proc, path, size, &st)) {
        return SV_PROBLEM_NOT_FOUND;
    }
    if (S_ISDIR(st.st_mode))
        return SV_PROBLEM_DIRECTORY;
    if ((st.st_mode & 0111) == 0)
        return SV_PROBLEM_NOT_EXECUTABLE;
    return access(path, X_OK) < 0 ? SV_PROBLEM_NOT_PERMITTED : SV_PROBLEM_NONE;
}

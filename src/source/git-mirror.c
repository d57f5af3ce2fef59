#include "source/git-mirror.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "sys/fs.h"
#include "sys/lock.h"

#define DEPTH_MAX 32 /* of directories with references */

static char *
get_path(const FaSource *source, const char *suffix)
{
    FaDigest digest;
    char hex[FA_DIGEST_HEX_SIZE];

    fa_digest_of_bytes(source->where, strlen(source->where), &digest);
    fa_digest_to_hex(&digest, hex);
    g_autofree char *name = g_strconcat(hex, suffix, NULL);
    return g_build_filename(source->home, "src", ".mirrors", name, NULL);
}

bool
fa_git_mirror_exists(const FaSource *source)
{
    g_autofree char *path = get_path(source, "");
    return fa_fs_is_directory(path);
}

/*
 * GIT_CONFIG_* rather than arguments: others see the arguments of a process. The
 * collection of garbage is off, so that what a branch had before it was rewritten stays.
 */
static bool
run_git(FaSource *source, const char *mirror, const char *const *arguments,
        const char *const *extra, bool offline, FaProgram program, int *ret_status,
        char **ret_output, char **ret_message, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GPtrArray) variables = g_ptr_array_new();
    const char *const common[] = {
        "GIT_TERMINAL_PROMPT", "0",
        "GIT_SSH_COMMAND",     "ssh -oBatchMode=yes",
        "GIT_ALLOW_PROTOCOL",  "file:https:ssh:git",
        "GIT_ASKPASS",         "true",
        "GIT_CONFIG_COUNT",    "2",
        "GIT_CONFIG_KEY_0",    "remote.origin.url",
        "GIT_CONFIG_VALUE_0",  offline ? "file:///dev/null/offline" : source->where,
        "GIT_CONFIG_KEY_1",    "gc.auto",
        "GIT_CONFIG_VALUE_1",  "0",
    };

    g_ptr_array_add(argv, (char *)"git");
    for (; *arguments != NULL; arguments++)
        g_ptr_array_add(argv, (char *)*arguments);
    g_ptr_array_add(argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(common); i++)
        g_ptr_array_add(variables, (char *)common[i]);
    g_ptr_array_add(variables, (char *)"GIT_DIR");
    g_ptr_array_add(variables, (char *)mirror);
    for (; extra != NULL && *extra != NULL; extra++)
        g_ptr_array_add(variables, (char *)*extra);
    g_ptr_array_add(variables, NULL);

    program.argv = (const char *const *)argv->pdata;
    program.variables = (const char *const *)variables->pdata;
    program.output_limit = FA_GIT_OUTPUT_MAX;
    return fa_program_run(source, &program, ret_status, ret_output, ret_message, error);
}

bool
fa_git_run(FaSource *source, const char *const *argv, FaCancel *cancel, int *ret_status,
           char **ret_message, GError **error)
{
    static const char *const variables[] = {
        "GIT_TERMINAL_PROMPT",
        "0",
        "GIT_SSH_COMMAND",
        "ssh -oBatchMode=yes",
        "GIT_ALLOW_PROTOCOL",
        "file:https:ssh:git",
        "GIT_ASKPASS",
        "true",
        NULL,
    };
    const FaProgram program = {.argv = argv, .variables = variables, .cancel = cancel};
    return fa_program_run(source, &program, ret_status, NULL, ret_message, error);
}

bool
fa_git_mirror_run(FaSource *source, const char *const *arguments, bool offline, FaCancel *cancel,
                  int *ret_status, char **ret_output, GError **error)
{
    g_autofree char *mirror = get_path(source, "");
    return run_git(source, mirror, arguments, NULL, offline, (FaProgram){.cancel = cancel},
                   ret_status, ret_output, NULL, error);
}

bool
fa_git_mirror_program(FaSource *source, const char *const *arguments, bool offline,
                      const FaProgram *program, int *ret_status, char **ret_output,
                      char **ret_message, GError **error)
{
    g_autofree char *mirror = get_path(source, "");
    return run_git(source, mirror, arguments, NULL, offline, *program, ret_status, ret_output,
                   ret_message, error);
}

static bool
check_git(FaSource *source, const char *mirror, const char *const *arguments,
          const char *const *extra, const char *what, FaCancel *cancel, int log_fd, GError **error)
{
    g_autofree char *message = NULL;
    int status = 0;
    const FaProgram program = {.cancel = cancel, .log_fd = log_fd};

    if (!run_git(source, mirror, arguments, extra, false, program, &status, NULL, &message, error))
        return false;
    return status == 0 || fa_program_fail(source, what, message, error);
}

/* Made under another name and filled, then renamed: a mirror that is there has been fetched once. */
static bool
make_mirror(FaSource *source, const char *mirror, const char *const *fetch, FaCancel *cancel,
            int log_fd, GError **error)
{
    const char *const init[] = {"init", "--quiet", "--bare", NULL};
    g_autofree char *temporary = fa_source_make_temporary(mirror, error);
    if (temporary == NULL)
        return false;

    bool is_made =
        check_git(source, temporary, init, NULL, "make a mirror of", cancel, log_fd, error) &&
        check_git(source, temporary, fetch, NULL, "fetch", cancel, log_fd, error);
    if (is_made && rename(temporary, mirror) == 0)
        return true;
    if (is_made)
        fa_fail_errno(error, errno, "cannot make '%s'", mirror);
    fa_fs_remove_tree(temporary, NULL);
    return false;
}

/* What a git that was killed leaves would stop every later one. Called under our lock, so no git of ours has them. */
static void
remove_stale_locks(const char *directory, unsigned depth)
{
    g_auto(GStrv) names = depth < DEPTH_MAX ? fa_fs_list(directory, NULL) : NULL;

    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *path = g_build_filename(directory, *name, NULL);
        if (fa_fs_is_directory(path) && (depth > 0 || g_str_equal(*name, "refs")))
            remove_stale_locks(path, depth + 1);
        else if (g_str_has_suffix(*name, ".lock"))
            unlink(path);
    }
}

static bool
fill_mirror(FaSource *source, const char *mirror, const char *commit, FaCancel *cancel, int log_fd,
            GError **error)
{
    const char *const all[] = {"fetch",
                               "--quiet",
                               "--no-auto-gc",
                               "--no-write-fetch-head",
                               "--no-tags",
                               "--prune",
                               "--filter=blob:none",
                               "origin",
                               "+refs/heads/*:refs/heads/*",
                               "+refs/tags/*:refs/tags/*",
                               NULL};
    const char *const one[] = {
        "fetch", "--quiet", "--no-auto-gc", "--no-write-fetch-head", "--filter=blob:none", "origin",
        commit,  NULL};
    g_autofree char *message = NULL;
    int status = 0;

    if (!fa_fs_exists(mirror)) {
        if (!make_mirror(source, mirror, all, cancel, log_fd, error))
            return false;
    } else {
        remove_stale_locks(mirror, 0);
        if (!check_git(source, mirror, all, NULL, "fetch", cancel, log_fd, error))
            return false;
    }
    /* Whether it came is for the caller to see: servers say no in many words. */
    return commit == NULL ||
           run_git(source, mirror, one, NULL, false,
                   (FaProgram){.cancel = cancel, .log_fd = log_fd}, &status, NULL, &message, error);
}

/* (transfer full) (nullable) */
static FaLock *
lock_mirror(const FaSource *source, const char *mirror, FaCancel *cancel, GError **error)
{
    g_autofree char *lock_path = get_path(source, ".lock");
    g_autofree char *parent = g_path_get_dirname(mirror);
    g_autofree char *purpose = g_strdup_printf("fetching %s", source->shown);

    if (!fa_fs_make_directory(parent, 0700, error))
        return NULL;
    return fa_lock_take(lock_path, FA_LOCK_EXCLUSIVE, purpose, -1, NULL, NULL, cancel, error);
}

/* With an old value of zeros git makes the name only where there is none. */
bool
fa_git_mirror_set_ref(FaSource *source, const char *ref, const char *commit, FaCancel *cancel,
                      GError **error)
{
    g_autofree char *mirror = get_path(source, "");
    g_autofree char *zeros = g_strnfill(strlen(commit), '0');
    const char *const arguments[] = {"update-ref", "--no-deref", ref, commit, zeros, NULL};
    const FaProgram program = {.cancel = cancel};
    g_autofree char *there = NULL, *message = NULL;
    int status = 0;
    g_autoptr(FaLock) lock = lock_mirror(source, mirror, cancel, error);

    if (lock == NULL ||
        !run_git(source, mirror, arguments, NULL, true, program, &status, NULL, &message, error) ||
        (status != 0 && !fa_git_look_up(source, "", ref, true, cancel, &there, error)))
        return false;
    if (status == 0 || g_strcmp0(there, commit) == 0)
        return true;
    if (there == NULL)
        return fa_program_fail(source, "name a commit of", message, error);
    return fa_fail(error, FA_ERROR_CONFLICT, "'%s' of '%s' is at '%s' by now, not at '%s'", ref,
                   source->shown, there, commit);
}

bool
fa_git_mirror_update(FaSource *source, const char *commit, FaCancel *cancel, int log_fd,
                     GError **error)
{
    g_autofree char *mirror = get_path(source, "");
    g_autoptr(FaLock) lock = lock_mirror(source, mirror, cancel, error);

    return lock != NULL && fa_source_remove_temporaries(mirror, error) &&
           fill_mirror(source, mirror, commit, cancel, log_fd, error);
}

/* read-tree asks for all missing contents at once; archive would ask for them one by one. */
bool
fa_git_mirror_check_out(FaSource *source, const char *commit, const char *target, FaCancel *cancel,
                        int log_fd, GError **error)
{
    g_autofree char *mirror = get_path(source, "");
    g_autofree char *index = g_strconcat(target, ".index", NULL);
    const char *const arguments[] = {"-c",        "core.bare=false",
                                     "-c",        "core.autocrlf=false",
                                     "-c",        "core.symlinks=true",
                                     "-c",        "core.fsmonitor=false",
                                     "-c",        "core.hooksPath=/dev/null",
                                     "-c",        "core.sparseCheckout=false",
                                     "read-tree", "-m",
                                     "-u",        commit,
                                     NULL};
    const char *const extra[] = {"GIT_WORK_TREE", target, "GIT_INDEX_FILE", index, NULL};

    return check_git(source, mirror, arguments, extra, "check out", cancel, log_fd, error);
}

#include "build/component.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "build/step.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define ID_LENGTH 12 /* of the key's hex digits in a name */

/* Where a build happens; all below HOME/tmp/NAME, whose name is the key's, so that who holds the key's lock owns it. */
typedef struct Workplace {
    char *name;
    char *directory;
    char *build;
    char *staging;
    char *scratch;
    char *npm_cache;
    char *store;
    char *out;
    char **etc;
    FaSandbox sandbox;
} Workplace;

static void
workplace_clear(Workplace *work)
{
    g_free(work->name);
    g_free(work->directory);
    g_free(work->build);
    g_free(work->staging);
    g_free(work->scratch);
    g_free(work->npm_cache);
    g_free(work->store);
    g_free(work->out);
    g_strfreev(work->etc);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Workplace, workplace_clear)

void
fa_build_result_clear(FaBuildResult *result)
{
    g_free(result->name);
    g_free(result->path);
    *result = (FaBuildResult){0};
}

char *
fa_component_name(const char *component, const char *version, const FaDigest *key)
{
    char hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(key, hex);
    hex[ID_LENGTH] = '\0';
    return version != NULL ? g_strdup_printf("%s-%s-%s", component, version, hex)
                           : g_strdup_printf("%s-%s", component, hex);
}

/* (transfer full) */
static char **
copy_texts(const GPtrArray *texts)
{
    GPtrArray *copy = g_ptr_array_new();
    for (size_t i = 0; texts != NULL && i < texts->len; i++)
        g_ptr_array_add(copy, g_strdup(g_ptr_array_index(texts, i)));
    g_ptr_array_add(copy, NULL);
    return (char **)g_ptr_array_free(copy, FALSE);
}

static void
workplace_init(Workplace *work, const FaBuildRequest *request)
{
    const FaRecipe *recipe = request->recipe;
    bool is_open = request->sandbox == FA_SANDBOX_NONE;

    work->name = fa_component_name(recipe->name, request->version, request->key);
    work->directory = g_build_filename(request->home, "tmp", work->name, NULL);
    work->build = g_build_filename(work->directory, "build", NULL);
    work->scratch = g_build_filename(work->directory, "scratch", NULL);
    work->npm_cache = g_build_filename(request->home, "cache", "npm", NULL);
    work->store = fa_store_path(request->store, NULL);
    work->out = fa_store_path(request->store, work->name);
    /* Without a sandbox nothing can be mounted where it will be: it is made there, and not found without its key. */
    work->staging = is_open ? g_strdup(work->out) : g_build_filename(work->directory, "out", NULL);
    work->etc = copy_texts(recipe->etc);
    work->sandbox = (FaSandbox){
        .mode = request->sandbox,
        .servant = request->servant,
        .home_store = work->store,
        .build = work->build,
        .out_staging = work->staging,
        .out_final = work->out,
        .files = request->files,
        .npm_cache = work->npm_cache,
        .scratch = work->scratch,
        .etc = (const char *const *)work->etc,
        .jobs = request->jobs,
        .source_date_epoch = request->source_date_epoch,
    };
}

/* Files of the source are copies, for a step may change them and objects of the store are held once. A folder is copied
 * as it is now, and must still be what the key was made of. */
static bool
bring_source(const Workplace *work, const FaBuildRequest *request, GError **error)
{
    static const char *const copy_all[] = {"*", NULL};
    const FaImportOptions options = {
        .cancel = request->cancel, .refuse_links_out = true, .leave_out = request->leave_out};
    FaDigest found;

    if (request->source == NULL)
        return fa_fs_make_directory(work->build, 0755, error);
    if (request->directory == NULL)
        return fa_store_checkout(request->store, request->source, work->build, copy_all, false,
                                 error);
    return fa_store_copy(request->store, request->directory, &options, work->build, &found,
                         error) &&
           (fa_digest_is_equal(&found, request->source) ||
            fa_fail(error, FA_ERROR_CONFLICT,
                    "'%s' changed while it was read\nhelp: run the same command again",
                    request->directory));
}

/* Everything new: what an earlier try left is of no use to this one. */
static bool
workplace_make(const Workplace *work, const FaBuildRequest *request, GError **error)
{
    return fa_fs_remove_tree(work->directory, error) &&
           (request->sandbox != FA_SANDBOX_NONE || fa_fs_remove_tree(work->out, error)) &&
           fa_fs_make_directory(work->directory, 0700, error) &&
           fa_fs_make_directory(work->scratch, 0700, error) &&
           fa_fs_make_directory(work->npm_cache, 0700, error) &&
           fa_fs_make_directory(work->out, 0755, error) &&
           fa_fs_make_directory(work->staging, 0755, error) && bring_source(work, request, error);
}

static int
open_log(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    if (!fa_fs_make_directory(directory, 0755, error))
        return -1;

    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        fa_fail_errno(error, errno, "cannot write '%s'", path);
    return fd;
}

static bool
run_steps(const Workplace *work, const FaBuildRequest *request, GError **error)
{
    const GPtrArray *steps = request->recipe->build;
    fa_autofd int log_fd = open_log(request->log, error);
    if (log_fd < 0)
        return false;

    const FaStepRun run = {
        .sandbox = &work->sandbox,
        .scope = request->scope,
        .timeout = request->recipe->timeout,
        .log_fd = log_fd,
        .cancel = request->cancel,
    };
    for (unsigned i = 0; i < steps->len; i++) {
        const FaStep *step = g_ptr_array_index(steps, i);
        if (request->on_step != NULL)
            request->on_step(step, i + 1, steps->len, request->data);
        if (!fa_cancel_check(request->cancel, error) || !fa_step_run(step, &run, error))
            return false;
    }
    return true;
}

static bool
run_in_turn(const Workplace *work, const FaBuildRequest *request, GError **error)
{
    fa_turns_take(request->turns);
    bool is_done = run_steps(work, request, error);
    fa_turns_give(request->turns);
    return is_done;
}

/* A mount point that nobody filled is taken away, and nothing but that: with a sandbox it is empty, or it is a build
 * whose key was lost and that may be running. */
static void
leave(const Workplace *work)
{
    if (work->sandbox.mode == FA_SANDBOX_NONE)
        fa_fs_remove_tree(work->out, NULL);
    else
        g_rmdir(work->out);
}

/* Of the lock that is passed on nothing is left here: the workplace is gone before somebody else can have it. */
static bool
place(const Workplace *work, const FaBuildRequest *request, FaLock **lock, FaBuildResult *result,
      GError **error)
{
    const FaImportOptions options = {.cancel = request->cancel};
    g_autoptr(FaPlaced) placed =
        fa_store_place_build(request->store, work->staging, &options, work->name, request->key,
                             &result->tree, &result->kept, error);
    if (placed == NULL || !fa_fs_remove_tree(work->directory, error))
        return false;
    fa_store_commit_later(request->store, g_steal_pointer(&placed), g_steal_pointer(lock));
    return request->commits_later || fa_store_commit(request->store, error);
}

static bool
keep(const Workplace *work, const FaBuildRequest *request, FaLock **lock, FaBuildResult *result,
     GError **error)
{
    const FaImportOptions options = {.cancel = request->cancel};
    if (request->sandbox != FA_SANDBOX_NONE)
        return place(work, request, lock, result, error);

    /* It lies where it is to be published. */
    return fa_store_import(request->store, work->staging, &options, &result->tree, &result->kept,
                           error) &&
           fa_fs_remove_tree(work->out, error) &&
           fa_store_publish(request->store, work->name, request->key, &result->tree, error) &&
           fa_fs_remove_tree(work->directory, error);
}

static bool
build(const Workplace *work, const FaBuildRequest *request, FaLock **lock, FaBuildResult *result,
      GError **error)
{
    if (workplace_make(work, request, error) && run_in_turn(work, request, error) &&
        keep(work, request, lock, result, error)) {
        result->name = g_strdup(work->name);
        return true;
    }
    leave(work);
    g_prefix_error(error, "cannot build '%s': ", request->recipe->name);
    return false;
}

bool
fa_component_build(const FaBuildRequest *request, FaBuildResult *ret_result, GError **error)
{
    g_auto(Workplace) work = {0};
    g_auto(FaBuildResult) result = {0};
    g_autofree char *purpose = g_strdup_printf("building %s", request->recipe->name);
    int64_t begun = fa_clock_monotonic();

    result.was_there = fa_store_lookup(request->store, request->key, &result.name, &result.tree);
    if (!result.was_there) {
        g_autoptr(FaLock) lock =
            fa_store_lock_key(request->store, request->key, purpose, -1, request->on_wait,
                              request->data, request->cancel, error);
        if (lock == NULL)
            return false;
        /* Who held the lock before may have built it. */
        result.was_there =
            fa_store_lookup(request->store, request->key, &result.name, &result.tree);
        workplace_init(&work, request);
        if (!result.was_there && !build(&work, request, &lock, &result, error))
            return false;
    }
    result.path = fa_store_path(request->store, result.name);
    result.elapsed = fa_clock_monotonic() - begun;
    *ret_result = result;
    result = (FaBuildResult){0};
    return true;
}

bool
fa_component_shell(const FaBuildRequest *request, GError **error)
{
    /* The sandbox has a session of its own, for a terminal that is shared can be typed into from inside; script(1)
     * gives the shell another, so that Ctrl-C reaches what it runs. */
    static const char shell[] =
        "if [ -x /usr/bin/script ]; then exec /usr/bin/script -qec '/bin/sh -i' /dev/null; fi\n"
        "exec /bin/sh -i";
    g_auto(Workplace) work = {0};
    g_auto(FaSpawnResult) result = {0};
    g_autofree char *purpose = g_strdup_printf("a shell in the build of %s", request->recipe->name);
    g_autoptr(FaLock) lock =
        fa_store_lock_key(request->store, request->key, purpose, -1, request->on_wait,
                          request->data, request->cancel, error);

    if (lock == NULL)
        return false;
    workplace_init(&work, request);
    if (!fa_fs_is_directory(work.build))
        return fa_fail(error, FA_ERROR_NOT_FOUND, "nothing is left of a build of '%s'",
                       request->recipe->name);
    if (!fa_fs_make_directory(work.out, 0755, error))
        return false;
    const FaSpawn options = {.inherit_tty = true, .cancel = request->cancel};
    bool ok = fa_sandbox_run(&work.sandbox, shell, &options, &result, error);
    leave(&work);
    return ok;
}

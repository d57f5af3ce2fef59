#include "site/slot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"

#define SUFFIX   ".b"
#define CONF_MAX ((size_t)4 << 20)
#define KEEPER   "keep"
#define LIST_MAX ((size_t)256 << 10)

static const char *const names[] = {[FA_SLOT_A] = "a", [FA_SLOT_B] = "b"};

const char *
fa_slot_to_string(FaSlot slot)
{
    return names[slot];
}

bool
fa_slot_from_string(const char *text, FaSlot *ret_slot)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_slot = (FaSlot)i;
            return true;
        }
    }
    return false;
}

FaSlot
fa_slot_other(FaSlot slot)
{
    return slot == FA_SLOT_A ? FA_SLOT_B : FA_SLOT_A;
}

char *
fa_slot_get_link(const FaLayout *layout, FaSlot slot)
{
    return g_build_filename(layout->directory, "slots", names[slot], NULL);
}

char *
fa_slot_get_run(const FaLayout *layout, FaSlot slot)
{
    return slot == FA_SLOT_A ? g_strdup(layout->run)
                             : g_build_filename(layout->run, names[slot], NULL);
}

char *
fa_slot_get_process_name(FaSlot slot, const char *name)
{
    return g_strconcat(name, slot == FA_SLOT_A ? "" : SUFFIX, NULL);
}

char *
fa_slot_get_mark(const char *build_directory, FaSlot slot)
{
    return g_strdup_printf("%s/slot-%s", build_directory, names[slot]);
}

static char *
beside_path(const FaLayout *layout, const char *name)
{
    return g_strdup_printf("%s/beside/%s.conf", layout->var, name);
}

/* One file is always there, since a pattern that nothing matches is warned of. */
bool
fa_slot_make(const FaLayout *layout, FaSlot slot, GError **error)
{
    static const char text[] = "; Programs of the slot that is not current stand here.\n";
    g_autofree char *slots = g_build_filename(layout->directory, "slots", NULL);
    g_autofree char *run = fa_slot_get_run(layout, slot);
    g_autofree char *beside = g_build_filename(layout->var, "beside", NULL);
    g_autofree char *always = beside_path(layout, "none");
    return fa_fs_make_directory(slots, 0755, error) && fa_fs_make_directory(run, 0700, error) &&
           fa_fs_make_directory(beside, 0700, error) &&
           fa_fs_write_if_changed(always, text, strlen(text), 0600, NULL, error);
}

static bool
is_for(const FaLayout *layout, const char *build, FaSlot slot)
{
    g_autofree char *directory = g_build_filename(layout->builds, build, NULL);
    g_autofree char *mark = fa_slot_get_mark(directory, slot);
    return fa_fs_exists(mark);
}

FaSlot
fa_slot_of_build(const FaLayout *layout, const char *build)
{
    return is_for(layout, build, FA_SLOT_B) ? FA_SLOT_B : FA_SLOT_A;
}

FaSlot
fa_slot_get_current(const FaLayout *layout)
{
    g_autofree char *build = NULL;
    if (!fa_layout_get_current(layout, &build, NULL) || build == NULL)
        return FA_SLOT_A;
    return fa_slot_of_build(layout, build);
}

char *
fa_slot_get_build(const FaLayout *layout, FaSlot slot)
{
    g_autofree char *link = fa_slot_get_link(layout, slot);
    g_autofree char *target = fa_fs_read_symlink(link, NULL);
    return target != NULL ? g_path_get_basename(target) : NULL;
}

static bool
require_build(const FaLayout *layout, FaSlot slot, const char *build, GError **error)
{
    g_autofree char *record = g_build_filename(layout->builds, build, "build.json", NULL);
    if (!fa_text_is_version(build) || !fa_fs_exists(record))
        return fa_fail(error, FA_ERROR_NOT_FOUND, "there is no build '%s' of %s.%s", build,
                       layout->environment, layout->site);
    return fa_slot_of_build(layout, build) == slot ||
           fa_fail(error, FA_ERROR_CONFLICT, "the build '%s' is not for slot %s", build,
                   names[slot]);
}

bool
fa_slot_put(const FaLayout *layout, FaSlot slot, const char *build, GError **error)
{
    g_autofree char *link = fa_slot_get_link(layout, slot);
    g_autofree char *target = g_build_filename("..", "builds", build, NULL);
    g_autofree char *folder = g_path_get_dirname(link);
    g_autofree char *now = fa_slot_get_build(layout, slot);
    if (!require_build(layout, slot, build, error))
        return false;
    return g_strcmp0(now, build) == 0 ||
           (fa_fs_switch_symlink(link, target, error) && fa_fs_sync_directory(folder, error));
}

bool
fa_slot_empty(const FaLayout *layout, FaSlot slot, GError **error)
{
    g_autofree char *link = fa_slot_get_link(layout, slot);
    return unlink(link) == 0 || errno == ENOENT ||
           fa_fail_errno(error, errno, "cannot remove '%s'", link);
}

char **
fa_slot_list_processes(const FaLayout *layout, const char *build, GError **error)
{
    g_autofree char *directory = g_build_filename(layout->builds, build, NULL);
    g_autofree char *mark = fa_slot_get_mark(directory, fa_slot_of_build(layout, build));
    g_autofree char *text = NULL;
    if (!fa_fs_read(mark, LIST_MAX, &text, NULL, error))
        return NULL;
    return g_strsplit(g_strchomp(text), "\n", -1);
}

char *
fa_slot_find_process(const FaLayout *layout, const char *name)
{
    g_autofree char *build = NULL;
    if (!fa_layout_get_current(layout, &build, NULL) || build == NULL)
        return g_strdup(name);
    g_auto(GStrv) processes = fa_slot_list_processes(layout, build, NULL);
    g_autofree char *whole = fa_slot_get_process_name(fa_slot_of_build(layout, build), name);
    bool is_there = processes != NULL && g_strv_contains((const char *const *)processes, whole);
    return g_strdup(is_there ? whole : name);
}

/*
 * (transfer full) The sections [program:NAME] of @conf, which we wrote and a person may have edited, of @wanted; those of
 * @held do not start by themselves.
 */
static char *
pick_programs(const char *conf, const char *const *wanted, const char *const *held)
{
    g_auto(GStrv) lines = g_strsplit(conf, "\n", -1);
    g_autoptr(GString) picked = g_string_new(NULL);
    bool is_in = false, is_held = false;
    for (char **line = lines; *line != NULL; line++) {
        if (**line == '[') {
            const char *start = g_str_has_prefix(*line, "[program:") ? *line + 9 : NULL;
            const char *end = start != NULL ? strchr(start, ']') : NULL;
            g_autofree char *name =
                end != NULL ? g_strndup(start, (gsize)(end - start)) : g_strdup("");
            is_in = g_strv_contains(wanted, name);
            is_held = is_in && held != NULL && g_strv_contains(held, name);
            if (is_held) {
                g_string_append_printf(picked, "%s\nautostart=false\n", *line);
                continue;
            }
        }
        if (is_in && !(is_held && g_str_has_prefix(*line, "autostart")))
            g_string_append_printf(picked, "%s\n", *line);
    }
    return g_string_free(g_steal_pointer(&picked), FALSE);
}

bool
fa_slot_put_beside(const FaLayout *layout, FaSlot slot, const char *build, const char *const *held,
                   GError **error)
{
    g_autofree char *conf =
        g_build_filename(layout->builds, build, "etc", "supervisord.conf", NULL);
    g_autofree char *path = beside_path(layout, names[slot]);
    g_autofree char *text = NULL;
    if (!require_build(layout, slot, build, error))
        return false;
    g_auto(GStrv) processes = fa_slot_list_processes(layout, build, error);
    if (processes == NULL || !fa_fs_read(conf, CONF_MAX, &text, NULL, error))
        return false;
    g_autofree char *programs = pick_programs(text, (const char *const *)processes, held);
    return fa_fs_write_if_changed(path, programs, strlen(programs), 0600, NULL, error);
}

static bool
remove_file(const char *path, GError **error)
{
    return unlink(path) == 0 || errno == ENOENT ||
           fa_fail_errno(error, errno, "cannot remove '%s'", path);
}

/* The keeper goes with what it keeps, and stays as long as there may be something. */
bool
fa_slot_clear_beside(const FaLayout *layout, FaSlot slot, GError **error)
{
    g_autofree char *path = beside_path(layout, names[slot]);
    g_autofree char *keeper = beside_path(layout, KEEPER);
    return remove_file(path, error) && remove_file(keeper, error);
}

bool
fa_slot_has_beside(const FaLayout *layout, FaSlot slot)
{
    g_autofree char *path = beside_path(layout, names[slot]);
    return fa_fs_exists(path);
}

bool
fa_slot_is_kept(const FaLayout *layout, FaSlot slot)
{
    g_autofree char *keeper = beside_path(layout, KEEPER);
    return fa_slot_has_beside(layout, slot) && fa_fs_exists(keeper);
}

/* (transfer full) It is stopped itself by the update, but not what it has begun. */
static char *
write_script(const FaLayout *layout, FaSlot slot, int64_t seconds)
{
    g_autofree char *beside = beside_path(layout, names[slot]);
    g_autofree char *keeper = beside_path(layout, KEEPER);
    g_autofree char *lock = g_build_filename(layout->directory, ".deploy", NULL);
    g_autofree char *client = g_build_filename(layout->bin, "supervisorctl", NULL);
    g_autofree char *beside_quoted = g_shell_quote(beside);
    g_autofree char *keeper_quoted = g_shell_quote(keeper);
    g_autofree char *lock_quoted = g_shell_quote(lock);
    g_autofree char *client_quoted = g_shell_quote(client);
    return g_strdup_printf("sleep %" G_GINT64_FORMAT "\n"
                           "exec 9>> %s\n"
                           "until flock -n 9; do sleep 1; done\n"
                           "rm -f %s %s && setsid %s update\n",
                           seconds, lock_quoted, beside_quoted, keeper_quoted, client_quoted);
}

bool
fa_slot_keep(const FaLayout *layout, FaSlot slot, int64_t seconds, GError **error)
{
    g_autofree char *path = beside_path(layout, KEEPER);
    g_autofree char *script_path = g_build_filename(layout->var, "beside", KEEPER ".sh", NULL);
    g_autofree char *script = write_script(layout, slot, seconds);
    g_autofree char *log = g_build_filename(layout->log, FA_SLOT_KEEPER ".log", NULL);
    g_autoptr(GString) conf = g_string_new(NULL);
    g_string_printf(conf,
                    "[program:" FA_SLOT_KEEPER "]\ncommand=/bin/sh \"%s\"\nstartsecs=0\n"
                    "autorestart=false\nredirect_stderr=true\nstdout_logfile=%s\n",
                    script_path, log);
    g_string_replace(conf, "%", "%%", 0);
    return fa_fs_write_if_changed(script_path, script, strlen(script), 0600, NULL, error) &&
           fa_fs_write_if_changed(path, conf->str, conf->len, 0600, NULL, error);
}

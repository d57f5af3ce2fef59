#include "site/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "site/record.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define BEGUN ".new-" /* what a build is called before it is whole */

static const char *const reserved[] = {"bin", "etc", NULL};

void
fa_composed_clear(FaComposed *composed)
{
    g_clear_pointer(&composed->name, g_free);
    g_clear_pointer(&composed->carried, g_ptr_array_unref);
}

static bool
write_script(const char *directory, const char *name, const char *body, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = g_strconcat("#!/bin/sh\n", body, NULL);
    return fa_fs_write(path, text, strlen(text), 0755, FA_WRITE_NONE, error);
}

/* They name the environment, not the build: what is started by them goes on to be theirs after a switch. */
static bool
write_bin(const FaComposition *composition, const char *directory, GError **error)
{
    const FaLayout *layout = composition->layout;
    g_autofree char *bin = g_build_filename(directory, "bin", NULL);
    g_autofree char *conf = g_build_filename(layout->current, "etc/supervisord.conf", NULL);
    g_autofree char *quoted_conf = fa_text_shell_quote(conf);
    g_autofree char *daemon = fa_text_shell_quote(composition->supervisord);
    g_autofree char *client = fa_text_shell_quote(composition->supervisorctl);
    g_autofree char *start = g_strdup_printf("exec %s -c %s \"$@\"\n", daemon, quoted_conf);
    g_autofree char *control = g_strdup_printf("exec %s -c %s \"$@\"\n", client, quoted_conf);

    if (!fa_fs_make_directory(bin, 0755, error) ||
        !write_script(bin, "supervisord", start, error) ||
        !write_script(bin, "supervisorctl", control, error))
        return false;
    for (guint i = 0; i < composition->processes->len; i++) {
        const FaConfProcess *process = g_ptr_array_index(composition->processes, i);
        g_autofree char *name = fa_conf_name_in(composition->slot, process);
        g_autofree char *script = g_strdup_printf(
            "# %s [status|start|stop|restart|tail ...]\n[ $# -gt 0 ] || set -- status\n"
            "exec %s -c %s \"$@\" '%s%s'\n",
            process->name, client, quoted_conf, name, process->instances > 1 ? ":*" : "");
        if (!write_script(bin, process->name, script, error))
            return false;
    }
    return true;
}

static bool
write_mark(const FaComposition *composition, const char *directory, GError **error)
{
    g_autofree char *path = fa_slot_get_mark(directory, composition->slot);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < composition->processes->len; i++) {
        const FaConfProcess *process = g_ptr_array_index(composition->processes, i);
        g_autofree char *name = fa_conf_name_in(composition->slot, process);
        if (process->is_slotted)
            g_string_append_printf(names, "%s\n", name);
    }
    return fa_fs_write(path, names->str, names->len, 0644, FA_WRITE_NONE, error);
}

static bool
write_links(const FaComposition *composition, const char *directory, GError **error)
{
    for (guint i = 0; i < composition->components->len; i++) {
        const FaComposeComponent *component = g_ptr_array_index(composition->components, i);
        g_autofree char *path = g_build_filename(directory, component->name, NULL);
        if (!fa_text_is_name(component->name) || g_strv_contains(reserved, component->name))
            return fa_fail(error, FA_ERROR_CONFIG, "a component may not be called '%s'",
                           component->name);
        if (fa_fs_exists(path))
            return fa_fail(error, FA_ERROR_CONFIG, "two components are called '%s'",
                           component->name);
        if (!fa_fs_switch_symlink(path, component->out, error))
            return false;
    }
    return true;
}

static GBytes *
bytes_of(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

/* (transfer full) (nullable) What is rendered, and the supervisor's configuration. */
static GPtrArray *
list_files(const FaComposition *composition, GError **error)
{
    g_autofree char *conf = fa_conf_write(composition->layout, composition->slot,
                                          composition->processes, composition->secrets, error);
    GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)fa_rendered_free);

    if (conf == NULL) {
        g_ptr_array_unref(files);
        return NULL;
    }
    for (guint i = 0; i < composition->files->len; i++) {
        const FaRendered *file = g_ptr_array_index(composition->files, i);
        g_ptr_array_add(files, fa_rendered_new(file->path, g_bytes_ref(file->content),
                                               file->is_private, file->is_executable));
    }
    bool is_private = fa_secrets_is_in(composition->secrets, conf, strlen(conf));
    g_ptr_array_add(files, fa_rendered_new("supervisord.conf", bytes_of(conf), is_private, false));
    return files;
}

/* Policies that would change an edited file although nothing else changed. */
static bool
wants_edits_gone(const FaEdits *edits)
{
    FaEditPolicy policy = fa_edits_get_policy(edits);
    return policy == FA_EDIT_REPLACE || policy == FA_EDIT_BACKUP;
}

static bool
is_up_to_date(const FaLayout *layout, const FaDigest *digest, const FaEdits *edits)
{
    g_autofree char *record = g_build_filename(layout->current, "build.json", NULL);
    g_autofree char *etc = g_build_filename(layout->current, "etc", NULL);

    if (!fa_record_is_of(record, digest))
        return false;
    if (!wants_edits_gone(edits))
        return true;
    g_autoptr(GPtrArray) edited = fa_carry_list_edited(etc, NULL);
    return edited != NULL && edited->len == 0;
}

/* What a run that was killed left behind. */
static bool
remove_begun(const FaLayout *layout, GError **error)
{
    g_auto(GStrv) names = fa_fs_list(layout->builds, error);

    if (names == NULL)
        return false;
    for (char **name = names; *name != NULL; name++) {
        g_autofree char *path = g_build_filename(layout->builds, *name, NULL);
        if (g_str_has_prefix(*name, BEGUN) && !fa_fs_remove_tree(path, error))
            return false;
    }
    return true;
}

static bool
fill(const FaComposition *composition, const GPtrArray *files, const FaDigest *digest,
     FaEdits *edits, const char *directory, FaComposed *composed, GError **error)
{
    g_autofree char *old = g_build_filename(composition->layout->current, "etc", NULL);
    g_autofree char *etc = g_build_filename(directory, "etc", NULL);
    g_autofree char *path = g_build_filename(directory, "build.json", NULL);
    g_autofree char *record = fa_record_write(composition, composed->name, digest, error);

    return record != NULL && fa_fs_make_directory(etc, 0755, error) &&
           fa_carry(fa_fs_is_directory(old) ? old : NULL, etc, files, edits, &composed->carried,
                    error) &&
           write_bin(composition, directory, error) && write_mark(composition, directory, error) &&
           write_links(composition, directory, error) &&
           fa_fs_write(path, record, strlen(record), 0644, FA_WRITE_NONE, error);
}

/* Its bytes are on disk before its name is there. */
static bool
publish(const FaLayout *layout, const char *directory, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(layout->builds, name, NULL);
    fa_autofd int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fchmod(fd, 0755) < 0 || syncfs(fd) < 0)
        return fa_fail_errno(error, errno, "cannot write '%s' to disk", directory);
    if (rename(directory, path) < 0)
        return fa_fail_errno(error, errno, "cannot rename '%s' to '%s'", directory, path);
    return fa_fs_sync_directory(layout->builds, error);
}

static bool
compose_new(const FaComposition *composition, const GPtrArray *files, const FaDigest *digest,
            FaEdits *edits, FaComposed *composed, GError **error)
{
    const FaLayout *layout = composition->layout;

    composed->is_new = true;
    composed->name = fa_layout_next_build(layout, composition->release, error);
    if (composed->name == NULL || !remove_begun(layout, error))
        return false;
    g_autofree char *directory = fa_fs_make_temporary(layout->builds, BEGUN, error);
    if (directory == NULL)
        return false;
    if (fill(composition, files, digest, edits, directory, composed, error) &&
        publish(layout, directory, composed->name, error))
        return true;
    fa_fs_remove_tree(directory, NULL);
    return false;
}

bool
fa_compose(const FaComposition *composition, FaEdits *edits, FaComposed *ret_composed,
           GError **error)
{
    g_autoptr(GPtrArray) files = list_files(composition, error);
    g_auto(FaComposed) composed = {0};
    FaDigest digest;

    if (files == NULL)
        return false;
    fa_record_digest(composition, files, &digest);
    if (is_up_to_date(composition->layout, &digest, edits)) {
        if (!fa_layout_get_current(composition->layout, &composed.name, error))
            return false;
    } else if (!compose_new(composition, files, &digest, edits, &composed, error)) {
        return false;
    }
    *ret_composed = composed;
    composed = (FaComposed){0};
    return true;
}

bool
fa_compose_is_needed(const FaComposition *composition, const FaEdits *edits, bool *ret_needed,
                     GError **error)
{
    g_autoptr(GPtrArray) files = list_files(composition, error);
    FaDigest digest;

    if (files == NULL)
        return false;
    fa_record_digest(composition, files, &digest);
    *ret_needed = !is_up_to_date(composition->layout, &digest, edits);
    return true;
}

bool
fa_compose_switch(const FaLayout *layout, const char *name, GError **error)
{
    g_autofree char *target = g_build_filename("builds", name, NULL);
    g_autofree char *record = g_build_filename(layout->builds, name, "build.json", NULL);

    if (!fa_text_is_version(name) || !fa_fs_exists(record))
        return fa_fail(error, FA_ERROR_NOT_FOUND, "there is no build '%s' of %s.%s", name,
                       layout->environment, layout->site);
    return fa_fs_switch_symlink(layout->current, target, error) &&
           fa_fs_sync_directory(layout->directory, error);
}

bool
fa_compose_forget_current(const FaLayout *layout, GError **error)
{
    if (unlink(layout->current) < 0 && errno != ENOENT)
        return fa_fail_errno(error, errno, "cannot remove '%s'", layout->current);
    return fa_fs_sync_directory(layout->directory, error);
}

/* Nothing else in a build is a link. */
GPtrArray *
fa_compose_list_outs(const FaLayout *layout, const char *name, GError **error)
{
    g_autofree char *directory = g_build_filename(layout->builds, name, NULL);
    g_auto(GStrv) entries = fa_fs_list(directory, error);
    if (entries == NULL)
        return NULL;

    GPtrArray *outs = g_ptr_array_new_with_free_func(g_free);
    for (char **entry = entries; *entry != NULL; entry++) {
        g_autofree char *path = g_build_filename(directory, *entry, NULL);
        char *out = fa_fs_read_symlink(path, NULL);
        if (out != NULL)
            g_ptr_array_add(outs, out);
    }
    return outs;
}

/* It loses its name first: what is only half there has none of a build. */
bool
fa_compose_drop(const FaLayout *layout, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(layout->builds, name, NULL);
    g_autofree char *begun_name = g_strconcat(BEGUN, name, NULL);
    g_autofree char *begun = g_build_filename(layout->builds, begun_name, NULL);
    g_autofree char *current = NULL;

    if (!fa_text_is_version(name) || !fa_fs_exists(path))
        return fa_fail(error, FA_ERROR_NOT_FOUND, "there is no build '%s'", name);
    if (!fa_layout_get_current(layout, &current, error))
        return false;
    if (g_strcmp0(current, name) == 0)
        return fa_fail(error, FA_ERROR_REFUSED, "the build '%s' is the current one", name);
    if (!fa_fs_remove_tree(begun, error))
        return false;
    if (rename(path, begun) < 0)
        return fa_fail_errno(error, errno, "cannot rename '%s'", path);
    return fa_fs_remove_tree(begun, error);
}

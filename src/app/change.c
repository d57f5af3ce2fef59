#include "app/change.h"

#include <string.h>

#include "base/error.h"
#include "source/source.h"

#define DIRECTORY   "directory"
#define COMMITS_MAX 1000

static void
commit_free(FaChangeCommit *commit)
{
    g_free(commit->id);
    g_free(commit->short_id);
    g_free(commit->author);
    g_free(commit->subject);
    g_strfreev(commit->trailers);
    g_free(commit);
}

static FaChangeCommit *
copy_commit(const FaSourceCommit *from)
{
    g_autoptr(GStrvBuilder) trailers = g_strv_builder_new();
    for (guint i = 0; i < from->trailers->len; i++) {
        const FaTrailer *trailer = g_ptr_array_index(from->trailers, i);
        g_autofree char *text =
            g_strdup_printf("%s %s", fa_trailer_kind_to_string(trailer->kind), trailer->value);
        g_strv_builder_add(trailers, text);
    }
    FaChangeCommit *commit = g_new0(FaChangeCommit, 1);
    commit->id = g_strdup(from->id);
    commit->short_id = g_strdup(from->short_id);
    commit->author = g_strdup(from->author);
    commit->time = from->time;
    commit->subject = g_strdup(from->subject);
    commit->trailers = g_strv_builder_end(trailers);
    commit->is_migrating = from->files->len > 0;
    return commit;
}

void
fa_change_free(FaChange *change)
{
    if (change == NULL)
        return;
    g_free(change->component);
    g_free(change->before);
    g_free(change->after);
    g_free(change->problem);
    g_ptr_array_unref(change->commits);
    g_free(change);
}

const char *
fa_change_tell_revision(const char *revision, const char *digest)
{
    return digest != NULL && g_strcmp0(revision, DIRECTORY) == 0 ? digest : revision;
}

static bool
read_history(FaContext *context, const char *component, FaChange *change, FaCancel *cancel,
             GError **error)
{
    const FaProduct *product = fa_context_get_product(context);
    const FaRecipe *recipe = fa_product_find_component(product, component);
    if (recipe == NULL || recipe->source.kind == FA_SOURCE_NONE || change->after == NULL ||
        change->before == NULL || strcmp(change->before, change->after) == 0)
        return true;
    g_autoptr(FaSource) source =
        fa_source_open(&recipe->source, product->sources, fa_context_get_home(context), error);
    if (source == NULL)
        return false;
    if (!fa_source_has_history(source))
        return true;
    const FaSourceRange range = {.from = change->before,
                                 .to = change->after,
                                 .path = recipe->migrations,
                                 .limit = COMMITS_MAX};
    g_autoptr(FaSourceLog) log = fa_source_log(source, &range, cancel, error);
    if (log == NULL)
        return false;
    for (guint i = 0; i < log->commits->len; i++)
        g_ptr_array_add(change->commits, copy_commit(g_ptr_array_index(log->commits, i)));
    return log->commits->len > 0 || fa_source_is_ancestor(source, change->after, change->before,
                                                          cancel, &change->is_back, error);
}

/* A history that cannot be read is said, and holds nothing up. */
FaChange *
fa_change_new(FaContext *context, const char *component, const char *before, const char *after,
              FaCancel *cancel)
{
    g_autoptr(GError) failure = NULL;
    FaChange *change = g_new0(FaChange, 1);
    change->commits = g_ptr_array_new_with_free_func((GDestroyNotify)commit_free);
    change->component = g_strdup(component);
    change->before = g_strdup(before);
    change->after = g_strdup(after);
    if (!read_history(context, component, change, cancel, &failure))
        change->problem = g_strdup(failure->message);
    return change;
}

static void
add_changes(FaContext *context, const FaRelease *before, const FaRelease *after, FaCancel *cancel,
            GPtrArray *changes)
{
    for (guint i = 0; i < after->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(after->pins, i);
        const FaPin *old = before != NULL ? fa_release_find_pin(before, pin->component) : NULL;
        g_ptr_array_add(
            changes,
            fa_change_new(context, pin->component,
                          old != NULL ? fa_change_tell_revision(old->revision, old->digest) : NULL,
                          fa_change_tell_revision(pin->revision, pin->digest), cancel));
    }
    for (guint i = 0; before != NULL && i < before->pins->len; i++) {
        const FaPin *pin = g_ptr_array_index(before->pins, i);
        if (fa_release_find_pin(after, pin->component) == NULL)
            g_ptr_array_add(changes,
                            fa_change_new(context, pin->component, pin->revision, NULL, cancel));
    }
}

GPtrArray *
fa_release_list_changes(FaContext *context, const FaRelease *before, const FaRelease *after,
                        FaCancel *cancel, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func((GDestroyNotify)fa_change_free);
    add_changes(context, before, after, cancel, changes);
    return fa_cancel_check(cancel, error) ? g_steal_pointer(&changes) : NULL;
}

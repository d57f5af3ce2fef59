#include "app/times.h"

#include <string.h>

#include "base/text.h"
#include "sys/fs.h"

#define FILE_MAX    (256 * 1024)
#define LENGTH_MAX  ((int64_t)7 * 24 * 3600 * G_USEC_PER_SEC)
#define MILLISECOND 1000

typedef struct Time {
    char *component;
    int64_t elapsed;
} Time;

/* In an order, and each component once. */
typedef struct TimeList {
    GPtrArray *times;    /* of Time */
    GHashTable *by_name; /* of the component, to its Time */
} TimeList;

struct FaTimes {
    char *path;
    TimeList known; /* the newest first */
    GMutex mutex;   /* guards fresh */
    TimeList fresh; /* in the order of their end */
};

static void
time_free(Time *time)
{
    g_free(time->component);
    g_free(time);
}

static void
list_init(TimeList *list)
{
    list->times = g_ptr_array_new_with_free_func((GDestroyNotify)time_free);
    list->by_name = g_hash_table_new(g_str_hash, g_str_equal);
}

static void
list_clear(TimeList *list)
{
    g_hash_table_unref(list->by_name);
    g_ptr_array_unref(list->times);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TimeList, list_clear)

static void
add(TimeList *list, const char *component, int64_t elapsed)
{
    if (list->times->len >= FA_TIMES_MAX || g_hash_table_contains(list->by_name, component))
        return;
    Time *time = g_new0(Time, 1);
    time->component = g_strdup(component);
    time->elapsed = elapsed;
    g_ptr_array_add(list->times, time);
    g_hash_table_insert(list->by_name, time->component, time);
}

/* Adds what the file at @path has, line by line "COMPONENT MILLISECONDS"; other lines are passed over. */
static void
read_file(const char *path, TimeList *list)
{
    g_autofree char *text = NULL;
    size_t length = 0;

    if (!fa_fs_read(path, FILE_MAX, &text, &length, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        int64_t milliseconds = 0;
        char *space = strchr(*line, ' ');
        if (space == NULL)
            continue;
        *space = '\0';
        if (fa_text_is_name(*line) &&
            fa_parse_int64(space + 1, 1, LENGTH_MAX / MILLISECOND, &milliseconds))
            add(list, *line, milliseconds * MILLISECOND);
    }
}

FaTimes *
fa_times_read(const char *home)
{
    FaTimes *times = g_new0(FaTimes, 1);
    times->path = g_build_filename(home, "log", "build", "times", NULL);
    list_init(&times->known);
    list_init(&times->fresh);
    g_mutex_init(&times->mutex);
    read_file(times->path, &times->known);
    return times;
}

void
fa_times_free(FaTimes *times)
{
    if (times == NULL)
        return;
    list_clear(&times->known);
    list_clear(&times->fresh);
    g_mutex_clear(&times->mutex);
    g_free(times->path);
    g_free(times);
}

int64_t
fa_times_get(const FaTimes *times, const char *component)
{
    const Time *time = g_hash_table_lookup(times->known.by_name, component);
    return time != NULL ? time->elapsed : 0;
}

void
fa_times_set(FaTimes *times, const char *component, int64_t elapsed)
{
    if (elapsed < MILLISECOND)
        return;
    g_mutex_lock(&times->mutex);
    add(&times->fresh, component, MIN(elapsed, LENGTH_MAX));
    g_mutex_unlock(&times->mutex);
}

void
fa_times_write(FaTimes *times)
{
    const GPtrArray *fresh = times->fresh.times;
    g_auto(TimeList) all = {0};
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *folder = g_path_get_dirname(times->path);

    list_init(&all);
    if (fresh->len == 0)
        return;
    for (guint i = 0; i < fresh->len; i++) {
        const Time *time = g_ptr_array_index(fresh, i);
        add(&all, time->component, time->elapsed);
    }
    read_file(times->path, &all);
    for (guint i = 0; i < all.times->len; i++) {
        const Time *time = g_ptr_array_index(all.times, i);
        g_string_append_printf(text, "%s %" G_GINT64_FORMAT "\n", time->component,
                               time->elapsed / MILLISECOND);
    }
    /* An estimate that is lost is no reason to fail a build that went well. */
    if (fa_fs_make_directory(folder, 0755, NULL))
        fa_fs_write(times->path, text->str, text->len, 0644, FA_WRITE_NONE, NULL);
}

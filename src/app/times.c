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

struct FaTimes {
    char *path;
    GPtrArray *known; /* of Time, the newest first */
    GMutex mutex;     /* guards fresh */
    GPtrArray *fresh; /* of Time, in the order of their end */
};

static void
time_free(Time *time)
{
    g_free(time->component);
    g_free(time);
}

static Time *
find(const GPtrArray *times, const char *component)
{
    for (guint i = 0; i < times->len; i++) {
        Time *time = g_ptr_array_index(times, i);
        if (strcmp(time->component, component) == 0)
            return time;
    }
    return NULL;
}

static void
add(GPtrArray *times, const char *component, int64_t elapsed)
{
    if (times->len >= FA_TIMES_MAX || find(times, component) != NULL)
        return;
    Time *time = g_new0(Time, 1);
    time->component = g_strdup(component);
    time->elapsed = elapsed;
    g_ptr_array_add(times, time);
}

/* Adds what the file at @path has, line by line "COMPONENT MILLISECONDS"; other lines are passed over. */
static void
read_file(const char *path, GPtrArray *times)
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
            add(times, *line, milliseconds * MILLISECOND);
    }
}

FaTimes *
fa_times_read(const char *home)
{
    FaTimes *times = g_new0(FaTimes, 1);
    times->path = g_build_filename(home, "log", "build", "times", NULL);
    times->known = g_ptr_array_new_with_free_func((GDestroyNotify)time_free);
    times->fresh = g_ptr_array_new_with_free_func((GDestroyNotify)time_free);
    g_mutex_init(&times->mutex);
    read_file(times->path, times->known);
    return times;
}

void
fa_times_free(FaTimes *times)
{
    if (times == NULL)
        return;
    g_ptr_array_unref(times->known);
    g_ptr_array_unref(times->fresh);
    g_mutex_clear(&times->mutex);
    g_free(times->path);
    g_free(times);
}

int64_t
fa_times_get(const FaTimes *times, const char *component)
{
    const Time *time = find(times->known, component);
    return time != NULL ? time->elapsed : 0;
}

void
fa_times_set(FaTimes *times, const char *component, int64_t elapsed)
{
    if (elapsed < MILLISECOND)
        return;
    g_mutex_lock(&times->mutex);
    add(times->fresh, component, MIN(elapsed, LENGTH_MAX));
    g_mutex_unlock(&times->mutex);
}

void
fa_times_write(FaTimes *times)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)time_free);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *folder = g_path_get_dirname(times->path);

    if (times->fresh->len == 0)
        return;
    for (guint i = 0; i < times->fresh->len; i++) {
        const Time *time = g_ptr_array_index(times->fresh, i);
        add(all, time->component, time->elapsed);
    }
    read_file(times->path, all);
    for (guint i = 0; i < all->len; i++) {
        const Time *time = g_ptr_array_index(all, i);
        g_string_append_printf(text, "%s %" G_GINT64_FORMAT "\n", time->component,
                               time->elapsed / MILLISECOND);
    }
    /* An estimate that is lost is no reason to fail a build that went well. */
    if (fa_fs_make_directory(folder, 0755, NULL))
        fa_fs_write(times->path, text->str, text->len, 0644, FA_WRITE_NONE, NULL);
}

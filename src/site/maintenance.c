#include "site/maintenance.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "site/edge.h"
#include "sys/clock.h"
#include "sys/fs.h"

#define MARK_MAX ((size_t)64 << 10)
#define STATUS   "503"

/* (transfer full) (nullable) What it says, when it is there and ours. */
static JsonNode *
read_mark(const char *path, const char *purpose)
{
    g_autofree char *text = NULL;
    if (!fa_fs_read(path, MARK_MAX, &text, NULL, NULL))
        return NULL;
    g_autoptr(JsonNode) node = fa_json_from_text(text, -1, NULL);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node) ||
        g_strcmp0(fa_json_get_string(json_node_get_object(node), "for"), purpose) != 0)
        return NULL;
    return g_steal_pointer(&node);
}

bool
fa_maintenance_begin(const FaLayout *layout, const char *log, const char *purpose, GError **error)
{
    g_autofree char *path = fa_edge_get_maintenance(layout);
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    struct stat status;
    if (fa_fs_exists(path))
        return true;
    JsonObject *mark = json_object_new();
    json_object_set_string_member(mark, "for", purpose);
    json_object_set_int_member(mark, "since", fa_clock_now());
    json_object_set_int_member(mark, "monotonic", fa_clock_monotonic());
    json_object_set_int_member(mark, "log", stat(log, &status) == 0 ? status.st_size : 0);
    json_node_take_object(node, mark);
    g_autofree char *text = fa_json_to_text(node, true);
    return fa_fs_write(path, text, strlen(text), 0644, FA_WRITE_SYNC, error);
}

/* ... "GET / HTTP/1.1" 503 21 ... live.nyc a */
static bool
is_counted(const char *line, const char *environment)
{
    const char *request = strchr(line, '"');
    const char *end = request != NULL ? strstr(request + 1, "\" ") : NULL;
    const char *slot = strrchr(line, ' ');
    size_t length = strlen(environment);
    return end != NULL && strncmp(end + 2, STATUS " ", strlen(STATUS " ")) == 0 &&
           slot > end + length && strncmp(slot - length, environment, length) == 0 &&
           slot[-(ptrdiff_t)length - 1] == ' ';
}

int64_t
fa_maintenance_count(const char *log, int64_t offset, const char *environment)
{
    FILE *file = fopen(log, "re");
    char *line = NULL;
    size_t size = 0;
    int64_t count = 0;
    struct stat status;
    if (file == NULL)
        return -1;
    /* It was begun anew meanwhile. */
    if (fstat(fileno(file), &status) == 0 && status.st_size < offset)
        offset = 0;
    if (fseeko(file, offset, SEEK_SET) != 0)
        count = -1;
    while (count >= 0 && getline(&line, &size, file) > 0)
        count += is_counted(g_strchomp(line), environment);
    g_clear_pointer(&line, free);
    fclose(file);
    return count;
}

static int64_t
duration_of(JsonObject *mark)
{
    int64_t begun = fa_json_get_int(mark, "monotonic", 0), now = fa_clock_monotonic();
    if (begun > 0 && now >= begun)
        return now - begun;
    /* The host was started anew since. */
    int64_t seconds = fa_clock_now() - fa_json_get_int(mark, "since", 0);
    return MAX(seconds, 0) * G_USEC_PER_SEC;
}

bool
fa_maintenance_end(const FaLayout *layout, const char *log, const char *purpose,
                   FaMaintenance *ret_ended, GError **error)
{
    g_autofree char *path = fa_edge_get_maintenance(layout);
    g_autofree char *name = g_strdup_printf("%s.%s", layout->environment, layout->site);
    g_autoptr(JsonNode) node = read_mark(path, purpose);
    *ret_ended = (FaMaintenance){0};
    if (node == NULL)
        return true;
    JsonObject *mark = json_node_get_object(node);
    if (unlink(path) != 0 && errno != ENOENT)
        return fa_fail_errno(error, errno, "cannot remove '%s'", path);
    *ret_ended = (FaMaintenance){
        .was_there = true,
        .microseconds = duration_of(mark),
        .requests = fa_maintenance_count(log, fa_json_get_int(mark, "log", 0), name),
    };
    return true;
}

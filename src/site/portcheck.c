#include "site/portcheck.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"
#include "sys/tcp.h"

#define TABLE_MAX    ((size_t)64 << 20)
#define STATE_LISTEN "0A"
#define STATE_OPEN   "01"
#define FIELD_LOCAL  1
#define FIELD_STATE  3
#define FIELD_USER   7
#define FIELD_INODE  9
#define FIELDS       10
#define PROGRAM_MAX  256

void
fa_port_holder_free(FaPortHolder *holder)
{
    if (holder == NULL)
        return;
    g_free(holder->program);
    g_free(holder);
}

/* Cuts a line of /proc/net/tcp at its spaces, in place. */
static bool
cut_fields(char *line, char *fields[FIELDS])
{
    size_t count = 0;

    for (char *at = line; count < FIELDS;) {
        at += strspn(at, " ");
        if (*at == '\0')
            return false;
        fields[count++] = at;
        at += strcspn(at, " ");
        if (*at != '\0')
            *at++ = '\0';
    }
    return true;
}

/* (transfer full) (nullable) `socket:[INODE]` of who listens at the holder's port, as its descriptor is called. */
static char *
socket_of_line(char *line, FaPortHolder *holder)
{
    char *fields[FIELDS];
    unsigned user;

    if (!cut_fields(line, fields) || strcmp(fields[FIELD_STATE], STATE_LISTEN) != 0)
        return NULL;
    const char *colon = strrchr(fields[FIELD_LOCAL], ':');
    if (colon == NULL || g_ascii_strtoull(colon + 1, NULL, 16) != holder->port)
        return NULL;
    holder->has_user = fa_parse_uint(fields[FIELD_USER], 0, G_MAXUINT, &user);
    holder->user = holder->has_user ? user : 0;
    return g_strdup_printf("socket:[%s]", fields[FIELD_INODE]);
}

static char *
socket_of_table(const char *table, FaPortHolder *holder)
{
    g_autofree char *text = NULL;
    size_t length;

    if (!fa_fs_read(table, TABLE_MAX, &text, &length, NULL))
        return NULL;
    for (char *line = text; *line != '\0';) {
        char *end = strchrnul(line, '\n');
        bool is_last = *end == '\0';
        *end = '\0';
        char *socket = socket_of_line(line, holder);
        if (socket != NULL || is_last)
            return socket;
        line = end + 1;
    }
    return NULL;
}

static bool
process_has(const char *pid, const char *socket)
{
    g_autofree char *directory = g_build_filename("/proc", pid, "fd", NULL);
    g_auto(GStrv) names = fa_fs_list(directory, NULL);

    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *path = g_build_filename(directory, *name, NULL);
        g_autofree char *target = fa_fs_read_symlink(path, NULL);
        if (g_strcmp0(target, socket) == 0)
            return true;
    }
    return false;
}

static char *
program_of(const char *pid)
{
    g_autofree char *path = g_build_filename("/proc", pid, "comm", NULL);
    g_autofree char *text = NULL;
    size_t length;

    if (!fa_fs_read(path, PROGRAM_MAX, &text, &length, NULL))
        return NULL;
    g_strchomp(text);
    return fa_text_sanitize(text, strlen(text));
}

static void
find_process(FaPortHolder *holder)
{
    g_autofree char *socket = socket_of_table("/proc/net/tcp", holder);
    if (socket == NULL)
        socket = socket_of_table("/proc/net/tcp6", holder);
    g_auto(GStrv) names = socket != NULL ? fa_fs_list("/proc", NULL) : NULL;

    for (char **name = names; name != NULL && *name != NULL; name++) {
        unsigned pid;
        if (!fa_parse_uint(*name, 1, G_MAXINT, &pid) || !process_has(*name, socket))
            continue;
        holder->pid = (pid_t)pid;
        holder->program = program_of(*name);
        return;
    }
}

GPtrArray *
fa_portcheck_find_taken(const FaPortUse *ports, size_t count, GError **error)
{
    g_autoptr(GPtrArray) taken =
        g_ptr_array_new_with_free_func((GDestroyNotify)fa_port_holder_free);

    for (size_t i = 0; i < count; i++) {
        bool is_free;
        if (!fa_tcp_port_is_free(ports[i].port, &is_free, error))
            return NULL;
        if (is_free)
            continue;
        FaPortHolder *holder = g_new0(FaPortHolder, 1);
        holder->port = ports[i].port;
        holder->purpose = ports[i].purpose;
        find_process(holder);
        g_ptr_array_add(taken, holder);
    }
    return g_steal_pointer(&taken);
}

static void
describe(GString *out, const FaPortHolder *holder)
{
    g_string_append_printf(out, "%sport %u", out->len > 0 ? ", " : "", holder->port);
    if (holder->purpose != NULL)
        g_string_append_printf(out, " (%s)", holder->purpose);
    if (holder->pid != 0)
        g_string_append_printf(out, " by process %d '%s'", (int)holder->pid,
                               holder->program != NULL ? holder->program : "?");
    else if (holder->has_user)
        g_string_append_printf(out, " by a process of user %u", (unsigned)holder->user);
    else
        g_string_append(out, " by a process that cannot be seen from here");
}

bool
fa_portcheck_require_free(const FaPortUse *ports, size_t count, GError **error)
{
    g_autoptr(GPtrArray) taken = fa_portcheck_find_taken(ports, count, error);
    g_autoptr(GString) text = g_string_new(NULL);

    if (taken == NULL)
        return false;
    for (guint i = 0; i < taken->len; i++)
        describe(text, g_ptr_array_index(taken, i));
    return taken->len == 0 ||
           fa_fail(error, FA_ERROR_CONFLICT,
                   "taken: %s\nhelp: stop who holds %s, or give the site another base-port",
                   text->str, taken->len == 1 ? "it" : "them");
}

static bool
is_open_at(char *line, unsigned first, unsigned last)
{
    char *fields[FIELDS];
    if (!cut_fields(line, fields) || strcmp(fields[FIELD_STATE], STATE_OPEN) != 0)
        return false;
    const char *colon = strrchr(fields[FIELD_LOCAL], ':');
    guint64 port = colon != NULL ? g_ascii_strtoull(colon + 1, NULL, 16) : 0;
    return port >= first && port <= last;
}

bool
fa_portcheck_count_connections(unsigned first, unsigned last, unsigned *ret_count, GError **error)
{
    static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    unsigned count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *text = NULL;
        if (!fa_fs_exists(tables[i]))
            continue;
        if (!fa_fs_read(tables[i], TABLE_MAX, &text, NULL, error))
            return false;
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line != NULL; line++)
            count += is_open_at(*line, first, last);
    }
    *ret_count = count;
    return true;
}

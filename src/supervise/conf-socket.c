/*
 * Sockets: that of a FastCGI program, and those that are held for any program (sockets=NAME=URL, ...).
 */
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "supervise/conf.h"
#include "supervise/values.h"

#define SOCKETS_MAX 64

int
sv_conf_parse_socket(SvConfReader *reader, const char *text, int64_t process_uid, bool has_mode,
                     SvSocketConf *socket)
{
    SvError *error = &reader->error;

    if (strncmp(text, "unix://", 7) == 0) {
        if (text[7] != '/')
            return sv_fail_repr(error, "('Unix socket path %s is not an absolute path', %r)", "%s",
                                text + 7);
        socket->path = sv_normalize_path(reader->arena, text + 7);
        if (!socket->owned && process_uid >= 0 && process_uid != (int64_t)getuid()) {
            const struct passwd *entry = getpwuid((uid_t)process_uid);
            socket->owned = true;
            socket->uid = process_uid;
            socket->gid = entry ? (int64_t)entry->pw_gid : -1;
        }
        socket->mode = has_mode ? socket->mode : 0700;
        socket->url = sv_arena_printf(reader->arena, "unix://%s", socket->path);
        return 0;
    }
    if (socket->owned || has_mode)
        return sv_fail(
            error,
            "socket_owner and socket_mode params should only be used with a Unix domain socket");
    const char *colon = strncmp(text, "tcp://", 6) == 0 ? strchr(text + 6, ':') : NULL;
    if (!colon || colon == text + 6 || colon[1] == '\0' ||
        colon[1 + strspn(colon + 1, "0123456789")] != '\0')
        return sv_fail_repr(error, "('Bad socket format %s', %r)", "%s", text);
    char *host = sv_arena_strndup(reader->arena, text + 6, (size_t)(colon - text - 6));
    for (char *p = host; p && *p != '\0'; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    socket->host = host;
    SV_TRY(sv_value_port(colon + 1, &socket->port, error));
    socket->url =
        sv_arena_printf(reader->arena, "tcp://%s:%" PRId64, host ? host : "", socket->port);
    return 0;
}

int
sv_conf_read_socket_options(SvConfReader *reader, const SvSection *section, const SvNames *names,
                            SvSocketConf *socket, bool *ret_has_mode)
{
    SvError ignored = {.arena = &reader->scratch};
    const char *value;

    *socket = (SvSocketConf){.backlog = -1, .mode = -1, .gid = -1};
    SV_TRY(sv_conf_get(reader, section, "socket_backlog", NULL, names, &value));
    if (value) {
        SV_TRY(sv_value_int(value, &socket->backlog, &reader->error));
        if (socket->backlog < 1 || socket->backlog > 65535)
            return sv_fail(&reader->error, "Invalid socket_backlog value %" PRId64,
                           socket->backlog);
    }
    SV_TRY(sv_conf_get(reader, section, "socket_owner", NULL, names, &value));
    if (value && sv_value_owner(value, &socket->uid, &socket->gid, &ignored) < 0)
        return sv_fail(&reader->error, "Invalid socket_owner value %s", value);
    socket->owned = value != NULL;
    SV_TRY(sv_conf_get(reader, section, "socket_mode", NULL, names, &value));
    if (value && sv_value_octal(value, &socket->mode, &ignored) < 0)
        return sv_fail(&reader->error, "Invalid socket_mode value %s", value);
    *ret_has_mode = value != NULL;
    return 0;
}

/* [NAME=]URL. */
static int
read_one(SvConfReader *reader, const char *text, const SvProgram *program, bool has_mode,
         SvSocketConf *socket)
{
    const char *equals = strchr(text, '=');
    const char *slash = strchr(text, '/');
    bool named = equals && slash && equals < slash;

    socket->name =
        named ? sv_arena_strndup(reader->arena, text, (size_t)(equals - text)) : program->section;
    if (!socket->name)
        return sv_fail(&reader->error, "the configuration is too large");
    if (!named)
        socket->name = strchr(program->section, ':') + 1;
    if (socket->name[strcspn(socket->name, ": \t")] != '\0' || *socket->name == '\0')
        return sv_fail(&reader->error, "sockets: '%s' is no name of a socket", socket->name);
    const char *url = named ? equals + 1 : text;
    /* Of the two kinds in one list only those of Unix have an owner and a mode. */
    if (strncmp(url, "unix://", 7) != 0) {
        has_mode = socket->owned = false;
        socket->mode = -1;
    }
    return sv_conf_parse_socket(reader, url, program->uid, has_mode, socket);
}

int
sv_conf_read_sockets(SvConfReader *reader, const SvSection *section, const SvNames *names,
                     SvProgram *program)
{
    const char *value;
    SvSocketConf options;
    bool has_mode;
    size_t count = 0;

    SV_TRY(sv_conf_get(reader, section, "sockets", NULL, names, &value));
    if (!value || program->class != SV_CLASS_PROGRAM)
        return 0;
    SV_TRY(sv_conf_read_socket_options(reader, section, names, &options, &has_mode));
    const char *const *list = sv_split_list(reader->arena, value);
    while (list && list[count])
        count++;
    if (count > SOCKETS_MAX)
        return sv_fail(&reader->error, "sockets: more than %d", SOCKETS_MAX);
    SvSocketConf *sockets = sv_arena_alloc(reader->arena, count * sizeof *sockets);
    if (!list || !sockets)
        return sv_fail(&reader->error, "the configuration is too large");
    for (size_t i = 0; i < count; i++) {
        sockets[i] = options;
        SV_TRY(read_one(reader, list[i], program, has_mode, &sockets[i]));
    }
    program->sockets = sockets;
    program->socket_count = count;
    return 0;
}

/*
 * Groups: [group:x], and the programs, listeners and FastCGI programs that are groups of their own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/conf.h"
#include "supervise/event.h"
#include "supervise/text.h"
#include "supervise/values.h"

#define DEPENDENCY_DEPTH_MAX 32

typedef struct Groups {
    SvConfReader *reader;
    SvGroupConf *groups;
    size_t count;
    const SvSection **taken; /* program sections that belong to a [group:x] */
    size_t taken_count;
    SvNames names;
} Groups;

static bool
begins(const SvSection *section, const char *prefix)
{
    return strncmp(section->name, prefix, strlen(prefix)) == 0;
}

static bool
is_taken(const Groups *all, const SvSection *section)
{
    for (size_t i = 0; i < all->taken_count; i++)
        if (all->taken[i] == section)
            return true;
    return false;
}

static int
append_programs(Groups *all, SvGroupConf *group, const SvProgram *programs, size_t count)
{
    SvProgram *joined = sv_arena_alloc(all->reader->arena, (group->count + count) * sizeof *joined);

    if (!joined)
        return sv_fail(&all->reader->error, "the configuration is too large");
    if (group->count > 0)
        memcpy(joined, group->programs, group->count * sizeof *joined);
    if (count > 0)
        memcpy(joined + group->count, programs, count * sizeof *joined);
    group->programs = joined;
    group->count += count;
    return 0;
}

static int
read_member(Groups *all, SvGroupConf *group, const SvSection **section, const char *program)
{
    SvConfReader *reader = all->reader;
    const char *plain_name = sv_arena_printf(&reader->scratch, "program:%s", program);
    const char *fcgi_name = sv_arena_printf(&reader->scratch, "fcgi-program:%s", program);
    const SvSection *plain = sv_ini_section(reader->ini, plain_name ? plain_name : "");
    const SvSection *fcgi = sv_ini_section(reader->ini, fcgi_name ? fcgi_name : "");
    SvProgram *programs;
    size_t count;

    if (!plain && !fcgi)
        return sv_fail(&reader->error, "[%s] names unknown program or fcgi-program %s",
                       (*section)->name, program);
    if (plain && fcgi)
        return sv_fail(&reader->error,
                       "[%s] name %s is ambiguous (exists as program and fcgi-program)",
                       (*section)->name, program);
    *section = plain ? plain : fcgi;
    all->taken[all->taken_count++] = *section;
    SV_TRY(
        sv_conf_read_programs(reader, *section, group->name, SV_CLASS_PROGRAM, &programs, &count));
    return append_programs(all, group, programs, count);
}

static int
read_group(Groups *all, const SvSection *section)
{
    SvConfReader *reader = all->reader;
    SvGroupConf *group = &all->groups[all->count++];
    const char *value;

    SV_TRY(
        sv_value_name(reader->arena, strchr(section->name, ':') + 1, &group->name, &reader->error));
    SV_TRY(sv_conf_get(reader, section, "programs", "", &all->names, &value));
    const char *const *programs = sv_split_list(&reader->scratch, value);
    SV_TRY(sv_conf_get_int(reader, section, "priority", 999, &all->names, &group->priority));
    size_t members = 0;
    while (programs && programs[members])
        members++;
    const SvSection **taken =
        sv_arena_alloc(&reader->scratch, (all->taken_count + members + 1) * sizeof *taken);
    if (!programs || !taken)
        return sv_fail(&reader->error, "the configuration is too large");
    if (all->taken_count > 0)
        memcpy(taken, all->taken, all->taken_count * sizeof *taken);
    all->taken = taken;
    for (size_t i = 0; i < members; i++)
        SV_TRY(read_member(all, group, &section, programs[i]));
    return 0;
}

static int
read_program(Groups *all, const SvSection *section)
{
    SvConfReader *reader = all->reader;
    SvGroupConf *group = &all->groups[all->count++];

    SV_TRY(
        sv_value_name(reader->arena, strchr(section->name, ':') + 1, &group->name, &reader->error));
    SV_TRY(sv_conf_get_int(reader, section, "priority", 999, &all->names, &group->priority));
    return sv_conf_read_programs(reader, section, group->name, SV_CLASS_PROGRAM, &group->programs,
                                 &group->count);
}

static int
read_listener_events(Groups *all, const SvSection *section, SvGroupConf *group)
{
    SvConfReader *reader = all->reader;
    const char *value;
    bool redirect;

    SV_TRY(sv_conf_get(reader, section, "events", "", &all->names, &value));
    const char *const *names = sv_split_list(&reader->scratch, value);
    if (!names || !names[0])
        return sv_fail(&reader->error, "[%s] section requires an \"events\" line", section->name);
    for (size_t i = 0; names[i]; i++) {
        const SvEventName *event = sv_event_name_find(names[i]);
        if (!event) {
            char *upper = sv_arena_strdup(&reader->scratch, names[i]);
            for (char *p = upper; p && *p != '\0'; p++)
                *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
            return sv_fail(&reader->error, "Unknown event type %s in [%s] events",
                           upper ? upper : names[i], section->name);
        }
        group->events |= event->bit;
    }
    SV_TRY(sv_conf_get_bool(reader, section, "redirect_stderr", false, &all->names, &redirect));
    if (redirect)
        return sv_fail(&reader->error,
                       "[%s] section sets redirect_stderr=true but this is not allowed because it "
                       "will interfere with "
                       "the eventlistener protocol",
                       section->name);
    return 0;
}

static int
read_listener(Groups *all, const SvSection *section)
{
    SvConfReader *reader = all->reader;
    SvGroupConf *group = &all->groups[all->count++];
    const char *handler;

    group->class = SV_CLASS_LISTENER;
    group->name = sv_arena_strdup(reader->arena, strchr(section->name, ':') + 1);
    SV_TRY(sv_conf_get_int(reader, section, "priority", -1, &all->names, &group->priority));
    SV_TRY(sv_conf_get_int(reader, section, "buffer_size", 10, &all->names, &group->buffer_size));
    if (group->buffer_size < 1)
        return sv_fail(&reader->error, "[%s] section sets invalid buffer_size (%" PRId64 ")",
                       section->name, group->buffer_size);
    SV_TRY(sv_conf_get(reader, section, "result_handler", "supervisor.dispatchers:default_handler",
                       &all->names, &handler));
    if (strcmp(handler, "supervisor.dispatchers:default_handler") != 0)
        return sv_fail(&reader->error, "%s cannot be resolved within [%s]", handler, section->name);
    SV_TRY(read_listener_events(all, section, group));
    return sv_conf_read_programs(reader, section, group->name, SV_CLASS_LISTENER, &group->programs,
                                 &group->count);
}

static int
read_fcgi(Groups *all, const SvSection *section)
{
    SvConfReader *reader = all->reader;
    SvGroupConf *group = &all->groups[all->count++];
    SvNames names = {.arena = &reader->scratch};
    const char *value;
    int64_t process_uid = -1;
    bool has_mode = false;

    group->class = SV_CLASS_FCGI;
    SV_TRY(
        sv_value_name(reader->arena, strchr(section->name, ':') + 1, &group->name, &reader->error));
    SV_TRY(sv_conf_get_int(reader, section, "priority", 999, &all->names, &group->priority));
    SV_TRY(sv_conf_get(reader, section, "user", NULL, &all->names, &value));
    if (value)
        SV_TRY(sv_value_uid(value, &process_uid, &reader->error));
    SV_TRY(sv_conf_read_socket_options(reader, section, &all->names, &group->socket, &has_mode));
    sv_names_set(&names, "program_name", group->name);
    sv_names_set(&names, "here", reader->config->here);
    SV_TRY(sv_conf_get(reader, section, "socket", NULL, &names, &value));
    if (!value || *value == '\0')
        return sv_fail(&reader->error, "[%s] section requires a \"socket\" line", section->name);
    if (sv_conf_parse_socket(reader, value, process_uid, has_mode, &group->socket) < 0) {
        const char *text = reader->error.text;
        reader->error.text = NULL;
        return sv_fail(&reader->error, "%s in [%s] socket", text, section->name);
    }
    return sv_conf_read_programs(reader, section, group->name, SV_CLASS_FCGI, &group->programs,
                                 &group->count);
}

static int
compare_groups(const void *a, const void *b)
{
    const SvGroupConf *x = a;
    const SvGroupConf *y = b;

    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int
read_kind(Groups *all, const char *prefix, int (*read)(Groups *, const SvSection *))
{
    for (const SvSection *section = all->reader->ini->sections; section; section = section->next)
        if (begins(section, prefix) && !is_taken(all, section))
            SV_TRY(read(all, section));
    return 0;
}

static bool
is_called(const SvGroupConf *group, const SvProgram *program, const char *name)
{
    return strcmp(group->name, name) == 0 || strcmp(program->name, name) == 0 ||
           strcmp(strchr(program->section, ':') + 1, name) == 0;
}

/* Follows what @program depends on. Circles are found by their depth, which no chain without one can have. */
static int
check_dependencies(SvConfReader *reader, const SvProgram *program, size_t depth)
{
    const SvConfig *config = reader->config;

    if (depth > DEPENDENCY_DEPTH_MAX)
        return sv_fail(&reader->error,
                       "depends_on goes in a circle, or is deeper than %d, in section '%s'",
                       DEPENDENCY_DEPTH_MAX, program->section);
    for (const char *const *name = program->depends_on; name && *name; name++) {
        const SvProgram *found = NULL;
        for (size_t i = 0; i < config->group_count && !found; i++)
            for (size_t j = 0; j < config->groups[i].count && !found; j++)
                if (is_called(&config->groups[i], &config->groups[i].programs[j], *name))
                    found = &config->groups[i].programs[j];
        if (!found)
            return sv_fail(&reader->error, "depends_on names unknown program '%s' in section '%s'",
                           *name, program->section);
        SV_TRY(check_dependencies(reader, found, depth + 1));
    }
    return 0;
}

int
sv_conf_read_groups(SvConfReader *reader)
{
    SvConfig *config = reader->config;
    Groups all = {.reader = reader, .names = {.arena = &reader->scratch}};
    size_t sections = 0;

    for (const SvSection *section = reader->ini->sections; section; section = section->next)
        sections++;
    all.groups = sv_arena_alloc(reader->arena, (sections + 1) * sizeof *all.groups);
    if (!all.groups)
        return sv_fail(&reader->error, "the configuration is too large");
    sv_names_set(&all.names, "here", config->here);
    SV_TRY(read_kind(&all, "group:", read_group));
    SV_TRY(read_kind(&all, "program:", read_program));
    SV_TRY(read_kind(&all, "eventlistener:", read_listener));
    SV_TRY(read_kind(&all, "fcgi-program:", read_fcgi));
    qsort(all.groups, all.count, sizeof *all.groups, compare_groups);
    config->groups = all.groups;
    config->group_count = all.count;
    for (size_t i = 0; i < all.count; i++)
        config->program_count += all.groups[i].count;
    for (size_t i = 0; i < all.count; i++)
        for (size_t j = 0; j < all.groups[i].count; j++)
            SV_TRY(check_dependencies(reader, &all.groups[i].programs[j], 0));
    return 0;
}

static int
read_login(SvConfReader *reader, const SvSection *section, SvServerConf *server)
{
    SV_TRY(sv_conf_get(reader, section, "username", NULL, NULL, &server->username));
    SV_TRY(sv_conf_get(reader, section, "password", NULL, NULL, &server->password));
    if (!server->username != !server->password)
        return sv_fail(&reader->error,
                       "Section [%s] contains incomplete authentication: If a username or a "
                       "password is specified, both "
                       "the username and password must be specified",
                       section->name);
    return 0;
}

static int
read_inet(SvConfReader *reader, const SvSection *section, SvServerConf *server)
{
    const char *value;

    SV_TRY(read_login(reader, section, server));
    SV_TRY(sv_conf_get(reader, section, "port", NULL, NULL, &value));
    if (!value)
        return sv_fail(&reader->error, "section [%s] has no port value", section->name);
    return sv_value_address(reader->arena, value, &server->host, &server->port, &reader->error);
}

static int
read_unix(SvConfReader *reader, const SvSection *section, SvServerConf *server)
{
    SvNames names = {.arena = &reader->scratch};
    SvError ignored = {.arena = &reader->scratch};
    const char *value;

    sv_names_set(&names, "here", reader->config->here);
    SV_TRY(sv_conf_get(reader, section, "file", NULL, &names, &value));
    if (!value)
        return sv_fail(&reader->error, "section [%s] has no file value", section->name);
    server->path = sv_normalize_path(reader->arena, value);
    SV_TRY(read_login(reader, section, server));
    SV_TRY(sv_conf_get(reader, section, "chown", NULL, NULL, &value));
    server->uid = server->gid = -1;
    if (value && sv_value_owner(value, &server->uid, &server->gid, &ignored) < 0)
        return sv_fail(&reader->error, "Invalid sockchown value %s", value);
    SV_TRY(sv_conf_get(reader, section, "chmod", NULL, NULL, &value));
    server->chmod = 0700;
    if (value && sv_value_octal(value, &server->chmod, &ignored) < 0)
        return sv_fail(&reader->error, "Invalid chmod value %s", value);
    return 0;
}

int
sv_conf_read_servers(SvConfReader *reader)
{
    SvConfig *config = reader->config;
    size_t count = 0;

    for (const SvSection *section = reader->ini->sections; section; section = section->next)
        count += begins(section, "inet_http_server") || begins(section, "unix_http_server");
    config->servers = sv_arena_alloc(reader->arena, (count + 1) * sizeof *config->servers);
    if (!config->servers)
        return sv_fail(&reader->error, "the configuration is too large");
    for (int unixes = 0; unixes < 2; unixes++)
        for (const SvSection *section = reader->ini->sections; section; section = section->next) {
            if (!begins(section, unixes ? "unix_http_server" : "inet_http_server"))
                continue;
            SvServerConf *server = &config->servers[config->server_count++];
            const char *colon = strchr(section->name, ':');
            server->section = sv_arena_strdup(reader->arena, section->name);
            server->name = colon ? sv_arena_strdup(reader->arena, colon + 1) : NULL;
            SV_TRY(unixes ? read_unix(reader, section, server)
                          : read_inet(reader, section, server));
        }
    return 0;
}

#include "supervise/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/child.h"
#include "supervise/text.h"
#include "supervise/values.h"

#define CONFIG_MAX     ((size_t)256 << 20)
#define SCRATCH_MAX    ((size_t)512 << 20)
#define START_RATE_MAX 1000000
#define STALE          "what was handed over of the configuration is not complete"

extern char **environ;

static int
include_file(SvConfReader *reader, const char *path)
{
    sv_conf_note(reader, 'i', "Included extra file \"%s\" during parsing", path);
    int r = sv_ini_read(reader->ini, path, true, &reader->error);
    if (r == -ESTALE)
        return sv_fail(&reader->error, STALE);
    if (r < 0 && r != -EINVAL)
        r = 0;
    const char *slash = strrchr(path, '/');
    const char *here =
        slash ? sv_arena_strndup(&reader->scratch, path, (size_t)(slash - path)) : ".";
    if (here)
        sv_ini_expand_here(reader->ini,
                           sv_normalize_path(&reader->scratch, *here == '\0' ? "/" : here));
    return r;
}

static int
include_files(SvConfReader *reader, char **paths, size_t count)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++)
        r = include_file(reader, paths[i]);
    return r;
}

/* The files that the pattern found then, not those that it would find now. */
static int
include_again(SvConfReader *reader, const char *pattern)
{
    const char *path = sv_source_next_file(&reader->config->source);
    int r = 0;

    if (!path)
        sv_conf_note(reader, 'w', "No file matches via include \"%s\"", pattern);
    for (; r == 0 && path; path = sv_source_next_file(&reader->config->source))
        r = include_file(reader, path);
    return r;
}

static int
include_pattern(SvConfReader *reader, const char *base, const char *pattern)
{
    SvSource *source = &reader->config->source;
    const char *whole =
        *pattern == '/' ? pattern : sv_arena_printf(&reader->scratch, "%s/%s", base, pattern);
    glob_t found;

    if (!whole)
        return sv_fail(&reader->error, "the configuration is too large");
    int r = sv_source_pattern(source, whole);
    if (r < 0)
        return sv_fail(&reader->error, r == -ESTALE ? STALE : "the configuration is too large");
    if (source->replayed)
        return include_again(reader, whole);
    if (glob(whole, GLOB_NOESCAPE, NULL, &found) != 0) {
        sv_conf_note(reader, 'w', "No file matches via include \"%s\"", whole);
        return 0;
    }
    r = include_files(reader, found.gl_pathv, found.gl_pathc);
    globfree(&found);
    return r;
}

static int
read_includes(SvConfReader *reader)
{
    const SvSection *section = sv_ini_section(reader->ini, "include");
    SvNames names = {.arena = &reader->scratch};
    const char *files;

    if (!section)
        return 0;
    sv_ini_expand_here(reader->ini, reader->config->here);
    const char *value = sv_ini_get(reader->ini, section, "files");
    if (!value)
        return sv_fail(&reader->error, ".ini file has [include] section, but no files setting");
    sv_names_set(&names, "here", reader->config->here);
    sv_names_set(&names, "host_node_name", reader->config->source.host);
    sv_names_update(&names, &reader->environ);
    SV_TRY(
        sv_expand(&reader->scratch, value, NULL, &names, "include.files", &files, &reader->error));
    char *rest = sv_arena_strdup(&reader->scratch, files);
    while (rest && *(rest = sv_strip(rest)) != '\0') {
        char *pattern = rest;
        while (*rest != '\0' && sv_space_length(rest) == 0)
            rest++;
        if (*rest != '\0') {
            size_t n = sv_space_length(rest);
            *rest = '\0';
            rest += n;
        }
        SV_TRY(include_pattern(reader, reader->config->here, pattern));
    }
    return 0;
}

static const char *
temporary_directory(SvArena *arena)
{
    static const char *const names[] = {"TMPDIR", "TEMP", "TMP"};

    for (size_t i = 0; i < 3; i++) {
        const char *path = getenv(names[i]);
        if (path && *path != '\0' && access(path, W_OK | X_OK) == 0)
            return sv_normalize_path(arena, path);
    }
    return "/tmp";
}

/* What the command line gives goes before the file, but the file is checked all the same. */
static int
text_option(SvConfReader *reader, const SvSection *section, const SvNames *names,
            const char *option, const char *fallback, const char *given, const char **ret_value)
{
    SV_TRY(sv_conf_get(reader, section, option, fallback, names, ret_value));
    if (given)
        *ret_value = given;
    return 0;
}

static int
read_numbers(SvConfReader *reader, const SvSection *section, const SvNames *names,
             const SvOverrides *given)
{
    SvConfig *config = reader->config;
    SvError *error = &reader->error;
    const char *value;

    SV_TRY(sv_conf_get_int(reader, section, "minfds", 1024, names, &config->minfds));
    SV_TRY(sv_conf_get_int(reader, section, "minprocs", 200, names, &config->minprocs));
    if (given->minfds)
        SV_TRY(sv_value_int(given->minfds, &config->minfds, error));
    if (given->minprocs)
        SV_TRY(sv_value_int(given->minprocs, &config->minprocs, error));
    SV_TRY(text_option(reader, section, names, "directory", NULL, given->directory, &value));
    if (value)
        SV_TRY(sv_value_existing_directory(reader->arena, value, &config->directory, error));
    SV_TRY(text_option(reader, section, names, "user", NULL, given->user, &config->user));
    SV_TRY(text_option(reader, section, names, "umask", "022", given->umask, &value));
    return sv_value_octal(value, &config->umask, error);
}

static int
read_log(SvConfReader *reader, const SvSection *section, const SvNames *names,
         const SvOverrides *given)
{
    SvConfig *config = reader->config;
    SvError *error = &reader->error;
    const char *value;

    SV_TRY(
        text_option(reader, section, names, "logfile", "supervisord.log", given->logfile, &value));
    SV_TRY(sv_value_existing_dirpath(reader->arena, value, &config->logfile, error));
    SV_TRY(text_option(reader, section, names, "logfile_maxbytes", "50MB", given->logfile_maxbytes,
                       &value));
    SV_TRY(sv_value_bytes(value, &config->logfile_maxbytes, error));
    SV_TRY(text_option(reader, section, names, "logfile_backups", "10", given->logfile_backups,
                       &value));
    SV_TRY(sv_value_int(value, &config->logfile_backups, error));
    SV_TRY(text_option(reader, section, names, "loglevel", "info", given->loglevel, &value));
    SV_TRY(sv_value_level(value, &config->loglevel, error));
    SV_TRY(
        text_option(reader, section, names, "pidfile", "supervisord.pid", given->pidfile, &value));
    SV_TRY(sv_value_existing_dirpath(reader->arena, value, &config->pidfile, error));
    return text_option(reader, section, names, "identifier", "supervisor", given->identifier,
                       &config->identifier);
}

static int
read_environment(SvConfReader *reader, const SvSection *section, const SvNames *names)
{
    SvNames all = {.arena = &reader->scratch};
    const char *value;

    SV_TRY(sv_conf_get(reader, section, "environment", "", names, &value));
    sv_names_set(&all, "here", reader->config->here);
    sv_names_set(&all, "host_node_name", reader->config->source.host);
    sv_names_update(&all, &reader->environ);
    SV_TRY(sv_expand(reader->arena, value, NULL, &all, "environment", &value, &reader->error));
    SV_TRY(sv_env_parse(reader->arena, value, &reader->config->env, &reader->error));
    for (const SvEnv *env = reader->config->env; env; env = env->next) {
        const char *name = sv_arena_printf(&reader->scratch, "ENV_%s", env->name);
        if (name)
            sv_names_set(&reader->environ, name, env->value);
    }
    return 0;
}

static int
read_plugins(SvConfReader *reader)
{
    static const char key[] = "supervisor.rpcinterface_factory";
    SvPlugin **link = &reader->config->plugins;

    for (const SvSection *section = reader->ini->sections; section; section = section->next) {
        if (strncmp(section->name, "rpcinterface:", 13) != 0)
            continue;
        SvPlugin *plugin = sv_arena_alloc(reader->arena, sizeof *plugin);
        if (!plugin)
            return sv_fail(&reader->error, "the configuration is too large");
        plugin->name = sv_arena_strdup(reader->arena, section->name + 13);
        SV_TRY(sv_conf_get(reader, section, key, NULL, NULL, &plugin->factory));
        if (!plugin->factory)
            return sv_fail(&reader->error, "section [%s] does not specify a %s", section->name,
                           key);
        if (strcmp(plugin->factory, "supervisor.rpcinterface:make_main_rpcinterface") != 0)
            return sv_fail(&reader->error, "%s cannot be resolved within [%s]", plugin->factory,
                           section->name);
        SvOption **options = &plugin->options;
        for (const SvOption *option = section->options.first; option; option = option->next) {
            if (strcmp(option->name, key) == 0)
                continue;
            SvOption *copy = sv_arena_alloc(reader->arena, sizeof *copy);
            if (!copy)
                return sv_fail(&reader->error, "the configuration is too large");
            copy->name = sv_arena_strdup(reader->arena, option->name);
            SV_TRY(sv_conf_get(reader, section, option->name, NULL, NULL, &copy->value));
            *options = copy;
            options = &copy->next;
        }
        *link = plugin;
        link = &plugin->next;
    }
    return 0;
}

static int
read_supervisord(SvConfReader *reader, const SvSection *section, const SvOverrides *given)
{
    SvConfig *config = reader->config;
    SvNames names = {.arena = &reader->scratch};
    const char *value;

    sv_names_set(&names, "here", config->here);
    SV_TRY(read_numbers(reader, section, &names, given));
    SV_TRY(read_log(reader, section, &names, given));
    SV_TRY(sv_conf_get_bool(reader, section, "nodaemon", false, &names, &config->nodaemon));
    SV_TRY(sv_conf_get_bool(reader, section, "silent", false, &names, &config->silent));
    SV_TRY(text_option(reader, section, &names, "childlogdir", temporary_directory(reader->arena),
                       given->childlogdir, &value));
    SV_TRY(sv_value_existing_directory(reader->arena, value, &config->childlogdir, &reader->error));
    SV_TRY(sv_conf_get_bool(reader, section, "nocleanup", false, &names, &config->nocleanup));
    SV_TRY(sv_conf_get_bool(reader, section, "strip_ansi", false, &names, &config->strip_ansi));
    config->nodaemon |= given->nodaemon;
    config->silent |= given->silent;
    config->nocleanup |= given->nocleanup;
    config->strip_ansi |= given->strip_ansi;
    SV_TRY(sv_conf_get_int(reader, section, "start_rate", 0, &names, &config->start_rate));
    if (config->start_rate < 0 || config->start_rate > START_RATE_MAX)
        return sv_fail(&reader->error, "start_rate is not between 0 and %d", START_RATE_MAX);
    return read_environment(reader, section, &names);
}

/* What every process has of [supervisord] environment, overlaid by its own. */
static void
merge_environments(SvConfReader *reader)
{
    SvConfig *config = reader->config;

    for (size_t i = 0; config->env && i < config->group_count; i++)
        for (size_t j = 0; j < config->groups[i].count; j++) {
            SvProgram *program = &config->groups[i].programs[j];
            SvEnv *merged = NULL;
            for (const SvEnv *env = config->env; env; env = env->next)
                sv_env_set(reader->arena, &merged, env->name, env->value);
            for (const SvEnv *env = program->env; env; env = env->next)
                sv_env_set(reader->arena, &merged, env->name, env->value);
            program->env = merged;
        }
}

static int
finish(SvConfReader *reader)
{
    SvConfig *config = reader->config;

    config->uid = config->gid = -1;
    if (config->user) {
        SV_TRY(sv_value_uid(config->user, &config->uid, &reader->error));
        const struct passwd *entry = getpwuid((uid_t)config->uid);
        config->gid = entry ? (int64_t)entry->pw_gid : -1;
    }
    if (strcmp(config->logfile, "syslog") != 0)
        config->logfile = sv_normalize_path(reader->arena, config->logfile);
    config->pidfile = sv_normalize_path(reader->arena, config->pidfile);
    for (size_t i = config->server_count; i > 0; i--) {
        const SvServerConf *server = &config->servers[i - 1];
        if (!server->path)
            config->serverurl = sv_arena_printf(reader->arena, "http://%s:%d",
                                                *server->host != '\0' ? server->host : "localhost",
                                                (int)server->port);
    }
    for (size_t i = config->server_count; i > 0; i--)
        if (config->servers[i - 1].path)
            config->serverurl =
                sv_arena_printf(reader->arena, "unix://%s", config->servers[i - 1].path);
    return 0;
}

static int
read_all(SvConfReader *reader, const SvOverrides *given)
{
    SvConfig *config = reader->config;
    struct stat st;

    const char *slash = strrchr(config->path, '/');
    const char *directory =
        !slash ? "."
        : slash == config->path
            ? "/"
            : sv_arena_strndup(&reader->scratch, config->path, (size_t)(slash - config->path));
    config->here = sv_normalize_path(reader->arena, directory ? directory : ".");
    for (char **variable = environ; *variable; variable++) {
        const char *equals = strchr(*variable, '=');
        const char *name = equals ? sv_arena_printf(&reader->scratch, "ENV_%.*s",
                                                    (int)(equals - *variable), *variable)
                                  : NULL;
        if (name)
            sv_names_set(&reader->environ, name, equals + 1);
    }
    if (!config->source.replayed && stat(config->path, &st) < 0)
        return sv_fail(&reader->error, "could not find config file %s", config->path);
    int r = sv_ini_read(reader->ini, config->path, false, &reader->error);
    if (r < 0)
        return r == -EINVAL ? r
               : r == -ESTALE
                   ? sv_fail(&reader->error, STALE)
                   : sv_fail(&reader->error, "could not read config file %s", config->path);
    SV_TRY(read_includes(reader));
    const SvSection *section = sv_ini_section(reader->ini, "supervisord");
    if (!section)
        return sv_fail(&reader->error, ".ini file does not include supervisord section");
    SV_TRY(read_supervisord(reader, section, given));
    SV_TRY(read_plugins(reader));
    SV_TRY(sv_conf_read_groups(reader));
    merge_environments(reader);
    SV_TRY(sv_conf_read_servers(reader));
    SV_TRY(finish(reader));
    if (reader->arena->full || reader->scratch.full)
        return sv_fail(&reader->error, "the configuration is too large");
    return 0;
}

static int
read_config(const char *path, const SvSource *replayed, const SvOverrides *overrides,
            SvConfig **ret_config, char **ret_error)
{
    static const SvOverrides none;
    SvArena arena;
    SvConfReader reader = {0};
    SvIni ini = {0};

    if (sv_arena_init(&arena, CONFIG_MAX) < 0 || sv_arena_init(&reader.scratch, SCRATCH_MAX) < 0) {
        *ret_error = strdup("out of memory");
        return -ENOMEM;
    }
    sv_arena_touch_ahead(&arena);
    sv_arena_touch_ahead(&reader.scratch);
    SvConfig *config = sv_arena_alloc(&arena, sizeof *config);
    config->arena = arena;
    reader.config = config;
    reader.arena = &config->arena;
    reader.ini = &ini;
    ini.arena = reader.environ.arena = reader.error.arena = &reader.scratch;
    ini.source = &config->source;
    config->references = 1;
    config->path = sv_arena_strdup(reader.arena, path);
    int r = sv_source_init(&config->source, reader.arena, replayed);
    if (r == 0)
        r = read_all(&reader, overrides ? overrides : &none);
    config->source.replayed = NULL;
    if (r < 0)
        *ret_error = strdup(reader.error.text ? reader.error.text : strerror(-r));
    sv_arena_clear(&reader.scratch);
    if (r < 0) {
        sv_config_unref(config);
        return r;
    }
    *ret_config = config;
    return 0;
}

int
sv_config_read(const char *path, const SvOverrides *overrides, SvConfig **ret_config,
               char **ret_error)
{
    return read_config(path, NULL, overrides, ret_config, ret_error);
}

int
sv_config_read_again(const SvSource *source, const SvOverrides *overrides, SvConfig **ret_config,
                     char **ret_error)
{
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char text[PATH_MAX + 128];
    int r = -EINVAL;

    if (!source->parts || source->parts->pattern) {
        *ret_error = strdup(STALE);
    } else if (here < 0 || chdir(source->directory) < 0) {
        snprintf(text, sizeof text, "cannot go to '%s', where the configuration was read: %s",
                 source->directory, strerror(errno));
        *ret_error = strdup(text);
    } else {
        r = read_config(source->parts->path, source, overrides, ret_config, ret_error);
    }
    /* It cannot fail: we were there. */
    if (here >= 0 && fchdir(here) == 0)
        close(here);
    return r;
}

void
sv_config_unref(SvConfig *config)
{
    /* What a child that is about to exec looks at stays, if need be for ever. */
    if (!config || --config->references > 0 || !sv_child_settle())
        return;
    SvArena arena = config->arena;
    SvArena buffers = config->buffers;
    sv_arena_clear(&buffers);
    sv_arena_clear(&arena);
}

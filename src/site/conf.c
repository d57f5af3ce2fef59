#include "site/conf.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define NAME_MAX_BYTES 127

static const char *const reserved[] = {"supervisord", "supervisorctl", "all", NULL};

char *
fa_conf_process_name(const char *component, const char *process, bool is_only)
{
    if (process == NULL || is_only)
        return g_strdup(component);
    return g_strconcat(component, "-", process, NULL);
}

char *
fa_conf_name_in(FaSlot slot, const FaConfProcess *process)
{
    return process->is_slotted ? fa_slot_get_process_name(slot, process->name)
                               : g_strdup(process->name);
}

/* One file being written; the first mistake stays in error. */
typedef struct Conf {
    GString *out;
    const char *section;
    FaSlot slot;
    GHashTable *index; /* name without slot -> Entry */
    GError **error;
} Conf;

typedef struct Entry {
    const FaConfProcess *process;
    unsigned level; /* 0: depends on nothing */
} Entry;

/* A value is cut at ` ;` and ` #`, and stripped, by every reader of this format. */
static bool
check_value(const Conf *conf, const char *key, const char *value)
{
    const char *problem = NULL;

    for (const char *at = value; *at != '\0' && problem == NULL; at++) {
        if (g_ascii_iscntrl(*at) && *at != '\t')
            problem = "a control character";
        else if ((*at == ';' || *at == '#') && (at == value || g_ascii_isspace(at[-1])))
            problem = "a ';' or '#' behind a space";
    }
    if (problem == NULL)
        return true;
    return fa_fail(conf->error, FA_ERROR_CONFIG,
                   "the %s of '%s' holds %s, which supervisord.conf cannot say\n"
                   "help: put it in a script in etc/ and run that",
                   key, conf->section, problem);
}

static bool
put(Conf *conf, const char *key, const char *value)
{
    if (!check_value(conf, key, value))
        return false;
    g_string_append_printf(conf->out, "%s=", key);
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '%')
            g_string_append_c(conf->out, '%');
        g_string_append_c(conf->out, *at);
    }
    g_string_append_c(conf->out, '\n');
    return true;
}

static bool
put_path(Conf *conf, const char *key, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    return put(conf, key, path);
}

static void
put_number(Conf *conf, const char *key, int64_t number)
{
    g_string_append_printf(conf->out, "%s=%" G_GINT64_FORMAT "\n", key, number);
}

/* KEY="value",KEY='value': the quotes have no escapes. */
static bool
put_environment(Conf *conf, const char *const *environment)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (; environment != NULL && *environment != NULL; environment++) {
        const char *equal = strchr(*environment, '=');
        if (equal == NULL || equal == *environment)
            return fa_fail(conf->error, FA_ERROR_CONFIG, "'%s' has a variable without a name",
                           conf->section);
        char quote = strchr(equal, '"') == NULL ? '"' : '\'';
        if (strchr(equal + 1, quote) != NULL)
            return fa_fail(conf->error, FA_ERROR_CONFIG,
                           "the variable '%.*s' of '%s' holds both kinds of quotes",
                           (int)(equal - *environment), *environment, conf->section);
        g_string_append_printf(text, "%s%.*s=%c%s%c", text->len > 0 ? "," : "",
                               (int)(equal - *environment), *environment, quote, equal + 1, quote);
    }
    return text->len == 0 || put(conf, "environment", text->str);
}

static bool
put_names(Conf *conf, const FaConfProcess *process)
{
    if (process->depends_on == NULL || process->depends_on[0] == NULL)
        return true;
    g_autoptr(GString) names = g_string_new(NULL);
    for (const char *const *name = process->depends_on; *name != NULL; name++) {
        const Entry *other = g_hash_table_lookup(conf->index, *name);
        g_autofree char *whole = fa_conf_name_in(conf->slot, other->process);
        g_string_append_printf(names, "%s%s", names->len > 0 ? "," : "", whole);
    }
    return put(conf, "depends_on", names->str);
}

/* Several instances are told apart by their number, which the supervisor fills in. */
static bool
put_instances(Conf *conf, const FaLayout *layout, const FaConfProcess *process, const char *name)
{
    if (process->instances <= 1) {
        g_autofree char *log = g_strconcat(name, ".log", NULL);
        return put_path(conf, "stdout_logfile", layout->log, log);
    }
    put_number(conf, "numprocs", process->instances);
    g_string_append(conf->out, "process_name=%(program_name)s-%(process_num)d\n");
    if (!put_path(conf, "stdout_logfile", layout->log, name))
        return false;
    g_string_truncate(conf->out, conf->out->len - 1);
    g_string_append(conf->out, "-%(process_num)d.log\n");
    return true;
}

static bool
put_process(Conf *conf, const FaLayout *layout, const FaConfProcess *process, unsigned level)
{
    g_autofree char *name = fa_conf_name_in(conf->slot, process);

    conf->section = process->name;
    g_string_append_printf(conf->out, "\n[program:%s]\n", name);
    if (!put(conf, "command", process->command) ||
        !put(conf, "directory",
             process->directory != NULL ? process->directory : layout->directory) ||
        !put_environment(conf, process->environment))
        return false;
    put_number(conf, "priority", FA_CONF_FIRST_PRIORITY + (int64_t)level);
    put_number(conf, "startsecs", process->start_seconds);
    if (process->schedule == NULL)
        g_string_append(conf->out, "autostart=true\nautorestart=true\n");
    else if (!put(conf, "schedule", process->schedule))
        return false;
    if (!put(conf, "stopsignal", process->stop_signal != NULL ? process->stop_signal : "TERM"))
        return false;
    put_number(conf, "stopwaitsecs", process->stop_wait);
    g_string_append(conf->out, "killasgroup=true\nredirect_stderr=true\n");
    if (!put_instances(conf, layout, process, name))
        return false;
    g_string_append(conf->out, "stdout_logfile_maxbytes=10MB\nstdout_logfile_backups=5\n");
    return put_names(conf, process) &&
           (process->ready == NULL || put(conf, "ready", process->ready));
}

static bool
put_supervisor(Conf *conf, const FaLayout *layout)
{
    g_autofree char *identifier = g_strconcat(layout->environment, ".", layout->site, NULL);
    g_autofree char *socket = g_build_filename(layout->run, "supervisor.sock", NULL);
    g_autofree char *url = g_strconcat("unix://", socket, NULL);

    conf->section = "supervisord";
    g_string_append(conf->out, "; Made by fassembler. What you change here is merged into the next "
                               "build.\n\n[unix_http_server]\n");
    if (!put(conf, "file", socket))
        return false;
    g_string_append(conf->out, "chmod=0700\n\n[supervisord]\n");
    if (!put(conf, "identifier", identifier) || !put(conf, "directory", layout->directory) ||
        !put_path(conf, "logfile", layout->log, "supervisord.log") ||
        !put_path(conf, "pidfile", layout->run, "supervisord.pid") ||
        !put(conf, "childlogdir", layout->log))
        return false;
    g_string_append(conf->out, "logfile_maxbytes=10MB\nlogfile_backups=5\n\n"
                               "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
                               "supervisor.rpcinterface:make_main_rpcinterface\n\n"
                               "[supervisorctl]\n");
    if (!put(conf, "serverurl", url))
        return false;
    g_string_append(conf->out, "\n[include]\n");
    return put_path(conf, "files", layout->var, "beside/*.conf");
}

static gint
compare_entries(gconstpointer a, gconstpointer b)
{
    const Entry *x = a;
    const Entry *y = b;

    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return strcmp(x->process->name, y->process->name);
}

static bool
check_process(const FaConfProcess *process, const FaSecrets *secrets, GError **error)
{
    const char *name = process->name;
    g_autofree char *shown = fa_text_sanitize(name, strlen(name));

    if (strlen(name) > NAME_MAX_BYTES || name[0] == '-' || name[0] == '\0' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no name of a process", shown);
    if (g_strv_contains(reserved, name))
        return fa_fail(error, FA_ERROR_CONFIG, "a process may not be called '%s'", name);
    if (process->command == NULL || process->command[0] == '\0')
        return fa_fail(error, FA_ERROR_CONFIG, "the process '%s' has no command", name);
    if (fa_secrets_is_in(secrets, process->command, strlen(process->command)))
        return fa_fail(error, FA_ERROR_REFUSED,
                       "the command of '%s' holds a secret, and command lines can be read by "
                       "anybody\nhelp: give it in a file of etc/ or in a variable",
                       name);
    return true;
}

/* (transfer full) (nullable) name -> Entry in @entries */
static GHashTable *
index_entries(GArray *entries, const FaSecrets *secrets, GError **error)
{
    g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = &g_array_index(entries, Entry, i);
        if (!check_process(entry->process, secrets, error))
            return NULL;
        if (!g_hash_table_insert(index, (gpointer)entry->process->name, entry)) {
            fa_fail(error, FA_ERROR_CONFIG, "two processes are called '%s'", entry->process->name);
            return NULL;
        }
    }
    return g_steal_pointer(&index);
}

/* *@level becomes one more than that of what @entry depends on. */
static bool
raise_entry(GHashTable *index, Entry *entry, bool *changed, GError **error)
{
    const char *const *name = entry->process->depends_on;

    for (; name != NULL && *name != NULL; name++) {
        const Entry *other = g_hash_table_lookup(index, *name);
        if (other == NULL)
            return fa_fail(error, FA_ERROR_CONFIG,
                           "'%s' depends on '%s', but there is no such process",
                           entry->process->name, *name);
        if (entry->level > other->level)
            continue;
        entry->level = other->level + 1;
        *changed = true;
        if (entry->level > g_hash_table_size(index))
            return fa_fail(error, FA_ERROR_CONFIG, "'%s' depends on itself by way of '%s'",
                           entry->process->name, *name);
    }
    return true;
}

static bool
find_levels(GArray *entries, GHashTable *index, GError **error)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (guint i = 0; i < entries->len; i++)
            if (!raise_entry(index, &g_array_index(entries, Entry, i), &changed, error))
                return false;
    }
    return true;
}

char *
fa_conf_write(const FaLayout *layout, FaSlot slot, const GPtrArray *processes,
              const FaSecrets *secrets, GError **error)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_autoptr(GString) out = g_string_new(NULL);
    Conf conf = {.out = out, .slot = slot, .error = error};

    if (processes->len > FA_CONF_PROCESSES_MAX) {
        fa_fail(error, FA_ERROR_CONFIG, "there are more than %d processes", FA_CONF_PROCESSES_MAX);
        return NULL;
    }
    for (guint i = 0; i < processes->len; i++) {
        Entry entry = {.process = g_ptr_array_index(processes, i)};
        g_array_append_val(entries, entry);
    }
    g_autoptr(GHashTable) index = index_entries(entries, secrets, error);
    if (index == NULL || !find_levels(entries, index, error) || !put_supervisor(&conf, layout))
        return NULL;
    g_array_sort(entries, compare_entries);
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = &g_array_index(entries, Entry, i);
        g_hash_table_insert(index, (gpointer)entry->process->name, entry);
    }
    conf.index = index;
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);
        if (!put_process(&conf, layout, entry->process, entry->level))
            return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

#include "config/recipe.h"

#include <string.h>

#define SECRET_PREFIX "secret:"

static const char *const signals[] = {"TERM", "HUP",  "INT",   "QUIT", "KILL",
                                      "USR1", "USR2", "WINCH", NULL};

static void
read_lifetime(const FaYaml *value, void *object, FaDiags *diags)
{
    static const char *const words[] = {"release", "environment", NULL};
    unsigned index;
    if (fa_schema_word(value, words, "lifetime", diags, &index))
        fa_lifetime_from_string(words[index], &((FaProcess *)object)->lifetime);
}

static void
read_signal(const FaYaml *value, void *object, FaDiags *diags)
{
    FaProcess *process = object;
    unsigned index;
    if (!fa_schema_word(value, signals, "stop-signal", diags, &index))
        return;
    g_free(process->stop_signal);
    process->stop_signal = g_strdup(signals[index]);
}

static void
read_health(const FaYaml *value, void *object, FaDiags *diags)
{
    static const char *const starts[] = {"http://", "https://", "tcp:", "unix:", "command:", "${"};
    if (!fa_schema_is(value, FA_YAML_TEXT, "health", diags))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
        if (g_str_has_prefix(value->text, starts[i])) {
            fa_schema_text(value, &((FaProcess *)object)->health);
            return;
        }
    }
    fa_diag_help(
        fa_schema_mistake(diags, value, "'%s' is not a way to ask for health", value->text),
        "'http://...', 'tcp:HOST:PORT', 'unix:PATH' or 'command: WORDS'");
}

static bool
is_variable(const char *text)
{
    if (!g_ascii_isalpha(*text) && *text != '_')
        return false;
    while (g_ascii_isalnum(*text) || *text == '_')
        text++;
    return *text == '\0';
}

static void
read_environment(const FaYaml *value, void *object, FaDiags *diags)
{
    FaProcess *process = object;

    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        const FaYaml *text = g_ptr_array_index(value->values, i);
        if (!is_variable(name->text)) {
            fa_diag_help(
                fa_schema_mistake(diags, name, "'%s' is not a name of a variable", name->text),
                "letters, digits and '_', not beginning with a digit");
            continue;
        }
        if (!fa_schema_is(text, FA_YAML_TEXT, name->text, diags))
            continue;
        FaVariable *variable = g_new0(FaVariable, 1);
        variable->name = g_strdup(name->text);
        fa_schema_text(text, &variable->value);
        g_ptr_array_add(process->environment, variable);
    }
}

#define AT(field) offsetof(FaProcess, field)
static const FaKey process_keys[] = {
    {"command", FA_KEY_TEMPLATE, AT(command), .is_required = true,
     .help = "The program and its arguments, in the foreground"},
    {"directory", FA_KEY_TEMPLATE, AT(directory), .help = "Where it is started"},
    {"health", FA_KEY_OTHER, .read = read_health, .kind = "template",
     .help = "How to see that it is ready: `http://...`, `tcp:HOST:PORT`, `unix:PATH` or "
             "`command: WORDS`"},
    {"environment", FA_KEY_MAP, .read = read_environment, .kind = "map of templates",
     .help = "Variables beside the usual ones"},
    {"lifetime", FA_KEY_OTHER, .read = read_lifetime, .kind = "`release` or `environment`",
     .fallback = "`release`",
     .help = "What lives for `environment` is not restarted by a new release"},
    {"after", FA_KEY_TEXTS, AT(after),
     .help = "Processes that must be ready before: names of this component's, or "
             "`COMPONENT:PROCESS`"},
    {"stop-signal", FA_KEY_OTHER, .read = read_signal, .kind = "signal", .fallback = "`TERM`",
     .help = "What asks it to end"},
    {"stop-wait", FA_KEY_SPAN, AT(stop_wait), .fallback = "`10s`",
     .help = "How long it may take to end before it is killed"},
    {"start-seconds", FA_KEY_SPAN, AT(start_seconds), .fallback = "`1s`",
     .help = "What ends sooner has not started"},
    {"instances", FA_KEY_NUMBER, AT(instances), .min = 1, .max = 100, .fallback = "1",
     .help = "How many of it run"},
    {0},
};
#undef AT
static const FaSchema process_schema = {
    "process", "One of `processes`, by name: what the supervisor keeps running.", process_keys};

void
fa_config_read_processes(const FaYaml *value, void *object, FaDiags *diags)
{
    FaRecipe *recipe = object;

    for (unsigned i = 0; i < value->keys->len; i++) {
        const FaYaml *name = g_ptr_array_index(value->keys, i);
        if (!fa_schema_is_name(name, "process", diags))
            continue;
        FaProcess *process = fa_process_new(name->text);
        process->place = name->place;
        g_ptr_array_add(recipe->processes, process);
        fa_schema_read(&process_schema, g_ptr_array_index(value->values, i), process, diags);
    }
}

#define AT(field) offsetof(FaSetup, field)
static const FaKey setup_keys[] = {
    {"name", FA_KEY_NAME, AT(name), .is_required = true, .help = "What logs and plans call it"},
    {"run", FA_KEY_TEMPLATE, AT(run), .is_required = true,
     .help = "Commands for `/bin/sh -eu`, in the environment; doing them twice must do no harm"},
    {"unless", FA_KEY_TEMPLATE, AT(unless),
     .help = "A command; where it succeeds there is nothing to do"},
    {"after", FA_KEY_TEXTS, AT(after), .help = "Processes that must be ready before"},
    {"timeout", FA_KEY_SPAN, AT(timeout), .fallback = "the recipe's",
     .help = "What takes longer is ended, and has failed"},
    {0},
};
#undef AT
static const FaSchema setup_schema = {
    "setup", "One of the list `setup`: done when the processes that it waits for are ready.",
    setup_keys};

static void
read_database_kind(const FaYaml *value, void *object, FaDiags *diags)
{
    static const char *const words[] = {"mariadb", "postgresql", NULL};
    unsigned index;
    if (fa_schema_word(value, words, "kind", diags, &index))
        fa_database_kind_from_string(words[index], &((FaDatabase *)object)->kind);
}

static void
read_password(const FaYaml *value, void *object, FaDiags *diags)
{
    FaDatabase *database = object;
    if (!fa_schema_is(value, FA_YAML_TEXT, "password", diags))
        return;
    /* What was written instead is perhaps the password itself: it is not repeated. */
    if (!g_str_has_prefix(value->text, SECRET_PREFIX)) {
        FaDiag *diag = fa_schema_mistake(diags, value, "a password is never written here");
        fa_diag_hide_line(diag);
        fa_diag_help(diag, "'secret:NAME', and NAME in the list 'secrets'");
        return;
    }
    g_free(database->secret);
    database->secret = g_strdup(value->text + strlen(SECRET_PREFIX));
}

#define AT(field) offsetof(FaDatabase, field)
static const FaKey database_keys[] = {
    {"kind", FA_KEY_OTHER, .read = read_database_kind, .is_required = true,
     .kind = "`mariadb` or `postgresql`", .help = "What serves it"},
    {"server", FA_KEY_NAME, AT(server), .is_required = true,
     .help = "The component that runs the server; its setting `socket` says where: MariaDB's "
             "socket, or the folder of PostgreSQL's"},
    {"name", FA_KEY_TEMPLATE, AT(name), .is_required = true, .help = "Name of the database"},
    {"user", FA_KEY_TEMPLATE, AT(user), .is_required = true, .help = "Who owns it"},
    {"password", FA_KEY_OTHER, .read = read_password, .is_required = true, .kind = "`secret:NAME`",
     .help = "The secret that is the user's password"},
    {0},
};
#undef AT
static const FaSchema database_schema = {
    "database", "One of the list `databases`: made where it does not exist yet.", database_keys};

#define AT(field) offsetof(FaRoute, field)
static const FaKey route_keys[] = {
    {"path", FA_KEY_TEMPLATE, AT(path), .is_required = true,
     .help = "Where visitors find it: `/blog/`"},
    {"upstream", FA_KEY_TEMPLATE, AT(upstream), .is_required = true,
     .help = "What the front passes it to, in the front's own words"},
    {"title", FA_KEY_TEXT, AT(title), .help = "What people call it"},
    {0},
};
#undef AT
static const FaSchema route_schema = {
    "route", "One of the list `routes`: a path that the front of the site passes on.", route_keys};

const FaSchema *const fa_service_schemas[] = {&process_schema, &setup_schema, &database_schema,
                                              &route_schema, NULL};

void
fa_config_read_setup(const FaYaml *value, void *object, FaDiags *diags)
{
    for (unsigned i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        FaSetup *setup = fa_setup_new();
        setup->place = item->place;
        g_ptr_array_add(((FaRecipe *)object)->setup, setup);
        fa_schema_read(&setup_schema, item, setup, diags);
    }
}

void
fa_config_read_databases(const FaYaml *value, void *object, FaDiags *diags)
{
    for (unsigned i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        FaDatabase *database = g_new0(FaDatabase, 1);
        database->place = item->place;
        g_ptr_array_add(((FaRecipe *)object)->databases, database);
        fa_schema_read(&database_schema, item, database, diags);
    }
}

void
fa_config_read_routes(const FaYaml *value, void *object, FaDiags *diags)
{
    for (unsigned i = 0; i < value->values->len; i++) {
        const FaYaml *item = g_ptr_array_index(value->values, i);
        FaRoute *route = g_new0(FaRoute, 1);
        route->place = item->place;
        g_ptr_array_add(((FaRecipe *)object)->routes, route);
        fa_schema_read(&route_schema, item, route, diags);
    }
}

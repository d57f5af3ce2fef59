#include "source/backend.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"
#include "sys/spawn.h"

#define MESSAGE_MAX 1500

typedef struct Symptom {
    const char *text;
    FaErrorCode code;
    const char *help;
} Symptom;

/* What git, svn and curl say in the C locale; the first that fits is taken. */
static const Symptom symptoms[] = {
    {"dubious ownership", FA_ERROR_DENIED, "let its owner allow it: git config safe.directory"},
    {"Authentication failed", FA_ERROR_DENIED, "set up a credential helper or an ssh key"},
    {"could not read Username", FA_ERROR_DENIED, "set up a credential helper or an ssh key"},
    {"could not read Password", FA_ERROR_DENIED, "set up a credential helper or an ssh key"},
    {"Permission denied (", FA_ERROR_DENIED, "set up an ssh key that this user may use"},
    {"Host key verification failed", FA_ERROR_DENIED, "add the host to ~/.ssh/known_hosts"},
    {"E170001", FA_ERROR_DENIED, "let svn remember a password for this user"},
    {"error: 401", FA_ERROR_DENIED, "check the credentials for this location"},
    {"error: 403", FA_ERROR_DENIED, "check the credentials for this location"},
    {"Could not resolve host", FA_ERROR_UNREACHABLE, "check the name and the network"},
    {"ould not resolve hostname", FA_ERROR_UNREACHABLE, "check the name and the network"},
    {"onnection refused", FA_ERROR_UNREACHABLE, "check the network, then try again"},
    {"Failed to connect", FA_ERROR_UNREACHABLE, "check the network, then try again"},
    {"timed out", FA_ERROR_UNREACHABLE, "check the network, then try again"},
    {"E170013", FA_ERROR_NOT_FOUND, "check the location in the recipe, and that it still exists"},
    {"does not appear to be a git repository", FA_ERROR_NOT_FOUND,
     "check the location in the recipe, and that it still exists"},
    {"does not exist", FA_ERROR_NOT_FOUND, "check the location in the recipe"},
    {"not found", FA_ERROR_NOT_FOUND, "check the location in the recipe"},
    {"error: 404", FA_ERROR_NOT_FOUND, "check the location in the recipe"},
    {"not allowed", FA_ERROR_CONFIG, "use https, ssh, git or file"},
    {"No space left", FA_ERROR_FAILED, "make room on the disk, then try again"},
};

static void
replace(char **text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(*text, from, -1);
    g_free(*text);
    *text = g_strjoinv(to, parts);
}

char *
fa_source_redact(const FaSource *source, const char *text)
{
    g_autofree char *clean = fa_text_sanitize(text, strlen(text));

    if (!source->is_local && strcmp(source->where, source->shown) != 0)
        replace(&clean, source->where, source->shown);
    for (char **secret = source->secrets; secret != NULL && *secret != NULL; secret++)
        replace(&clean, *secret, "***");
    return g_steal_pointer(&clean);
}

static char *
get_prefix(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    return g_strconcat(".new-", name, "-", NULL);
}

char *
fa_source_make_temporary(const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path), *prefix = get_prefix(path);
    return fa_fs_make_temporary(parent, prefix, error);
}

bool
fa_source_remove_temporaries(const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path), *prefix = get_prefix(path);
    g_auto(GStrv) names = fa_fs_list(parent, error);

    for (char **name = names; name != NULL && *name != NULL; name++) {
        g_autofree char *left = g_build_filename(parent, *name, NULL);
        if (g_str_has_prefix(*name, prefix) && !fa_fs_remove_tree(left, error))
            return false;
    }
    return names != NULL;
}

static GStrv
make_environment(const char *const *variables)
{
    /* Set where git runs a hook, say: they would lead to that repository. */
    static const char *const strays[] = {"GIT_DIR",        "GIT_WORK_TREE",
                                         "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
                                         "GIT_NAMESPACE",  "GIT_ALTERNATE_OBJECT_DIRECTORIES"};
    GStrv environment = g_get_environ();

    for (size_t i = 0; i < G_N_ELEMENTS(strays); i++)
        environment = g_environ_unsetenv(environment, strays[i]);
    environment = g_environ_setenv(environment, "LC_ALL", "C", TRUE);
    for (; variables != NULL && *variables != NULL; variables += 2)
        environment = g_environ_setenv(environment, variables[0], variables[1], TRUE);
    return environment;
}

static void
write_log(int fd, const char *text)
{
    size_t left = strlen(text);

    /* A log that cannot be written is no reason to fail. */
    while (fd > 0 && left > 0) {
        ssize_t written = write(fd, text, left);
        if (written <= 0)
            return;
        text += written;
        left -= (size_t)written;
    }
}

static size_t
get_input_length(const FaProgram *program)
{
    if (program->input == NULL || program->input_length > 0)
        return program->input_length;
    return strlen(program->input);
}

bool
fa_program_run(const FaSource *source, const FaProgram *program, int *ret_status, char **ret_output,
               char **ret_message, GError **error)
{
    g_auto(GStrv) environment = make_environment(program->variables);
    g_auto(FaSpawnResult) result = {0};
    /* Not copied to the log as it comes: it has to be redacted whole. */
    const FaSpawn spawn = {
        .argv = program->argv,
        .environment = (const char *const *)environment,
        .directory = program->directory,
        .input = program->input,
        .input_length = get_input_length(program),
        .output_limit = program->output_limit,
        .cancel = program->cancel,
    };

    if (!fa_spawn_run(&spawn, &result, error)) {
        g_prefix_error(error, "cannot run '%s': ", program->argv[0]);
        return false;
    }

    g_autofree char *message =
        fa_source_redact(source, result.error_output != NULL ? result.error_output : "");
    write_log(program->log_fd, message);
    *ret_status = result.status;
    if (program->output_length != NULL)
        *program->output_length = result.output_length;
    if (ret_output != NULL)
        *ret_output = g_steal_pointer(&result.output);
    if (ret_message != NULL)
        *ret_message = g_steal_pointer(&message);
    return true;
}

/* (transfer full) On one line, without the empty ones. */
static char *
join_lines(char **lines)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    for (; *lines != NULL; lines++) {
        if (*g_strstrip(*lines) != '\0')
            g_string_append_printf(joined, "%s%s", joined->len > 0 ? "; " : "", *lines);
    }
    return fa_text_sanitize(joined->str, joined->len);
}

bool
fa_program_fail(const FaSource *source, const char *what, const char *message, GError **error)
{
    FaErrorCode code = FA_ERROR_FAILED;
    const char *help = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(symptoms) && help == NULL; i++) {
        if (strstr(message, symptoms[i].text) != NULL) {
            code = symptoms[i].code;
            help = symptoms[i].help;
        }
    }

    g_autofree char *words = g_strndup(message, MESSAGE_MAX);
    g_strstrip(words);
    g_auto(GStrv) lines = g_strsplit(words, "\n", -1);
    g_autofree char *line = join_lines(lines);
    return fa_fail(error, code, "cannot %s '%s': %s%s%s", what, source->shown, line,
                   help != NULL ? "\nhelp: " : "", help != NULL ? help : "");
}

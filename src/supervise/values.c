#include "supervise/values.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise/text.h"

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"SIGHUP", 1},      {"SIGINT", 2},     {"SIGQUIT", 3},    {"SIGILL", 4},   {"SIGTRAP", 5},
    {"SIGABRT", 6},     {"SIGIOT", 6},     {"SIGBUS", 7},     {"SIGFPE", 8},   {"SIGKILL", 9},
    {"SIGUSR1", 10},    {"SIGSEGV", 11},   {"SIGUSR2", 12},   {"SIGPIPE", 13}, {"SIGALRM", 14},
    {"SIGTERM", 15},    {"SIGSTKFLT", 16}, {"SIGCHLD", 17},   {"SIGCLD", 17},  {"SIGCONT", 18},
    {"SIGSTOP", 19},    {"SIGTSTP", 20},   {"SIGTTIN", 21},   {"SIGTTOU", 22}, {"SIGURG", 23},
    {"SIGXCPU", 24},    {"SIGXFSZ", 25},   {"SIGVTALRM", 26}, {"SIGPROF", 27}, {"SIGWINCH", 28},
    {"SIGIO", 29},      {"SIGPOLL", 29},   {"SIGPWR", 30},    {"SIGSYS", 31},  {"SIGRTMIN", 34},
    {"SIGRTMAX", 64},   {"SIG_BLOCK", 0},  {"SIG_DFL", 0},    {"SIG_IGN", 1},  {"SIG_SETMASK", 2},
    {"SIG_UNBLOCK", 1},
};

int
sv_value_int(const char *text, int64_t *ret_number, SvError *error)
{
    if (sv_parse_int(text, 10, ret_number) < 0)
        return sv_fail_repr(error, "invalid literal for int() with base 10: %r", text);
    return 0;
}

int
sv_value_bool(const char *text, bool *ret_value, SvError *error)
{
    static const char *const words[] = {"yes", "true", "on", "1", "no", "false", "off", "0"};

    for (size_t i = 0; i < 8; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *ret_value = i < 4;
            return 0;
        }
    return sv_fail_repr(error, "not a valid boolean value: %r", text);
}

int
sv_value_bytes(const char *text, int64_t *ret_number, SvError *error)
{
    char copy[256];
    size_t length = strlen(text);
    int64_t unit = 1;

    if (length >= sizeof copy)
        return sv_fail_repr(error, "invalid literal for int() with base 10: %r", text);
    for (size_t i = 0; i <= length; i++)
        copy[i] = (char)tolower((unsigned char)text[i]);
    static const struct {
        const char *suffix;
        int64_t unit;
    } units[] = {{"kb", 1024}, {"mb", 1024 * 1024}, {"gb", 1024 * 1024 * 1024}};
    for (size_t i = 0; i < 3 && length >= 2; i++)
        if (strcmp(copy + length - 2, units[i].suffix) == 0) {
            unit = units[i].unit;
            copy[length - 2] = '\0';
            break;
        }
    int64_t number;
    int r = sv_value_int(copy, &number, error);
    if (r < 0)
        return r;
    *ret_number = number > INT64_MAX / unit   ? INT64_MAX
                  : number < INT64_MIN / unit ? INT64_MIN
                                              : number * unit;
    return 0;
}

int
sv_value_octal(const char *text, int64_t *ret_number, SvError *error)
{
    if (sv_parse_int(text, 8, ret_number) < 0)
        return sv_fail(error, "%s can not be converted to an octal type", text);
    return 0;
}

int
sv_value_level(const char *text, int *ret_level, SvError *error)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {{"critical", SV_CRIT}, {"error", SV_ERRO}, {"warn", SV_WARN},   {"info", SV_INFO},
                  {"debug", SV_DEBG},    {"trace", SV_TRAC}, {"blather", SV_BLAT}};

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcasecmp(text, levels[i].name) == 0) {
            *ret_level = levels[i].level;
            return 0;
        }
    return sv_fail_repr(error, "bad logging level name %r", text);
}

int
sv_value_signal(const char *text, int *ret_signal, SvError *error)
{
    int64_t number = -1;
    char name[64];

    if (sv_parse_int(text, 10, &number) == 0) {
        for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
            if (signals[i].number == number) {
                *ret_signal = (int)number;
                return 0;
            }
        return sv_fail_repr(error, "value %r is not a valid signal number", text);
    }
    snprintf(name, sizeof name, "%s", text);
    char *word = sv_strip(name);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcasecmp(word, signals[i].name) == 0 || strcasecmp(word, signals[i].name + 3) == 0) {
            *ret_signal = signals[i].number;
            return 0;
        }
    return sv_fail_repr(error, "value %r is not a valid signal name", text);
}

const char *
sv_signal_name(int number, char *buffer, size_t size)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == number && signals[i].name[3] != '_')
            return signals[i].name;
    snprintf(buffer, size, "signal %d", number);
    return buffer;
}

const char *
sv_errno_name(int number, char *buffer, size_t size)
{
    const char *name = strerrorname_np(number);

    if (name)
        return name;
    snprintf(buffer, size, "%d", number);
    return buffer;
}

const char *const *
sv_split_list(SvArena *arena, const char *text)
{
    size_t count = *text == '\0' ? 0 : 1;
    char *copy = sv_arena_strdup(arena, text);

    for (const char *p = text; *p != '\0'; p++)
        count += *p == ',';
    const char **list = sv_arena_alloc(arena, (count + 1) * sizeof *list);
    if (!copy || !list)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        char *comma = strchr(copy, ',');
        if (comma)
            *comma = '\0';
        list[i] = sv_strip(copy);
        copy = comma ? comma + 1 : copy;
    }
    return list;
}

int
sv_value_exitcodes(SvArena *arena, const char *text, const int64_t **ret_codes, size_t *ret_count,
                   SvError *error)
{
    const char *const *words = sv_split_list(error->arena, text);
    size_t count = 0;

    while (words && words[count])
        count++;
    int64_t *codes = sv_arena_alloc(arena, count * sizeof *codes);
    if (!words || !codes)
        return sv_fail(error, "the configuration is too large");
    for (size_t i = 0; i < count; i++)
        if (sv_parse_int(words[i], 10, &codes[i]) < 0 || codes[i] < 0 || codes[i] > 255)
            return sv_fail_repr(error, "not a valid list of exit codes: %r", text);
    *ret_codes = codes;
    *ret_count = count;
    return 0;
}

int
sv_value_uid(const char *text, int64_t *ret_uid, SvError *error)
{
    int64_t uid;

    if (sv_parse_int(text, 10, &uid) == 0) {
        if (uid < 0 || uid > UINT32_MAX || !getpwuid((uid_t)uid))
            return sv_fail(error, "Invalid user id %s", text);
        *ret_uid = uid;
        return 0;
    }
    const struct passwd *entry = getpwnam(text);
    if (!entry)
        return sv_fail(error, "Invalid user name %s", text);
    *ret_uid = entry->pw_uid;
    return 0;
}

int
sv_value_owner(const char *text, int64_t *ret_uid, int64_t *ret_gid, SvError *error)
{
    char user[256];
    const char *colon = strchr(text, ':');
    SvError ignored = {.arena = error->arena};
    int64_t gid = -1;

    snprintf(user, sizeof user, "%.*s", (int)(colon ? colon - text : (ptrdiff_t)strlen(text)),
             text);
    int r = sv_value_uid(user, ret_uid, &ignored);
    if (r == 0 && colon) {
        bool numeric = sv_parse_int(colon + 1, 10, &gid) == 0;
        const struct group *entry = numeric ? getgrgid((gid_t)gid) : getgrnam(colon + 1);
        r = entry ? 0 : -EINVAL;
        gid = entry ? (int64_t)entry->gr_gid : -1;
    }
    if (r < 0)
        return sv_fail(error, "Invalid user:group definition %s", text);
    *ret_gid = gid;
    return 0;
}

int
sv_value_name(SvArena *arena, const char *text, const char **ret_name, SvError *error)
{
    char *copy = sv_arena_strdup(arena, text);

    if (!copy)
        return sv_fail(error, "the configuration is too large");
    copy = sv_strip(copy);
    for (const char *c = " :/"; *c != '\0'; c++) {
        char one[2] = {*c, '\0'};
        if (strchr(copy, *c))
            return sv_fail_repr(error, "Invalid name: %r because of character: %r", text, one);
    }
    *ret_name = copy;
    return 0;
}

const char *
sv_expanduser(SvArena *arena, const char *path)
{
    const char *home = NULL;

    if (*path != '~')
        return path;
    size_t length = strcspn(path + 1, "/");
    if (length == 0) {
        home = getenv("HOME");
        const struct passwd *entry = home ? NULL : getpwuid(getuid());
        home = entry ? entry->pw_dir : home;
    } else {
        const char *user = sv_arena_strndup(arena, path + 1, length);
        const struct passwd *entry = user ? getpwnam(user) : NULL;
        home = entry ? entry->pw_dir : NULL;
    }
    if (!home)
        return path;
    size_t kept = strlen(home);
    while (kept > 0 && home[kept - 1] == '/')
        kept--;
    const char *expanded = sv_arena_printf(arena, "%.*s%s", (int)kept, home, path + 1 + length);
    return expanded && *expanded != '\0' ? expanded : "/";
}

int
sv_value_existing_directory(SvArena *arena, const char *text, const char **ret_path, SvError *error)
{
    const char *path = sv_expanduser(arena, text);
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return sv_fail(error, "%s is not an existing directory", text);
    *ret_path = sv_arena_strdup(arena, path);
    return 0;
}

int
sv_value_existing_dirpath(SvArena *arena, const char *text, const char **ret_path, SvError *error)
{
    const char *path = sv_arena_strdup(arena, sv_expanduser(arena, text));
    const char *slash = path ? strrchr(path, '/') : NULL;
    struct stat st;

    if (slash) {
        const char *directory =
            slash == path ? "/" : sv_arena_strndup(error->arena, path, (size_t)(slash - path));
        if (!directory || stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))
            return sv_fail(error, "The directory named as part of the path %s does not exist",
                           text);
    }
    *ret_path = path;
    return 0;
}

const char *
sv_normalize_path(SvArena *arena, const char *path)
{
    char cwd[PATH_MAX] = "";

    path = sv_expanduser(arena, path);
    if (*path != '/' && !getcwd(cwd, sizeof cwd))
        return path;
    /* Two slashes at the beginning are kept, three are one: POSIX, and Python with it. */
    const char *root = strncmp(path, "//", 2) == 0 && path[2] != '/' ? "//" : "/";
    char *whole = sv_arena_printf(arena, "%s/%s", cwd, path);
    char *out = sv_arena_alloc(arena, whole ? strlen(whole) + 3 : 3);
    if (!whole || !out)
        return path;
    size_t length = 0;
    for (char *part = whole; *part != '\0';) {
        size_t n = strcspn(part, "/");
        if (n == 2 && strncmp(part, "..", 2) == 0) {
            while (length > 0 && out[--length] != '/')
                continue;
        } else if (n > 0 && !(n == 1 && *part == '.')) {
            out[length++] = '/';
            memcpy(out + length, part, n);
            length += n;
        }
        part += n + (part[n] == '/' ? 1 : 0);
    }
    out[length] = '\0';
    return sv_arena_printf(arena, "%s%s", root, length > 0 ? out + 1 : "");
}

int
sv_value_port(const char *text, int64_t *ret_port, SvError *error)
{
    int64_t port;
    int r = sv_value_int(text, &port, error);

    if (r < 0)
        return r;
    if (port < 1)
        return sv_fail(error, "%" PRId64 " is below lower bound (1)", port);
    if (port > 65535)
        return sv_fail(error, "%" PRId64 " is above upper bound (65535)", port);
    *ret_port = port;
    return 0;
}

int
sv_value_address(SvArena *arena, const char *text, const char **ret_host, int64_t *ret_port,
                 SvError *error)
{
    const char *colon = strrchr(text, ':');
    SvError ignored = {.arena = error->arena};

    *ret_host = "";
    if (!colon) {
        if (sv_value_port(text, ret_port, &ignored) < 0)
            return sv_fail_repr(error, "not a valid port number: %r ", text);
        return 0;
    }
    if (colon[1] == '\0')
        return sv_fail(error, "no port number specified in ''");
    int r = sv_value_port(colon + 1, ret_port, error);
    if (r < 0)
        return r;
    char *host = sv_arena_strndup(arena, text, (size_t)(colon - text));
    for (char *p = host; p && *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    if (host && strcmp(host, "*") != 0)
        *ret_host = host;
    return 0;
}

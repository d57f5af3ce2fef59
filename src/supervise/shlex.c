#include "supervise/shlex.h"

#include <errno.h>
#include <string.h>

#include "supervise/text.h"

#define SPACES " \t\r\n"

/* One word in POSIX rules, unquoted into @word. Returns false at the end of the text; @problem is set on a mistake. */
static bool
next_word(const char **at, char *word, const char **problem)
{
    const char *p = *at + strspn(*at, SPACES);
    char quote = '\0';

    if (*p == '\0')
        return false;
    for (; *p != '\0' && (quote != '\0' || !strchr(SPACES, *p)); p++) {
        if (quote == '\0' && (*p == '"' || *p == '\'')) {
            quote = *p;
        } else if (quote != '\0' && *p == quote) {
            quote = '\0';
        } else if (*p == '\\' && quote != '\'') {
            p++;
            if (*p == '\0') {
                *problem = "No escaped character";
                return false;
            }
            if (quote == '"' && *p != '\\' && *p != '"')
                *word++ = '\\';
            *word++ = *p;
        } else {
            *word++ = *p;
        }
    }
    if (quote != '\0')
        *problem = "No closing quotation";
    *word = '\0';
    *at = p;
    return quote == '\0';
}

int
sv_shlex_split(SvArena *arena, const char *command, const char *const **ret_argv,
               const char **ret_problem)
{
    size_t room = strlen(command) + 1;
    /* Words are never longer together than the command, and there are at most half as many as characters. */
    char *words = sv_arena_alloc(arena, room + 1);
    size_t count = 0;

    if (!words)
        return -ENOMEM;
    const char *at = command;
    char *word = words;
    *ret_problem = NULL;
    while (next_word(&at, word, ret_problem)) {
        word += strlen(word) + 1;
        count++;
    }
    if (*ret_problem)
        return 0;
    arena->used -= room + 1 - (size_t)(word - words);
    const char **argv = sv_arena_alloc(arena, (count + 1) * sizeof *argv);
    if (!argv)
        return -ENOMEM;
    word = words;
    for (size_t i = 0; i < count; i++, word += strlen(word) + 1)
        argv[i] = word;
    *ret_argv = argv;
    return 0;
}

typedef struct Lexer {
    const char *at;
    const char *pushed; /* a character that ended a word and is a token of its own, or NULL */
    size_t pushed_length;
} Lexer;

static bool
is_word_char(const char *p)
{
    return *p != '\0' && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                          (*p >= '0' && *p <= '9') || strchr("_/.+-():", *p) != NULL);
}

static void
skip_line(Lexer *lexer)
{
    lexer->at += strcspn(lexer->at, "\n");
    if (*lexer->at != '\0')
        lexer->at++;
}

static void
take(Lexer *lexer, SvBuf *token)
{
    size_t n = sv_utf8_length(lexer->at);

    sv_buf_add(token, lexer->at, n);
    lexer->at += n;
}

/* A quoted token keeps its quotes and ends with the closing one. */
static bool
quoted_token(Lexer *lexer, SvBuf *token)
{
    char quote = *lexer->at;

    take(lexer, token);
    while (*lexer->at != quote) {
        if (*lexer->at == '\0')
            return false;
        take(lexer, token);
    }
    take(lexer, token);
    return true;
}

static void
word_token(Lexer *lexer, SvBuf *token)
{
    take(lexer, token);
    while (*lexer->at != '\0') {
        if (strchr(SPACES, *lexer->at)) {
            lexer->at++;
            return;
        }
        if (*lexer->at == '#') {
            skip_line(lexer);
        } else if (is_word_char(lexer->at) || *lexer->at == '"' || *lexer->at == '\'') {
            take(lexer, token);
        } else {
            lexer->pushed = lexer->at;
            lexer->pushed_length = sv_utf8_length(lexer->at);
            lexer->at += lexer->pushed_length;
            return;
        }
    }
}

/* Returns false where a quote is not closed; an empty token is the end. */
static bool
next_token(Lexer *lexer, SvBuf *token)
{
    if (lexer->pushed) {
        sv_buf_add(token, lexer->pushed, lexer->pushed_length);
        lexer->pushed = NULL;
        return true;
    }
    while (*lexer->at != '\0') {
        if (strchr(SPACES, *lexer->at)) {
            lexer->at++;
        } else if (*lexer->at == '#') {
            skip_line(lexer);
        } else if (*lexer->at == '"' || *lexer->at == '\'') {
            return quoted_token(lexer, token);
        } else {
            if (is_word_char(lexer->at))
                word_token(lexer, token);
            else
                take(lexer, token);
            return true;
        }
    }
    return true;
}

void
sv_env_set(SvArena *arena, SvEnv **env, const char *name, const char *value)
{
    for (; *env; env = &(*env)->next)
        if (strcmp((*env)->name, name) == 0)
            break;
    if (!*env) {
        *env = sv_arena_alloc(arena, sizeof **env);
        if (!*env)
            return;
        (*env)->name = name;
    }
    (*env)->value = value;
}

const char *
sv_env_get(const SvEnv *env, const char *name)
{
    for (; env; env = env->next)
        if (strcmp(env->name, name) == 0)
            return env->value;
    return NULL;
}

static const char *
strip_quotes(SvArena *arena, const char *token)
{
    token += strspn(token, "'\"");
    size_t length = strlen(token);
    while (length > 0 && (token[length - 1] == '"' || token[length - 1] == '\''))
        length--;
    return sv_arena_strndup(arena, token, length);
}

int
sv_env_parse(SvArena *arena, const char *text, SvEnv **ret_env, SvError *error)
{
    Lexer lexer = {.at = text};
    size_t room = strlen(text) + 1;
    SvEnv *env = NULL;
    const char *tokens[3];
    size_t count = 0;

    for (size_t n = 0;; n++) {
        char *data = sv_arena_alloc(error->arena, room);
        SvBuf token;
        if (!data)
            return sv_fail(error, "the configuration is too large");
        sv_buf_init(&token, data, room);
        if (!next_token(&lexer, &token))
            return sv_fail(error, "No closing quotation");
        error->arena->used -= room - (token.length + 1);
        if (token.length == 0)
            break;
        if (n % 4 != 3)
            tokens[count++] = data;
        if (count == 3) {
            if (strcmp(tokens[1], "=") != 0)
                return sv_fail(error, "Unexpected end of key/value pairs in value '%s'", text);
            const char *name = sv_arena_strdup(arena, tokens[0]);
            const char *value = strip_quotes(arena, tokens[2]);
            if (!name || !value)
                return sv_fail(error, "the configuration is too large");
            sv_env_set(arena, &env, name, value);
            count = 0;
        }
    }
    if (count > 0)
        return sv_fail(error, "Unexpected end of key/value pairs in value '%s'", text);
    *ret_env = env;
    return 0;
}

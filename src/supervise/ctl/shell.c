/*
 * The interactive shell: lines edited by libedit, with completion of commands, groups and processes.
 */
#include <editline/readline.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervise/ctl/ctl.h"

#define WORDS_MAX 8192

/* libedit's hooks take no argument. */
static SvCtl *completing;
static char *words[WORDS_MAX];
static size_t word_count;

static void
add_word(const char *text)
{
    for (size_t i = 0; i < word_count; i++)
        if (strcmp(words[i], text) == 0)
            return;
    if (word_count < WORDS_MAX)
        words[word_count++] = strdup(text);
}

static void
collect(char kind)
{
    SvValue value;
    int64_t fault;
    char spec[1024];

    while (word_count > 0)
        free(words[--word_count]);
    for (const SvCommand *command = sv_commands; kind == 'a' && command->name; command++)
        add_word(command->name);
    if (kind == 'a' || kind == '\0' ||
        sv_ctl_call(completing, &value, &fault, "supervisor.getAllProcessInfo", "") < 0 ||
        fault != 0)
        return;
    for (const SvValue *one = value.first; one; one = one->next) {
        const SvValue *group = sv_value_member(one, "group");
        const SvValue *name = sv_value_member(one, "name");
        if (!group || !name)
            continue;
        if (kind == 'g' || strcmp(group->text, name->text) == 0) {
            add_word(group->text);
            continue;
        }
        snprintf(spec, sizeof spec, "%s:%s", group->text, name->text);
        add_word(spec);
        snprintf(spec, sizeof spec, "%s:*", group->text);
        add_word(spec);
    }
}

static char *
next_match(const char *text, int state)
{
    static size_t at;

    if (state == 0) {
        const char *line = rl_line_buffer + strspn(rl_line_buffer, " ");
        size_t n = strcspn(line, " ");
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)n, line);
        const SvCommand *command = line[n] == ' ' ? sv_command_find(name) : NULL;
        collect(line[n] != ' ' ? 'a' : command ? command->completes : '\0');
        at = 0;
    }
    while (at < word_count) {
        const char *word = words[at++];
        if (strncmp(word, text, strlen(text)) == 0)
            return strdup(word);
    }
    return NULL;
}

/* What comes by a pipe is not edited, and what follows a question stays for who asks it. */
static char *
next_line(const char *prompt)
{
    char *line = NULL;
    size_t size = 0;

    if (isatty(STDIN_FILENO))
        return readline(prompt);
    printf("%s", prompt);
    fflush(stdout);
    if (getline(&line, &size, stdin) < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

void
sv_ctl_shell(SvCtl *ctl)
{
    char prompt[256];
    char status[] = "status";
    char *line;

    completing = ctl;
    snprintf(prompt, sizeof prompt, "%s> ", ctl->prompt);
    rl_readline_name = "supervisorctl";
    rl_basic_word_break_characters = " \t\n\"\\'`@$><=;|&{(";
    rl_completion_entry_function = next_match;
    using_history();
    if (ctl->history)
        read_history(ctl->history);
    sv_ctl_run_line(ctl, status);
    while (!ctl->leave && (line = next_line(prompt))) {
        if (line[strspn(line, " \t")] != '\0')
            add_history(line);
        sv_ctl_run_line(ctl, line);
        free(line);
    }
    if (!ctl->leave)
        putchar('\n');
    if (ctl->history)
        write_history(ctl->history);
}

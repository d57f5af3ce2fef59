#include "cli/failure.h"

#include <string.h>

#include "base/text.h"
#include "sys/fs.h"

#define ANSWERS_MAX 100
#define TAIL_LINES  10
#define LOG_MAX     ((size_t)64 << 20)

#define PROMPT "[r]etry, view [l]og, [s]hell, [c]ontinue with the rest, [q]uit? "

static const char help_text[] =
    "  r  retry: build it again, from the same source and recipe\n"
    "  l  view its whole log\n"
    "  s  a shell in its sandbox, where the step left it; 'exit' comes back here\n"
    "  c  continue with all that does not need it\n"
    "  q  quit: what runs is finished, nothing more is begun\n";

typedef enum Answer {
    ANSWER_HELP, /* also what was not understood */
    ANSWER_RETRY,
    ANSWER_LOG,
    ANSWER_SHELL,
    ANSWER_CONTINUE,
    ANSWER_QUIT,
} Answer;

/* Return alone decides nothing: a person who types ahead has not read the question. */
static Answer
read_answer(const char *text)
{
    static const struct {
        const char *word;
        Answer answer;
    } words[] = {
        {"retry", ANSWER_RETRY},       {"log", ANSWER_LOG},   {"shell", ANSWER_SHELL},
        {"continue", ANSWER_CONTINUE}, {"quit", ANSWER_QUIT},
    };
    size_t length = strlen(text);

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i].word) == 0 ||
            (length == 1 && g_ascii_tolower(text[0]) == words[i].word[0]))
            return words[i].answer;
    return ANSWER_HELP;
}

static void
show_error(const FaFailureDialogue *dialogue, const char *message)
{
    g_autofree char *clean = fa_text_sanitize(message, strlen(message));
    g_autofree char *line = g_strdup_printf("%s\n", clean);
    dialogue->show(line, dialogue->data);
}

static void
show_tail(const FaFailureDialogue *dialogue, const FaFailure *failure)
{
    g_autofree char *text = NULL;
    size_t length = 0;

    if (!fa_fs_read(failure->log, LOG_MAX, &text, &length, NULL) || length == 0)
        return;
    const char *from = text + length;
    for (int lines = 0; from > text; from--) {
        if (from[-1] == '\n' && from < text + length && ++lines == TAIL_LINES)
            break;
    }
    g_autofree char *clean = fa_text_sanitize(from, (size_t)(text + length - from));
    g_auto(GStrv) lines = g_strsplit(g_strchomp(clean), "\n", -1);
    g_autofree char *joined = g_strjoinv("\n  | ", lines);
    g_autofree char *shown = g_strdup_printf("  | %s\n", joined);
    dialogue->show(shown, dialogue->data);
}

FaFailureAnswer
fa_failure_ask(const FaFailureDialogue *dialogue, const FaFailure *failure)
{
    show_tail(dialogue, failure);
    show_error(dialogue, failure->error->message);
    for (int i = 0; i < ANSWERS_MAX; i++) {
        g_autofree char *answer = dialogue->ask(failure, PROMPT, dialogue->data);
        g_autoptr(GError) error = NULL;
        if (answer == NULL)
            break;
        switch (read_answer(g_strstrip(answer))) {
        case ANSWER_RETRY:
            return FA_FAILURE_RETRY;
        case ANSWER_CONTINUE:
            return FA_FAILURE_CONTINUE;
        case ANSWER_QUIT:
            return FA_FAILURE_STOP;
        case ANSWER_LOG:
            dialogue->view(failure, &error, dialogue->data);
            break;
        case ANSWER_SHELL:
            dialogue->shell(failure, &error, dialogue->data);
            break;
        case ANSWER_HELP:
            dialogue->show(help_text, dialogue->data);
            break;
        }
        if (error != NULL)
            show_error(dialogue, error->message);
    }
    return FA_FAILURE_STOP;
}

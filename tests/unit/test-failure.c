#include <string.h>

#include "base/error.h"
#include "cli/failure.h"
#include "sys/fs.h"

/* A person who answers from a list, and what became of it: shown text, "<log>" and "<shell>" where those were opened. */
typedef struct Person {
    const char *const *answers;
    size_t next;
    GString *story;
    bool cannot_open;
} Person;

static char *
answer(const FaFailure *failure, const char *prompt, void *data)
{
    Person *person = data;
    g_string_append(person->story, "? ");
    return g_strdup(person->answers[person->next] != NULL ? person->answers[person->next++] : NULL);
}

static void
show(const char *text, void *data)
{
    g_string_append(((Person *)data)->story, text);
}

static bool
open_as(const Person *person, const char *what, GError **error)
{
    g_string_append_printf(person->story, "<%s>", what);
    return !person->cannot_open || fa_fail(error, FA_ERROR_NOT_FOUND, "no %s is left", what);
}

static bool
view(const FaFailure *failure, GError **error, void *data)
{
    return open_as(data, "log", error);
}

static bool
open_shell(const FaFailure *failure, GError **error, void *data)
{
    return open_as(data, "shell", error);
}

/* (transfer full) What that person saw. */
static char *
ask(const char *const *answers, const char *log, bool cannot_open, FaFailureAnswer *ret_answer)
{
    g_autoptr(GError) error = g_error_new(FA_ERROR, FA_ERROR_FAILED, "cannot build 'blog': no\033");
    Person person = {answers, 0, g_string_new(NULL), cannot_open};
    const FaFailureDialogue dialogue = {answer, show, view, open_shell, &person};
    const FaFailure failure = {.component = "blog", .error = error, .log = log};

    *ret_answer = fa_failure_ask(&dialogue, &failure);
    return g_string_free(person.story, FALSE);
}

static void
test_answers(void)
{
    static const struct {
        const char *word;
        FaFailureAnswer answer;
    } cases[] = {
        {"r", FA_FAILURE_RETRY},    {" Retry ", FA_FAILURE_RETRY},
        {"c", FA_FAILURE_CONTINUE}, {"continue", FA_FAILURE_CONTINUE},
        {"q", FA_FAILURE_STOP},     {"QUIT", FA_FAILURE_STOP},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FaFailureAnswer result;
        g_autofree char *story =
            ask((const char *const[]){cases[i].word, NULL}, "/nonexistent", false, &result);
        g_assert_cmpint(result, ==, cases[i].answer);
        g_assert_nonnull(strstr(story, "cannot build 'blog': no"));
        g_assert_null(strchr(story, '\033'));
    }
}

static void
test_again(void)
{
    FaFailureAnswer result;
    g_autofree char *story =
        ask((const char *const[]){"l", "shell", "r", NULL}, "/nonexistent", false, &result);
    g_assert_true(g_str_has_suffix(story, "? <log>? <shell>? "));
    g_assert_cmpint(result, ==, FA_FAILURE_RETRY);
}

static void
test_unclear(void)
{
    static const char *const unclear[] = {"", "x", "re", "quite", NULL};
    for (size_t i = 0; unclear[i] != NULL; i++) {
        FaFailureAnswer result;
        g_autofree char *story =
            ask((const char *const[]){unclear[i], "c", NULL}, "/nonexistent", false, &result);
        g_assert_nonnull(strstr(story, "a shell in its sandbox"));
        g_assert_cmpint(result, ==, FA_FAILURE_CONTINUE);
    }
}

static void
test_end(void)
{
    FaFailureAnswer result;
    g_autofree char *story = ask((const char *const[]){NULL}, "/nonexistent", false, &result);
    g_assert_true(g_str_has_suffix(story, "? "));
    g_assert_cmpint(result, ==, FA_FAILURE_STOP);
}

static void
test_nothing_left(void)
{
    FaFailureAnswer result;
    g_autofree char *story =
        ask((const char *const[]){"s", "q", NULL}, "/nonexistent", true, &result);
    g_assert_nonnull(strstr(story, "<shell>no shell is left\n? "));
}

static void
test_tail(void)
{
    static const char log[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\033[2J\n12\n";
    g_autofree char *folder = g_dir_make_tmp("fassembler-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "blog.log", NULL);
    FaFailureAnswer result;

    g_assert_true(fa_fs_write(path, log, strlen(log), 0644, FA_WRITE_NONE, NULL));
    g_autofree char *story = ask((const char *const[]){"q", NULL}, path, false, &result);
    g_assert_true(g_str_has_prefix(story, "  | 3\n  | 4\n"));
    g_assert_nonnull(strstr(story, "\n  | 12\ncannot build"));
    g_assert_null(strchr(story, '\033'));
    g_assert_true(fa_fs_remove_tree(folder, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/failure/every-answer-does-what-it-says", test_answers);
    g_test_add_func("/failure/after-the-log-and-the-shell-it-is-asked-again", test_again);
    g_test_add_func("/failure/what-is-unclear-decides-nothing", test_unclear);
    g_test_add_func("/failure/the-end-of-input-stops", test_end);
    g_test_add_func("/failure/what-cannot-be-opened-is-told", test_nothing_left);
    g_test_add_func("/failure/the-end-of-the-log-is-shown-with-the-question", test_tail);
    return g_test_run();
}

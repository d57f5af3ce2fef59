#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "site/carry.h"
#include "sys/fs.h"

/* A person who answers from a list, and what was shown to that person. */
typedef struct Person {
    const char *const *answers;
    size_t next;
    GString *shown;
    const char *resolved;
} Person;

static char *
answer(const char *prompt, void *data)
{
    Person *person = data;
    return g_strdup(person->answers[person->next] != NULL ? person->answers[person->next++] : NULL);
}

static void
show(const char *text, void *data)
{
    g_string_append(((Person *)data)->shown, text);
}

static char *
resolve(const char *path, const char *text, void *data)
{
    Person *person = data;
    g_string_append_printf(person->shown, "[%s]", text);
    return g_strdup(person->resolved);
}

typedef struct Case {
    FaEditOutcome outcome;
    char *content;
    char *shown;
    GError *error;
} Case;

static void
case_clear(Case *result)
{
    g_free(result->content);
    g_free(result->shown);
    g_clear_error(&result->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static GBytes *
bytes(const char *text)
{
    return text != NULL ? g_bytes_new(text, strlen(text)) : NULL;
}

static bool
decide_with(FaEdits *edits, const char *base, const char *current, const char *rendered,
            Case *result)
{
    g_autoptr(GBytes) b = bytes(base), c = bytes(current), r = bytes(rendered), content = NULL;
    FaEditFile file = {"front/site.conf", b, c, r, false};

    if (!fa_edits_decide(edits, &file, &result->outcome, &content, &result->error))
        return false;
    result->content = g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return true;
}

static void
assert_policy(FaEditPolicy policy, const char *base, const char *current, const char *rendered,
              FaEditOutcome outcome, const char *content)
{
    g_autoptr(FaEdits) edits = fa_edits_new(policy, NULL);
    g_auto(Case) result = {0};

    g_assert_true(decide_with(edits, base, current, rendered, &result));
    g_assert_cmpstr(fa_edit_outcome_to_string(result.outcome), ==,
                    fa_edit_outcome_to_string(outcome));
    g_assert_cmpstr(result.content, ==, content);
}

static void
test_quiet(void)
{
    assert_policy(FA_EDIT_ASK, NULL, NULL, "new\n", FA_EDIT_NEW, "new\n");
    assert_policy(FA_EDIT_ASK, "old\n", "same\n", "same\n", FA_EDIT_SAME, "same\n");
    assert_policy(FA_EDIT_ASK, "old\n", "old\n", "new\n", FA_EDIT_RENDERED, "new\n");
    assert_policy(FA_EDIT_ASK, "old\n", "mine\n", "old\n", FA_EDIT_KEPT, "mine\n");
    assert_policy(FA_EDIT_ASK, "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", FA_EDIT_MERGED, "A\nb\nC\n");
}

static void
test_policies(void)
{
    assert_policy(FA_EDIT_KEEP, "a\n", "b\n", "c\n", FA_EDIT_KEPT, "b\n");
    assert_policy(FA_EDIT_REPLACE, "a\n", "b\n", "c\n", FA_EDIT_REPLACED, "c\n");
    assert_policy(FA_EDIT_BACKUP, "a\n", "b\n", "c\n", FA_EDIT_BACKED_UP, "c\n");
    assert_policy(FA_EDIT_MERGE, "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", FA_EDIT_MERGED,
                  "A\nb\nC\n");
    for (int i = FA_EDIT_ASK; i <= FA_EDIT_MERGE; i++) {
        FaEditPolicy policy;
        g_assert_true(fa_edit_policy_from_string(fa_edit_policy_to_string(i), &policy));
        g_assert_cmpint(policy, ==, i);
    }
}

static void
test_refusal(void)
{
    static const FaEditPolicy refusing[] = {FA_EDIT_ASK, FA_EDIT_MERGE};

    for (size_t i = 0; i < G_N_ELEMENTS(refusing); i++) {
        g_autoptr(FaEdits) edits = fa_edits_new(refusing[i], NULL);
        g_auto(Case) result = {0};
        g_assert_false(decide_with(edits, "a\n", "b\n", "c\n", &result));
        g_assert_error(result.error, FA_ERROR, FA_ERROR_REFUSED);
        g_assert_nonnull(strstr(result.error->message, "-b\n+c\n"));
        /* What was just tried is not proposed. */
        g_assert_true(
            g_str_has_suffix(result.error->message, refusing[i] == FA_EDIT_MERGE
                                                        ? "--on-edit keep|replace|backup"
                                                        : "--on-edit keep|replace|backup|merge"));
    }
    g_autoptr(GBytes) a = bytes("pw=1\n"), b = bytes("pw=hidden\n"), content = NULL;
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, NULL);
    g_autoptr(GError) error = NULL;
    FaEditFile file = {"front/x", NULL, b, a, true};
    FaEditOutcome outcome;
    g_assert_false(fa_edits_decide(edits, &file, &outcome, &content, &error));
    g_assert_null(strstr(error->message, "hidden"));
}

static FaEditOutcome
outcome_of(const char *const *answers, const char *resolved, char **ret_content, char **ret_shown)
{
    Person person = {answers, 0, g_string_new(NULL), resolved};
    FaEditDialogue dialogue = {answer, show, resolve, &person};
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, &dialogue);
    g_auto(Case) result = {0};

    g_assert_true(decide_with(edits, "a\n", "mine\n", "new\n", &result));
    *ret_content = g_steal_pointer(&result.content);
    *ret_shown = g_string_free(person.shown, FALSE);
    return result.outcome;
}

static void
test_answers(void)
{
    static const struct {
        const char *const answers[4];
        const char *resolved;
        FaEditOutcome outcome;
        const char *content;
        const char *shown;
    } cases[] = {
        {{"y"}, NULL, FA_EDIT_REPLACED, "new\n", "takes 1 line away and adds 1"},
        {{"n"}, NULL, FA_EDIT_KEPT, "mine\n", "front/site.conf"},
        {{"b"}, NULL, FA_EDIT_BACKED_UP, "new\n", ""},
        {{""}, NULL, FA_EDIT_BACKED_UP, "new\n", ""},
        {{"d", " Yes "}, NULL, FA_EDIT_REPLACED, "new\n", "-mine\n+new\n"},
        {{"?", "what", "no"}, NULL, FA_EDIT_KEPT, "mine\n", "all y, all n, all b"},
        {{"m"}, "both\n", FA_EDIT_MERGED, "both\n", ""},
        {{"m", "n"}, "<<<<<<< left\n", FA_EDIT_KEPT, "mine\n", "marks of the conflict"},
        {{"m", "m", "n"}, "<<<<<<< left\n", FA_EDIT_KEPT, "mine\n", "[<<<<<<< left\n]"},
        {{"m", "n"}, NULL, FA_EDIT_KEPT, "mine\n", "nothing was merged"},
        {{"all ", "all y"}, NULL, FA_EDIT_REPLACED, "new\n", ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *content = NULL, *shown = NULL;
        FaEditOutcome outcome = outcome_of(cases[i].answers, cases[i].resolved, &content, &shown);
        g_assert_cmpint(outcome, ==, cases[i].outcome);
        g_assert_cmpstr(content, ==, cases[i].content);
        g_assert_nonnull(strstr(shown, cases[i].shown));
    }
}

static void
test_all(void)
{
    static const char *const answers[] = {"all n", NULL};
    Person person = {answers, 0, g_string_new(NULL), NULL};
    FaEditDialogue dialogue = {answer, show, NULL, &person};
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, &dialogue);

    for (int i = 0; i < 3; i++) {
        g_auto(Case) result = {0};
        g_assert_true(decide_with(edits, "a\n", "mine\n", "new\n", &result));
        g_assert_cmpstr(result.content, ==, "mine\n");
    }
    g_string_free(person.shown, TRUE);
}

static void
test_end(void)
{
    static const char *const answers[] = {"d", NULL};
    Person person = {answers, 0, g_string_new(NULL), NULL};
    FaEditDialogue dialogue = {answer, show, NULL, &person};
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, &dialogue);
    g_auto(Case) result = {0};

    g_assert_false(decide_with(edits, "a\n", "mine\n", "new\n", &result));
    g_assert_error(result.error, FA_ERROR, FA_ERROR_REFUSED);
    g_string_free(person.shown, TRUE);
}

static GPtrArray *
files_of(const char *const *pairs)
{
    GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)fa_rendered_free);
    for (; *pairs != NULL; pairs += 2)
        g_ptr_array_add(files, fa_rendered_new(pairs[0], bytes(pairs[1]),
                                               strstr(pairs[0], "secret") != NULL, false));
    return files;
}

static void
carry(const char *old, const char *etc, FaEditPolicy policy, const char *const *pairs)
{
    g_autoptr(GPtrArray) files = files_of(pairs), carried = NULL;
    g_autoptr(FaEdits) edits = fa_edits_new(policy, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(fa_fs_make_directory(etc, 0755, NULL));
    fa_carry(old, etc, files, edits, &carried, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(carried->len, >=, files->len);
}

static void
put(const char *path, const char *text)
{
    g_assert_true(fa_fs_write(path, text, strlen(text), 0644, FA_WRITE_NONE, NULL));
}

static void
assert_holds(const char *path, const char *text)
{
    g_autofree char *content = NULL;
    size_t length;
    g_assert_true(fa_fs_read(path, 1000, &content, &length, NULL));
    g_assert_cmpstr(content, ==, text);
}

static void
assert_edited(const char *etc, const char *paths)
{
    g_autoptr(GPtrArray) edited = fa_carry_list_edited(etc, NULL);
    g_assert_nonnull(edited);
    g_ptr_array_add(edited, NULL);
    g_autofree char *text = g_strjoinv(" ", (char **)edited->pdata);
    g_assert_cmpstr(text, ==, paths);
}

static bool
is_other(const char *before, const char *after, const char *folder)
{
    g_autoptr(GError) error = NULL;
    bool is = false;
    fa_carry_compare(before, after, folder, &is, &error);
    g_assert_no_error(error);
    return is;
}

static void
test_compare(void)
{
    static const char *const first[] = {"a/one", "1\n", "b/two", "2\n", NULL};
    static const char *const second[] = {"a/one", "1\n", "b/two", "two\n", NULL};
    static const char *const third[] = {"a/one", "1\n", "a/below/new", "", "b/two", "2\n", NULL};
    g_autofree char *root = fa_fs_make_temporary(g_get_tmp_dir(), "test-edits-", NULL);

    g_assert_cmpint(chdir(root), ==, 0);
    carry(NULL, "1", FA_EDIT_ASK, first);
    carry(NULL, "2", FA_EDIT_ASK, second);
    carry(NULL, "3", FA_EDIT_ASK, third);
    g_assert_false(is_other("1", "2", "a"));
    g_assert_true(is_other("1", "2", "b"));
    g_assert_false(is_other("1", "3", "b"));
    g_assert_true(is_other("1", "3", "a"));
    g_assert_true(is_other("3", "1", "a"));
    g_assert_false(is_other("1", "2", "c"));
    g_assert_true(fa_fs_remove_tree("2/a", NULL));
    g_assert_true(is_other("1", "2", "a"));
    g_assert_true(is_other("2", "1", "a"));
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(fa_fs_remove_tree(root, NULL));
}

static void
test_carry(void)
{
    static const char *const first[] = {"a/one", "1\n2\n3\n", "a/two", "2\n", "a/gone",
                                        "g\n",   "secret",    "s\n",   NULL};
    static const char *const second[] = {"a/one",  "1\n2\nthree\n", "a/two", "new\n",
                                         "secret", "s\n",           NULL};
    g_autofree char *root = fa_fs_make_temporary(g_get_tmp_dir(), "test-edits-", NULL);
    struct stat status;

    g_assert_cmpint(chdir(root), ==, 0);
    carry(NULL, "1", FA_EDIT_ASK, first);
    assert_edited("1", "");
    g_assert_cmpint(stat("1/secret", &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
    g_assert_cmpint(stat("1/.rendered", &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0700);

    put("1/a/one", "one\n2\n3\n");
    put("1/a/two", "mine\n");
    put("1/a/gone", "edited\n");
    put("1/a/own", "own\n");
    g_assert_cmpint(symlink("own", "1/a/link"), ==, 0);
    assert_edited("1", "a/gone a/one a/two a/link a/own");
    carry("1", "2", FA_EDIT_BACKUP, second);
    assert_holds("2/a/one", "1\n2\nthree\n");
    assert_holds("2/a/one.bak", "one\n2\n3\n");
    assert_holds("2/a/two.bak", "mine\n");
    assert_holds("2/a/gone.bak", "edited\n");
    assert_holds("2/a/own", "own\n");
    assert_holds("2/a/link", "own\n");
    g_assert_false(fa_fs_exists("2/a/gone"));

    put("2/a/two", "again\n");
    carry("2", "3", FA_EDIT_BACKUP, second);
    assert_holds("3/a/two.bak", "mine\n");
    assert_holds("3/a/two.bak1", "again\n");
    g_assert_cmpint(chdir("/"), ==, 0);
    g_assert_true(fa_fs_remove_tree(root, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edits/what-is-no-conflict-is-not-asked", test_quiet);
    g_test_add_func("/edits/a-policy-decides-without-a-question", test_policies);
    g_test_add_func("/edits/without-a-terminal-a-conflict-is-refused-with-its-diff", test_refusal);
    g_test_add_func("/edits/every-answer-does-what-it-says", test_answers);
    g_test_add_func("/edits/an-answer-for-all-is-asked-once", test_all);
    g_test_add_func("/edits/the-end-of-input-loses-nothing", test_end);
    g_test_add_func("/edits/the-next-build-has-what-a-person-did", test_carry);
    g_test_add_func("/edits/compare", test_compare);
    return g_test_run();
}

#include <string.h>

#include "site/merge.h"

static FaMergeText
text_of(const char *text, const char *label)
{
    return (FaMergeText){.bytes = text, .length = strlen(text), .label = label};
}

static char *
merge(const char *base, const char *ours, const char *theirs, unsigned *ret_conflicts)
{
    FaMergeText b = text_of(base, "base"), o = text_of(ours, "ours"), t = text_of(theirs, "theirs");
    g_auto(FaMerge) result = {0};

    fa_merge_texts(&b, &o, &t, &result);
    g_assert_cmpuint(strlen(result.text), ==, result.length);
    *ret_conflicts = result.conflicts;
    return g_steal_pointer(&result.text);
}

static void
assert_merge(const char *base, const char *ours, const char *theirs, const char *expected)
{
    unsigned conflicts;
    g_autofree char *text = merge(base, ours, theirs, &conflicts);
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpuint(conflicts, ==, 0);
}

static char *
diff(const char *old, const char *fresh)
{
    FaMergeText a = text_of(old, "old"), b = text_of(fresh, "new");
    return fa_merge_diff(&a, &b);
}

static void
test_both(void)
{
    assert_merge("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\nf\n", "A\nb\nc\nd\nE\nf\n");
    assert_merge("a\nb\nc\nd\n", "a\nc\nd\n", "a\nb\nc\nnew\nd\n", "a\nc\nnew\nd\n");
    assert_merge("a\nb\nc", "a\nb\nc", "a\nb\nc\n", "a\nb\nc\n");
    assert_merge("", "x\n", "", "x\n");
}

static void
test_conflict(void)
{
    unsigned conflicts;
    g_autofree char *text = merge("a\nb\nc\n", "a\nmine\nc\n", "a\nyours\nc\n", &conflicts);
    g_assert_cmpuint(conflicts, ==, 1);
    g_assert_cmpstr(text, ==,
                    "a\n<<<<<<< ours\nmine\n||||||| base\nb\n=======\nyours\n>>>>>>> theirs\nc\n");
    g_assert_true(fa_merge_has_marks(text, strlen(text)));
    g_assert_false(fa_merge_has_marks("a\n == b\n========\n", 17));

    g_autofree char *unended = merge("", "mine", "yours", &conflicts);
    g_assert_cmpstr(unended, ==,
                    "<<<<<<< ours\nmine\n||||||| base\n=======\nyours\n>>>>>>> theirs\n");
}

static void
test_diff(void)
{
    g_autofree char *same = diff("a\n", "a\n");
    g_assert_cmpstr(same, ==, "");
    g_autofree char *one = diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n");
    g_assert_cmpstr(one, ==,
                    "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    g_autofree char *unended = diff("", "a");
    g_assert_cmpstr(unended, ==,
                    "--- old\n+++ new\n@@ -0,0 +1,1 @@\n+a\n\\ No newline at end of file\n");
    g_autofree char *two = diff("a\n2\n3\n4\n5\n6\n7\n8\nb\n", "A\n2\n3\n4\n5\n6\n7\n8\nB\n");
    g_assert_cmpstr(
        two, ==,
        "--- old\n+++ new\n@@ -1,4 +1,4 @@\n-a\n+A\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n"
        " 8\n-b\n+B\n");
}

/* A few lines of a small alphabet, so that texts have much in common; the last may lack its newline. */
static char *
draw(GRand *random)
{
    GString *text = g_string_new(NULL);
    int count = g_rand_int_range(random, 0, 12);

    for (int i = 0; i < count; i++) {
        g_string_append_c(text, (char)('a' + g_rand_int_range(random, 0, 4)));
        if (i + 1 < count || g_rand_boolean(random))
            g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* merge(b, b, x) = x, merge(b, x, b) = x, merge(b, x, x) = x; a merge without conflict has no side that it must have. */
static void
test_laws(void)
{
    guint32 seed = g_test_rand_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);

    g_test_message("seed %u", seed);
    for (int i = 0; i < 5000; i++) {
        g_autofree char *base = draw(random), *x = draw(random), *y = draw(random);
        unsigned one, two;
        assert_merge(base, base, x, x);
        assert_merge(base, x, base, x);
        assert_merge(base, x, x, x);
        g_autofree char *there = merge(base, x, y, &one);
        g_autofree char *back = merge(base, y, x, &two);
        g_assert_cmpuint(one, ==, two);
        if (one == 0)
            g_assert_cmpstr(there, ==, back);
    }
}

/* Edits of lines that are not neighbours never conflict, and both are there. */
static void
test_apart(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(g_test_rand_int());

    for (int i = 0; i < 500; i++) {
        GString *texts[4];
        int mine = g_rand_int_range(random, 0, 20), yours = g_rand_int_range(random, 0, 18);
        yours += yours >= mine - 1 ? 3 : 0;
        for (int t = 0; t < 4; t++)
            texts[t] = g_string_new(NULL);
        for (int line = 0; line < 21; line++) {
            bool ours = line == mine, theirs = line == yours;
            g_autofree char *plain = g_strdup_printf("%d", line);
            g_string_append_printf(texts[0], "%s\n", plain);
            g_string_append_printf(texts[1], "%s\n", ours ? "mine" : plain);
            g_string_append_printf(texts[2], "%s\n", theirs ? "yours" : plain);
            g_string_append_printf(texts[3], "%s\n", ours ? "mine" : theirs ? "yours" : plain);
        }
        assert_merge(texts[0]->str, texts[1]->str, texts[2]->str, texts[3]->str);
        for (int t = 0; t < 4; t++)
            g_string_free(texts[t], TRUE);
    }
}

/* More differences than are searched make the result coarser, not wrong. */
static void
test_many(void)
{
    g_autoptr(GString) base = g_string_new(NULL);
    g_autoptr(GString) ours = g_string_new(NULL);

    for (int i = 0; i < 2 * FA_MERGE_DIFFERENCES_MAX; i++) {
        g_string_append_printf(base, "%d\n", i);
        g_string_append_printf(ours, "%d\n", -i - 1);
    }
    assert_merge(base->str, ours->str, base->str, ours->str);
    assert_merge(base->str, base->str, ours->str, ours->str);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/merge/edits-of-both-sides-are-there", test_both);
    g_test_add_func("/merge/edits-that-meet-are-a-conflict", test_conflict);
    g_test_add_func("/merge/a-difference-is-shown-with-context", test_diff);
    g_test_add_func("/merge/laws-hold-for-drawn-texts", test_laws);
    g_test_add_func("/merge/edits-apart-never-conflict", test_apart);
    g_test_add_func("/merge/very-different-texts-are-merged-whole", test_many);
    return g_test_run();
}

#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "domain/version.h"

static FaLabel
label_of(const char *text)
{
    FaLabel label;
    g_autoptr(GError) error = NULL;
    fa_label_parse(text, &label, &error);
    g_assert_no_error(error);
    return label;
}

static void
test_same_again(void)
{
    static const char *const good[] = {"0",       "7",        "0.6",        "0.6.1",
                                       "0.6.1.1", "0.6.2-b2", "0.6.1.1-b3", "999999.0.999999"};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        FaLabel label = label_of(good[i]);
        g_autofree char *text = fa_label_to_string(&label);
        g_assert_cmpstr(text, ==, good[i]);
    }
}

static void
test_mistakes(void)
{
    static const struct {
        const char *text, *because;
    } bad[] = {
        {"", "it is empty"},
        {"v0.6", "leave the 'v' out"},
        {"0..6", "a field is empty"},
        {"0.6.", "a field is empty"},
        {".6", "a field is empty"},
        {"0.06", "leave the zero out"},
        {"0.6.1.0", "leapfrogs count from 1"},
        {"0.6.1.1.1", "more than four fields"},
        {"0.6rc1", "its fields are numbers"},
        {"0.6 ", "its fields are numbers"},
        {"trunk", "its fields are numbers"},
        {"0.6-rc1", "only be -bN"},
        {"0.6-", "only be -bN"},
        {"0.6-b", "only be -bN"},
        {"0.6-b1", "the first build of a release is the label itself"},
        {"0.6-b02", "a field begins with a zero"},
        {"0.1000000", "larger than 999999"},
        {"0.6-b2-b3", "only be -bN"},
        {"-1", "only be -bN"},
        {"../x", "a field is empty"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        FaLabel label = {.count = 77};
        g_assert_false(fa_label_parse(bad[i].text, &label, &error));
        g_assert_true(fa_error_is(error, FA_ERROR_CONFIG));
        if (strstr(error->message, bad[i].because) == NULL)
            g_error("'%s' does not say '%s'", error->message, bad[i].because);
        g_assert_cmpuint(label.count, ==, 77);
    }
}

static void
test_next(void)
{
    static const struct {
        const char *text, *train, *leapfrog, *rebuild;
    } cases[] = {
        {"0.6", "0.6.1", "0.6.0.1", "0.6-b2"},
        {"0.6.1", "0.6.2", "0.6.1.1", "0.6.1-b2"},
        {"0.6.1.1", "0.6.2", "0.6.1.2", "0.6.1.1-b2"},
        {"0.6.2-b2", "0.6.3", "0.6.2.1", "0.6.2-b3"},
        {"1", "1.0.1", "1.0.0.1", "1-b2"},
        {"0.6.9", "0.6.10", "0.6.9.1", "0.6.9-b2"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FaLabel label = label_of(cases[i].text);
        FaLabel train = fa_label_next_train(&label), leapfrog = fa_label_next_leapfrog(&label),
                rebuild = fa_label_next_rebuild(&label);
        g_autofree char *first = fa_label_to_string(&train),
                        *second = fa_label_to_string(&leapfrog),
                        *third = fa_label_to_string(&rebuild);
        g_assert_cmpstr(first, ==, cases[i].train);
        g_assert_cmpstr(second, ==, cases[i].leapfrog);
        g_assert_cmpstr(third, ==, cases[i].rebuild);
        g_assert_true(fa_label_is_leapfrog_of(&leapfrog, &label));
        g_assert_true(fa_label_is_rebuild_of(&rebuild, &label));
        g_assert_false(fa_label_is_leapfrog_of(&train, &label));
        g_assert_false(fa_label_is_rebuild_of(&label, &label));
    }
}

/* Each is before all that follow. What is no label is behind them. */
static void
test_order(void)
{
    static const char *const sorted[] = {"0.5.9",   "0.6",   "0.6-b2",   "0.6.1",  "0.6.1.1",
                                         "0.6.1.2", "0.6.2", "0.6.2-b2", "0.6.10", "trunk"};
    for (size_t i = 0; i < G_N_ELEMENTS(sorted); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(sorted); j++) {
            int order = fa_label_compare_texts(sorted[i], sorted[j]);
            g_assert_cmpint(order < 0, ==, i < j);
            g_assert_cmpint(order > 0, ==, i > j);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/version/a-label-is-printed-as-it-was-read", test_same_again);
    g_test_add_func("/version/what-is-no-label-is-told-what-it-lacks", test_mistakes);
    g_test_add_func("/version/the-next-of-each-kind-follows-from-the-number", test_next);
    g_test_add_func("/version/people-see-labels-in-the-order-of-their-numbers", test_order);
    return g_test_run();
}

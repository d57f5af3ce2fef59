#include <string.h>

#include "base/error.h"
#include "config/save.h"

#define FILE_NAME "sites/main.yaml"

static const char *const path[] = {"environments", "dev", "settings", "hello", "greeting", NULL};

typedef struct Case {
    const char *before;
    const char *value;
    const char *after; /* NULL: refused */
} Case;

static const Case cases[] = {
    /* An old value is replaced where it stands, whatever is around it. */
    {"environments:\n  dev:\n    settings:\n      hello: {greeting: a, other: b} # why\n", "c",
     "environments:\n  dev:\n    settings:\n      hello: {greeting: c, other: b} # why\n"},
    {"environments: {dev: {settings: {hello: {greeting: 'a b'}}}}\n", "c: d",
     "environments: {dev: {settings: {hello: {greeting: \"c: d\"}}}}\n"},
    {"environments: {dev: {settings: {hello: {greeting: \"\"}}}}\n", "x",
     "environments: {dev: {settings: {hello: {greeting: x}}}}\n"},
    {"environments: {dev: {settings: {hello: {greeting: \"\xc3\xbc\"}}}} # \xc3\xbc\n", "",
     "environments: {dev: {settings: {hello: {greeting: \"\"}}}} # \xc3\xbc\n"},
    /* What is missing is made: at the top of a map, and in the map's own way of writing. */
    {"", "x", "environments:\n  dev:\n    settings:\n      hello: {greeting: x}\n"},
    {"# only words\n", "x",
     "# only words\nenvironments:\n  dev:\n    settings:\n      hello: {greeting: x}\n"},
    {"# words\nsettings: {}\n", "x",
     "# words\nenvironments:\n  dev:\n    settings:\n      hello: {greeting: x}\nsettings: {}\n"},
    {"environments:\n    dev:\n        settings:\n            # first\n            front: {a: b}\n",
     "x",
     "environments:\n    dev:\n        settings:\n            # first\n            hello: "
     "{greeting: x}\n            front: {a: b}\n"},
    {"environments: {dev: {settings: {}}}\n", "1",
     "environments: {dev: {settings: {hello: {greeting: 1}}}}\n"},
    {"environments: {live: {}}\n", "1\n2",
     "environments: {dev: {settings: {hello: {greeting: \"1\\n2\"}}}, live: {}}\n"},
    /* What would touch more than the value is refused. */
    {"environments: {dev: {settings: {hello: {greeting: |\n   a\n}}}}\n", "x", NULL},
    {"environments:\n  dev:\n    settings:\n      hello:\n        greeting: >\n          a\n", "x",
     NULL},
    {"environments:\n  live: &same {settings: {hello: {greeting: a}}}\n  dev: *same\n", "x", NULL},
    {"environments: [a]\n", "x", NULL},
};

static void
test_cases(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *after = NULL;
        bool is_saved = fa_config_save(FILE_NAME, cases[i].before, strlen(cases[i].before), path,
                                       cases[i].value, &after, &error);
        if (cases[i].after != NULL)
            g_assert_no_error(error);
        g_assert_cmpstr(after, ==, cases[i].after);
        g_assert_cmpint(is_saved, ==, cases[i].after != NULL);
    }
}

/* Whatever the value, what is saved again is the same file. */
static void
test_twice(void)
{
    static const char *const values[] = {"a",  " a ", "- a", "#",    "'", "\"\\", "{a: b}",
                                         "no", "~",   "*a",  "a\tb", "",  "$${",  "\xe2\x82\xac"};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *once = NULL, *twice = NULL;
        fa_config_save(FILE_NAME, "", 0, path, values[i], &once, &error);
        g_assert_no_error(error);
        fa_config_save(FILE_NAME, once, strlen(once), path, values[i], &twice, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(once, ==, twice);
    }
}

static void
test_no_yaml(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *after = NULL;
    g_assert_false(fa_config_save(FILE_NAME, "a: [", 4, path, "x", &after, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFIG);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/save/one-value-changes-and-nothing-else", test_cases);
    g_test_add_func("/save/saving-again-changes-nothing", test_twice);
    g_test_add_func("/save/a-file-that-is-no-yaml-is-left-alone", test_no_yaml);
    return g_test_run();
}

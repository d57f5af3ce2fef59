#include <string.h>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/commands.h"

typedef struct Options {
    bool is_fresh;
    unsigned jobs;
    int64_t timeout;
    const char *mode;
    const char **with;
} Options;

static const char *const modes[] = {"keep", "replace", NULL};

static const FaOption options[] = {
    FA_OPTION_FLAG(Options, is_fresh, "fresh", 'f', "Fresh"),
    FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Jobs"),
    FA_OPTION_SPAN(Options, timeout, "timeout", 0, "TIME", "Timeout"),
    FA_OPTION_CHOICE(Options, mode, "on-edit", 0, "WHAT", modes, "Edits"),
    FA_OPTION_LIST(Options, with, "with", 'w', "NAME", "With"),
    {0},
};

static const FaCmd build = {.name = "build",
                            .usage = "[SITE-ENV]",
                            .max_arguments = 1,
                            .options = options,
                            .options_size = sizeof(Options)};
static const FaCmd run = {.name = "run",
                          .min_arguments = 1,
                          .max_arguments = FA_ARGUMENTS_ANY,
                          .traits = FA_CMD_TAKES_REST};
static const FaCmd store_gc = {.name = "store gc", .traits = FA_CMD_HAS_JSON | FA_CMD_HAS_DRY_RUN};
static const FaCmd store_verify = {.name = "store verify"};
static const FaCmd *const commands[] = {&build, &run, &store_gc, &store_verify, NULL};

/* Reads @line, words divided by blanks. They live as long as the test program, as those of a real line do. */
static bool
parse(const char *line, FaInvocation *invocation, GError **error)
{
    g_auto(GStrv) split = g_strsplit(line, " ", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    for (char **word = split; *word != NULL; word++)
        g_ptr_array_add(words, (char *)g_intern_string(*word));
    g_ptr_array_add(words, NULL);
    return fa_arguments_parse(commands, (const char *const *)words->pdata, invocation, error);
}

static void
assert_fails(const char *line, const char *message)
{
    g_auto(FaInvocation) invocation = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(parse(line, &invocation, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_USAGE));
    g_assert_cmpstr(error->message, ==, message);
}

/* Law: wherever the options stand, and in whichever shape, the line means the same. */
static void
test_order(void)
{
    static const char *const lines[] = {
        "build dev.x --jobs 4 --fresh -q --on-edit keep -w a -w b",
        "--jobs 4 -fq build --on-edit=keep -wa -wb dev.x",
        "-fqj4 --on-edit keep --with a --with=b build dev.x",
        "-w a build -q -w b -fj 4 --on-edit=keep -- dev.x",
        "build -j 9 dev.x -j4 --fresh -q --on-edit replace -wa --on-edit keep -wb",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_auto(FaInvocation) invocation = {0};
        g_autoptr(GError) error = NULL;
        parse(lines[i], &invocation, &error);
        g_assert_no_error(error);
        const Options *chosen = invocation.options;
        g_assert_true(invocation.command == &build && chosen->is_fresh && invocation.is_quiet);
        g_assert_cmpuint(chosen->jobs, ==, 4);
        g_assert_cmpstr(chosen->mode, ==, "keep");
        g_assert_cmpuint(g_strv_length((char **)chosen->with), ==, 2);
        g_assert_cmpstr(chosen->with[1], ==, "b");
        g_assert_cmpuint(invocation.argument_count, ==, 1);
        g_assert_cmpstr(invocation.arguments[0], ==, "dev.x");
    }
}

static void
test_absent(void)
{
    g_auto(FaInvocation) invocation = {0};
    g_assert_true(parse("build", &invocation, NULL));
    const Options *chosen = invocation.options;
    g_assert_true(!chosen->is_fresh && chosen->jobs == 0 && chosen->timeout == 0);
    g_assert_true(chosen->mode == NULL && chosen->with == NULL && invocation.arguments[0] == NULL);
}

static void
test_mistakes(void)
{
    assert_fails("biuld", "unknown command 'biuld'\nhelp: did you mean 'build'?");
    assert_fails("zzz", "unknown command 'zzz'\nhelp: 'fassembler help' lists them");
    assert_fails("build --jbos 3", "unknown option '--jbos'\nhelp: did you mean '--jobs'?");
    assert_fails("build --jso", "unknown option '--jso'\nhelp: did you mean '--json'?");
    assert_fails("build --frehs=1", "unknown option '--frehs'\nhelp: did you mean '--fresh'?");
    assert_fails("build --zzzzzz",
                 "unknown option '--zzzzzz'\nhelp: 'fassembler help build' lists them");
    assert_fails("build -z", "unknown option '-z'\nhelp: 'fassembler help build' lists them");
    assert_fails("build --job 3", "unknown option '--job'\nhelp: did you mean '--jobs'?");
    assert_fails("build --jobs", "'--jobs' needs a value: N");
    assert_fails("build -C", "'-C' needs a value: DIR");
    assert_fails("build --jobs=", "'' is no value of '--jobs'\nhelp: a number from 1 on");
    assert_fails("build -j0", "'0' is no value of '--jobs'\nhelp: a number from 1 on");
    assert_fails("build --timeout soon",
                 "'soon' is no value of '--timeout'\nhelp: a time, as in 90s, 15m, 2h, 7d");
    assert_fails("build --on-edit kepe",
                 "'kepe' is no value of '--on-edit'\nhelp: did you mean 'keep'?");
    assert_fails("build --on-edit zz",
                 "'zz' is no value of '--on-edit'\nhelp: one of keep, replace");
    assert_fails("build --fresh=1", "'--fresh' takes no value");
    assert_fails("build a b", "'build' cannot take 'b'\nhelp: usage: fassembler build [SITE-ENV]");
    assert_fails("run", "'run' needs more\nhelp: usage: fassembler run");
    assert_fails("store", "'store' needs one of: gc, verify");
    assert_fails("store gcc", "'store' needs one of: gc, verify");
}

static void
test_refused_traits(void)
{
    assert_fails("build --json", "'build' has no '--json'");
    assert_fails("-n build", "'build' has no '--dry-run'");
    g_auto(FaInvocation) invocation = {0};
    g_assert_true(parse("store --json gc -n", &invocation, NULL));
    g_assert_true(invocation.command == &store_gc && invocation.json && invocation.dry_run);
}

static void
test_rest(void)
{
    g_auto(FaInvocation) invocation = {0}, separated = {0};
    g_assert_true(parse("run -q ls -q --jbos -- x", &invocation, NULL));
    g_assert_true(invocation.is_quiet);
    g_autofree char *rest = g_strjoinv(" ", (char **)invocation.arguments);
    g_assert_cmpstr(rest, ==, "ls -q --jbos -- x");
    g_assert_true(parse("run -- -x", &separated, NULL));
    g_assert_cmpstr(separated.arguments[0], ==, "-x");
}

static void
test_help(void)
{
    g_auto(FaInvocation) none = {0}, command = {0}, version = {0};
    g_assert_true(parse("-h", &none, NULL) && none.wants_help && none.command == NULL);
    g_assert_true(parse("run --help", &command, NULL) && command.wants_help &&
                  command.command == &run);
    g_assert_true(parse("--version", &version, NULL) && version.wants_version);
}

static void
test_dash(void)
{
    g_auto(FaInvocation) dash = {0}, empty = {0};
    g_assert_true(parse("build -", &dash, NULL));
    g_assert_cmpstr(dash.arguments[0], ==, "-");
    g_assert_true(parse("", &empty, NULL) && empty.command == NULL);
}

/* Law: any words are read or refused, and nothing else happens. */
static void
test_any_words(void)
{
    static const char *const words[] = {
        "build", "run", "store", "gc",  "-",     "--", "-j", "-j4",    "--jobs",     "--jobs=2",
        "-C",    "-fq", "--=",   "---", "-\xff", "",   "x",  "--with", "--timeout=", "-h"};

    for (int i = 0; i < 5000; i++) {
        g_autoptr(GPtrArray) line = g_ptr_array_new();
        for (int left = g_test_rand_int_range(0, 7); left > 0; left--)
            g_ptr_array_add(line, (char *)words[g_test_rand_int_range(0, G_N_ELEMENTS(words))]);
        g_ptr_array_add(line, NULL);
        g_auto(FaInvocation) invocation = {0};
        g_autoptr(GError) error = NULL;
        bool is_read =
            fa_arguments_parse(commands, (const char *const *)line->pdata, &invocation, &error);
        g_assert_true(is_read == (error == NULL));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arguments/options-stand-anywhere", test_order);
    g_test_add_func("/arguments/what-is-not-given-is-zero", test_absent);
    g_test_add_func("/arguments/a-mistake-gets-a-suggestion", test_mistakes);
    g_test_add_func("/arguments/a-dry-run-that-is-none-is-refused", test_refused_traits);
    g_test_add_func("/arguments/the-rest-of-the-line-can-be-a-command", test_rest);
    g_test_add_func("/arguments/help-is-given-anywhere", test_help);
    g_test_add_func("/arguments/a-single-dash-is-an-argument", test_dash);
    g_test_add_func("/arguments/any-words-are-read-or-refused", test_any_words);
    return g_test_run();
}

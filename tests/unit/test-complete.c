#include "cli/complete.h"

typedef struct Options {
    const char *mode;
    unsigned jobs;
    const char *file;
    const char *branch;
} Options;

static void
complete_branch(FaCompletion *completion)
{
    fa_completion_add(completion, "trunk", NULL);
    fa_completion_add(completion, "release/1", "the last");
}

static void
complete_site(FaCompletion *completion)
{
    if (fa_completion_get_arguments(completion)[0] == NULL)
        fa_completion_add(completion, "dev.openplans", "a site");
    else
        fa_completion_add(completion, fa_completion_get_invocation(completion)->home, NULL);
}

static const char *const modes[] = {"keep", "replace", NULL};

static const FaOption options[] = {
    FA_OPTION_CHOICE(Options, mode, "on-edit", 0, "WHAT", modes, "Edits"),
    FA_OPTION_UINT(Options, jobs, "jobs", 'j', "N", "Jobs"),
    FA_OPTION_TEXT(Options, file, "file", 'f', "FILE", "File"),
    {FA_OPTION_(Options, branch, FA_OPTION_KIND_TEXT, "branch", 'b', "BRANCH", "Branch"),
     .complete = complete_branch},
    {0},
};

static const FaCmd build = {.name = "build",
                            .summary = "Build",
                            .options = options,
                            .options_size = sizeof(Options),
                            .max_arguments = 9,
                            .complete = complete_site};
static const FaCmd hidden = {.name = "bug", .summary = "Hidden", .traits = FA_CMD_IS_HIDDEN};
static const FaCmd store_gc = {.name = "store gc", .summary = "Collect"};
static const FaCmd store_verify = {.name = "store verify", .summary = "Verify"};
static const FaCmd *const commands[] = {&build, &hidden, &store_gc, &store_verify, NULL};

static void
assert_proposes(const char *line, const char *expected)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char *proposals = fa_complete(commands, (const char *const *)words);
    g_assert_cmpstr(proposals, ==, expected);
}

static void
test_commands(void)
{
    assert_proposes("b", "build\tBuild\n");
    assert_proposes("-q s", "store\n");
    assert_proposes("store ", "gc\tCollect\nverify\tVerify\n");
    assert_proposes("store v", "verify\tVerify\n");
    assert_proposes("nonsense ", "");
}

static void
test_options(void)
{
    assert_proposes("build --j", "--jobs\tJobs\n--json\tAnswer in JSON\n");
    assert_proposes("build --on-edit ", "keep\nreplace\n");
    assert_proposes("build --on-edit=r", "--on-edit=replace\n");
    assert_proposes("build -b ", "trunk\nrelease/1\tthe last\n");
    assert_proposes("--branch t", "trunk\n");
    assert_proposes("build --file ", ":files\n");
    assert_proposes("build --file=x", ":files\n");
    assert_proposes("build -j ", "");
    assert_proposes("-C ", ":files\n");
}

static void
test_arguments(void)
{
    assert_proposes("build ", "dev.openplans\ta site\n");
    assert_proposes("build -b trunk d", "dev.openplans\ta site\n");
    assert_proposes("--home /srv build one ", "/srv\n");
    assert_proposes("build --unknown-option d", "dev.openplans\ta site\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/complete/commands-but-the-hidden-ones", test_commands);
    g_test_add_func("/complete/options-and-their-values", test_options);
    g_test_add_func("/complete/arguments-by-the-command-itself", test_arguments);
    return g_test_run();
}

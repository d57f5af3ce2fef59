#include <string.h>

#include "app/test.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/build-events.h"
#include "cli/environment.h"
#include "cli/words.h"

#define JOBS 2

typedef struct Options {
    const char *environment;
    const char *sandbox;
    bool unit;
    bool functional;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, environment, "environment", 'e', "SITE-ENV",
                   "Which environment, written dev.openplans"),
    FA_OPTION_CHOICE(
        Options, sandbox, "sandbox", 0, "KIND", fa_words_sandboxes,
        "How steps are kept apart: by namespaces, by bwrap, or not at all (namespaces)"),
    FA_OPTION_FLAG(Options, unit, "unit", 0, "Only unit tests"),
    FA_OPTION_FLAG(Options, functional, "functional", 0, "Only functional tests"),
    {0},
};

typedef struct Report {
    const FaInvocation *invocation;
    JsonArray *tests;
} Report;

static void
tell(const FaTested *test, void *data)
{
    const Report *report = data;
    if (report->invocation->json) {
        JsonObject *entry = json_object_new();
        json_object_set_string_member(entry, "component", test->component);
        json_object_set_string_member(entry, "kind", test->kind);
        json_object_set_string_member(entry, "test", test->text);
        json_object_set_int_member(entry, "status", test->status);
        json_object_set_double_member(entry, "seconds", (double)test->elapsed / G_USEC_PER_SEC);
        json_object_set_string_member(entry, "output", test->output);
        json_array_add_object_element(report->tests, entry);
        return;
    }
    const char *mark = fa_answer_mark(test->status == 0);
    fa_answer_text(NULL, "%s %s %s: %s\n", mark, test->component, test->kind, test->text);
    if (test->status == 0 && !report->invocation->is_verbose)
        return;
    g_autofree char *output = fa_text_sanitize(test->output, strlen(test->output));
    fa_answer_text(NULL, "%s%s", output,
                   *output != '\0' && !g_str_has_suffix(output, "\n") ? "\n" : "");
}

static bool
answer(const Report *report, const FaTestCount *count, GError **error)
{
    if (!report->invocation->json)
        return fa_answer_text(error, "%u passed, %u failed\n", count->passed, count->failed);
    g_autoptr(JsonObject) document = json_object_new();
    json_object_set_int_member(document, "passed", count->passed);
    json_object_set_int_member(document, "failed", count->failed);
    json_object_set_array_member(document, "tests", json_array_ref(report->tests));
    return fa_answer_json(document, error);
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    g_autoptr(FaContext) context = NULL;
    g_autoptr(JsonArray) tests = json_array_new();
    Report report = {.invocation = invocation, .tests = tests};
    FaChoice choice;
    FaTestCount count;
    if (!fa_environment_find(invocation, chosen->environment, &context, &choice, error))
        return false;

    FaTestOptions testing = {
        .assemble = {.jobs = JOBS, .sandbox = chosen->sandbox, .cancel = invocation->cancel},
        .components = (const char *const *)invocation->arguments,
        .unit = chosen->unit || !chosen->functional,
        .functional = chosen->functional || !chosen->unit,
        .tested = tell,
        .data = &report,
    };
    if (!fa_test(context, &choice, &testing, &count, error))
        return false;
    if (count.failed > 0)
        invocation->exit_status = 1;
    return answer(&report, &count, error);
}

static const FaExample examples[] = {
    {"fassembler test -e dev.openplans", "all tests of all components"},
    {"fassembler test tasktracker --unit -e dev.openplans", "the unit tests of one"},
    {0},
};

const FaCmd fa_cmd_test = {
    .name = "test",
    .group = FA_GROUP_WORK,
    .summary = "Run the tests of components",
    .usage = "[COMPONENT...]",
    .description = "Unit tests are run on what was built, functional tests against the running "
                   "environment. What a test "
                   "that failed said is shown; -v shows it of all.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .max_arguments = FA_ARGUMENTS_ANY,
    .needs = FA_NEEDS_PRODUCT,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
    .complete = fa_environment_complete_components,
};

/*
 * The simplest whole command, to copy from: a table of examples, the answer on stdout, the same answer for --json.
 */
#include "base/json.h"
#include "cli/answer.h"

static bool
run(FaInvocation *invocation, GError **error)
{
    g_autofree char *glib =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);

    if (invocation->json) {
        g_autoptr(JsonObject) object = json_object_new();
        json_object_set_string_member(object, "fassembler", FA_VERSION);
        json_object_set_string_member(object, "glib", glib);
        return fa_answer_json(object, error);
    }
    if (invocation->is_verbose)
        return fa_answer_text(error, "fassembler %s\nglib %s\n", FA_VERSION, glib);
    return fa_answer_text(error, "fassembler %s\n", FA_VERSION);
}

static const FaExample examples[] = {
    {"fassembler version", "print the version"},
    {"fassembler version --json", "with those of its libraries, for a program"},
    {0},
};

const FaCmd fa_cmd_version = {
    .name = "version",
    .group = FA_GROUP_PROGRAM,
    .summary = "Print the version",
    .examples = examples,
    .traits = FA_CMD_HAS_JSON,
    .run = run,
};

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/release-text.h"
#include "sys/fs.h"
#include "sys/tty.h"

#define CHUNK 65536

typedef struct Options {
    const char *output;
} Options;

static const FaOption options[] = {
    FA_OPTION_TEXT(Options, output, "output", 'o', "FILE",
                   "The bundle that is made, a .tar.zst; - is standard output"),
    {0},
};

static bool
print_file(const char *path, GError **error)
{
    g_autofree char *buffer = g_malloc(CHUNK);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fa_fail_errno(error, errno, "cannot open '%s'", path);
    size_t count;
    bool is_written = true;
    while (is_written && (count = fread(buffer, 1, CHUNK, file)) > 0)
        is_written = fwrite(buffer, 1, count, stdout) == count;
    bool is_read = !ferror(file);
    fclose(file);
    return (is_read && is_written && fflush(stdout) == 0) ||
           fa_fail_errno(error, errno, "cannot write to standard output");
}

/* It is made as a file first: what comes out is whole, or nothing. */
static bool
print_export(FaContext *context, const char *label, FaCancel *cancel, GError **error)
{
    g_autofree char *parent = g_build_filename(fa_context_get_home(context), "tmp", NULL);
    uint64_t bytes;
    if (fa_tty_is_terminal(STDOUT_FILENO))
        return fa_fail(error, FA_ERROR_USAGE, "a bundle is not for a terminal\nhelp: -o FILE");
    if (!fa_fs_make_directory(parent, 0755, error))
        return false;
    g_autofree char *room = fa_fs_make_temporary(parent, "export-", error);
    if (room == NULL)
        return false;
    g_autofree char *file = g_build_filename(room, "bundle", NULL);
    bool is_done =
        fa_release_export(context, label, file, cancel, &bytes, error) && print_file(file, error);
    fa_fs_remove_tree(room, NULL);
    return is_done;
}

static bool
run(FaInvocation *invocation, GError **error)
{
    const Options *chosen = invocation->options;
    const char *label = invocation->arguments[0];
    uint64_t bytes = 0;
    if (chosen->output == NULL)
        return fa_fail(error, FA_ERROR_USAGE,
                       "into which file?\nhelp: fassembler release export %s -o %s.tar.zst", label,
                       label);
    g_autoptr(FaContext) context = fa_context_open(invocation->home, error);
    if (context != NULL && strcmp(chosen->output, "-") == 0)
        return print_export(context, label, invocation->cancel, error);
    if (context == NULL ||
        !fa_release_export(context, label, chosen->output, invocation->cancel, &bytes, error))
        return false;
    fa_say(invocation,
           "'%s' has %" G_GUINT64_FORMAT " bytes\nnext, anywhere: tar -xf %s, and in its folder "
           "'fassembler build'",
           chosen->output, bytes, chosen->output);
    return true;
}

static const FaExample examples[] = {
    {"fassembler release export 0.6.1 -o openplans-0.6.1.tar.zst", "all that it is built from"},
    {0},
};

const FaCmd fa_cmd_release_export = {
    .name = "release export",
    .group = FA_GROUP_RELEASE,
    .summary = "Write a release as one file that anybody can build",
    .usage = "LABEL",
    .description =
        "The product's files as they were at the cut, the lock with its pins, and every "
        "source at its revision. The same release gives the same bytes. No secret is in it.",
    .examples = examples,
    .options = options,
    .options_size = sizeof(Options),
    .min_arguments = 1,
    .max_arguments = 1,
    .needs = FA_NEEDS_PRODUCT,
    .run = run,
    .complete = fa_release_text_complete,
};

#include "cli/answer.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/tty.h"

static bool
put(const char *text, GError **error)
{
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return fa_fail_errno(error, errno, "cannot write the answer");
    return true;
}

bool
fa_answer_text(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return put(text, error);
}

const char *
fa_answer_mark(bool is_good)
{
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        return is_good ? "✔" : "✗";
    return is_good ? "+" : "x";
}

bool
fa_answer_json_node(JsonNode *node, GError **error)
{
    g_autofree char *text = fa_json_to_text(node, true);
    return put(text, error);
}

bool
fa_answer_json(JsonObject *object, GError **error)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, object);
    return fa_answer_json_node(node, error);
}

bool
fa_answer_table(const FaInvocation *invocation, const FaTable *table, GError **error)
{
    g_autofree char *text = fa_table_format(table, invocation->columns, invocation->colour_out);
    return put(text, error);
}

void
fa_say(const FaInvocation *invocation, const char *format, ...)
{
    va_list arguments;

    if (invocation->is_quiet)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void
fa_warn(const FaInvocation *invocation, const char *warning)
{
    bool colour = invocation->colour_err;
    if (warning != NULL)
        fprintf(stderr, "%swarning:%s %s\n", fa_style_on(FA_STYLE_WARN, colour),
                fa_style_off(FA_STYLE_WARN, colour), warning);
}

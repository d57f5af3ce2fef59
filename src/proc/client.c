#include "proc/client.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "proc/xmlrpc.h"
#include "sys/exchange.h"

#define ANSWER_MAX      (64 * 1024 * 1024)
#define DEFAULT_TIMEOUT 60
#define HEAD_MAX        16384

/* (nullable) Where the body begins in an answer whose head has come whole. */
static const char *
find_body(const char *answer, size_t length)
{
    return g_strstr_len(answer, (gssize)MIN(length, HEAD_MAX), "\r\n\r\n");
}

static bool
read_content_length(const char *answer, const char *body, uint64_t *ret_length)
{
    g_autofree char *head = g_strndup(answer, (gsize)(body - answer));
    g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (g_ascii_strncasecmp(*line, "content-length:", 15) != 0)
            continue;
        g_autofree char *number = g_strstrip(g_strdup(*line + 15));
        return fa_parse_uint64(number, 0, ANSWER_MAX, ret_length);
    }
    return false;
}

static bool
is_whole(const char *answer, size_t length, void *data)
{
    const char *body = find_body(answer, length);
    uint64_t expected;
    if (body == NULL || !read_content_length(answer, body, &expected))
        return false;
    return length - (size_t)(body + 4 - answer) >= expected;
}

static bool
fail_fault(const FaFault *fault, GError **error)
{
    FaErrorCode code = FA_ERROR_FAILED;
    if (fault->code == FA_PROC_BAD_NAME)
        code = FA_ERROR_NOT_FOUND;
    if (fault->code == FA_PROC_NOT_RUNNING || fault->code == FA_PROC_ALREADY_STARTED)
        code = FA_ERROR_CONFLICT;
    g_autofree char *text = fa_text_sanitize(fault->text, strlen(fault->text));
    return fa_fail(error, code, "the supervisor refused: %s", text);
}

static bool
read_answer(const char *answer, size_t length, JsonNode **ret_value, GError **error)
{
    const char *body = find_body(answer, length);
    if (body == NULL || !g_str_has_prefix(answer, "HTTP/1."))
        return fa_fail(error, FA_ERROR_UNREACHABLE, "what answers is not a supervisor");
    if (!g_str_has_prefix(answer + 8, " 200 ")) {
        g_autofree char *line = g_strndup(answer, strcspn(answer, "\r\n"));
        g_autofree char *clean = fa_text_sanitize(line, strlen(line));
        return fa_fail(error, FA_ERROR_FAILED, "the supervisor answered '%s'", clean);
    }

    FaFault fault = {0, NULL};
    JsonNode *value =
        fa_xmlrpc_parse_response(body + 4, length - (size_t)(body + 4 - answer), &fault, error);
    if (fault.code != 0) {
        fail_fault(&fault, error);
        g_free(fault.text);
    }
    if (value == NULL)
        return false;
    if (ret_value != NULL)
        *ret_value = value;
    else
        json_node_unref(value);
    return true;
}

bool
fa_proc_call(const FaProcClient *client, const char *method, JsonArray *parameters,
             JsonNode **ret_value, GError **error)
{
    g_autofree char *body = fa_xmlrpc_format_call(method, parameters);
    g_autofree char *request = g_strdup_printf(
        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nConnection: close\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        strlen(body), body);
    FaExchange exchange = {
        .path = client->socket,
        .request = request,
        .request_length = strlen(request),
        .answer_limit = ANSWER_MAX,
        .timeout = client->timeout > 0 ? client->timeout : DEFAULT_TIMEOUT,
        .is_whole = is_whole,
        .cancel = client->cancel,
    };
    g_autofree char *answer = NULL;
    size_t length;

    return fa_exchange(&exchange, &answer, &length, error) &&
           read_answer(answer, length, ret_value, error);
}

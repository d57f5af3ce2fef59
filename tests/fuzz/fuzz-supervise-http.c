#include "fuzz.h"

#include <string.h>

#include "supervise/form.h"
#include "supervise/http.h"

#define HEAD_MAX 2048
#define BODY_MAX 65536

static int
read_head(const uint8_t *bytes, size_t length, SvHttp *ret_http)
{
    g_autofree char *exact = g_memdup2(bytes, length);

    return sv_http_read(exact != NULL ? exact : "", length, HEAD_MAX, BODY_MAX, ret_http);
}

/* Law: a value of a form, escaped as a URL has it, is read the same again. */
static void
check_form(const char *data, size_t length)
{
    char value[512];
    char again[512];
    char room[sizeof value * 3 + 16];
    SvBuf escaped;

    if (!sv_form_get(data, length, "a", value, sizeof value))
        return;
    g_assert_cmpuint(strlen(value), <=, length);
    sv_buf_init(&escaped, room, sizeof room);
    sv_buf_puts(&escaped, "b=&a=");
    sv_form_escape(&escaped, value);
    g_assert_true(sv_form_get(escaped.data, escaped.length, "a", again, sizeof again));
    g_assert_cmpstr(value, ==, again);
}

/*
 * Laws: the answer is a head, a wish for more, or a status that HTTP has a name for. A head that was read is read the
 * same from its own bytes alone, and nothing is decided before all of it has come.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    SvHttp http;
    SvHttp again;
    int status = read_head(bytes, length, &http);

    if (status > 0)
        g_assert_nonnull(sv_http_reason(status));
    if (status > 0)
        g_assert_true(status >= 400 && status < 600);
    if (status < 0)
        g_assert_cmpint(length, <, HEAD_MAX);
    if (status != 0)
        return 0;
    g_assert_cmpuint(http.head, <=, length);
    g_assert_cmpuint(http.body, <=, BODY_MAX);
    g_assert_cmpint(read_head(bytes, http.head, &again), ==, 0);
    g_assert_cmpstr(http.path, ==, again.path);
    g_assert_cmpuint(http.body, ==, again.body);
    for (size_t i = 1; i <= 8 && i < http.head; i++)
        g_assert_cmpint(read_head(bytes, http.head - i, &again), <, 0);
    check_form(http.query, strlen(http.query));
    check_form((const char *)bytes + http.head, length - http.head);
    sv_http_authorized(&http, "user", "secret");
    sv_http_authorized(&http, "user", "{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d");
    return 0;
}

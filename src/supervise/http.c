#include "supervise/http.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "supervise/sha1.h"
#include "supervise/text.h"

const char *
sv_http_reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 303:
        return "See Other";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 411:
        return "Length Required";
    case 413:
        return "Request Entity Too Large";
    case 415:
        return "Unsupported Media Type";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

static int
hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

static void
read_query(const char *text, size_t length, SvHttp *http)
{
    const char *mark = memchr(text, '?', length);
    size_t n = mark ? length - (size_t)(mark + 1 - text) : 0;

    if (n < sizeof http->query && n > 0)
        memcpy(http->query, mark + 1, n);
}

static int
read_path(const char *text, size_t length, SvHttp *http)
{
    size_t n = 0;

    read_query(text, length, http);
    for (size_t i = 0; i < length && text[i] != '?' && text[i] != '#' && text[i] != ';'; i++) {
        char c = text[i];
        if (c == '%' && i + 2 < length && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            c = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
            i += 2;
        }
        if (c == '\0' || n + 1 >= sizeof http->path)
            return 400;
        http->path[n++] = c;
    }
    http->path[n] = '\0';
    return 0;
}

static int
read_request_line(const char *line, size_t length, SvHttp *http)
{
    const char *space = memchr(line, ' ', length);
    const char *end = line + length;

    if (!space || space == line || (size_t)(space - line) >= sizeof http->method)
        return 400;
    memcpy(http->method, line, (size_t)(space - line));
    const char *path = space + 1;
    const char *after = memchr(path, ' ', (size_t)(end - path));
    http->version = 9;
    if (after) {
        if (end - after < 9 || strncasecmp(after + 1, "HTTP/1.", 7) != 0 ||
            (after[8] != '0' && after[8] != '1'))
            return 400;
        http->version = after[8] == '1' ? 11 : 10;
    }
    http->keep = http->version == 11;
    return read_path(path, (size_t)((after ? after : end) - path), http);
}

static bool
is_header(const char *line, size_t length, const char *name, const char **ret_value,
          size_t *ret_length)
{
    size_t n = strlen(name);

    if (length <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
        return false;
    const char *value = line + n + 1;
    const char *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *ret_value = value;
    *ret_length = (size_t)(end - value);
    return true;
}

/* A part of the head, as it came. */
typedef struct Part {
    const char *text; /* NULL: there is none */
    size_t length;
} Part;

/* What tells where a request comes from. */
typedef struct Origin {
    Part host, origin, referer, site;
} Origin;

static bool
is_text(const Part *part, const char *text)
{
    return part->length == strlen(text) && strncasecmp(part->text, text, part->length) == 0;
}

/* Whether a URL begins with the host that was asked. */
static bool
is_on_host(const Part *url, const Part *host)
{
    const char *text = url->text;
    size_t length = url->length;

    for (size_t i = 0; i < 2; i++) {
        const char *scheme = i == 0 ? "http://" : "https://";
        size_t n = strlen(scheme);
        if (length < n || strncasecmp(text, scheme, n) != 0)
            continue;
        text += n;
        length -= n;
        const char *slash = memchr(text, '/', length);
        size_t named = slash ? (size_t)(slash - text) : length;
        return host->text && named == host->length && strncasecmp(text, host->text, named) == 0;
    }
    return false;
}

/* What a browser knows best is asked first: a proxy may have changed the host. */
static bool
is_foreign(const Origin *origin)
{
    if (origin->site.text)
        return !is_text(&origin->site, "same-origin") && !is_text(&origin->site, "none");
    if (origin->origin.text)
        return !is_on_host(&origin->origin, &origin->host);
    return origin->referer.text && !is_on_host(&origin->referer, &origin->host);
}

static void
read_origin(const char *line, size_t length, Origin *origin)
{
    const struct {
        const char *name;
        Part *part;
    } headers[] = {{"Host", &origin->host},
                   {"Origin", &origin->origin},
                   {"Referer", &origin->referer},
                   {"Sec-Fetch-Site", &origin->site}};
    Part found;

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (is_header(line, length, headers[i].name, &found.text, &found.length))
            *headers[i].part = found;
}

static bool
is_type(const char *value, size_t length, const char *type)
{
    size_t n = strlen(type);

    return length >= n && strncasecmp(value, type, n) == 0 &&
           (length == n || value[n] == ';' || value[n] == ' ');
}

static int
read_header(const char *line, size_t length, SvHttp *http, bool *seen_length)
{
    const char *value;
    size_t n;

    if (is_header(line, length, "Content-Length", &value, &n)) {
        uint64_t body;
        if (sv_parse_digits(value, n, &body) < 0 || (*seen_length && body != http->body))
            return 400;
        http->body = body;
        *seen_length = true;
    } else if (is_header(line, length, "Content-Type", &value, &n)) {
        http->json = is_type(value, n, "application/json");
        http->form = is_type(value, n, "application/x-www-form-urlencoded");
    } else if (is_header(line, length, "Connection", &value, &n)) {
        if (n == 5 && strncasecmp(value, "close", 5) == 0)
            http->keep = false;
        if (n == 10 && strncasecmp(value, "keep-alive", 10) == 0)
            http->keep = http->version >= 10;
    } else if (is_header(line, length, "Authorization", &value, &n)) {
        if (n > 6 && n - 6 < sizeof http->login && strncasecmp(value, "Basic ", 6) == 0) {
            memcpy(http->login, value + 6, n - 6);
            http->login[n - 6] = '\0';
        }
    } else if (is_header(line, length, "Transfer-Encoding", &value, &n)) {
        return 411;
    }
    return 0;
}

int
sv_http_read(const char *data, size_t length, size_t head_max, size_t body_max, SvHttp *ret_http)
{
    size_t skipped = 0;
    bool seen_length = false;
    Origin origin = {0};

    *ret_http = (SvHttp){0};
    while (skipped < length && (data[skipped] == '\r' || data[skipped] == '\n'))
        skipped++;
    const char *start = data + skipped;
    const char *end = memmem(start, length - skipped, "\r\n\r\n", 4);
    if (!end)
        return length >= head_max ? 431 : -EAGAIN;
    ret_http->head = (size_t)(end - data) + 4;
    if (ret_http->head > head_max)
        return 431;
    for (const char *line = start; line < end;) {
        const char *eol = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
        size_t n = (size_t)(eol - line);
        int status = line == start ? read_request_line(line, n, ret_http)
                                   : read_header(line, n, ret_http, &seen_length);
        if (status != 0)
            return status;
        read_origin(line, n, &origin);
        line = eol + 2;
    }
    ret_http->foreign = is_foreign(&origin);
    return ret_http->body > body_max ? 413 : 0;
}

bool
sv_http_same(const char *a, const char *b)
{
    size_t length = strlen(b);
    unsigned difference = strlen(a) != length;

    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)(a[i < strlen(a) ? i : 0] ^ b[i]);
    return difference == 0;
}

bool
sv_http_authorized(const SvHttp *http, const char *username, const char *password)
{
    char login[256];
    char digest[41];
    size_t out = 0;
    unsigned bits = 0;
    int count = 0;

    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (const char *p = http->login; *p != '\0' && *p != '='; p++) {
        const char *found = strchr(alphabet, *p);
        if (!found)
            return false;
        bits = (bits << 6 | (unsigned)(found - alphabet)) & 0xffffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            login[out++] = (char)(bits >> count);
        }
    }
    login[out] = '\0';
    char *colon = strchr(login, ':');
    if (!colon)
        return false;
    *colon = '\0';
    const char *given = colon + 1;
    if (strncmp(password, "{SHA}", 5) == 0) {
        sv_sha1_hex(given, strlen(given), digest);
        given = digest;
        password += 5;
    }
    bool user_same = sv_http_same(login, username);
    return sv_http_same(given, password) && user_same;
}

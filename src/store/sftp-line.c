#include "store/sftp-line.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "sys/clock.h"
#include "sys/peer.h"

#define VERSION    3
#define PACKET_MAX (256u * 1024) /* what is read is asked for in much smaller pieces */
#define BUFFER     (64u * 1024)
#define POLL       1000 /* milliseconds between looks at the clock */
#define RATE_MIN   1000 /* bytes a second */

struct FaSftpLine {
    FaPeer *peer;
    char *shown;
    unsigned patience;
    FaCancel *cancel;
    GByteArray *out;
    guint begun; /* where the packet starts that is being put together */
    GByteArray *in;
    guint taken;   /* of @in: what was given out already */
    int64_t since; /* when the time began in which so much must come */
    uint64_t then; /* bytes that had come by then */
    uint64_t bytes;
};

static bool
has(FaSftpReply *reply, size_t length)
{
    if (reply->is_bad || reply->length < length) {
        reply->is_bad = true;
        return false;
    }
    return true;
}

static uint64_t
get(FaSftpReply *reply, size_t length)
{
    uint64_t number = 0;
    if (!has(reply, length))
        return 0;
    for (size_t i = 0; i < length; i++)
        number = number << 8 | reply->bytes[i];
    reply->bytes += length;
    reply->length -= length;
    return number;
}

uint8_t
fa_sftp_get_byte(FaSftpReply *reply)
{
    return (uint8_t)get(reply, sizeof(uint8_t));
}

uint32_t
fa_sftp_get_number(FaSftpReply *reply)
{
    return (uint32_t)get(reply, sizeof(uint32_t));
}

uint64_t
fa_sftp_get_long(FaSftpReply *reply)
{
    return get(reply, sizeof(uint64_t));
}

const uint8_t *
fa_sftp_get_string(FaSftpReply *reply, size_t *ret_length)
{
    size_t length = fa_sftp_get_number(reply);
    *ret_length = 0;
    if (!has(reply, length))
        return (const uint8_t *)"";
    const uint8_t *string = reply->bytes;
    reply->bytes += length;
    reply->length -= length;
    *ret_length = length;
    return string;
}

static void
add(FaSftpLine *line, uint64_t number, size_t length)
{
    uint8_t bytes[sizeof number];
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(number >> (8 * (length - 1 - i)));
    g_byte_array_append(line->out, bytes, (guint)length);
}

void
fa_sftp_line_add_number(FaSftpLine *line, uint32_t number)
{
    add(line, number, sizeof number);
}

void
fa_sftp_line_add_long(FaSftpLine *line, uint64_t number)
{
    add(line, number, sizeof number);
}

void
fa_sftp_line_add_string(FaSftpLine *line, const void *bytes, size_t length)
{
    add(line, length, sizeof(uint32_t));
    g_byte_array_append(line->out, bytes, (guint)length);
}

void
fa_sftp_line_begin(FaSftpLine *line, FaSftpType type, uint32_t id)
{
    line->begun = line->out->len;
    add(line, 0, sizeof(uint32_t));
    add(line, type, sizeof(uint8_t));
    add(line, id, sizeof id);
}

void
fa_sftp_line_end(FaSftpLine *line)
{
    guint length = line->out->len - line->begun - (guint)sizeof(uint32_t);
    for (guint i = 0; i < sizeof(uint32_t); i++)
        line->out->data[line->begun + i] = (guint8)(length >> (8 * (sizeof(uint32_t) - 1 - i)));
}

static bool
fail_ended(FaSftpLine *line, GError **error)
{
    g_autofree char *words = fa_peer_get_last_words(line->peer);
    if (strstr(words, "Host key verification failed") != NULL ||
        strstr(words, "Permission denied") != NULL)
        return fa_fail(error, FA_ERROR_DENIED,
                       "cannot connect to '%s': %s\nhelp: see to it that 'ssh' gets there without "
                       "asking: a key that it may use, and the host in ~/.ssh/known_hosts",
                       line->shown, words);
    return fa_fail(error, FA_ERROR_UNREACHABLE, "cannot connect to '%s': %s", line->shown,
                   *words != '\0' ? words : "the connection was closed");
}

static bool
send_some(FaSftpLine *line, GError **error)
{
    while (line->out->len > 0) {
        ssize_t count = fa_peer_write(line->peer, line->out->data, line->out->len);
        if (count < 0)
            return errno == EAGAIN || fail_ended(line, error);
        g_byte_array_remove_range(line->out, 0, (guint)count);
    }
    return true;
}

/* (transfer none) (nullable) The next whole packet of what has come. */
static const uint8_t *
find_packet(FaSftpLine *line, size_t *ret_length, GError **error)
{
    FaSftpReply head = {.bytes = line->in->data + line->taken,
                        .length = line->in->len - line->taken};
    uint32_t length = fa_sftp_get_number(&head);
    if (head.is_bad)
        return NULL;
    /* A shell that greets is the usual reason. */
    if (length == 0 || length > PACKET_MAX) {
        fa_fail(error, FA_ERROR_FAILED,
                "'%s' does not speak SFTP\nhelp: does its shell print something when it starts?",
                line->shown);
        return NULL;
    }
    if (head.length < length)
        return NULL;
    line->taken += (guint)(sizeof length + length);
    *ret_length = length;
    return head.bytes;
}

static bool
take_some(FaSftpLine *line, GError **error)
{
    uint8_t buffer[BUFFER];
    ssize_t count = fa_peer_read(line->peer, buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN)
        return true;
    if (count <= 0)
        return fail_ended(line, error);
    g_byte_array_append(line->in, buffer, (guint)count);
    line->bytes += (uint64_t)count;
    return true;
}

static bool
check_patience(FaSftpLine *line, GError **error)
{
    int64_t now = fa_clock_monotonic();
    if (now - line->since < (int64_t)line->patience * G_USEC_PER_SEC)
        return true;
    if (line->bytes - line->then < (uint64_t)line->patience * RATE_MIN)
        return fa_fail(error, FA_ERROR_UNREACHABLE, "cannot fetch from '%s': it takes too long",
                       line->shown);
    line->since = now;
    line->then = line->bytes;
    return true;
}

void
fa_sftp_line_start_clock(FaSftpLine *line)
{
    line->since = fa_clock_monotonic();
    line->then = line->bytes;
}

bool
fa_sftp_line_receive(FaSftpLine *line, FaSftpReply *ret_reply, GError **error)
{
    g_byte_array_remove_range(line->in, 0, line->taken);
    line->taken = 0;
    for (;;) {
        g_autoptr(GError) problem = NULL;
        size_t length;
        const uint8_t *packet = find_packet(line, &length, &problem);
        if (packet != NULL) {
            *ret_reply = (FaSftpReply){.bytes = packet, .length = length};
            return send_some(line, error);
        }
        if (problem != NULL) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (!send_some(line, error) ||
            !fa_peer_wait(line->peer, line->out->len > 0, POLL, line->cancel, error) ||
            !take_some(line, error) || !check_patience(line, error))
            return false;
    }
}

uint64_t
fa_sftp_line_get_bytes(const FaSftpLine *line)
{
    return line->bytes;
}

static bool
greet(FaSftpLine *line, GError **error)
{
    FaSftpReply reply;
    fa_sftp_line_start_clock(line);
    /* In this one packet the version stands in place of the id. */
    fa_sftp_line_begin(line, FA_SFTP_INIT, VERSION);
    fa_sftp_line_end(line);
    if (!fa_sftp_line_receive(line, &reply, error))
        return false;
    uint8_t type = fa_sftp_get_byte(&reply);
    uint32_t version = fa_sftp_get_number(&reply);
    return (!reply.is_bad && type == FA_SFTP_VERSION && version >= VERSION) ||
           fa_fail(error, FA_ERROR_FAILED, "'%s' speaks no SFTP that is known here", line->shown);
}

FaSftpLine *
fa_sftp_line_open(const char *const *argv, const char *shown, unsigned patience, FaCancel *cancel,
                  GError **error)
{
    FaPeer *peer = fa_peer_start(argv, error);
    if (peer == NULL)
        return NULL;
    FaSftpLine *line = g_new0(FaSftpLine, 1);
    line->peer = peer;
    line->shown = g_strdup(shown);
    line->patience = patience;
    line->cancel = cancel;
    line->out = g_byte_array_new();
    line->in = g_byte_array_new();
    if (greet(line, error))
        return line;
    fa_sftp_line_free(line);
    return NULL;
}

void
fa_sftp_line_free(FaSftpLine *line)
{
    if (line == NULL)
        return;
    fa_peer_free(line->peer);
    g_byte_array_unref(line->out);
    g_byte_array_unref(line->in);
    g_free(line->shown);
    g_free(line);
}

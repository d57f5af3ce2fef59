#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "domain/event.h"

#define MEMBERS 8

/* Digits without a format: this is what reading a long history takes its time with. */
static void
append_number(GString *text, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    g_string_append_len(text, digits + at, (gssize)(sizeof digits - at));
}

void
fa_event_append_canonical(const FaEvent *event, GString *text)
{
    char time[FA_TIME_UTC_SIZE];
    fa_time_to_utc(event->time, time);

    g_string_append(text, "{\"position\":");
    append_number(text, event->position);
    g_string_append(text, ",\"time\":\"");
    g_string_append(text, time);
    g_string_append(text, "\",\"actor\":");
    fa_json_append_string(text, event->actor);
    g_string_append(text, ",\"kind\":");
    fa_json_append_string(text, event->kind);
    g_string_append(text, ",\"version\":");
    append_number(text, event->version);
    g_string_append(text, ",\"subject\":");
    fa_json_append_string(text, event->subject);
    g_string_append(text, ",\"payload\":");
    g_string_append(text, event->payload);
    g_string_append_c(text, '}');
}

void
fa_event_append_line(const FaEvent *event, GString *text)
{
    char hex[FA_DIGEST_HEX_SIZE];
    fa_digest_to_hex(&event->hash, hex);
    fa_event_append_canonical(event, text);
    g_string_truncate(text, text->len - 1);
    g_string_append(text, ",\"hash\":\"");
    g_string_append(text, hex);
    g_string_append(text, "\"}");
}

static const char *
text_or_empty(JsonObject *object, const char *member)
{
    const char *text = fa_json_get_string(object, member);
    return text != NULL ? text : "";
}

static bool
read_members(JsonObject *object, FaEvent *ret_event)
{
    gint64 position = fa_json_get_int(object, "position", 0);
    gint64 version = fa_json_get_int(object, "version", 0);
    if (json_object_get_size(object) != MEMBERS || position < 1 || version < 1 ||
        version > G_MAXINT || fa_json_get_object(object, "payload") == NULL ||
        !fa_time_from_utc(text_or_empty(object, "time"), &ret_event->time) ||
        !fa_digest_from_hex(text_or_empty(object, "hash"), &ret_event->hash))
        return false;
    ret_event->position = (uint64_t)position;
    ret_event->version = (unsigned)version;
    ret_event->actor = text_or_empty(object, "actor");
    ret_event->kind = text_or_empty(object, "kind");
    ret_event->subject = text_or_empty(object, "subject");
    return true;
}

FaEvent *
fa_event_from_line(const char *line, gssize length, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(JsonNode) node = fa_json_from_text(line, length, &reason);
    FaEvent event = {0};
    if (node == NULL) {
        fa_fail(error, FA_ERROR_CONFIG, "%s", reason->message);
        return NULL;
    }
    if (!JSON_NODE_HOLDS_OBJECT(node) || !read_members(json_node_get_object(node), &event)) {
        fa_fail(error, FA_ERROR_CONFIG, "not an event");
        return NULL;
    }
    g_autofree char *payload =
        fa_json_to_canonical(json_object_get_member(json_node_get_object(node), "payload"));
    g_autofree char *canonical = NULL;
    event.payload = payload;
    return fa_event_check(&event, false, &canonical, error) ? fa_event_copy(&event) : NULL;
}

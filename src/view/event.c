#include "view/event.h"

JsonObject *
fa_view_event(const FaEvent *event)
{
    JsonObject *document = json_object_new();
    g_autoptr(JsonNode) payload = fa_json_from_text(event->payload, -1, NULL);
    char time[FA_TIME_UTC_SIZE], hash[FA_DIGEST_HEX_SIZE];

    fa_time_to_utc(event->time, time);
    fa_digest_to_hex(&event->hash, hash);
    json_object_set_int_member(document, "position", (gint64)event->position);
    json_object_set_string_member(document, "time", time);
    json_object_set_string_member(document, "actor", event->actor);
    json_object_set_string_member(document, "kind", event->kind);
    json_object_set_int_member(document, "version", event->version);
    json_object_set_string_member(document, "subject", event->subject);
    if (payload != NULL)
        json_object_set_member(document, "payload", json_node_copy(payload));
    else
        json_object_set_null_member(document, "payload");
    json_object_set_string_member(document, "hash", hash);
    return document;
}

#include "view/text.h"

void
fa_view_set_text(JsonObject *object, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_string_member(object, member, text);
    else
        json_object_set_null_member(object, member);
}

void
fa_view_set_time(JsonObject *object, const char *member, FaTime time)
{
    char text[FA_TIME_UTC_SIZE];
    if (time <= 0 || time > FA_TIME_MAX) {
        json_object_set_null_member(object, member);
        return;
    }
    fa_time_to_utc(time, text);
    json_object_set_string_member(object, member, text);
}

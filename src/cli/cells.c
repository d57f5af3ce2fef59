#include "cli/cells.h"

#include <string.h>

#define DIGITS       "0123456789abcdef"
#define DIGITS_MIN   40 /* of a commit of git, the shortest that is cut */
#define DIGITS_SHOWN 12

const char *
fa_cell_text(JsonObject *object, const char *member)
{
    const char *text = fa_json_get_string(object, member);
    return text != NULL ? text : "";
}

char *
fa_cell_ago(JsonObject *object, const char *member, FaTime now)
{
    FaTime time;
    if (!fa_time_from_utc(fa_cell_text(object, member), &time))
        return g_strdup("");
    return fa_time_format_ago(time, now);
}

char *
fa_cell_minute(JsonObject *object, const char *member)
{
    char *text = g_strndup(fa_cell_text(object, member), strlen("2026-11-25T13:27"));
    return g_strdelimit(text, "T", ' ');
}

char *
fa_cell_revision(const char *revision)
{
    if (revision == NULL)
        return g_strdup("");
    const char *colon = strchr(revision, ':');
    const char *digits = colon != NULL ? colon + 1 : revision;
    size_t count = strspn(digits, DIGITS);
    if (count < DIGITS_MIN || digits[count] != '\0')
        return g_strdup(revision);
    return g_strndup(digits, DIGITS_SHOWN);
}

char *
fa_cell_first_line(const char *text)
{
    char *line = g_strndup(text, strcspn(text, "\n"));
    /* Of "it failed; it said last:" and many lines, what stands before. */
    char *cut = g_str_has_suffix(line, ":") ? strrchr(line, ';') : NULL;
    if (cut != NULL)
        *cut = '\0';
    return line;
}

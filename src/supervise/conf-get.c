/*
 * The value of an option, expanded, as the parts of the reader ask for it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "supervise/conf.h"
#include "supervise/values.h"

static int
look_up(SvConfReader *reader, const SvSection *section, const char *option, const char *fallback,
        const SvNames *names, const char **ret_value)
{
    const char *value = sv_ini_get(reader->ini, section, option);
    char what[512];

    if (!value) {
        *ret_value = fallback;
        return 0;
    }
    *ret_value = value;
    if (strchr(value, '%')) {
        snprintf(what, sizeof what, "%s.%s", section->name, option);
        SV_TRY(sv_expand(reader->arena, value, &reader->environ, names, what, ret_value,
                         &reader->error));
    }
    /* What was not expanded still lies where the file was read to, which goes away. */
    if (*ret_value == value)
        *ret_value = sv_arena_strdup(reader->arena, value);
    return *ret_value ? 0 : sv_fail(&reader->error, "the configuration is too large");
}

int
sv_conf_get(SvConfReader *reader, const SvSection *section, const char *option,
            const char *fallback, const SvNames *names, const char **ret_value)
{
    if (sv_ini_may_have(reader->ini, section, option))
        return look_up(reader, section, option, fallback, names, ret_value);
    *ret_value = fallback;
    return 0;
}

int
sv_conf_get_int(SvConfReader *reader, const SvSection *section, const char *option,
                int64_t fallback, const SvNames *names, int64_t *ret_number)
{
    const char *value;

    SV_TRY(sv_conf_get(reader, section, option, NULL, names, &value));
    *ret_number = fallback;
    return value ? sv_value_int(value, ret_number, &reader->error) : 0;
}

int
sv_conf_get_bool(SvConfReader *reader, const SvSection *section, const char *option, bool fallback,
                 const SvNames *names, bool *ret_value)
{
    const char *value;

    SV_TRY(sv_conf_get(reader, section, option, NULL, names, &value));
    *ret_value = fallback;
    return value ? sv_value_bool(value, ret_value, &reader->error) : 0;
}

int
sv_conf_get_bytes(SvConfReader *reader, const SvSection *section, const char *option,
                  int64_t fallback, const SvNames *names, int64_t *ret_number)
{
    const char *value;

    SV_TRY(sv_conf_get(reader, section, option, NULL, names, &value));
    *ret_number = fallback;
    return value ? sv_value_bytes(value, ret_number, &reader->error) : 0;
}

void
sv_conf_note(SvConfReader *reader, char level, const char *format, ...)
{
    char text[8192];
    va_list args;
    SvMessage **link = &reader->config->messages;
    SvMessage *message = sv_arena_alloc(reader->arena, sizeof *message);

    if (!message)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    message->level = level;
    message->text = sv_arena_strdup(reader->arena, text);
    if (!message->text)
        return;
    while (*link)
        link = &(*link)->next;
    *link = message;
}

#include "supervise/ini.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "supervise/text.h"

#define HERE "%(here)s"

typedef struct Reader {
    SvIni *ini;
    const char *path;
    bool included;
    SvError *error;
    SvOptions *options; /* of the section that is read, NULL before the first */
    SvOption *option;   /* that continuation lines belong to, or NULL */
    size_t indent;
    int64_t line_number;
    bool comments; /* there is a character that may begin one */
    SvBuf bad;     /* the message about bad lines so far */
} Reader;

/* How much of @text is ASCII, eight bytes at a time. */
static size_t
ascii_length(const char *text, size_t length)
{
    size_t i = 0;

    for (uint64_t word; i + sizeof word <= length; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < length && (unsigned char)text[i] < 0x80)
        i++;
    return i;
}

static int
check_utf8(const char *text, size_t length, SvError *error)
{
    for (size_t i = 0, n; (i += ascii_length(text + i, length - i)) < length; i += n) {
        n = sv_utf8_valid(text + i, length - i);
        if (n > 0)
            continue;
        unsigned char c = (unsigned char)text[i];
        const char *why = c < 0xc2 || c > 0xf4 ? "invalid start byte" : "invalid continuation byte";
        return sv_fail(error, "'utf-8' codec can't decode byte 0x%02x in position %zu: %s", c, i,
                       why);
    }
    return 0;
}

/* Where a comment begins on the line; SIZE_MAX where there is none. */
static size_t
comment_start(const char *line)
{
    const char *first = line;

    /* Most lines have none, which is soon seen. */
    if (!strchr(line, ';') && !strchr(line, '#'))
        return SIZE_MAX;
    for (size_t n; (n = sv_space_length(first)) > 0;)
        first += n;
    if (*first == '#' || *first == ';')
        return 0;
    for (const char *p = line; *p != '\0'; p++) {
        if (*p != '#' && *p != ';')
            continue;
        const char *before = p;
        while (before > line && ((unsigned char)*--before & 0xc0) == 0x80)
            continue;
        if (p == line || sv_space_length(before) > 0)
            return (size_t)(p - line);
    }
    return SIZE_MAX;
}

static void
append_line(Reader *reader, const char *line)
{
    SvArena *arena = reader->ini->arena;
    SvOption *option = reader->option;
    size_t length = strlen(option->value);

    /* The value that grows is almost always the last thing in the arena. */
    if (option->value + length + 1 == arena->base + arena->used &&
        strlen(line) + 1 < sv_arena_room(arena)) {
        arena->used--;
        sv_arena_printf(arena, "\n%s", line);
        return;
    }
    char *joined = sv_arena_printf(arena, "%s\n%s", option->value, line);
    if (joined)
        option->value = joined;
}

static SvSection *
section_of(const SvIni *ini, const char *name, uint32_t hash)
{
    SvSection *section = ini->buckets[hash % SV_INI_BUCKETS];

    while (section && (section->hash != hash || strcmp(section->name, name) != 0))
        section = section->same_bucket;
    return section;
}

static SvOptions *
find_section(Reader *reader, const char *name)
{
    SvIni *ini = reader->ini;
    uint32_t hash = sv_text_hash(name);

    if (strcmp(name, "DEFAULT") == 0)
        return &ini->defaults;
    SvSection *section = section_of(ini, name, hash);
    if (section)
        return &section->options;
    section = sv_arena_alloc(ini->arena, sizeof *section);
    if (!section)
        return NULL;
    section->name = sv_arena_strdup(ini->arena, name);
    section->hash = hash;
    section->file = reader->included ? reader->path : NULL;
    section->same_bucket = ini->buckets[hash % SV_INI_BUCKETS];
    ini->buckets[hash % SV_INI_BUCKETS] = section;
    *(ini->last ? &ini->last->next : &ini->sections) = section;
    ini->last = section;
    return &section->options;
}

static SvOption *
set_option(SvArena *arena, SvOptions *options, const char *name, const char *value)
{
    SvOption **link = &options->first;

    for (; *link; link = &(*link)->next)
        if (*(*link)->name == *name && strcmp((*link)->name, name) == 0)
            break;
    if (!*link) {
        SvOption *option = sv_arena_alloc(arena, sizeof *option);
        if (!option)
            return NULL;
        option->name = sv_arena_strdup(arena, name);
        option->name_length = strlen(name);
        options->names |= sv_option_look(name);
        *link = option;
    }
    const char *copy = sv_arena_strdup(arena, value);
    (*link)->value = copy ? copy : "";
    return *link;
}

static void
note_bad_line(Reader *reader, const char *line)
{
    if (reader->bad.length == 0) {
        sv_buf_puts(&reader->bad, "Source contains parsing errors: ");
        sv_buf_repr(&reader->bad, reader->path);
    }
    sv_buf_printf(&reader->bad, "\n\t[line %2" PRId64 "]: ", reader->line_number);
    sv_buf_repr(&reader->bad, line);
}

static void
read_option(Reader *reader, char *value, const char *line)
{
    char *separator = value;

    while (*separator != '\0' && *separator != '=' && *separator != ':')
        separator++;
    if (*separator == '\0') {
        note_bad_line(reader, line);
        return;
    }
    *separator = '\0';
    char *name = sv_strip(value);
    if (*name == '\0')
        note_bad_line(reader, line);
    for (char *p = name; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    reader->option = set_option(reader->ini->arena, reader->options, name, sv_strip(separator + 1));
}

/* @line ends with its \n, as Python sees it; @value is a copy that may be written to. */
static int
read_line(Reader *reader, const char *line, char *value)
{
    size_t comment = reader->comments ? comment_start(line) : SIZE_MAX;

    if (comment != SIZE_MAX)
        value[comment] = '\0';
    value = sv_strip(value);
    if (*value == '\0') {
        if (comment == SIZE_MAX && reader->options && reader->option)
            append_line(reader, "");
        return 0;
    }
    size_t indent = 0;
    for (size_t n; (n = sv_space_length(line + indent)) > 0;)
        indent += n;
    if (reader->options && reader->option && indent > reader->indent) {
        append_line(reader, value);
        return 0;
    }
    reader->indent = indent;
    char *end = *value == '[' ? strrchr(value, ']') : NULL;
    if (end && end > value + 1) {
        *end = '\0';
        reader->options = find_section(reader, value + 1);
        reader->option = NULL;
        return reader->options ? 0 : sv_fail(reader->error, "the configuration is too large");
    }
    if (!reader->options)
        return sv_fail_repr(reader->error,
                            "File contains no section headers.\nfile: %r, line: %d\n%r",
                            reader->path, reader->line_number, line);
    read_option(reader, value, line);
    return 0;
}

/* Each line with its \n, ended for the while; what is changed while it is read is a copy. */
static int
read_lines(Reader *reader, char *text, size_t length)
{
    SvArena *arena = reader->ini->arena;
    char *value = sv_arena_alloc(arena, length + 1);

    if (!value)
        return sv_fail(reader->error, "the configuration is too large");
    reader->comments = memchr(text, ';', length) || memchr(text, '#', length);
    for (char *line = text, *end; *line != '\0'; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        char next = *end;
        *end = '\0';
        memcpy(value, line, (size_t)(end - line) + 1);
        reader->line_number++;
        int r = read_line(reader, line, value);
        *end = next;
        if (r < 0)
            return r;
        if (arena->full)
            return sv_fail(reader->error, "the configuration is too large");
    }
    return 0;
}

static void
strip_ends(SvOption *option)
{
    for (; option; option = option->next) {
        char *value = (char *)option->value;
        size_t lead = *value == '\n' ? strspn(value, "\n") : 0;
        /* rstrip() of Python: the empty first lines of a value stay. */
        if (value[lead] == '\0')
            value[0] = '\0';
        else
            sv_strip(value + lead);
    }
}

int
sv_ini_read(SvIni *ini, const char *path, bool included, SvError *error)
{
    static const size_t bad_size = 16384;
    Reader reader = {.ini = ini,
                     .path = sv_arena_strdup(ini->arena, path),
                     .included = included,
                     .error = error};
    char *text = NULL;
    size_t length = 0;
    int r = sv_source_read(ini->source, ini->arena, path, &text, &length);

    if (r < 0)
        return r;
    char *bad = sv_arena_alloc(ini->arena, bad_size);
    if (!bad || !reader.path)
        return sv_fail(error, "the configuration is too large");
    sv_buf_init(&reader.bad, bad, bad_size);
    r = check_utf8(text, length, error);
    if (r < 0)
        return r;
    r = read_lines(&reader, text, length);
    if (r < 0)
        return r;
    for (SvSection *section = ini->sections; section; section = section->next)
        strip_ends(section->options.first);
    strip_ends(ini->defaults.first);
    return reader.bad.length > 0 ? sv_fail(error, "%s", reader.bad.data) : 0;
}

const SvSection *
sv_ini_section(const SvIni *ini, const char *name)
{
    return section_of(ini, name, sv_text_hash(name));
}

static const char *
find_option(const SvOptions *options, const char *name, size_t length)
{
    for (const SvOption *option = options->first; option; option = option->next)
        if (option->name_length == length && memcmp(option->name, name, length) == 0)
            return option->value;
    return NULL;
}

const char *
sv_ini_get(const SvIni *ini, const SvSection *section, const char *name)
{
    if (!sv_ini_may_have(ini, section, name))
        return NULL;
    size_t length = strlen(name);
    const char *value = find_option(&section->options, name, length);

    return value ? value : find_option(&ini->defaults, name, length);
}

static bool
any_has(const SvOption *option, char c)
{
    while (option && !strchr(option->value, c))
        option = option->next;
    return option;
}

bool
sv_ini_has_char(const SvIni *ini, const SvSection *section, char c)
{
    return any_has(section->options.first, c) || any_has(ini->defaults.first, c);
}

static const char *
replace_here(SvArena *arena, const char *value, const char *here)
{
    for (const char *at; (at = strstr(value, HERE));) {
        const char *replaced =
            sv_arena_printf(arena, "%.*s%s%s", (int)(at - value), value, here, at + strlen(HERE));
        if (!replaced || strstr(here, HERE))
            break;
        value = replaced;
    }
    return value;
}

void
sv_ini_expand_here(SvIni *ini, const char *here)
{
    for (SvSection *section = ini->sections; section; section = section->next) {
        for (SvOption *option = section->options.first; option; option = option->next)
            option->value = replace_here(ini->arena, option->value, here);
        for (SvOption *option = ini->defaults.first; option; option = option->next)
            if (strstr(option->value, HERE) &&
                sv_ini_get(ini, section, option->name) == option->value)
                set_option(ini->arena, &section->options, option->name,
                           replace_here(ini->arena, option->value, here));
    }
}

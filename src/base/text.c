#include "base/text.h"

#include <string.h>

#define NAME_MAX_LENGTH    63
#define VERSION_MAX_LENGTH 100
#define PATH_MAX_LENGTH    4096
#define WORD_MAX_LENGTH    256 /* longer ones are no slip of the finger */

bool
fa_parse_uint64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!g_ascii_isdigit(*text))
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
    }
    if (value < min || value > max)
        return false;

    *ret_value = value;
    return true;
}

bool
fa_parse_uint(const char *text, unsigned min, unsigned max, unsigned *ret_value)
{
    uint64_t value;
    if (!fa_parse_uint64(text, min, max, &value))
        return false;

    *ret_value = (unsigned)value;
    return true;
}

bool
fa_parse_int64(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    bool is_negative = *text == '-';
    uint64_t magnitude;
    if (!fa_parse_uint64(text + is_negative, 0, (uint64_t)INT64_MAX + is_negative, &magnitude))
        return false;

    int64_t value = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    if (value < min || value > max)
        return false;

    *ret_value = value;
    return true;
}

static bool
is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (g_ascii_strcasecmp(text, *words) == 0)
            return true;
    }
    return false;
}

bool
fa_parse_bool(const char *text, bool *ret_value)
{
    static const char *const yes[] = {"true", "yes", "on", "1", NULL};
    static const char *const no[] = {"false", "no", "off", "0", NULL};

    if (!is_one_of(text, yes) && !is_one_of(text, no))
        return false;

    *ret_value = is_one_of(text, yes);
    return true;
}

/* Splits "15m" into "15" and 'm'; the unit is '\0' when the text ends in a digit. */
static bool
parse_with_unit(const char *text, uint64_t *ret_number, char *ret_unit)
{
    size_t length = strlen(text);
    if (length == 0)
        return false;

    char last = text[length - 1];
    char unit = g_ascii_isdigit(last) ? '\0' : last;
    g_autofree char *digits = g_strndup(text, unit == '\0' ? length : length - 1);
    if (!fa_parse_uint64(digits, 0, UINT64_MAX, ret_number))
        return false;

    *ret_unit = unit;
    return true;
}

bool
fa_parse_span(const char *text, int64_t *ret_seconds)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    uint64_t number;
    char unit;

    if (!parse_with_unit(text, &number, &unit))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        uint64_t seconds;
        if (units[i].unit != unit)
            continue;
        if (__builtin_mul_overflow(number, units[i].seconds, &seconds) || seconds > INT64_MAX)
            return false;
        *ret_seconds = (int64_t)seconds;
        return true;
    }
    return false;
}

bool
fa_parse_size(const char *text, uint64_t *ret_bytes)
{
    static const struct {
        char unit;
        uint64_t bytes;
    } units[] = {{'\0', 1},         {'k', 1ull << 10}, {'K', 1ull << 10},
                 {'M', 1ull << 20}, {'G', 1ull << 30}, {'T', 1ull << 40}};
    uint64_t number;
    char unit;

    if (!parse_with_unit(text, &number, &unit))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        uint64_t bytes;
        if (units[i].unit != unit)
            continue;
        if (__builtin_mul_overflow(number, units[i].bytes, &bytes))
            return false;
        *ret_bytes = bytes;
        return true;
    }
    return false;
}

static size_t
min3(size_t a, size_t b, size_t c)
{
    return MIN(MIN(a, b), c);
}

/* Fills @row for the first @row_index bytes of @a from the two rows above it; returns its least value. */
static size_t
fill_distance_row(const char *a, size_t row_index, const char *b, size_t b_length,
                  const size_t *two_above, const size_t *above, size_t *row)
{
    size_t least = row[0] = row_index;

    for (size_t j = 1; j <= b_length; j++) {
        size_t substitution = above[j - 1] + (a[row_index - 1] != b[j - 1]);
        row[j] = min3(above[j] + 1, row[j - 1] + 1, substitution);
        if (row_index > 1 && j > 1 && a[row_index - 1] == b[j - 2] && a[row_index - 2] == b[j - 1])
            row[j] = MIN(row[j], two_above[j - 2] + 1);
        least = MIN(least, row[j]);
    }
    return least;
}

size_t
fa_text_distance(const char *a, const char *b, size_t limit)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    size_t longer = MAX(a_length, b_length), shorter = MIN(a_length, b_length);
    size_t too_far = limit == SIZE_MAX ? limit : limit + 1;

    if (longer - shorter > limit)
        return too_far;

    g_autofree size_t *two_above = g_new0(size_t, b_length + 1);
    g_autofree size_t *above = g_new0(size_t, b_length + 1);
    g_autofree size_t *row = g_new0(size_t, b_length + 1);
    size_t least_above = 0;

    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = two_above;
        two_above = above;
        above = row;
        row = oldest;
        size_t least = fill_distance_row(a, i, b, b_length, two_above, above, row);
        /* A transposition looks two rows back, so both must be too far before we give up. */
        if (least > limit && least_above > limit)
            return too_far;
        least_above = least;
    }
    return MIN(row[b_length], too_far);
}

const char *
fa_text_nearest(const char *word, const char *const *words)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX_LENGTH)
        return NULL;

    const char *nearest = NULL;
    size_t limit = MAX(length, 3) / 3;

    for (; *words != NULL; words++) {
        size_t distance = fa_text_distance(word, *words, limit);
        if (distance > limit)
            continue;
        nearest = *words;
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest;
}

bool
fa_text_is_name(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > NAME_MAX_LENGTH || text[0] == '-' || text[length - 1] == '-')
        return false;

    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_islower(text[i]) && !g_ascii_isdigit(text[i]) && text[i] != '-')
            return false;
    }
    return true;
}

bool
fa_text_is_version(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > VERSION_MAX_LENGTH || !g_ascii_isalnum(text[0]))
        return false;
    if (strstr(text, "..") != NULL)
        return false;

    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr("._+~-", text[i]) == NULL)
            return false;
    }
    return true;
}

bool
fa_text_is_relative_path(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > PATH_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (g_ascii_iscntrl(text[i]))
            return false;
    }

    const char *part = text;
    for (;;) {
        size_t part_length = strcspn(part, "/");
        if (part_length == 0 || (part_length == 1 && part[0] == '.') ||
            (part_length == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        if (part[part_length] == '\0')
            return true;
        part += part_length + 1;
    }
}

char *
fa_text_shell_quote(const char *text)
{
    bool is_plain = *text != '\0';

    for (const char *c = text; *c != '\0'; c++)
        is_plain = is_plain && (g_ascii_isalnum(*c) || strchr("_@%+:,./-", *c) != NULL);
    return is_plain ? g_strdup(text) : g_shell_quote(text);
}

char *
fa_text_sanitize(const char *text, size_t length)
{
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
    GString *clean = g_string_sized_new(length);

    for (const char *c = valid; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        bool is_kept = character == '\n' || character == '\t' || !g_unichar_iscntrl(character);
        g_string_append_unichar(clean, is_kept ? character : '?');
    }
    return g_string_free(clean, FALSE);
}

static size_t
character_width(gunichar character)
{
    if (g_unichar_iszerowidth(character))
        return 0;
    return g_unichar_iswide(character) ? 2 : 1;
}

size_t
fa_text_width(const char *text)
{
    size_t width = 0;
    if (!g_utf8_validate(text, -1, NULL))
        return strlen(text);
    for (; *text != '\0'; text = g_utf8_next_char(text))
        width += character_width(g_utf8_get_char(text));
    return width;
}

char *
fa_text_fit(const char *text, size_t columns)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    if (fa_text_width(valid) <= columns)
        return g_steal_pointer(&valid);

    size_t dots = MIN(columns, 3), width = 0;
    const char *end = valid;
    while (*end != '\0' && width + character_width(g_utf8_get_char(end)) <= columns - dots) {
        width += character_width(g_utf8_get_char(end));
        end = g_utf8_next_char(end);
    }
    return g_strdup_printf("%.*s%.*s", (int)(end - valid), valid, (int)dots, "...");
}

char *
fa_text_format_span(int64_t seconds)
{
    if (seconds < 0)
        seconds = 0;

    int64_t hours = seconds / 3600, minutes = seconds / 60 % 60;
    if (hours > 0)
        return g_strdup_printf("%" G_GINT64_FORMAT ":%02d:%02d", hours, (int)minutes,
                               (int)(seconds % 60));
    return g_strdup_printf("%d:%02d", (int)minutes, (int)(seconds % 60));
}

char *
fa_text_format_size(uint64_t bytes)
{
    static const char units[][3] = {"kB", "MB", "GB", "TB", "PB", "EB"};

    if (bytes < 1000)
        return g_strdup_printf("%u B", (unsigned)bytes);

    double value = (double)bytes / 1000;
    size_t unit = 0;
    /* 999.5 is where rounding to a whole number would print "1000". */
    while (value >= 999.5 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1000;
        unit++;
    }
    return g_strdup_printf(value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

/* Debian's order: '~' before the end of the text, the end before letters, letters before the rest. */
static int
version_rank(char c)
{
    if (c == '\0' || g_ascii_isdigit(c))
        return 0;
    if (g_ascii_isalpha(c))
        return (unsigned char)c;
    if (c == '~')
        return -1;
    return (unsigned char)c + 256;
}

/* Compares the runs of digits at both pointers as numbers of any length, and moves behind them. */
static int
compare_digits(const char **a, const char **b)
{
    int first_difference = 0;

    while (**a == '0')
        (*a)++;
    while (**b == '0')
        (*b)++;
    while (g_ascii_isdigit(**a) && g_ascii_isdigit(**b)) {
        if (first_difference == 0)
            first_difference = **a - **b;
        (*a)++;
        (*b)++;
    }
    if (g_ascii_isdigit(**a))
        return 1;
    if (g_ascii_isdigit(**b))
        return -1;
    return first_difference;
}

int
fa_text_compare_versions(const char *a, const char *b)
{
    while (*a != '\0' || *b != '\0') {
        while ((*a != '\0' && !g_ascii_isdigit(*a)) || (*b != '\0' && !g_ascii_isdigit(*b))) {
            int difference = version_rank(*a) - version_rank(*b);
            if (difference != 0)
                return difference;
            a++;
            b++;
        }
        int difference = compare_digits(&a, &b);
        if (difference != 0)
            return difference;
    }
    return 0;
}

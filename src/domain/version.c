#include "domain/version.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define TRAIN_FIELDS 3

static bool
fail(const char *text, const char *mistake, const char *help, GError **error)
{
    if (help == NULL)
        return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no label of a release: %s", text, mistake);
    return fa_fail(error, FA_ERROR_CONFIG, "'%s' is no label of a release: %s\nhelp: %s", text,
                   mistake, help);
}

static bool
is_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* One field or the N of -bN; no number has two spellings. */
static bool
parse_number(const char *text, const char *part, unsigned *ret_number, GError **error)
{
    if (*part == '\0')
        return fail(text, "a field is empty", "write '0.6.1'", error);
    if (!is_digits(part))
        return fail(text, "its fields are numbers", "write '0.6.1', '0.6.1.1' or '0.6.2-b2'",
                    error);
    if (part[0] == '0' && part[1] != '\0')
        return fail(text, "a field begins with a zero", "leave the zero out", error);
    if (!fa_parse_uint(part, 0, FA_LABEL_FIELD_MAX, ret_number))
        return fail(text, "a field is larger than 999999", NULL, error);
    return true;
}

static bool
parse_fields(const char *text, const char *number, FaLabel *label, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(number, ".", FA_LABEL_FIELDS + 1);
    label->count = g_strv_length(parts);
    if (label->count == 0)
        return fail(text, "it is empty", "write '0.6.1'", error);
    if (label->count > FA_LABEL_FIELDS)
        return fail(text, "it has more than four fields",
                    "a train has up to three, and a leapfrog one behind these", error);
    for (unsigned i = 0; i < label->count; i++) {
        if (!parse_number(text, parts[i], &label->fields[i], error))
            return false;
    }
    if (label->count == FA_LABEL_FIELDS && label->fields[TRAIN_FIELDS] == 0)
        return fail(text, "leapfrogs count from 1", "write three fields for a train", error);
    return true;
}

bool
fa_label_parse(const char *text, FaLabel *ret_label, GError **error)
{
    FaLabel label = {0};
    g_autofree char *number = g_strdup(text);
    char *dash = strchr(number, '-');

    if ((text[0] == 'v' || text[0] == 'V') && g_ascii_isdigit(text[1]))
        return fail(text, "a label begins with its number", "leave the 'v' out", error);
    if (dash != NULL) {
        *dash = '\0';
        if (dash[1] != 'b' || !is_digits(dash + 2))
            return fail(text, "behind the number there can only be -bN", "write '0.6.2-b2'", error);
        if (!parse_number(text, dash + 2, &label.build, error))
            return false;
        if (label.build < 2)
            return fail(text, "rebuilds count from -b2",
                        "the first build of a release is the label itself", error);
    }
    if (!parse_fields(text, number, &label, error))
        return false;
    *ret_label = label;
    return true;
}

char *
fa_label_to_string(const FaLabel *label)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < label->count; i++)
        g_string_append_printf(text, "%s%u", i > 0 ? "." : "", label->fields[i]);
    if (label->build > 0)
        g_string_append_printf(text, "-b%u", label->build);
    return g_string_free(text, FALSE);
}

bool
fa_label_is_leapfrog(const FaLabel *label)
{
    return label->count == FA_LABEL_FIELDS;
}

int
fa_label_compare(const FaLabel *a, const FaLabel *b)
{
    for (unsigned i = 0; i < FA_LABEL_FIELDS; i++) {
        if (a->fields[i] != b->fields[i])
            return a->fields[i] < b->fields[i] ? -1 : 1;
    }
    return (a->build > b->build) - (a->build < b->build);
}

int
fa_label_compare_texts(const char *a, const char *b)
{
    FaLabel first, second;
    bool is_first = fa_label_parse(a, &first, NULL), is_second = fa_label_parse(b, &second, NULL);
    if (!is_first || !is_second)
        return is_first != is_second ? (is_first ? -1 : 1) : strcmp(a, b);
    int order = fa_label_compare(&first, &second);
    return order != 0 ? order : strcmp(a, b);
}

FaLabel
fa_label_next_train(const FaLabel *label)
{
    FaLabel next = *label;
    next.count = TRAIN_FIELDS;
    next.fields[TRAIN_FIELDS - 1]++;
    next.fields[TRAIN_FIELDS] = 0;
    next.build = 0;
    return next;
}

FaLabel
fa_label_next_leapfrog(const FaLabel *label)
{
    FaLabel next = *label;
    next.count = FA_LABEL_FIELDS;
    next.fields[TRAIN_FIELDS]++;
    next.build = 0;
    return next;
}

FaLabel
fa_label_next_rebuild(const FaLabel *label)
{
    FaLabel next = *label;
    next.build = MAX(label->build, 1) + 1;
    return next;
}

bool
fa_label_is_leapfrog_of(const FaLabel *label, const FaLabel *parent)
{
    return fa_label_is_leapfrog(label) && label->build == 0 &&
           memcmp(label->fields, parent->fields, TRAIN_FIELDS * sizeof label->fields[0]) == 0 &&
           label->fields[TRAIN_FIELDS] > parent->fields[TRAIN_FIELDS];
}

bool
fa_label_is_rebuild_of(const FaLabel *label, const FaLabel *parent)
{
    return label->build > parent->build && label->count == parent->count &&
           memcmp(label->fields, parent->fields, sizeof label->fields) == 0;
}

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "source/svn-private.h"

/* Where the parser is. A listing gives the revision in an element inside of the entry, a log in the entry itself. */
typedef struct Reading {
    GPtrArray *entries;
    FaSvnEntry *entry; /* (nullable) */
    FaSvnPath *path;   /* (nullable) */
    GString *text;     /* (nullable) where characters go */
} Reading;

static void
path_free(gpointer data)
{
    FaSvnPath *path = data;
    g_free(path->path);
    g_free(path->copy_path);
    g_free(path);
}

static void
entry_free(gpointer data)
{
    FaSvnEntry *entry = data;
    g_free(entry->name);
    g_string_free(entry->author, TRUE);
    g_string_free(entry->date, TRUE);
    g_string_free(entry->message, TRUE);
    g_ptr_array_unref(entry->paths);
    g_free(entry);
}

static FaSvnEntry *
entry_new(void)
{
    FaSvnEntry *entry = g_new0(FaSvnEntry, 1);
    entry->author = g_string_new(NULL);
    entry->date = g_string_new(NULL);
    entry->message = g_string_new(NULL);
    entry->paths = g_ptr_array_new_with_free_func(path_free);
    return entry;
}

static const char *
find_attribute(const char *const *names, const char *const *values, const char *wanted)
{
    for (; *names != NULL; names++, values++)
        if (g_str_equal(*names, wanted))
            return *values;
    return NULL;
}

static void
read_number(uint64_t *ret_number, const char *text)
{
    if (text != NULL)
        fa_parse_uint64(text, 1, UINT32_MAX, ret_number);
}

static void
start_path(Reading *reading, const char *const *names, const char *const *values)
{
    reading->path = g_new0(FaSvnPath, 1);
    reading->path->copy_path = g_strdup(find_attribute(names, values, "copyfrom-path"));
    read_number(&reading->path->copy_number, find_attribute(names, values, "copyfrom-rev"));
    g_ptr_array_add(reading->entry->paths, reading->path);
}

static void
start(GMarkupParseContext *context, const char *element, const char **names, const char **values,
      gpointer data, GError **error)
{
    Reading *reading = data;
    const char *revision =
        find_attribute((const char *const *)names, (const char *const *)values, "revision");

    reading->text = NULL;
    if (g_str_equal(element, "logentry") || g_str_equal(element, "entry")) {
        reading->entry = entry_new();
        g_ptr_array_add(reading->entries, reading->entry);
        read_number(&reading->entry->number, revision);
    }
    if (reading->entry == NULL)
        return;
    if (g_str_equal(element, "commit"))
        read_number(&reading->entry->number, revision);
    else if (g_str_equal(element, "path"))
        start_path(reading, (const char *const *)names, (const char *const *)values);
    else if (g_str_equal(element, "author"))
        reading->text = reading->entry->author;
    else if (g_str_equal(element, "date"))
        reading->text = reading->entry->date;
    else if (g_str_equal(element, "msg"))
        reading->text = reading->entry->message;
}

static void
end(GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
    Reading *reading = data;
    reading->text = NULL;
    reading->path = NULL;
}

static void
take_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
          GError **error)
{
    Reading *reading = data;
    const char *element = g_markup_parse_context_get_element(context);

    if (reading->text != NULL)
        g_string_append_len(reading->text, text, (gssize)length);
    else if (reading->path != NULL && g_str_equal(element, "path"))
        reading->path->path = g_strndup(text, length);
    else if (reading->entry != NULL && g_str_equal(element, "name"))
        reading->entry->name = g_strndup(text, length);
}

static bool
is_whole(const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        const FaSvnEntry *entry = g_ptr_array_index(entries, i);
        for (guint j = 0; j < entry->paths->len; j++)
            if (((const FaSvnPath *)g_ptr_array_index(entry->paths, j))->path == NULL)
                return false;
        if (entry->number == 0)
            return false;
    }
    return true;
}

GPtrArray *
fa_svn_parse(const FaSource *source, const char *xml, GError **error)
{
    static const GMarkupParser parser = {
        .start_element = start, .end_element = end, .text = take_text};
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    Reading reading = {.entries = entries};
    g_autoptr(GMarkupParseContext) context =
        g_markup_parse_context_new(&parser, G_MARKUP_DEFAULT_FLAGS, &reading, NULL);
    g_autoptr(GError) reason = NULL;

    if (g_markup_parse_context_parse(context, xml, (gssize)strlen(xml), &reason) &&
        g_markup_parse_context_end_parse(context, &reason) && is_whole(entries))
        return g_steal_pointer(&entries);
    fa_fail(error, FA_ERROR_FAILED, "svn says of '%s' what cannot be understood: %s", source->shown,
            reason != NULL ? reason->message : "a revision has no number or path");
    return NULL;
}

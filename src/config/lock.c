#include "config/lock.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/fs.h"

#define HEADER        "# fassembler lock 1"
#define SIZE_MAX_READ (4 * 1024 * 1024)
#define REVISION_MAX  4096
#define FIELDS        4

struct FaLockFile {
    GPtrArray *entries; /* of FaLockEntry, sorted */
};

typedef struct Parser {
    FaLockFile *lock;
    FaDiags *diags;
    const char *file;
    const char *const *components;
    unsigned line;
} Parser;

static void
entry_free(gpointer data)
{
    FaLockEntry *entry = data;
    g_free(entry->component);
    g_free(entry->revision);
    g_free(entry);
}

FaLockFile *
fa_lock_file_new(void)
{
    FaLockFile *lock = g_new0(FaLockFile, 1);
    lock->entries = g_ptr_array_new_with_free_func(entry_free);
    return lock;
}

void
fa_lock_file_free(FaLockFile *lock)
{
    if (lock == NULL)
        return;
    g_ptr_array_unref(lock->entries);
    g_free(lock);
}

size_t
fa_lock_file_count(const FaLockFile *lock)
{
    return lock->entries->len;
}

const FaLockEntry *
fa_lock_file_get(const FaLockFile *lock, size_t index)
{
    return g_ptr_array_index(lock->entries, index);
}

/* Where @component is, or where it belongs. */
static guint
search(const FaLockFile *lock, const char *component, bool *ret_found)
{
    guint low = 0, high = lock->entries->len;

    *ret_found = false;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = strcmp(fa_lock_file_get(lock, middle)->component, component);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const FaLockEntry *
fa_lock_file_find(const FaLockFile *lock, const char *component)
{
    bool is_found = false;
    guint index = search(lock, component, &is_found);
    return is_found ? fa_lock_file_get(lock, index) : NULL;
}

void
fa_lock_file_set(FaLockFile *lock, const char *component, FaSourceKind kind, const char *revision,
                 const FaDigest *digest)
{
    FaLockEntry *entry = g_new0(FaLockEntry, 1);
    entry->component = g_strdup(component);
    entry->kind = kind;
    entry->revision = g_strdup(revision);
    if (digest != NULL)
        entry->digest = *digest;

    bool is_found = false;
    guint index = search(lock, component, &is_found);
    if (is_found) {
        entry_free(g_ptr_array_index(lock->entries, index));
        g_ptr_array_index(lock->entries, index) = entry;
    } else {
        g_ptr_array_insert(lock->entries, (int)index, entry);
    }
}

bool
fa_lock_file_remove(FaLockFile *lock, const char *component)
{
    bool is_found = false;
    guint index = search(lock, component, &is_found);
    if (is_found)
        g_ptr_array_remove_index(lock->entries, index);
    return is_found;
}

static bool
kind_from_string(const char *text, FaSourceKind *ret_kind)
{
    for (FaSourceKind kind = FA_SOURCE_GIT; kind <= FA_SOURCE_DIRECTORY; kind++) {
        if (strcmp(fa_source_kind_to_string(kind), text) == 0) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

static FaDiag *
complain(const Parser *parser, const char *line, const char *field, const char *message)
{
    const FaPlace place = {
        .file = parser->file,
        .line = parser->line,
        .column = (unsigned)g_utf8_strlen(line, field - line) + 1,
    };
    FaDiag *diag = fa_diags_error(parser->diags, &place, "%s", message);
    diag->length = MAX(1, (unsigned)g_utf8_strlen(field, (gssize)strcspn(field, " ")));
    return diag;
}

static void
complain_of_component(const Parser *parser, const char *line, const char *name)
{
    g_autofree char *message = g_strdup_printf("unknown component '%s'", name);
    const char *nearest = fa_text_nearest(name, parser->components);
    FaDiag *diag = complain(parser, line, line, message);

    if (nearest != NULL)
        fa_diag_help(diag, "did you mean '%s'?", nearest);
    else
        fa_diag_help(diag, "remove the line if the component is gone");
}

static bool
is_revision(const char *text)
{
    if (*text == '\0' || *text == '-' || strlen(text) > REVISION_MAX)
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return false;
    return g_utf8_validate(text, -1, NULL);
}

static bool
read_digest(const char *text, FaDigest *ret_digest)
{
    *ret_digest = (FaDigest){0};
    if (strcmp(text, "-") == 0)
        return true;
    return g_str_has_prefix(text, "sha256:") &&
           fa_digest_from_hex(text + strlen("sha256:"), ret_digest);
}

/* The four fields of @line, checked one after the other; what is wrong with the line's form ends it. */
static void
parse_fields(Parser *parser, const char *line, char **fields, const char *const *starts)
{
    g_autofree char *revision = g_uri_unescape_string(fields[2], NULL);
    FaSourceKind kind = FA_SOURCE_NONE;
    FaDigest digest;
    bool is_good = true;

    if (!fa_text_is_name(fields[0])) {
        complain(parser, line, starts[0], "not the name of a component");
        is_good = false;
    } else if (parser->components != NULL && !g_strv_contains(parser->components, fields[0])) {
        complain_of_component(parser, line, fields[0]);
        is_good = false;
    }
    if (!kind_from_string(fields[1], &kind)) {
        FaDiag *diag = complain(parser, line, starts[1], "unknown kind of source");
        fa_diag_help(diag, "one of git, svn, archive, directory");
        is_good = false;
    }
    if (revision == NULL || !is_revision(revision)) {
        complain(parser, line, starts[2], "not a revision");
        is_good = false;
    }
    if (!read_digest(fields[3], &digest)) {
        FaDiag *diag = complain(parser, line, starts[3], "not a digest");
        fa_diag_help(diag, "write 'sha256:' and 64 digits in hex, or '-' to have it made again");
        is_good = false;
    }
    if (!is_good)
        return;

    const FaLockEntry *before = fa_lock_file_find(parser->lock, fields[0]);
    if (before != NULL) {
        FaDiag *diag = complain(parser, line, starts[0], "the component is locked twice");
        fa_diag_note(diag, &before->place, "first here");
        return;
    }
    fa_lock_file_set(parser->lock, fields[0], kind, revision, &digest);
    FaLockEntry *entry = (FaLockEntry *)fa_lock_file_find(parser->lock, fields[0]);
    entry->place = (FaPlace){.file = parser->file, .line = parser->line, .column = 1};
}

static void
parse_line(Parser *parser, const char *line)
{
    g_auto(GStrv) fields = g_strsplit(line, " ", -1);
    const char *starts[FIELDS];

    if (g_strv_length(fields) != FIELDS) {
        FaDiag *diag = complain(parser, line, line, "a line of the lock has four fields");
        fa_diag_help(diag, "NAME KIND REVISION sha256:DIGEST, with one blank between them");
        return;
    }
    starts[0] = line;
    for (size_t i = 1; i < FIELDS; i++)
        starts[i] = starts[i - 1] + strlen(fields[i - 1]) + 1;
    parse_fields(parser, line, fields, starts);
}

FaLockFile *
fa_lock_file_parse(const char *text, size_t length, const char *file, const char *const *components,
                   FaDiags *diags)
{
    g_autoptr(FaLockFile) lock = fa_lock_file_new();
    Parser parser = {.lock = lock, .diags = diags, .file = file, .components = components};
    const FaPlace whole = {.file = file};

    if (length == 0)
        return g_steal_pointer(&lock);
    if (memchr(text, '\0', length) != NULL || !g_utf8_validate(text, (gssize)length, NULL)) {
        fa_diags_error(diags, &whole, "the lock is not UTF-8 text");
        return g_steal_pointer(&lock);
    }

    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    fa_diags_add_text(diags, file, text, length);
    if (strcmp(lines[0], HEADER) != 0) {
        const FaPlace first = {.file = file, .line = 1, .column = 1};
        FaDiag *diag = fa_diags_error(diags, &first, "not a lock that this version reads");
        fa_diag_help(diag, "its first line must be '%s'", HEADER);
        return g_steal_pointer(&lock);
    }
    for (char **line = lines; *line != NULL; line++) {
        parser.line++;
        if (**line != '\0' && **line != '#')
            parse_line(&parser, *line);
    }
    return g_steal_pointer(&lock);
}

char *
fa_lock_file_format(const FaLockFile *lock)
{
    GString *out = g_string_new(HEADER "\n");

    for (size_t i = 0; i < fa_lock_file_count(lock); i++) {
        const FaLockEntry *entry = fa_lock_file_get(lock, i);
        g_autofree char *digest = fa_digest_to_string(&entry->digest);
        g_string_append_printf(out, "%s %s ", entry->component,
                               fa_source_kind_to_string(entry->kind));
        g_string_append_uri_escaped(out, entry->revision, "/@+:,=!$&'()*;#", TRUE);
        g_string_append_printf(out, " %s%s\n", fa_digest_is_zero(&entry->digest) ? "" : "sha256:",
                               fa_digest_is_zero(&entry->digest) ? "-" : digest);
    }
    return g_string_free(out, FALSE);
}

FaLockFile *
fa_lock_file_read(const char *path, const char *const *components, FaDiags *diags, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *text = NULL;
    size_t length = 0;

    if (fa_fs_read(path, SIZE_MAX_READ, &text, &length, &problem))
        return fa_lock_file_parse(text, length, g_intern_string(path), components, diags);
    if (fa_error_is(problem, FA_ERROR_NOT_FOUND))
        return fa_lock_file_new();

    g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

bool
fa_lock_file_write(const FaLockFile *lock, const char *path, bool *ret_changed, GError **error)
{
    g_autofree char *text = fa_lock_file_format(lock);
    return fa_fs_write_if_changed(path, text, strlen(text), 0644, ret_changed, error);
}

#include "store/tree.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define HEADING   "fassembler-tree 1\n"
#define TEXT_MAX  4096
#define CHUNK     65536
#define FIELD_MAX 5

static const char letters[] = {
    [FA_ENTRY_DIRECTORY] = 'd',
    [FA_ENTRY_FILE] = 'f',
    [FA_ENTRY_PROGRAM] = 'x',
    [FA_ENTRY_LINK] = 'l',
};

FaTree *
fa_tree_new(void)
{
    FaTree *tree = g_new0(FaTree, 1);
    tree->entries = g_array_new(FALSE, FALSE, sizeof(FaEntry));
    tree->strings = g_string_chunk_new(CHUNK);
    return tree;
}

void
fa_tree_free(FaTree *tree)
{
    if (tree == NULL)
        return;
    g_array_unref(tree->entries);
    g_string_chunk_free(tree->strings);
    g_free(tree);
}

bool
fa_tree_is_text(const char *text)
{
    size_t length = 0;
    for (; text[length] != '\0'; length++) {
        if (length >= TEXT_MAX || (unsigned char)text[length] < ' ' || text[length] == 0x7f)
            return false;
    }
    return length > 0;
}

/* Between tabs. Manifests are printed all day, and printf() took a third of the time. */
static void
append_number(GString *text, uint64_t number)
{
    char digits[24], *at = digits + sizeof digits;
    *--at = '\t';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    *--at = '\t';
    g_string_append_len(text, at, digits + sizeof digits - at);
}

GString *
fa_tree_print(const FaTree *tree)
{
    GString *text = g_string_sized_new(sizeof HEADING + tree->entries->len * 128u);
    g_string_append(text, HEADING);

    for (size_t i = 0; i < tree->entries->len; i++) {
        const FaEntry *entry = fa_tree_get(tree, i);
        g_string_append_c(text, letters[entry->kind]);
        if (fa_entry_is_file(entry)) {
            char hex[FA_DIGEST_HEX_SIZE];
            fa_digest_to_hex(&entry->digest, hex);
            append_number(text, entry->size);
            g_string_append_len(text, hex, FA_DIGEST_HEX_SIZE - 1);
        }
        g_string_append_c(text, '\t');
        g_string_append(text, entry->path);
        if (entry->kind == FA_ENTRY_LINK) {
            g_string_append_c(text, '\t');
            g_string_append(text, entry->target);
        }
        g_string_append_c(text, '\n');
    }
    return text;
}

/* The order of a walk: as bytes, but '/' before all that a name may hold. */
static int
compare_paths(const char *a, const char *b)
{
    for (; *a != '\0' && *a == *b; a++, b++)
        continue;
    int left = *a == '/' ? 1 : (unsigned char)*a, right = *b == '/' ? 1 : (unsigned char)*b;
    return left - right;
}

/* True when the folder of @path is a directory that came before: @open holds those that the walk is in. */
static bool
enter(GPtrArray *open, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);

    while (open->len > 0) {
        const char *last = g_ptr_array_index(open, open->len - 1);
        if (strlen(last) == length && memcmp(last, path, length) == 0)
            return true;
        g_ptr_array_set_size(open, (int)open->len - 1);
    }
    return length == 0;
}

static bool
parse_digest(const char *hex, FaDigest *digest)
{
    for (const char *c = hex; *c != '\0'; c++) {
        if (g_ascii_isupper(*c))
            return false;
    }
    return fa_digest_from_hex(hex, digest);
}

static bool
parse_size(const char *text, uint64_t *size)
{
    return (text[0] != '0' || text[1] == '\0') && fa_parse_uint64(text, 0, INT64_MAX, size);
}

/* Reads one line, which it cuts into fields. False when it is not one that fa_tree_print() makes. */
static bool
parse_line(FaTree *tree, char *line, FaEntry *entry)
{
    char *fields[FIELD_MAX] = {NULL};
    unsigned count = 0;
    for (char *rest = line; rest != NULL; count++) {
        if (count == FIELD_MAX)
            return false;
        fields[count] = rest;
        rest = strchr(rest, '\t');
        if (rest != NULL)
            *rest++ = '\0';
    }

    const char *letter = fields[0][0] == '\0' || fields[0][1] != '\0'
                             ? NULL
                             : memchr(letters, fields[0][0], sizeof letters);
    if (letter == NULL)
        return false;
    *entry = (FaEntry){.kind = (FaEntryKind)(letter - letters)};
    bool is_file = fa_entry_is_file(entry), is_link = entry->kind == FA_ENTRY_LINK;
    if (count != (is_file ? 4u : is_link ? 3u : 2u))
        return false;
    if (is_file &&
        (!parse_size(fields[1], &entry->size) || !parse_digest(fields[2], &entry->digest)))
        return false;

    const char *path = fields[is_file ? 3 : 1];
    if (!fa_tree_is_text(path) || !fa_text_is_relative_path(path))
        return false;
    if (is_link && !fa_tree_is_text(fields[2]))
        return false;
    entry->path = g_string_chunk_insert(tree->strings, path);
    entry->target = is_link ? g_string_chunk_insert(tree->strings, fields[2]) : NULL;
    return true;
}

static bool
parse_lines(FaTree *tree, char *text)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    const char *previous = NULL;

    while (*text != '\0') {
        char *end = strchr(text, '\n');
        FaEntry entry;
        if (end == NULL || tree->entries->len >= FA_TREE_ENTRIES_MAX)
            return false;
        *end = '\0';
        if (!parse_line(tree, text, &entry) || !enter(open, entry.path))
            return false;
        if (previous != NULL && compare_paths(previous, entry.path) >= 0)
            return false;
        if (entry.kind == FA_ENTRY_DIRECTORY)
            g_ptr_array_add(open, (char *)entry.path);
        g_array_append_val(tree->entries, entry);
        previous = entry.path;
        text = end + 1;
    }
    return true;
}

FaTree *
fa_tree_parse(const char *text, size_t length, GError **error)
{
    size_t heading = strlen(HEADING);
    g_autoptr(FaTree) tree = fa_tree_new();

    if (length >= heading && length <= FA_TREE_TEXT_MAX && memcmp(text, HEADING, heading) == 0 &&
        memchr(text, '\0', length) == NULL) {
        g_autofree char *copy = g_strndup(text + heading, length - heading);
        if (parse_lines(tree, copy))
            return g_steal_pointer(&tree);
    }
    fa_fail(error, FA_ERROR_FAILED, "the manifest of a tree is not valid after %u entries",
            tree->entries->len);
    return NULL;
}

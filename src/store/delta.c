#include "store/delta.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "store/private.h"
#include "store/tree.h"
#include "sys/fs.h"

#define HEADING "fassembler-delta 1\n"
#define START   (sizeof HEADING - 1 + FA_DIGEST_HEX_SIZE) /* of what follows the base's digest */
#define WORTH_FROM                                                                                 \
    (64 * 1024)    /* bytes of a manifest; below that it takes hardly more than a block */
#define WORTH_OF 4 /* at most this part of the whole */
#define SUFFIX   ".m"

static void
name_of(const FaDigest *digest, char name[FA_OBJECT_NAME_SIZE])
{
    fa_object_name(digest, false, name);
    g_strlcat(name, SUFFIX, FA_OBJECT_NAME_SIZE);
}

bool
fa_delta_parse_name(const char *shard, const char *rest, FaDigest *ret_digest)
{
    bool is_program;
    size_t length = strlen(rest);
    if (!g_str_has_suffix(rest, SUFFIX))
        return false;
    g_autofree char *plain = g_strndup(rest, length - strlen(SUFFIX));
    return fa_object_parse_name(shard, plain, ret_digest, &is_program) && !is_program;
}

bool
fa_delta_is_whole(int objects_fd, const FaDigest *digest)
{
    char name[FA_OBJECT_NAME_SIZE];
    struct stat status;
    name_of(digest, name);
    return fstatat(objects_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode) && (status.st_mode & 07777) == fa_object_mode(false) &&
           (size_t)status.st_size >= START &&
           status.st_mtim.tv_sec == fa_object_time(digest).tv_sec && status.st_mtim.tv_nsec == 0;
}

/* (transfer full) (nullable) What is at @name, without a look at its digest. */
static GBytes *
load(FaStore *store, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(store->path, "objects", name, NULL);
    char *content;
    size_t length;
    if (!fa_fs_read(path, FA_TREE_TEXT_MAX, &content, &length, error))
        return NULL;
    return g_bytes_new_take(content, length);
}

/* (transfer full) (nullable) The file, whose heading is in order. */
static GBytes *
load_delta(FaStore *store, const FaDigest *digest, FaDigest *ret_base, GError **error)
{
    char name[FA_OBJECT_NAME_SIZE];
    name_of(digest, name);
    g_autoptr(GBytes) delta = load(store, name, error);
    if (delta == NULL)
        return NULL;
    gsize length;
    const char *text = g_bytes_get_data(delta, &length);
    if (length >= START && g_str_has_prefix(text, HEADING) && text[START - 1] == '\n') {
        g_autofree char *hex = g_strndup(text + strlen(HEADING), FA_DIGEST_HEX_SIZE - 1);
        if (fa_digest_from_hex(hex, ret_base))
            return g_steal_pointer(&delta);
    }
    fa_fail(error, FA_ERROR_FAILED, "'objects/%s' is damaged", name);
    return NULL;
}

bool
fa_delta_get_base(FaStore *store, const FaDigest *digest, FaDigest *ret_base)
{
    g_autoptr(GBytes) delta = load_delta(store, digest, ret_base, NULL);
    return delta != NULL;
}

/* (transfer full) (nullable) */
static GBytes *
load_base(FaStore *store, const FaDigest *digest, GError **error)
{
    char name[FA_OBJECT_NAME_SIZE];
    fa_object_name(digest, false, name);
    return load(store, name, error);
}

/* Behind the line at @at, which ends at the latest at @end. */
static const char *
skip_line(const char *at, const char *end)
{
    const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    return newline != NULL ? newline + 1 : end;
}

static bool
parse_count(const char *from, const char *to, uint64_t *count)
{
    g_autofree char *digits = g_strndup(from, (size_t)(to - from));
    return fa_parse_uint64(digits, 1, FA_TREE_ENTRIES_MAX + 1, count);
}

/* Does what @delta says: "=N" takes N lines of the base, "-N" leaves N out, "+LINE" is a new one. */
static bool
apply(const char *delta, const char *delta_end, const char *base, const char *base_end,
      size_t limit, GString *text)
{
    while (delta < delta_end) {
        const char *next = skip_line(delta, delta_end), *from = base;
        uint64_t count;
        if (next[-1] != '\n')
            return false;
        if (*delta == '+') {
            g_string_append_len(text, delta + 1, next - delta - 1);
        } else if ((*delta == '=' || *delta == '-') && parse_count(delta + 1, next - 1, &count)) {
            for (; count > 0 && base < base_end; count--)
                base = skip_line(base, base_end);
            if (*delta == '=')
                g_string_append_len(text, from, base - from);
        } else {
            return false;
        }
        if (text->len > limit)
            return false;
        delta = next;
    }
    return true;
}

bool
fa_delta_read(FaStore *store, const FaDigest *digest, size_t limit, char **ret_content,
              size_t *ret_length, GError **error)
{
    FaDigest base_digest;
    g_autoptr(GBytes) delta = load_delta(store, digest, &base_digest, error);
    g_autoptr(GBytes) base = delta != NULL ? load_base(store, &base_digest, error) : NULL;
    if (base == NULL)
        return false;

    gsize delta_length, base_length;
    const char *changes = g_bytes_get_data(delta, &delta_length);
    const char *lines = g_bytes_get_data(base, &base_length);
    GString *text = g_string_sized_new(base_length + delta_length);
    bool ok =
        apply(changes + START, changes + delta_length, lines, lines + base_length, limit, text);
    *ret_length = ok ? text->len : 0;
    *ret_content = g_string_free(text, !ok);
    return ok || fa_fail(error, FA_ERROR_FAILED, "the manifest of a tree is damaged");
}

/* The path in a line of a manifest: behind size and digest, where it has those. */
static const char *
path_in(const char *line, const char *end)
{
    unsigned tabs = *line == 'f' || *line == 'x' ? 3 : 1;
    for (; line < end && tabs > 0; line++)
        tabs -= *line == '\t';
    return line;
}

/* The order of a walk, as in tree.c: what ends a path is before '/', and that before all else. */
static int
compare_lines(const char *a, const char *a_end, const char *b, const char *b_end)
{
    for (a = path_in(a, a_end), b = path_in(b, b_end); a < a_end && b < b_end; a++, b++) {
        int left = *a == '/' ? ' ' - 1 : (unsigned char)*a;
        int right = *b == '/' ? ' ' - 1 : (unsigned char)*b;
        bool has_ended = left < ' ' - 1 && right < ' ' - 1;
        if (has_ended || left != right)
            return has_ended ? 0 : left - right;
    }
    return 0;
}

typedef struct Changes {
    GString *text;
    char what; /* '=' or '-', of so many lines that were not said yet */
    unsigned count;
} Changes;

static void
say_count(Changes *changes)
{
    if (changes->count > 0)
        g_string_append_printf(changes->text, "%c%u\n", changes->what, changes->count);
    changes->count = 0;
}

static void
count_line(Changes *changes, char what)
{
    if (changes->what != what)
        say_count(changes);
    changes->what = what;
    changes->count++;
}

/* Both are sorted: one walk through the two tells what apply() has to do. */
static void
compare(const char *base, const char *base_end, const char *text, const char *text_end,
        GString *ret_changes)
{
    Changes changes = {.text = ret_changes, .what = '='};
    while (text < text_end) {
        const char *next = skip_line(text, text_end), *base_next = skip_line(base, base_end);
        size_t length = (size_t)(next - text);
        if ((size_t)(base_next - base) == length && memcmp(base, text, length) == 0) {
            count_line(&changes, '=');
            base = base_next;
            text = next;
        } else if (base < base_end && compare_lines(base, base_next, text, next) <= 0) {
            count_line(&changes, '-');
            base = base_next;
        } else {
            say_count(&changes);
            g_string_append_c(ret_changes, '+');
            g_string_append_len(ret_changes, text, (gssize)length);
            text = next;
        }
    }
    say_count(&changes);
}

static void
free_string(GString **string)
{
    g_string_free(*string, TRUE);
}

bool
fa_delta_stage(FaStore *store, FaStaging *staging, const FaDigest *base, const FaDigest *digest,
               const char *bytes, size_t length, GError **error)
{
    char name[FA_OBJECT_NAME_SIZE], hex[FA_DIGEST_HEX_SIZE];
    g_autofree char *lines = NULL;
    size_t lines_length;
    if (length < WORTH_FROM || fa_digest_is_equal(base, digest))
        return false;
    /* A base that is gone, damaged, or a difference itself only means that the manifest is held whole. */
    if (fa_delta_is_whole(staging->objects_fd, base) ||
        !fa_object_read(store, base, FA_TREE_TEXT_MAX, &lines, &lines_length, NULL))
        return false;

    __attribute__((cleanup(free_string))) GString *changes = g_string_new(HEADING);
    fa_digest_to_hex(base, hex);
    g_string_append_printf(changes, "%s\n", hex);
    compare(lines, lines + lines_length, bytes, bytes + length, changes);
    if (changes->len > length / WORTH_OF)
        return false;
    name_of(digest, name);
    return fa_staging_write_as(staging, name, digest, false, changes->str, changes->len, error);
}

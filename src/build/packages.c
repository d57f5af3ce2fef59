#include "build/packages.h"

#include <limits.h>

#include "base/digest.h"
#include "base/error.h"
#include "sys/fs.h"

#define DPKG_DIRECTORY "/var/lib/dpkg"
#define STATUS_LIMIT   (256U * 1024 * 1024)
#define LIST_LIMIT     (64U * 1024 * 1024)
#define PROGRAM_LIMIT  (1024U * 1024 * 1024)

struct FaPackages {
    char *directory;
    char *status;         /* owns the names and versions: cut into lines where it was read */
    GHashTable *versions; /* name -> version, both in status */
    GHashTable *owners;   /* path -> package; only what was asked for */
    GHashTable *programs; /* path -> its line */
};

/* What one paragraph of the status file says. */
typedef struct Paragraph {
    const char *name;
    const char *version;
    bool is_installed;
} Paragraph;

static void
end_paragraph(FaPackages *packages, Paragraph *paragraph)
{
    if (paragraph->name != NULL && paragraph->version != NULL && paragraph->is_installed &&
        !g_hash_table_contains(packages->versions, paragraph->name))
        g_hash_table_insert(packages->versions, (void *)paragraph->name,
                            (void *)paragraph->version);
    *paragraph = (Paragraph){0};
}

static void
parse_status(FaPackages *packages)
{
    Paragraph paragraph = {0};
    char *next = NULL;

    for (char *line = packages->status; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (line[0] == '\0')
            end_paragraph(packages, &paragraph);
        else if (g_str_has_prefix(line, "Package: "))
            paragraph.name = line + strlen("Package: ");
        else if (g_str_has_prefix(line, "Version: "))
            paragraph.version = line + strlen("Version: ");
        else if (g_str_has_prefix(line, "Status: "))
            paragraph.is_installed = g_str_has_suffix(line, " installed");
    }
    end_paragraph(packages, &paragraph);
}

FaPackages *
fa_packages_read(const char *directory, GError **error)
{
    g_autoptr(FaPackages) packages = g_new0(FaPackages, 1);
    packages->directory = g_strdup(directory != NULL ? directory : DPKG_DIRECTORY);
    packages->versions = g_hash_table_new(g_str_hash, g_str_equal);
    packages->owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    packages->programs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    g_autofree char *path = g_build_filename(packages->directory, "status", NULL);
    g_autoptr(GError) failure = NULL;
    if (fa_fs_read(path, STATUS_LIMIT, &packages->status, NULL, &failure)) {
        parse_status(packages);
    } else if (!fa_error_is(failure, FA_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    return g_steal_pointer(&packages);
}

void
fa_packages_free(FaPackages *packages)
{
    if (packages == NULL)
        return;
    g_hash_table_unref(packages->versions);
    g_hash_table_unref(packages->owners);
    g_hash_table_unref(packages->programs);
    g_free(packages->status);
    g_free(packages->directory);
    g_free(packages);
}

const char *
fa_packages_get_version(const FaPackages *packages, const char *name)
{
    return g_hash_table_lookup(packages->versions, name);
}

/* A whole line of @list. */
static bool
has_line(const char *list, const char *line)
{
    size_t length = strlen(line);

    for (const char *at = strstr(list, line); at != NULL; at = strstr(at + 1, line))
        if ((at == list || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0'))
            return true;
    return false;
}

/* Packages made before /bin and /usr/bin were one still say /bin. */
static bool
list_has(const FaPackages *packages, const char *name, const char *path)
{
    g_autofree char *list_path = g_build_filename(packages->directory, "info", name, NULL);
    g_autofree char *list = NULL;

    if (!fa_fs_read(list_path, LIST_LIMIT, &list, NULL, NULL))
        return false;
    return has_line(list, path) ||
           (g_str_has_prefix(path, "/usr/") && has_line(list, path + strlen("/usr")));
}

static bool
is_of(const FaPackages *packages, const char *name, const char *path)
{
    g_autofree char *list = g_strconcat(name, ".list", NULL);
    return list_has(packages, list, path);
}

/* (transfer full) (nullable) */
static char *
search_lists(const FaPackages *packages, const char *path, const GPtrArray *likely)
{
    g_autofree char *base = g_path_get_basename(path);
    if (is_of(packages, base, path))
        return g_steal_pointer(&base);
    for (size_t i = 0; likely != NULL && i < likely->len; i++)
        if (is_of(packages, g_ptr_array_index(likely, i), path))
            return g_strdup(g_ptr_array_index(likely, i));

    g_autofree char *info = g_build_filename(packages->directory, "info", NULL);
    g_auto(GStrv) names = fa_fs_list(info, NULL);
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (!g_str_has_suffix(names[i], ".list") || !list_has(packages, names[i], path))
            continue;
        char *name = g_strndup(names[i], strlen(names[i]) - strlen(".list"));
        name[strcspn(name, ":")] = '\0'; /* libfoo:amd64 */
        return name;
    }
    return NULL;
}

const char *
fa_packages_find_owner(FaPackages *packages, const char *path, const GPtrArray *likely)
{
    gpointer known = NULL;

    if (!g_hash_table_lookup_extended(packages->owners, path, NULL, &known)) {
        known = search_lists(packages, path, likely);
        g_hash_table_insert(packages->owners, g_strdup(path), known);
    }
    return known;
}

/* (transfer full) (nullable) */
static char *
identify(FaPackages *packages, const char *path, const GPtrArray *likely, GError **error)
{
    /* realpath() leaves through alternatives and through /bin, which dpkg's lists do not know. */
    g_autofree char *buffer = g_malloc(PATH_MAX);
    const char *real = realpath(path, buffer) != NULL ? buffer : path;
    const char *owner = fa_packages_find_owner(packages, real, likely);
    const char *version = owner != NULL ? fa_packages_get_version(packages, owner) : NULL;
    if (version != NULL)
        return g_strdup_printf("%s %s", owner, version);

    g_autofree char *content = NULL;
    size_t length = 0;
    FaDigest digest;
    if (!fa_fs_read(real, PROGRAM_LIMIT, &content, &length, error))
        return NULL;
    fa_digest_of_bytes(content, length, &digest);
    g_autofree char *hex = fa_digest_to_string(&digest);
    return g_strdup_printf("%s %s", real, hex);
}

char *
fa_packages_identify(FaPackages *packages, const char *path, const GPtrArray *likely,
                     GError **error)
{
    const char *known = g_hash_table_lookup(packages->programs, path);
    if (known != NULL)
        return g_strdup(known);

    char *line = identify(packages, path, likely, error);
    if (line != NULL)
        g_hash_table_insert(packages->programs, g_strdup(path), g_strdup(line));
    return line;
}

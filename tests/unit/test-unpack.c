#include "source/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/fd.h"
#include "sys/fs.h"

#define MEMBERS_MAX 4

typedef struct Member {
    const char *name;
    mode_t type;      /* 0: a regular file */
    const char *text; /* content, target of a link */
    bool is_hard;
    mode_t mode;
    size_t zeros; /* content instead of text */
} Member;

static int
write_archive(const Member *members, bool is_zip)
{
    int fd = memfd_create("archive", MFD_CLOEXEC);
    struct archive *archive = archive_write_new();
    if (is_zip) {
        archive_write_set_format_zip(archive);
    } else {
        archive_write_set_format_pax_restricted(archive);
        archive_write_add_filter_gzip(archive);
    }
    g_assert_cmpint(archive_write_open_fd(archive, fd), ==, ARCHIVE_OK);
    for (const Member *member = members; member->name != NULL; member++) {
        struct archive_entry *entry = archive_entry_new();
        mode_t type = member->type != 0 ? member->type : AE_IFREG;
        size_t length = member->zeros > 0      ? member->zeros
                        : member->text == NULL ? 0
                                               : strlen(member->text);
        bool has_data = type == AE_IFREG && !member->is_hard;
        archive_entry_set_pathname(entry, member->name);
        archive_entry_set_filetype(entry, type);
        archive_entry_set_perm(entry, member->mode != 0 ? member->mode : 0644);
        archive_entry_set_size(entry, has_data ? (int64_t)length : 0);
        if (member->is_hard)
            archive_entry_set_hardlink(entry, member->text);
        else if (type == AE_IFLNK)
            archive_entry_set_symlink(entry, member->text);
        g_assert_cmpint(archive_write_header(archive, entry), ==, ARCHIVE_OK);
        g_autofree char *zeros = g_malloc0(member->zeros + 1);
        if (has_data && length > 0)
            archive_write_data(archive, member->zeros > 0 ? zeros : member->text, length);
        archive_entry_free(entry);
    }
    archive_write_free(archive);
    g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
    return fd;
}

static char *
make_directory(void)
{
    g_autoptr(GError) error = NULL;
    char *directory = fa_fs_make_temporary(g_get_tmp_dir(), "fa-unpack-", &error);
    g_assert_no_error(error);
    return directory;
}

static bool
unpack(int archive, const char *directory, unsigned strip, const FaUnpackLimits *limits,
       GError **error)
{
    fa_autofd int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fa_unpack(archive, fd, strip, limits, error);
}

static const FaUnpackLimits small = {
    .bytes = 1 << 20, .entries = 3, .ratio = 50, .ratio_free = 10000};

typedef struct Hostile {
    const char *name;
    const char *says;
    unsigned strip;
    Member members[MEMBERS_MAX + 1];
    const FaUnpackLimits *limits;
} Hostile;

static const Hostile hostiles[] = {
    {"a-name-with-two-dots-is-refused", "'..'", 0, {{"a/../../x"}}, NULL},
    {"an-absolute-name-is-refused", "absolute", 0, {{"/etc/x"}}, NULL},
    {"a-link-to-an-absolute-name-is-refused",
     "out of the tree",
     0,
     {{"a", AE_IFLNK, "/etc/passwd"}},
     NULL},
    {"a-link-out-of-the-tree-is-refused",
     "out of the tree",
     0,
     {{"d/a", AE_IFLNK, "../../x"}},
     NULL},
    {"a-link-out-by-way-of-another-is-refused",
     "out of the tree",
     0,
     {{"x/y/f", 0, "f"}, {"x/up", AE_IFLNK, "../x/.."}, {"out", AE_IFLNK, "x/up/../q/../.."}},
     NULL},
    {"a-way-out-that-only-the-kernel-sees-is-refused",
     "out of the tree",
     0,
     {{"x/y/f", 0, "f"}, {"x/y/top", AE_IFLNK, "../.."}, {"out", AE_IFLNK, "x/y/top/.."}},
     NULL},
    {"nothing-is-written-through-a-link",
     "there twice",
     0,
     {{"d", AE_IFLNK, "e"}, {"e/f", 0, "f"}, {"d/f", 0, "g"}},
     NULL},
    {"a-hard-link-out-of-the-tree-is-refused",
     "absolute",
     0,
     {{"a", 0, "/etc/passwd", true}},
     NULL},
    {"a-hard-link-to-a-link-is-refused",
     "not a file before it",
     0,
     {{"a", AE_IFLNK, "b"}, {"b", 0, "text"}, {"c", 0, "a", true}},
     NULL},
    {"a-pipe-is-refused", "a pipe", 0, {{"p", AE_IFIFO}}, NULL},
    {"a-device-is-refused", "a device", 0, {{"n", AE_IFCHR}}, NULL},
    {"names-that-differ-in-case-are-refused",
     "only in case",
     0,
     {{"dir/File"}, {"dir/file"}},
     NULL},
    {"directories-that-differ-in-case-are-refused",
     "only in case",
     0,
     {{"Dir/a"}, {"dir/b"}},
     NULL},
    {"a-name-twice-is-refused", "twice", 0, {{"a", 0, "1"}, {"a", 0, "2"}}, NULL},
    {"a-file-that-is-a-directory-too-is-refused", "twice", 0, {{"a", 0, "1"}, {"a/b"}}, NULL},
    {"control-characters-are-refused", "control", 0, {{"a\033[2J"}}, NULL},
    {"a-file-above-what-is-dropped-is-refused", "smaller 'strip'", 1, {{"a", 0, "1"}}, NULL},
    {"a-bomb-is-refused", "bomb", 0, {{.name = "zeros", .zeros = 1000000}}, &small},
    {"too-many-bytes-are-refused",
     "bytes",
     0,
     {{.name = "zeros", .zeros = 1100000}},
     &(const FaUnpackLimits){.bytes = 1 << 20, .entries = 3, .ratio = 1 << 20}},
    {"too-many-members-are-refused",
     "more than 3 members",
     0,
     {{"a"}, {"b"}, {"c"}, {"d"}},
     &small},
};

static void
test_hostile(gconstpointer data)
{
    const Hostile *hostile = data;
    const FaUnpackLimits *limits = hostile->limits != NULL ? hostile->limits : &fa_unpack_limits;

    for (unsigned is_zip = 0; is_zip < 2; is_zip++) {
        bool has_hard = false;
        for (const Member *member = hostile->members; member->name != NULL; member++)
            has_hard |= member->is_hard || member->type == AE_IFIFO || member->type == AE_IFCHR;
        if (is_zip && has_hard)
            continue;
        g_autofree char *directory = make_directory();
        g_autofree char *tree = g_build_filename(directory, "tree", NULL);
        fa_autofd int archive = write_archive(hostile->members, is_zip);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(mkdir(tree, 0755), ==, 0);
        g_assert_false(unpack(archive, tree, hostile->strip, limits, &error));
        g_assert_nonnull(strstr(error->message, hostile->says));
        g_assert_error(error, FA_ERROR, FA_ERROR_REFUSED);
        g_auto(GStrv) beside = fa_fs_list(directory, NULL);
        g_assert_cmpuint(g_strv_length(beside), ==, 1);
        fa_fs_remove_tree(directory, NULL);
    }
}

static void
test_ordinary(void)
{
    static const Member members[] = {
        {"./top/", AE_IFDIR, NULL, false, 0700},
        {"./top/sub/run", 0, "#!", false, 06755},
        {"top/sub/", AE_IFDIR},
        {"top/é", 0, "text", false, 0600},
        {"top/same", 0, "top/é", true},
        {"top/sub/link", AE_IFLNK, "../é"},
        {"top/dangling", AE_IFLNK, "nothing/here"},
        {NULL},
    };
    g_autofree char *directory = make_directory();
    fa_autofd int archive = write_archive(members, false);
    g_autoptr(GError) error = NULL;

    unpack(archive, directory, 1, &fa_unpack_limits, &error);
    g_assert_no_error(error);
    g_auto(GStrv) names = fa_fs_list(directory, &error);
    g_autofree char *list = g_strjoinv(" ", names);
    g_assert_cmpstr(list, ==, "dangling same sub é");
    g_autofree char *run = g_build_filename(directory, "sub", "run", NULL);
    g_autofree char *same = g_build_filename(directory, "same", NULL);
    struct stat status;
    g_assert_cmpint(stat(run, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 07777, ==, 0755);
    g_assert_cmpint(stat(same, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 07777, ==, 0644);
    g_assert_cmpint(status.st_nlink, ==, 1);
    g_assert_cmpint(status.st_size, ==, 4);
    fa_fs_remove_tree(directory, NULL);
}

static void
test_broken(void)
{
    static const Member members[] = {
        {.name = "a", .zeros = 100000}, {.name = "b", .text = "b"}, {NULL}};

    for (unsigned is_zip = 0; is_zip < 2; is_zip++) {
        fa_autofd int archive = write_archive(members, is_zip);
        off_t length = lseek(archive, 0, SEEK_END);
        for (off_t cut = length - 60; cut >= 0; cut -= 17) {
            g_autofree char *directory = make_directory();
            g_autoptr(GError) error = NULL;
            g_assert_cmpint(ftruncate(archive, cut), ==, 0);
            g_assert_cmpint(lseek(archive, 0, SEEK_SET), ==, 0);
            bool is_done = unpack(archive, directory, 0, &fa_unpack_limits, &error);
            /* A zip without its directory at the end is read as a stream, which has all of both files for a while. */
            g_assert_true(is_zip || !is_done);
            fa_fs_remove_tree(directory, NULL);
        }
    }
}

int
main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(hostiles); i++) {
        g_autofree char *path = g_strconcat("/unpack/", hostiles[i].name, NULL);
        g_test_add_data_func(path, &hostiles[i], test_hostile);
    }
    g_test_add_func("/unpack/an-ordinary-archive-comes-out-normalised", test_ordinary);
    g_test_add_func("/unpack/an-archive-that-was-cut-short-is-an-error", test_broken);
    return g_test_run();
}

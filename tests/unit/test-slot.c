#include <string.h>

#include "base/error.h"
#include "site/compose.h"
#include "site/slot.h"
#include "sys/fs.h"

typedef struct Fixture {
    char *root;
    FaLayout *layout;
    FaSecrets *secrets;
    GPtrArray *components, *processes, *files;
    FaConfProcess front, database;
} Fixture;

static const char *const front_needs[] = {"database", NULL};

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->root = fa_fs_make_temporary(g_get_tmp_dir(), "test-slot-", NULL);
    fixture->layout = fa_layout_new(fixture->root, "openplans", "live", fixture->root, &error);
    g_assert_true(fa_layout_make(fixture->layout, &error));
    g_assert_true(fa_slot_make(fixture->layout, FA_SLOT_A, &error));
    g_assert_true(fa_slot_make(fixture->layout, FA_SLOT_B, &error));
    fixture->secrets = fa_secrets_open(fixture->layout->secrets, &error);
    fixture->components = g_ptr_array_new();
    fixture->processes = g_ptr_array_new();
    fixture->files = g_ptr_array_new();
    fixture->front = (FaConfProcess){
        .name = "front", .is_slotted = true, .command = "/bin/true", .depends_on = front_needs};
    fixture->database = (FaConfProcess){.name = "database", .command = "/bin/false"};
    g_ptr_array_add(fixture->processes, &fixture->front);
    g_ptr_array_add(fixture->processes, &fixture->database);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_ptr_array_unref(fixture->components);
    g_ptr_array_unref(fixture->processes);
    g_ptr_array_unref(fixture->files);
    fa_secrets_free(fixture->secrets);
    fa_layout_free(fixture->layout);
    g_assert_true(fa_fs_remove_tree(fixture->root, NULL));
    g_free(fixture->root);
}

static char *
compose(Fixture *fixture, FaSlot slot)
{
    const FaComposition composition = {.layout = fixture->layout,
                                       .slot = slot,
                                       .release = "1.0",
                                       .tool_version = "0.1",
                                       .supervisord = "/usr/bin/true",
                                       .supervisorctl = "/usr/bin/true",
                                       .components = fixture->components,
                                       .processes = fixture->processes,
                                       .files = fixture->files,
                                       .secrets = fixture->secrets};
    g_autoptr(FaEdits) edits = fa_edits_new(FA_EDIT_ASK, NULL);
    g_auto(FaComposed) composed = {0};
    g_autoptr(GError) error = NULL;
    fa_compose(&composition, edits, &composed, &error);
    g_assert_no_error(error);
    return g_steal_pointer(&composed.name);
}

static char *
read_file(const Fixture *fixture, const char *path)
{
    g_autofree char *full = g_build_filename(fixture->layout->directory, path, NULL);
    char *text = NULL;
    fa_fs_read(full, 100000, &text, NULL, NULL);
    return text;
}

static void
a_build_is_for_one_slot(Fixture *fixture, gconstpointer data)
{
    g_autofree char *name = compose(fixture, FA_SLOT_B);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(fa_slot_of_build(fixture->layout, name), ==, FA_SLOT_B);
    g_assert_false(fa_slot_put(fixture->layout, FA_SLOT_A, name, &error));
    g_assert_error(error, FA_ERROR, FA_ERROR_CONFLICT);
    g_assert_true(fa_slot_put(fixture->layout, FA_SLOT_B, name, NULL));
    g_autofree char *build = fa_slot_get_build(fixture->layout, FA_SLOT_B);
    g_assert_cmpstr(build, ==, name);
    g_assert_cmpint(fa_slot_get_current(fixture->layout), ==, FA_SLOT_A);
    g_assert_true(fa_compose_switch(fixture->layout, name, NULL));
    g_assert_cmpint(fa_slot_get_current(fixture->layout), ==, FA_SLOT_B);
    g_autofree char *mark = g_build_filename(fixture->layout->current, "slot-b", NULL);
    g_assert_true(fa_fs_exists(mark));
}

static void
processes_of_the_second_slot_have_names_of_their_own(Fixture *fixture, gconstpointer data)
{
    g_autofree char *name = compose(fixture, FA_SLOT_B);
    g_autoptr(GError) error = NULL;
    g_assert_true(fa_compose_switch(fixture->layout, name, NULL));
    g_autofree char *conf = read_file(fixture, "current/etc/supervisord.conf");
    g_assert_nonnull(strstr(conf, "[program:front.b]"));
    g_assert_nonnull(strstr(conf, "[program:database]"));
    g_assert_nonnull(strstr(conf, "depends_on=database\n"));
    g_assert_nonnull(strstr(conf, "front.b.log"));
    g_auto(GStrv) processes = fa_slot_list_processes(fixture->layout, name, &error);
    g_assert_cmpuint(g_strv_length(processes), ==, 1);
    g_assert_cmpstr(processes[0], ==, "front.b");
    g_autofree char *short_name = read_file(fixture, "bin/front");
    g_assert_nonnull(strstr(short_name, "'front.b'"));
    g_autofree char *found = fa_slot_find_process(fixture->layout, "front");
    g_autofree char *lasting = fa_slot_find_process(fixture->layout, "database");
    g_assert_cmpstr(found, ==, "front.b");
    g_assert_cmpstr(lasting, ==, "database");
}

static void
only_what_is_in_a_slot_runs_beside(Fixture *fixture, gconstpointer data)
{
    g_autofree char *name = compose(fixture, FA_SLOT_B);
    g_autoptr(GError) error = NULL;
    g_assert_true(fa_slot_put_beside(fixture->layout, FA_SLOT_B, name, NULL, &error));
    g_autofree char *beside = read_file(fixture, "var/beside/b.conf");
    g_assert_nonnull(strstr(beside, "[program:front.b]\ncommand=/bin/true\n"));
    g_assert_null(strstr(beside, "database]"));
    g_assert_null(strstr(beside, "[supervisord]"));
    g_assert_nonnull(strstr(beside, "autostart=true\n"));
    /* what waits for something is there, and does not start */
    const char *const held[] = {"front.b", NULL};
    g_assert_true(fa_slot_put_beside(fixture->layout, FA_SLOT_B, name, held, &error));
    g_autofree char *waiting = read_file(fixture, "var/beside/b.conf");
    g_assert_nonnull(strstr(waiting, "[program:front.b]\nautostart=false\ncommand=/bin/true\n"));
    g_assert_null(strstr(waiting, "autostart=true"));
    g_assert_true(fa_slot_clear_beside(fixture->layout, FA_SLOT_B, &error));
    g_assert_true(fa_slot_clear_beside(fixture->layout, FA_SLOT_B, &error));
    g_autofree char *gone = read_file(fixture, "var/beside/b.conf");
    g_assert_null(gone);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/slot/a-build-is-for-one-slot", Fixture, NULL, set_up, a_build_is_for_one_slot,
               tear_down);
    g_test_add("/slot/processes-of-the-second-slot-have-names-of-their-own", Fixture, NULL, set_up,
               processes_of_the_second_slot_have_names_of_their_own, tear_down);
    g_test_add("/slot/only-what-is-in-a-slot-runs-beside", Fixture, NULL, set_up,
               only_what_is_in_a_slot_runs_beside, tear_down);
    return g_test_run();
}

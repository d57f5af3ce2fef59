#include <string.h>
#include <unistd.h>

#include "app/acting.h"
#include "app/ledger.h"
#include "base/error.h"
#include "ledger/ledger.h"
#include "sys/fs.h"

#define CASES 400

/* A kind of event, and the least level that may write it: on each track, or, where all four are the same, anywhere. */
typedef struct Kind {
    const char *kind;
    const char *payload;
    const char *subject; /* NULL: an environment */
    const char *
        levels; /* of anything, trunk, live+fix, release: 2 developer, 3 release manager, 4 admin */
    bool any_site; /* a role for any site is enough */
} Kind;

static const Kind kinds[] = {
    {"environment.up", "{\"build\":\"b\",\"is-new\":true,\"components\":{}}", NULL, "2233", false},
    {"environment.down", "{}", NULL, "2233", false},
    {"environment.created", "{\"track\":\"t\",\"host\":\"h\"}", NULL, "4444", false},
    {"environment.retired", "{}", NULL, "4444", false},
    {"environment.broken", "{\"what\":\"w\",\"reason\":\"r\"}", NULL, "2222", false},
    {"component.develop", "{\"checkout\":\"c\"}", "wiki", "4444", false},
    {"component.pinned", "{\"checkout\":\"c\"}", "wiki", "4444", false},
    {"store.gc", "{\"names-removed\":1,\"objects-removed\":1,\"bytes-freed\":1}", "store", "4444",
     false},
    {"release.cut",
     "{\"kind\":\"train\",\"line\":\"T\",\"from\":\"trunk\",\"digest\":\"d\",\"pins\":{},\"tool\":"
     "\"t\","
     "\"settings\":\"s\",\"pushed\":true}",
     "0.6", "3333", false},
    {"release.built", "{\"bits\":\"b\",\"components\":{}}", "0.6", "2222", true},
    {"release.rejected", "{\"why\":\"w\"}", "0.6", "3333", false},
    {"note.added", "{\"id\":\"i\",\"note-kind\":\"none\",\"text\":\"t\",\"commit\":false}", "wiki",
     "2222", true},
    {"deploy.begun",
     "{\"id\":\"d\",\"deploy-kind\":\"deploy\",\"release\":\"r\",\"expects\":\"\",\"slot\":\"a\","
     "\"plan\":"
     "\"p\",\"pid\":1,\"host\":\"h\",\"lifetime\":1}",
     NULL, "2333", false},
    {"deploy.begun",
     "{\"id\":\"d\",\"deploy-kind\":\"rollback\",\"release\":\"r\",\"expects\":\"\",\"slot\":\"a\","
     "\"plan\":\"p\",\"pid\":1,\"host\":\"h\",\"lifetime\":1}",
     NULL, "2333", false},
    {"deploy.begun",
     "{\"id\":\"d\",\"deploy-kind\":\"refresh\",\"release\":\"r\",\"expects\":\"\",\"slot\":\"a\","
     "\"plan\":"
     "\"p\",\"pid\":1,\"host\":\"h\",\"lifetime\":1}",
     NULL, "2222", false},
    {"deploy.step", "{\"id\":\"d\",\"step\":\"s\",\"state\":\"begun\"}", NULL, "2223", false},
    {"deploy.switched",
     "{\"id\":\"d\",\"release\":\"r\",\"build\":\"b\",\"slot\":\"a\",\"bits\":\"b\"}", NULL, "2223",
     false},
    {"deploy.ended", "{\"id\":\"d\",\"outcome\":\"done\"}", NULL, "2223", false},
    {"migration.ran",
     "{\"component\":\"c\",\"migration\":\"m\",\"direction\":\"up\",\"mode\":\"online\","
     "\"reversible\":"
     "true,\"outcome\":\"done\",\"took-ms\":1}",
     NULL, "2223", false},
    {"backup.made", "{\"id\":\"i\",\"path\":\"p\",\"bytes\":1,\"components\":{},\"digest\":\"d\"}",
     NULL, "2223", false},
    {"actor.acted-as", "{\"as\":\"ana\",\"command\":\"c\"}", "ana", "4444", false},
};

static const char *const tracks[] = {"anything", "trunk", "live+fix", "release"};
static const char *const sites[] = {"nyc", "sfo"};
static const char *const roles[] = {NULL, "viewer", "developer", "release-manager", "admin"};

#define STRICTEST 3 /* of the tracks */

static char *here; /* the home */

/* What one person has: a level for all sites, and one for each. */
typedef struct Person {
    int everywhere;
    int on[G_N_ELEMENTS(sites)];
} Person;

static Person
draw_person(GString *yaml)
{
    Person person = {.everywhere = g_test_rand_int_range(0, G_N_ELEMENTS(roles))};
    g_string_append(yaml, "people:\n  zoe: admin\n  ana: {");
    if (person.everywhere > 0)
        g_string_append_printf(yaml, "'*': %s, ", roles[person.everywhere]);
    for (size_t i = 0; i < G_N_ELEMENTS(sites); i++) {
        person.on[i] = g_test_rand_int_range(0, G_N_ELEMENTS(roles));
        if (person.on[i] > 0)
            g_string_append_printf(yaml, "%s: %s, ", sites[i], roles[person.on[i]]);
    }
    g_string_append(yaml, "}\n");
    return person;
}

static FaContext *
open_context(const char *yaml)
{
    g_autoptr(GError) error = NULL;
    fa_fs_write("fassembler.yaml", yaml, strlen(yaml), 0600, FA_WRITE_NONE, &error);
    g_assert_no_error(error);
    FaContext *context = fa_context_open(here, &error);
    g_assert_no_error(error);
    g_assert_true(fa_context_check(context, &error));
    return context;
}

static uint64_t
get_position(void)
{
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(here, true, NULL);
    FaLedgerHead head = {0};
    g_assert_true(fa_ledger_get_head(ledger, &head, NULL));
    return head.position;
}

/* Appends as commands do, and as something might that has lost its way: straight to the handle. */
static bool
append(const Kind *kind, const char *actor, const char *subject, GError **error)
{
    g_autoptr(FaLedger) ledger = fa_home_ledger_open(here, true, error);
    const FaEvent event = {.time = 1,
                           .actor = actor,
                           .kind = kind->kind,
                           .version = 1,
                           .subject = subject,
                           .payload = kind->payload};
    g_assert_nonnull(ledger);
    FaLedgerHead head;
    g_assert_true(fa_ledger_get_head(ledger, &head, error));
    return fa_ledger_append(ledger, head.position, &event, 1, NULL, error);
}

/*
 * Law: an event is appended if and only if who is acted for has the level that its kind needs, for its site where it is
 * about an environment, else for all of them or any; and what is refused leaves the ledger as it was.
 */
static void
test_events(void)
{
    for (int i = 0; i < CASES; i++) {
        size_t track = (size_t)g_test_rand_int_range(0, G_N_ELEMENTS(tracks));
        size_t site = (size_t)g_test_rand_int_range(0, G_N_ELEMENTS(sites));
        const Kind *kind = &kinds[g_test_rand_int_range(0, G_N_ELEMENTS(kinds))];
        g_autoptr(GString) yaml = g_string_new("product: p\ncomponents: []\nsites:\n");
        for (size_t k = 0; k < G_N_ELEMENTS(sites); k++)
            g_string_append_printf(yaml, "  %s: {domain: d.example, base-port: %zu}\n", sites[k],
                                   8000 + k * 1000);
        g_string_append_printf(yaml, "environments:\n  e: {host: e, track: %s, ports: 0}\n",
                               tracks[track]);
        Person person = draw_person(yaml);
        bool is_admin = g_test_rand_int_range(0, 20) == 0;
        bool is_other = g_test_rand_int_range(0, 20) == 0;
        g_autoptr(GError) error = NULL;
        fa_acting_begin("ana", NULL, is_admin);
        fa_acting_allow(open_context(yaml->str), FA_ACTION_LOOK, false, NULL);

        bool is_gone = g_test_rand_int_range(0, 10) == 0; /* then the strictest track counts */
        g_autofree char *environment = g_strconcat(is_gone ? "gone." : "e.", sites[site], NULL);
        const char *subject = kind->subject != NULL ? kind->subject : environment;
        bool is_site = kind->subject == NULL;
        int level = is_site          ? MAX(person.everywhere, person.on[site])
                    : kind->any_site ? MAX(person.everywhere, MAX(person.on[0], person.on[1]))
                                     : person.everywhere;
        bool may =
            (is_admin || level >= kind->levels[is_gone ? STRICTEST : track] - '0') && !is_other;
        uint64_t before = get_position();
        bool is_appended = append(kind, is_other ? "zoe" : "ana", subject, &error);
        if (is_appended != may)
            g_error("%s to %s on '%s' by one of level %d: %s, in\n%s", kind->kind, subject,
                    tracks[track], level, is_appended ? "appended" : error->message, yaml->str);
        g_assert_true(is_appended || fa_error_is(error, FA_ERROR_DENIED));
        g_assert_cmpuint(get_position(), ==, before + (is_appended ? 1 : 0));
    }
}

/* Law: who acts for somebody of whom nothing is known writes nothing; nor is anything imported but by an admin. */
static void
test_unknown(void)
{
    fa_acting_begin("ana", NULL, false);
    uint64_t before = get_position();
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(append(&kinds[i], "ana", "e.nyc", &error));
        g_assert_true(fa_error_is(error, FA_ERROR_DENIED));
    }
    g_autoptr(GError) error = NULL;
    uint64_t added;
    g_assert_false(fa_home_ledger_import(here, "/dev/null", NULL, &added, &error));
    g_assert_true(fa_error_is(error, FA_ERROR_DENIED));
    g_assert_cmpuint(get_position(), ==, before);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *root = fa_fs_make_temporary(g_get_tmp_dir(), "prop-rights-", NULL);
    g_assert_cmpint(chdir(root), ==, 0);
    here = root;
    g_test_add_func("/rights/an-event-is-written-by-who-may", test_events);
    g_test_add_func("/rights/who-is-not-known-writes-nothing", test_unknown);
    int status = g_test_run();
    fa_fs_remove_tree(root, NULL);
    return status;
}

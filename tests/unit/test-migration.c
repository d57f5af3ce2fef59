#include <string.h>

#include "domain/migration.h"
#include "fold.h"

/* "wiki/0001:online" or "wiki/0001:offline!" (irreversible), separated by spaces. */
static GPtrArray *
migrations_of(const char *text)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **word = words; *word != NULL && **word != '\0'; word++) {
        g_auto(GStrv) parts = g_strsplit_set(*word, "/:", 3);
        bool is_reversible = !g_str_has_suffix(*word, "!");
        FaMigrationMode mode =
            strncmp(parts[2], "online", 6) == 0 ? FA_MIGRATION_ONLINE : FA_MIGRATION_OFFLINE;
        g_ptr_array_add(list, fa_migration_new(parts[0], parts[1], mode, is_reversible));
    }
    return list;
}

static const char *
describe(const FaMigrationPlan *plan, GString *text)
{
    static const char *const phases[] = {"before", "closed", "after"};
    g_string_truncate(text, 0);
    for (guint i = 0; i < plan->steps->len; i++) {
        const FaMigrationStep *step = g_ptr_array_index(plan->steps, i);
        g_string_append_printf(text, "%s%s:%s%s/%s", i > 0 ? " " : "", phases[step->phase],
                               step->is_restore ? "<"
                               : step->is_down  ? "-"
                                                : "+",
                               step->migration->component, step->migration->name);
    }
    for (guint i = 0; i < plan->reasons->len; i++)
        g_string_append_printf(text, " !%s",
                               ((FaReason *)g_ptr_array_index(plan->reasons, i))->subject);
    return text->str;
}

static void
test_plans(void)
{
    static const struct {
        const char *executed, *wanted, *plan;
        FaMigrationWay way; /* for wiki/2 */
    } cases[] = {
        {"", "", "", 0},
        {"", "wiki/1:online blog/1:offline wiki/2:online",
         "before:+wiki/1 before:+wiki/2 closed:+blog/1", 0},
        {"wiki/1:online", "wiki/1:online wiki/2:offline!", "closed:+wiki/2", 0},
        {"wiki/1:online wiki/2:offline wiki/3:offline", "wiki/1:online",
         "closed:-wiki/3 closed:-wiki/2", 0},
        {"wiki/1:online wiki/2:online", "", "after:-wiki/2 after:-wiki/1", 0},
        {"wiki/1:offline wiki/2:offline!", "wiki/1:offline", " !wiki/2", 0},
        {"wiki/1:offline wiki/2:online!", "wiki/1:offline", " !wiki/2", 0},
        {"wiki/1:offline wiki/2:offline!", "wiki/1:offline", "", FA_MIGRATION_KEEP},
        {"wiki/1:offline wiki/2:online!", "", "closed:<wiki/2 closed:-wiki/1",
         FA_MIGRATION_RESTORE},
        {"wiki/1:offline wiki/2:offline!", "", "closed:-wiki/1 !wiki/2", 0},
        /* as it was when it was run, whatever is declared now; and another component's of the same name */
        {"wiki/1:offline!", "wiki/1:online", "", 0},
        {"wiki/1:offline", "blog/1:offline", "closed:-wiki/1 closed:+blog/1", 0},
    };
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) executed = migrations_of(cases[i].executed);
        g_autoptr(GPtrArray) wanted = migrations_of(cases[i].wanted);
        const FaMigrationAnswer answer = {"wiki", "2", cases[i].way};
        g_autoptr(FaMigrationPlan) plan = fa_migration_plan(executed, wanted, &answer, 1);
        g_assert_cmpstr(describe(plan, text), ==, cases[i].plan);
        g_assert_cmpint(fa_migration_plan_has(plan, FA_MIGRATION_CLOSED), ==,
                        strstr(cases[i].plan, "closed") != NULL);
    }
}

static void
test_ran(void)
{
    g_autoptr(FaMigration) migration = fa_migration_new("wiki", "1", FA_MIGRATION_OFFLINE, false);
    g_autoptr(FaDecision) decision =
        fa_migration_decide_ran("live.nyc", "d1", migration, true, false, "slow", 12, &fold_asker);
    const FaEvent *event = &g_array_index(decision->events, FaEvent, 0);
    fold_check(event);
    g_assert_cmpstr(event->payload, ==,
                    "{\"component\":\"wiki\",\"direction\":\"down\",\"id\":\"d1\","
                    "\"migration\":\"1\",\"mode\":\"offline\",\"note\":\"slow\","
                    "\"outcome\":\"failed\",\"reversible\":false,\"took-ms\":12}");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migration/what-is-run-and-what-undone-follows-from-both-lists", test_plans);
    g_test_add_func("/migration/what-ran-is-told", test_ran);
    return g_test_run();
}

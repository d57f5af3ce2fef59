#include <string.h>

#include "domain/migration.h"
#include "fold.h"
#include "model.h"

/* "wiki/0001:online" or "wiki/0001:offline!" (irreversible), "=DIGEST" behind it, separated by spaces. */
static GPtrArray *
migrations_of(const char *text)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)fa_migration_free);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **word = words; *word != NULL && **word != '\0'; word++) {
        g_auto(GStrv) parts = g_strsplit_set(*word, "/:=", 4);
        bool is_reversible = !g_str_has_suffix(parts[2], "!");
        FaMigrationMode mode =
            strncmp(parts[2], "online", 6) == 0 ? FA_MIGRATION_ONLINE : FA_MIGRATION_OFFLINE;
        FaMigration *migration = fa_migration_new(parts[0], parts[1], mode, is_reversible);
        migration->digest = g_strdup(parts[3]);
        g_ptr_array_add(list, migration);
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
        g_string_append_printf(text, "%s%s:%s%s/%s%s", i > 0 ? " " : "", phases[step->phase],
                               step->is_covered   ? "<<"
                               : step->is_restore ? "<"
                               : step->is_down    ? "-"
                                                  : "+",
                               step->migration->component, step->migration->name,
                               step->is_late ? "?" : "");
    }
    for (guint i = 0; i < plan->reasons->len; i++)
        g_string_append_printf(
            text, " %c%s",
            fa_reasons_has(plan->reasons, FA_REASON_MIGRATION_CHANGED, NULL) ? '?' : '!',
            ((FaReason *)g_ptr_array_index(plan->reasons, i))->subject);
    return text->str;
}

static void
test_plans(void)
{
    static const struct {
        const char *executed, *wanted, *plan;
        const char *answer;
    } cases[] = {
        {"", "", "", NULL},
        {"", "wiki/1:online blog/1:offline wiki/2:online",
         "before:+wiki/1 before:+wiki/2 closed:+blog/1", NULL},
        {"wiki/1:online", "wiki/1:online wiki/2:offline!", "closed:+wiki/2", NULL},
        {"wiki/1:online wiki/2:offline wiki/3:offline", "wiki/1:online",
         "closed:-wiki/3 closed:-wiki/2", NULL},
        {"wiki/1:online wiki/2:online", "", "after:-wiki/2 after:-wiki/1", NULL},
        {"wiki/1:offline wiki/2:offline!", "wiki/1:offline", " !wiki/2", NULL},
        {"wiki/1:offline wiki/2:online!", "wiki/1:offline", " !wiki/2", NULL},
        {"wiki/1:offline wiki/2:offline!", "wiki/1:offline", "", "wiki/2=keep"},
        {"wiki/1:offline wiki/2:online!", "", "closed:<wiki/2 closed:-wiki/1", "wiki/2=restore"},
        {"wiki/1:offline wiki/2:offline!", "", "closed:-wiki/1 !wiki/2", NULL},
        /* as it was when it was run, whatever is declared now; and another component's of the same name */
        {"wiki/1:offline!", "wiki/1:online", "", NULL},
        {"wiki/1:offline", "blog/1:offline", "closed:-wiki/1 closed:+blog/1", NULL},
        /* a backup undoes what was run since as well, and what is wanted of that is run again */
        {"wiki/1:online wiki/2:offline! wiki/3:online blog/4:online wiki/5:offline!",
         "wiki/1:online blog/4:online", "closed:<<wiki/5 closed:<<wiki/3 closed:<wiki/2",
         "wiki/2=restore"},
        {"wiki/2:offline! wiki/3:online", "wiki/3:online",
         "closed:<<wiki/3 closed:<wiki/2 closed:+wiki/3", "wiki/2=restore"},
        /* what can be undone may stay, too, and an answer for another one says nothing */
        {"wiki/2:online", "", "", "wiki/2=keep"},
        {"wiki/2:online!", "", " !wiki/2", "wiki/22=keep"},
        /* it does something else than what was run */
        {"wiki/2:online=a", "wiki/2:online=a", "", NULL},
        {"wiki/2:online=a", "wiki/2:online=b", " ?wiki/2", NULL},
        {"wiki/2:online=a", "wiki/2:online=b", "", "wiki/2=keep"},
        {"wiki/2:online", "wiki/2:online=b", "", NULL},
        /* the order of numbers, not that of times */
        {"wiki/3:online", "wiki/2:online wiki/3:online", "before:+wiki/2?", NULL},
    };
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) executed = migrations_of(cases[i].executed);
        g_autoptr(GPtrArray) wanted = migrations_of(cases[i].wanted);
        const char *const answers[] = {cases[i].answer, NULL};
        g_autoptr(FaMigrationPlan) plan = fa_migration_plan(executed, wanted, answers);
        g_assert_cmpstr(describe(plan, text), ==, cases[i].plan);
        g_assert_cmpint(fa_migration_plan_has(plan, FA_MIGRATION_CLOSED), ==,
                        strstr(cases[i].plan, "closed") != NULL);
    }
}

/* Where nothing serves, nothing is done beside it. */
static void
test_closed(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) none = migrations_of("");
    g_autoptr(GPtrArray) wanted = migrations_of("wiki/1:online wiki/2:offline");
    g_autoptr(FaMigrationPlan) plan = fa_migration_plan(none, wanted, NULL);
    fa_migration_plan_close(plan);
    g_assert_cmpstr(describe(plan, text), ==, "closed:+wiki/1 closed:+wiki/2");
}

static void
test_answers(void)
{
    static const char *const good[] = {"wiki/001-tags=keep", "wiki/001-tags=restore"};
    static const char *const bad[] = {"",       "wiki=keep", "wiki/=keep",  "/1=keep",
                                      "wiki/1", "wiki/1=",   "wiki/1=drop", "wiki=1/keep"};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(fa_migration_answer_is_valid(good[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(fa_migration_answer_is_valid(bad[i]));
    g_autoptr(FaMigration) migration = fa_migration_new("wiki", "1", FA_MIGRATION_ONLINE, false);
    const char *const answers[] = {"wiki/1=keep", "wiki/11=keep", "wiki/1=restore", NULL};
    g_assert_cmpint(fa_migration_answers_find(answers, migration), ==, FA_MIGRATION_RESTORE);
    g_assert_cmpint(fa_migration_answers_find(NULL, migration), ==, FA_MIGRATION_REFUSE);
}

static void
test_ran(void)
{
    g_autoptr(FaMigration) migration = fa_migration_new("wiki", "1", FA_MIGRATION_OFFLINE, false);
    migration->release = g_strdup("0.6");
    migration->digest = g_strdup("d");
    g_autoptr(FaDecision) decision =
        fa_migration_decide_ran("live.nyc", "d1", migration, true, false, "slow", 12, &fold_asker);
    const FaEvent *event = &g_array_index(decision->events, FaEvent, 0);
    fold_check(event);
    g_assert_cmpstr(event->payload, ==,
                    "{\"component\":\"wiki\",\"digest\":\"d\",\"direction\":\"down\",\"id\":\"d1\","
                    "\"migration\":\"1\",\"mode\":\"offline\",\"note\":\"slow\","
                    "\"outcome\":\"failed\",\"release\":\"0.6\",\"reversible\":false,"
                    "\"took-ms\":12}");
}

/* A component whose only process starts after others. */
static void
add_served(FaProduct *product, const char *name, const char *after)
{
    FaRecipe *recipe = add_component(product, name, "");
    FaProcess *process = fa_process_new("web");
    if (*after != '\0')
        g_ptr_array_add(process->after, g_strdup(after));
    g_ptr_array_add(recipe->processes, process);
}

static void
test_who_is_closed(void)
{
    static const struct {
        const char *wanted, *closed;
    } cases[] = {
        {"db/1:offline", "db front wiki"}, {"wiki/1:offline", "front wiki"},
        {"blog/1:offline", "blog"},        {"db/1:online", ""},
        {"front/1:offline", "front"},
    };
    g_autoptr(FaProduct) product = fa_product_new();
    add_served(product, "front", "wiki:web");
    add_served(product, "wiki", "db");
    add_served(product, "db", "");
    add_served(product, "blog", "");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) executed = migrations_of(""), wanted = migrations_of(cases[i].wanted);
        g_autoptr(FaMigrationPlan) plan = fa_migration_plan(executed, wanted, NULL);
        g_autoptr(GHashTable) set = fa_migration_plan_list_closed(plan, product);
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(set), (GCompareFunc)strcmp);
        g_autoptr(GString) text = g_string_new(NULL);
        for (GList *at = names; at != NULL; at = at->next)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", (char *)at->data);
        g_assert_cmpstr(text->str, ==, cases[i].closed);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migration/what-is-run-and-what-undone-follows-from-both-lists", test_plans);
    g_test_add_func("/migration/where-nothing-serves-nothing-is-done-beside-it", test_closed);
    g_test_add_func("/migration/an-answer-names-a-migration-and-a-way", test_answers);
    g_test_add_func("/migration/what-ran-is-told", test_ran);
    g_test_add_func("/migration/who-starts-after-what-migrates-is-closed-too", test_who_is_closed);
    return g_test_run();
}

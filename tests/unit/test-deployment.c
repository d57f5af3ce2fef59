#include <string.h>

#include "domain/deployment.h"
#include "domain/migration.h"
#include "domain/running.h"
#include "fold.h"

/* A driver that does nothing, and may be killed or fail anywhere. */
typedef struct Fixture {
    FaRunning *running;
    GPtrArray *ledger; /* of FaEvent */
    GString *text;
    GString *done; /* what was really done: "+step" and "-step" */
    bool is_irreversible;
} Fixture;

#define NOWHERE FA_DEPLOY_STEPS

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->running = fa_running_new();
    fixture->ledger = g_ptr_array_new_with_free_func((GDestroyNotify)fa_event_free);
    fixture->text = g_string_new(NULL);
    fixture->done = g_string_new(NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    fa_running_free(fixture->running);
    g_ptr_array_unref(fixture->ledger);
    g_string_free(fixture->text, TRUE);
    g_string_free(fixture->done, TRUE);
}

static void
reset(Fixture *fixture)
{
    tear_down(fixture, NULL);
    set_up(fixture, NULL);
}

/* (transfer full) for @decision. Why not; "" when its events were appended. */
static const char *
append(Fixture *fixture, FaDecision *decision)
{
    for (guint i = 0; i < decision->events->len; i++) {
        FaEvent event = g_array_index(decision->events, FaEvent, i);
        event.position = fixture->ledger->len + 1;
        fold_check(&event);
        fa_running_apply(fixture->running, &event);
        g_ptr_array_add(fixture->ledger, fa_event_copy(&event));
    }
    fold_reasons(decision, fixture->text);
    fa_decision_free(decision);
    return fixture->text->str;
}

static const char *
begin_as(Fixture *fixture, const char *id, const char *release, const char *expects)
{
    const char *const answers[] = {"wiki/0001=keep", NULL};
    const FaDeployBegin begin = {.environment = "live.nyc",
                                 .id = id,
                                 .release = release,
                                 .expects = expects,
                                 .slot = "b",
                                 .plan = "p",
                                 .host = "h",
                                 .pid = 7,
                                 .lifetime = 60,
                                 .answers = answers};
    return append(fixture, fa_running_decide_begin(fixture->running, &begin, &fold_asker));
}

static const FaDeployment *
get_open(Fixture *fixture)
{
    const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
    return standing != NULL ? standing->open : NULL;
}

static void
say(Fixture *fixture, FaDeployStep step, FaDeployState state, const char *detail)
{
    g_assert_cmpstr(append(fixture, fa_deployment_decide_step(get_open(fixture), step, state,
                                                              detail, 5, &fold_asker)),
                    ==, "");
}

static void
say_switched(Fixture *fixture, const char *release, const char *build)
{
    const FaSwitched switched = {.release = release, .build = build, .slot = "b", .bits = "x"};
    g_assert_cmpstr(
        append(fixture, fa_deployment_decide_switched(get_open(fixture), &switched, &fold_asker)),
        ==, "");
}

/* What is next, once. False: there is nothing more to do. */
static bool
advance(Fixture *fixture, FaDeployStep failing)
{
    const FaDeployment *open = get_open(fixture);
    if (open == NULL)
        return false;
    FaDeployNext next = fa_deployment_next(open);
    const char *name = fa_deploy_step_to_string(next.step);
    bool is_switch = next.step == FA_DEPLOY_STEP_SWITCH;
    if (next.act == FA_DEPLOY_ACT_END) {
        g_assert_cmpstr(append(fixture, fa_deployment_decide_end(open, NULL, &fold_asker)), ==, "");
        return true;
    }
    if (next.act == FA_DEPLOY_ACT_UNDO) {
        g_string_append_printf(fixture->done, "-%s ", name);
        if (is_switch && open->is_switched)
            say_switched(fixture, "0.6", "b1");
        else
            say(fixture, next.step, FA_DEPLOY_STATE_UNDONE, NULL);
        return true;
    }
    if (open->states[next.step] == FA_DEPLOY_STATE_NONE) {
        say(fixture, next.step, FA_DEPLOY_STATE_BEGUN, NULL);
        return true;
    }
    if (next.step == failing) {
        say(fixture, next.step, FA_DEPLOY_STATE_FAILED, "it broke");
        return true;
    }
    g_string_append_printf(fixture->done, "+%s ", name);
    if (is_switch && !open->is_switched) {
        say_switched(fixture, "0.6.1", "b2");
        return true;
    }
    if (next.step == FA_DEPLOY_STEP_MIGRATE_OFFLINE && fixture->is_irreversible) {
        g_autoptr(FaMigration) migration =
            fa_migration_new("wiki", "0001", FA_MIGRATION_OFFLINE, false);
        append(fixture, fa_migration_decide_ran("live.nyc", open->id, migration, false, true, NULL,
                                                1, &fold_asker));
        fixture->is_irreversible = false;
        return true;
    }
    say(fixture, next.step, FA_DEPLOY_STATE_DONE, NULL);
    return true;
}

static void
first(Fixture *fixture)
{
    g_assert_cmpstr(begin_as(fixture, "d1", "0.6", ""), ==, "");
    while (get_open(fixture) != NULL) {
        FaDeployNext next = fa_deployment_next(get_open(fixture));
        if (next.act == FA_DEPLOY_ACT_STEP && next.step == FA_DEPLOY_STEP_SWITCH) {
            say(fixture, next.step, FA_DEPLOY_STATE_BEGUN, NULL);
            say_switched(fixture, "0.6", "b1");
            say(fixture, next.step, FA_DEPLOY_STATE_DONE, NULL);
        } else {
            advance(fixture, NOWHERE);
        }
    }
    g_string_truncate(fixture->done, 0);
}

static const FaStanding *
second(Fixture *fixture, FaDeployStep failing)
{
    first(fixture);
    g_assert_cmpstr(begin_as(fixture, "d2", "0.6.1", "b1"), ==, "");
    while (advance(fixture, failing))
        ;
    return fa_running_find(fixture->running, "live.nyc");
}

static void
test_whole(Fixture *fixture, gconstpointer data)
{
    const FaStanding *standing = second(fixture, NOWHERE);
    g_assert_cmpstr(standing->release, ==, "0.6.1");
    g_assert_cmpstr(standing->build, ==, "b2");
    g_assert_cmpstr(standing->deployment, ==, "d2");
    g_assert_cmpint(standing->last.outcome, ==, FA_DEPLOY_OUTCOME_DONE);
    g_assert_cmpstr(fixture->done->str, ==,
                    "+lock +build +backup +render +migrate-online +start +check +smoke "
                    "+maintenance-on +migrate-offline +switch +switch +maintenance-off +drain "
                    "+watch +stop +migrate-back ");
}

static const char undone_whole[] = "-maintenance-off -switch -switch -migrate-offline "
                                   "-maintenance-on -start -migrate-online -render ";

/* Before the switch a failure undoes, the last first. After it only lost health does. */
static void
test_failures(Fixture *fixture, gconstpointer data)
{
    for (FaDeployStep step = 0; step < FA_DEPLOY_STEPS; step++) {
        reset(fixture);
        const FaStanding *standing = second(fixture, step);
        bool is_lost = step == FA_DEPLOY_STEP_WATCH || step == FA_DEPLOY_STEP_MAINTENANCE_OFF;
        bool goes_on = step > FA_DEPLOY_STEP_SWITCH && !is_lost;
        const char *undone = strchr(fixture->done->str, '-');
        while (undone != NULL && undone[-1] != ' ')
            undone = strchr(undone + 1, '-');

        g_assert_null(standing->open);
        g_assert_cmpstr(standing->last.step, ==, fa_deploy_step_to_string(step));
        g_assert_cmpstr(standing->last.reason, ==, "it broke");
        g_assert_cmpstr(standing->build, ==, goes_on ? "b2" : "b1");
        g_assert_cmpstr(standing->release, ==, goes_on ? "0.6.1" : "0.6");
        g_assert_cmpint(standing->last.outcome, ==,
                        goes_on   ? FA_DEPLOY_OUTCOME_DONE
                        : is_lost ? FA_DEPLOY_OUTCOME_ROLLED_BACK
                                  : FA_DEPLOY_OUTCOME_FAILED);
        if (step == FA_DEPLOY_STEP_WATCH)
            g_assert_cmpstr(undone, ==, undone_whole);
        if (step == FA_DEPLOY_STEP_CHECK)
            g_assert_cmpstr(undone, ==, "-start -migrate-online -render ");
        if (goes_on || step < FA_DEPLOY_STEP_RENDER)
            g_assert_null(undone);
    }
}

/* The rename may be done, and known, and what comes with it fail. */
static void
test_half_a_switch(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    begin_as(fixture, "d2", "0.6.1", "b1");
    while (!get_open(fixture)->is_switched)
        advance(fixture, NOWHERE);
    say(fixture, FA_DEPLOY_STEP_SWITCH, FA_DEPLOY_STATE_FAILED, "no supervisor");
    while (advance(fixture, NOWHERE))
        ;
    const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
    g_assert_cmpstr(standing->build, ==, "b1");
    g_assert_cmpint(standing->last.outcome, ==, FA_DEPLOY_OUTCOME_FAILED);
    g_assert_cmpstr(standing->last.reason, ==, "no supervisor");
}

/* Nobody goes back to code that cannot read what an irreversible migration left. */
static void
test_no_way_back(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    fixture->is_irreversible = true;
    begin_as(fixture, "d2", "0.6.1", "b1");
    while (advance(fixture, FA_DEPLOY_STEP_WATCH))
        ;
    const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
    g_assert_cmpstr(standing->build, ==, "b2");
    g_assert_cmpint(standing->last.outcome, ==, FA_DEPLOY_OUTCOME_FAILED);
    g_assert_null(strstr(fixture->done->str, "-switch"));
    g_assert_nonnull(strstr(fixture->done->str, "+stop"));
    g_assert_cmpuint(standing->executed->len, ==, 1);
}

static void
test_first_ever(Fixture *fixture, gconstpointer data)
{
    begin_as(fixture, "d1", "0.6", "");
    while (advance(fixture, FA_DEPLOY_STEP_WATCH))
        ;
    const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
    g_assert_cmpint(standing->last.outcome, ==, FA_DEPLOY_OUTCOME_FAILED);
    g_assert_cmpstr(standing->build, ==, "b2");
}

/* P15 and P16: who comes second is refused, and told who is first. */
static void
test_second(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    g_assert_cmpstr(begin_as(fixture, "d2", "0.6.1", "b0"), ==, "moved live.nyc");
    g_assert_cmpstr(begin_as(fixture, "d2", "0.6.1", "b1"), ==, "");
    g_assert_cmpstr(begin_as(fixture, "d3", "0.6.2", "b1"), ==, "deployment-open live.nyc");
    const FaDeployment *open = get_open(fixture);
    g_assert_cmpstr(open->id, ==, "d2");
    g_assert_cmpstr(open->answers[0], ==, "wiki/0001=keep");
    g_assert_false(fa_deployment_is_expired(open, FOLD_START + 60));
    g_assert_true(fa_deployment_is_expired(open, FOLD_START + 61));
    g_assert_false(fa_deployment_is_expired(open, FOLD_START - 1000000));
    append(fixture,
           fa_running_decide_retire(fixture->running, "live.nyc", false, "old", &fold_asker));
    g_assert_cmpstr(fixture->text->str, ==, "deployment-open live.nyc");
}

static void
test_retired(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
    append(fixture,
           fa_running_decide_retire(fixture->running, "live.nyc", false, NULL, &fold_asker));
    g_assert_true(standing->is_retired);
    g_assert_cmpstr(standing->build, ==, "b1");
    append(fixture, fa_running_decide_create(fixture->running, "live.nyc", "release", "www", NULL,
                                             &fold_asker));
    g_assert_false(standing->is_retired);
    append(fixture,
           fa_running_decide_retire(fixture->running, "live.nyc", true, NULL, &fold_asker));
    g_assert_true(standing->is_retired);
    g_assert_null(standing->build);
    g_assert_null(standing->release);
}

static void
test_give_up(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    begin_as(fixture, "d2", "0.6.1", "b1");
    while (get_open(fixture)->states[FA_DEPLOY_STEP_START] != FA_DEPLOY_STATE_BEGUN)
        advance(fixture, NOWHERE);
    g_assert_cmpstr(append(fixture, fa_deployment_decide_give_up(get_open(fixture), &fold_asker)),
                    ==, "");
    g_assert_cmpstr(append(fixture, fa_deployment_decide_give_up(get_open(fixture), &fold_asker)),
                    ==, "step-out-of-turn d2");
    while (advance(fixture, NOWHERE))
        ;
    const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
    g_assert_cmpint(standing->last.outcome, ==, FA_DEPLOY_OUTCOME_UNDONE);
    g_assert_cmpstr(standing->build, ==, "b1");
}

static void
test_no_giving_up_after_the_switch(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    begin_as(fixture, "d2", "0.6.1", "b1");
    while (get_open(fixture)->states[FA_DEPLOY_STEP_SWITCH] != FA_DEPLOY_STATE_DONE)
        advance(fixture, NOWHERE);
    g_assert_cmpstr(append(fixture, fa_deployment_decide_give_up(get_open(fixture), &fold_asker)),
                    ==, "step-out-of-turn d2");
}

/* While it is watched, and in no other moment, another may end it. */
static void
test_take_back(Fixture *fixture, gconstpointer data)
{
    for (FaDeployStep until = FA_DEPLOY_STEP_LOCK; until < FA_DEPLOY_STEPS; until++) {
        reset(fixture);
        first(fixture);
        begin_as(fixture, "d2", "0.6.1", "b1");
        while (get_open(fixture)->states[until] != FA_DEPLOY_STATE_BEGUN)
            advance(fixture, NOWHERE);
        bool may = until > FA_DEPLOY_STEP_SWITCH && until <= FA_DEPLOY_STEP_WATCH;
        g_assert_cmpint(fa_deployment_can_take_back(get_open(fixture)), ==, may);
        g_assert_cmpstr(
            append(fixture, fa_deployment_decide_take_back(get_open(fixture), "slow", &fold_asker)),
            ==, may ? "" : "step-out-of-turn d2");
        g_assert_cmpint(fa_deployment_is_undoing(get_open(fixture)), ==, may);
        g_assert_cmpstr(
            append(fixture, fa_deployment_decide_take_back(get_open(fixture), NULL, &fold_asker)),
            ==, "step-out-of-turn d2");
        while (advance(fixture, NOWHERE))
            ;
        const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
        g_assert_cmpstr(standing->build, ==, may ? "b1" : "b2");
        g_assert_cmpint(standing->last.outcome, ==,
                        may ? FA_DEPLOY_OUTCOME_ROLLED_BACK : FA_DEPLOY_OUTCOME_DONE);
        g_autofree char *reason = g_strdup_printf("taken back by %s: slow", fold_asker.actor);
        g_assert_cmpstr(standing->last.reason, ==, may ? reason : NULL);
    }
}

/* Two hosts write, and their clocks are a day apart: what came first is what stands first. */
static void
test_clocks_apart(Fixture *fixture, gconstpointer data)
{
    static const FaAsker asker = {.actor = "ben", .now = FOLD_START - 86400};
    first(fixture);
    begin_as(fixture, "d2", "0.6.1", "b1");
    while (advance(fixture, NOWHERE)) {
        const FaDeployment *open = get_open(fixture);
        if (open == NULL || open->states[FA_DEPLOY_STEP_WATCH] != FA_DEPLOY_STATE_BEGUN)
            continue;
        g_assert_false(fa_deployment_is_expired(open, asker.now));
        g_assert_cmpstr(append(fixture, fa_deployment_decide_take_back(open, NULL, &asker)), ==,
                        "");
        break;
    }
    while (advance(fixture, NOWHERE))
        ;
    const FaStanding *standing = fa_running_find(fixture->running, "live.nyc");
    g_assert_null(standing->open);
    g_assert_cmpstr(standing->build, ==, "b1");
    g_assert_cmpstr(standing->last.reason, ==, "taken back by ben");
}

/* Only what is next may be said, whatever happened so far. */
static void
test_turns(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    begin_as(fixture, "d2", "0.6.1", "b1");
    do {
        FaDeployNext next = fa_deployment_next(get_open(fixture));
        for (FaDeployStep step = 0; step < FA_DEPLOY_STEPS; step++) {
            for (FaDeployState state = 0; state <= FA_DEPLOY_STATE_UNDONE; state++) {
                g_autoptr(FaDecision) decision =
                    fa_deployment_decide_step(get_open(fixture), step, state, NULL, 0, &fold_asker);
                bool is_next = next.act != FA_DEPLOY_ACT_END && step == next.step;
                if (!is_next || state == FA_DEPLOY_STATE_NONE)
                    g_assert_true(fa_decision_is_refused(decision));
            }
        }
        g_autoptr(FaDecision) end = fa_deployment_decide_end(get_open(fixture), NULL, &fold_asker);
        g_assert_cmpint(fa_decision_is_refused(end), ==, next.act != FA_DEPLOY_ACT_END);
    } while (advance(fixture, FA_DEPLOY_STEP_WATCH) && get_open(fixture) != NULL);
}

/* P20: what is read back from any prefix of the events is what goes on just the same. */
static void
test_killed_anywhere(Fixture *fixture, gconstpointer data)
{
    second(fixture, FA_DEPLOY_STEP_WATCH);
    for (guint length = 0; length <= fixture->ledger->len; length++) {
        g_autoptr(FaRunning) folded = fa_running_new();
        for (guint i = 0; i < length; i++)
            fa_running_apply(folded, g_ptr_array_index(fixture->ledger, i));
        g_autoptr(GBytes) bytes = fa_running_to_bytes(folded);
        g_autoptr(FaRunning) read = fa_running_from_bytes(bytes);
        g_assert_nonnull(read);
        g_assert_cmpuint(fa_running_get_position(read), ==, length);
        for (guint i = length; i < fixture->ledger->len; i++)
            fa_running_apply(read, g_ptr_array_index(fixture->ledger, i));
        g_autoptr(GBytes) expected = fa_running_to_bytes(fixture->running);
        g_autoptr(GBytes) found = fa_running_to_bytes(read);
        g_assert_true(g_bytes_equal(expected, found));
    }
}

static void
test_damaged_state(Fixture *fixture, gconstpointer data)
{
    first(fixture);
    begin_as(fixture, "d2", "0.6.1", "b1");
    advance(fixture, NOWHERE);
    g_autoptr(GBytes) bytes = fa_running_to_bytes(fixture->running);
    gsize size;
    const uint8_t *whole = g_bytes_get_data(bytes, &size);
    for (gsize i = 0; i < size; i++) {
        g_autoptr(GBytes) part = g_bytes_new(whole, i);
        g_assert_null(fa_running_from_bytes(part));
        g_autofree uint8_t *changed = g_memdup2(whole, size);
        changed[i] ^= 0x80;
        g_autoptr(GBytes) other = g_bytes_new(changed, size);
        fa_running_free(fa_running_from_bytes(other)); /* whatever it says, it ends */
    }
}

#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/deployment/all-steps-bring-the-new-release", test_whole);
    ADD("/deployment/a-failure-at-each-step-ends-with-one-whole-release", test_failures);
    ADD("/deployment/there-is-no-way-back-past-what-cannot-be-undone", test_no_way_back);
    ADD("/deployment/the-first-ever-has-nothing-to-go-back-to", test_first_ever);
    ADD("/deployment/the-second-is-refused-with-who-is-first", test_second);
    ADD("/deployment/what-is-retired-keeps-what-it-had-unless-it-is-emptied", test_retired);
    ADD("/deployment/who-gives-up-undoes", test_give_up);
    ADD("/deployment/a-switch-that-fails-behind-the-rename-is-undone", test_half_a_switch);
    ADD("/deployment/it-is-taken-back-while-it-is-watched", test_take_back);
    ADD("/deployment/clocks-of-two-hosts-may-be-apart", test_clocks_apart);
    ADD("/deployment/nobody-gives-up-after-the-switch", test_no_giving_up_after_the_switch);
    ADD("/deployment/only-what-is-next-may-be-said", test_turns);
    ADD("/deployment/what-is-read-back-goes-on-the-same", test_killed_anywhere);
    ADD("/deployment/a-damaged-snapshot-is-none", test_damaged_state);
    return g_test_run();
}

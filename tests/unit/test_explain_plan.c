/* explain_plan: which instruments fit what a run has shown, and what it is repeated as. */
#include "cli/explain_plan.h"

#include <string.h>

#include "base/cleanup.h"
#include "scenario/instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define KIND(name) (1U << INSTRUMENT_##name)
#define ALWAYS     (KIND(PAGES) | KIND(MAPPINGS) | KIND(DESCRIPTORS))

static struct record *leak_by(enum cause cause)
{
    struct record *record = story_leak("a", VERDICT_LEAK);
    record->verdict.kind = VERDICT_LEAK;
    record->verdict.cause = cause;
    record->verdict.share_shmem = 0;
    return record;
}

START_TEST(a_heap_of_a_native_program_is_told_by_heaptrack)
{
    CLEANUP(record_freep) struct record *record = leak_by(CAUSE_HEAP);
    ck_assert_uint_eq(explain_choose(record, false), ALWAYS | KIND(HEAPTRACK));
    ck_assert_uint_eq(explain_choose(record, true), ALWAYS); /* a sanitizer's malloc is its own */
}
END_TEST

START_TEST(a_runtime_tells_of_its_heap_itself)
{
    static const struct {
        enum runtime_kind kind;
        uint32_t expected;
    } runtimes[] = {
        {RUNTIME_GO, KIND(GO)},
        {RUNTIME_NODE, KIND(NODE)},
        {RUNTIME_PYTHON, KIND(PYTHON)},
        {RUNTIME_JVM, KIND(JAVA)},
        {RUNTIME_DOTNET, 0},
        {RUNTIME_RUBY, 0},
        {RUNTIME_NATIVE, KIND(HEAPTRACK)},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(runtimes); i++) {
        CLEANUP(record_freep) struct record *record = leak_by(CAUSE_HEAP);
        record->n_runtimes = 1;
        record->runtimes[0].kind = runtimes[i].kind;
        ck_assert_uint_eq(explain_choose(record, false), ALWAYS | runtimes[i].expected);
    }
    CLEANUP(record_freep) struct record *both = leak_by(CAUSE_HEAP);
    both->n_runtimes = 2;
    both->runtimes[0].kind = RUNTIME_GO;
    both->runtimes[1].kind = RUNTIME_NODE;
    ck_assert_uint_eq(explain_choose(both, false), ALWAYS | KIND(GO) | KIND(NODE));
}
END_TEST

START_TEST(threads_are_looked_at_where_they_grow_or_may)
{
    CLEANUP(record_freep) struct record *record = leak_by(CAUSE_THREADS);
    ck_assert_uint_ne(explain_choose(record, false) & KIND(THREADS), 0);
    record->verdict.cause = CAUSE_MAPPINGS;
    ck_assert_uint_ne(explain_choose(record, false) & KIND(THREADS), 0);
    record->verdict.cause = CAUSE_SOCKETS;
    ck_assert_uint_eq(explain_choose(record, false) & KIND(THREADS), 0);
    uint64_t threads = 4;
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        record->timeline->cycles[i].floor.value[SURVEY_THREADS] = threads++;
    ck_assert_uint_ne(explain_choose(record, false) & KIND(THREADS), 0);
}
END_TEST

START_TEST(files_are_looked_at_where_they_may_be_it)
{
    CLEANUP(record_freep) struct record *record = leak_by(CAUSE_SHMEM);
    ck_assert_uint_ne(explain_choose(record, false) & KIND(FILES), 0);
    record->verdict.cause = CAUSE_SOCKETS;
    ck_assert_uint_eq(explain_choose(record, false) & KIND(FILES), 0);
    record->verdict.has_shares = true;
    record->verdict.share_shmem = 0.3;
    ck_assert_uint_ne(explain_choose(record, false) & KIND(FILES), 0);
    record->verdict.share_shmem = 0;
    record->verdict.kind = VERDICT_CLEAN; /* nothing grows: whatever is held */
    ck_assert_uint_ne(explain_choose(record, false) & KIND(FILES), 0);
}
END_TEST

static struct run_spec make_run(void)
{
    static const char *const command[] = {"/bin/true", NULL};
    struct run_spec run = {.scenario = "a-scenario",
                           .variant = "fixed",
                           .source = "a-scenario.json",
                           .repeat = 2,
                           .group = 3,
                           .position = 1};
    settings_defaults(&run.settings);
    run.settings.service.command = command;
    run.settings.limit_bytes = 64 * STORY_MIB;
    run.settings.trim = "/trim";
    run.settings.restart.policy = RESTART_ALWAYS;
    return run;
}

START_TEST(it_is_repeated_at_the_same_load_and_alone)
{
    CLEANUP(record_freep) struct record *record = leak_by(CAUSE_HEAP);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    const struct run_spec run = make_run();
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(explain_plan_add(&run, record, 0, plan, NULL), 0);
    const struct run_spec *again = &plan->runs[0];
    ck_assert_str_eq(again->id, "explain");
    ck_assert_str_eq(again->scenario, "a-scenario");
    ck_assert_str_eq(again->variant, "fixed");
    ck_assert(again->group == 0 && again->position == 0);
    ck_assert_uint_eq(again->settings.instruments, ALWAYS | KIND(HEAPTRACK));
    ck_assert_uint_eq(again->settings.limit_bytes, run.settings.limit_bytes);
    ck_assert_uint_eq(again->settings.cycle_requests, run.settings.cycle_requests);
    ck_assert_uint_eq(again->settings.load.concurrency, run.settings.load.concurrency);
    ck_assert_int_gt(again->settings.budget_ns, run.settings.budget_ns);
    ck_assert_ptr_null(again->settings.trim); /* what it gives back is known */
    ck_assert_int_eq(again->settings.restart.policy, RESTART_AT_ONCE);
}
END_TEST

START_TEST(what_is_no_leak_is_repeated_as_it_was)
{
    CLEANUP(record_freep) struct record *record = leak_by(CAUSE_NONE);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    const struct run_spec run = make_run();
    record->verdict.kind = VERDICT_LAZY_RELEASE;
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(explain_plan_add(&run, record, 0, plan, NULL), 0);
    ck_assert_str_eq(plan->runs[0].settings.trim, "/trim");
    ck_assert_int_eq(plan->runs[0].settings.restart.policy, RESTART_ALWAYS);
}
END_TEST

START_TEST(what_was_killed_gets_room_for_its_floors)
{
    CLEANUP(record_freep) struct record *record = leak_by(CAUSE_HEAP);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct run_spec run = make_run();
    record->timeline->cycles[1].oom_kills = 1;
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(explain_plan_add(&run, record, 0, plan, NULL), 0);
    ck_assert_uint_eq(plan->runs[0].settings.limit_bytes, 2 * run.settings.limit_bytes);
    run.settings.limit_bytes = SCENARIO_NO_LIMIT;
    ck_assert_int_eq(explain_plan_add(&run, record, 0, plan, NULL), 0);
    ck_assert_uint_eq(plan->runs[1].settings.limit_bytes, SCENARIO_NO_LIMIT);
}
END_TEST

START_TEST(what_was_asked_for_is_what_is_used)
{
    CLEANUP(record_freep) struct record *record = leak_by(CAUSE_HEAP);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    const struct run_spec run = make_run();
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(explain_plan_add(&run, record, KIND(MALLOC), plan, NULL), 0);
    ck_assert_uint_eq(plan->runs[0].settings.instruments, KIND(MALLOC));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("explain_plan");
    TCase *c = tcase_create("choice");
    suite_add_tcase(s, c);
    tcase_add_test(c, a_heap_of_a_native_program_is_told_by_heaptrack);
    tcase_add_test(c, a_runtime_tells_of_its_heap_itself);
    tcase_add_test(c, threads_are_looked_at_where_they_grow_or_may);
    tcase_add_test(c, files_are_looked_at_where_they_may_be_it);
    c = tcase_create("repetition");
    suite_add_tcase(s, c);
    tcase_add_test(c, it_is_repeated_at_the_same_load_and_alone);
    tcase_add_test(c, what_is_no_leak_is_repeated_as_it_was);
    tcase_add_test(c, what_was_killed_gets_room_for_its_floors);
    tcase_add_test(c, what_was_asked_for_is_what_is_used);
    return s;
}

CHECK_MAIN(suite);

/* outcome: what a caller of the library is told of records and errors. */
#include "library/outcome.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "load/function_work.h"
#include "tests/support/check_main.h"

static struct leakcage_result result;
static struct record *record;

static void set_up(void)
{
    struct run_spec spec = {.scenario = "function"};
    settings_defaults(&spec.settings);
    outcome_init(&result);
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
}

static void tear_down(void)
{
    record_free(record);
}

static void tell(void)
{
    outcome_of_record(record, 2 * NSEC_PER_SEC, &result);
}

static void fail_with(enum error_kind kind, const char *text)
{
    (void)error_set(&record->error, kind, "%s", text);
    tell();
}

START_TEST(what_was_not_measured_is_absent)
{
    ck_assert(isnan(result.growth_bytes_per_call));
    ck_assert(isnan(result.smallest_leak_bytes_per_call));
    ck_assert_int_eq(result.peak_bytes, -1);
    ck_assert_int_eq(result.duration_ms, -1);
    ck_assert_int_eq(result.verdict, LEAKCAGE_UNAVAILABLE);
}
END_TEST

START_TEST(a_machine_that_cannot_is_no_pass_and_the_fix_is_said)
{
    struct error err = {.kind = ERROR_NONE};
    (void)error_set(&err, ERROR_ENVIRONMENT, "no cgroup v2");
    outcome_of_error(&err, &result);
    ck_assert_int_eq(result.verdict, LEAKCAGE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(result.reason, "no cgroup v2"));
    ck_assert_ptr_nonnull(strstr(result.reason, "leakcage vm -- "));
}
END_TEST

START_TEST(wrong_options_are_told_from_failures)
{
    struct error err = {.kind = ERROR_NONE};
    (void)error_set(&err, ERROR_USAGE, ".calls is 3");
    outcome_of_error(&err, &result);
    ck_assert_int_eq(result.verdict, LEAKCAGE_INVALID);
    (void)error_set(&err, ERROR_INTERNAL, "out of memory");
    outcome_of_error(&err, &result);
    ck_assert_int_eq(result.verdict, LEAKCAGE_FAILED);
}
END_TEST

START_TEST(a_leak_has_its_growth_and_a_clean_one_the_smallest_that_would_be_found)
{
    struct verdict *verdict = &record->verdict;
    verdict->kind = VERDICT_LEAK;
    verdict->cause = CAUSE_HEAP;
    verdict->growth = (struct verdict_growth){true, 64, 63, 65};
    snprintf(verdict->reason, sizeof(verdict->reason), "it rose with 100 requests");
    tell();
    ck_assert_int_eq(result.verdict, LEAKCAGE_LEAK);
    ck_assert_str_eq(result.cause, "heap");
    ck_assert_double_eq(result.growth_bytes_per_call, 64);
    ck_assert_str_eq(result.reason,
                     "leak: heap, +64 B per call (95 %: 63 B to 65 B): it rose with 100 calls");

    *verdict = (struct verdict){
        .kind = VERDICT_CLEAN, .has_smallest_leak = true, .smallest_leak_bytes = 8};
    outcome_init(&result);
    tell();
    ck_assert_int_eq(result.verdict, LEAKCAGE_CLEAN);
    ck_assert_double_eq(result.smallest_leak_bytes_per_call, 8);
    ck_assert_ptr_nonnull(strstr(result.reason, "a leak of 8 B per call or more"));
}
END_TEST

START_TEST(each_kind_of_verdict_is_one_of_ours)
{
    static const enum leakcage_verdict ours[VERDICT_KIND_MAX_] = {
        [VERDICT_INCONCLUSIVE] = LEAKCAGE_INCONCLUSIVE,
        [VERDICT_CLEAN] = LEAKCAGE_CLEAN,
        [VERDICT_LEAK] = LEAKCAGE_LEAK,
        [VERDICT_PRESSURE] = LEAKCAGE_PRESSURE,
        [VERDICT_LAZY_RELEASE] = LEAKCAGE_LAZY_RELEASE,
    };
    for (unsigned kind = 0; kind < VERDICT_KIND_MAX_; kind++) {
        record->verdict.kind = (enum verdict_kind)kind;
        tell();
        ck_assert_int_eq(result.verdict, ours[kind]);
        ck_assert_str_eq(leakcage_verdict_name(result.verdict),
                         verdict_kind_name((enum verdict_kind)kind));
    }
}
END_TEST

START_TEST(a_failure_outweighs_the_verdict_and_tells_the_end_of_the_log)
{
    record->verdict.kind = VERDICT_CLEAN;
    fail_with(ERROR_SERVICE, "the service ended during the run (exit status 3); the end of what it "
                             "printed:\n" FUNCTION_READY "\nhello");
    ck_assert_int_eq(result.verdict, LEAKCAGE_FAILED);
    ck_assert_str_eq(result.reason, "failed: the function ended during the run (exit status 3); "
                                    "the end of what it printed:\nhello");
}
END_TEST

START_TEST(a_log_with_nothing_of_the_function_s_is_empty)
{
    fail_with(ERROR_SERVICE, "the service ended; the end of what it printed:\n" FUNCTION_READY);
    ck_assert_str_eq(result.reason, "failed: the function ended; it printed nothing");
}
END_TEST

START_TEST(a_hang_and_a_set_up_that_fails_are_named)
{
    struct cycle cycle = {.kind = CYCLE_MEASURE, .counts = {.timed_out = 1}};
    const struct run_end end = {.has_exit_code = true, .exit_code = FUNCTION_EXIT_SET_UP};
    record_add_end(record, &end);
    fail_with(ERROR_SERVICE, "the service ended");
    ck_assert_ptr_nonnull(strstr(result.reason, "set_up did not return 0: the function ended"));

    survey_init(&cycle.settled);
    survey_init(&cycle.floor);
    ck_assert_int_eq(timeline_add_cycle(record->timeline, &cycle, NULL), 0);
    fail_with(ERROR_SERVICE, "the service ended");
    ck_assert_ptr_nonnull(strstr(result.reason, "a call hung, and was killed after 2.0 s"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("outcome");
    TCase *told = tcase_create("told");
    tcase_add_checked_fixture(told, set_up, tear_down);
    tcase_add_test(told, what_was_not_measured_is_absent);
    tcase_add_test(told, a_machine_that_cannot_is_no_pass_and_the_fix_is_said);
    tcase_add_test(told, wrong_options_are_told_from_failures);
    tcase_add_test(told, a_leak_has_its_growth_and_a_clean_one_the_smallest_that_would_be_found);
    tcase_add_test(told, each_kind_of_verdict_is_one_of_ours);
    tcase_add_test(told, a_failure_outweighs_the_verdict_and_tells_the_end_of_the_log);
    tcase_add_test(told, a_log_with_nothing_of_the_function_s_is_empty);
    tcase_add_test(told, a_hang_and_a_set_up_that_fails_are_named);
    suite_add_tcase(suite, told);
    return suite;
}

CHECK_MAIN(suite);

/* records_ci: results as CI systems are told of them. */
#include "report/records_ci.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/ci_figures.h"
#include "report/ci_openmetrics.h"
#include "tests/support/check_main.h"
#include "tests/support/ci_cases.h"
#include "tests/support/exported.h"
#include "tests/support/story.h"

/* One of a variant, which waited for others, and was warned of. */
static struct record *make_leak(const char *id, enum verdict_kind expect)
{
    struct record *record = story_leak(id, expect);
    strcpy(record->variant, "big");
    record->waited_ns = 800 * NSEC_PER_MSEC;
    record->starts = 1;
    record_warn(record, "the machine was busy");
    return record;
}

static const struct ci_metric *metric_of(const struct ci_case *item, const char *name)
{
    for (size_t k = 0; k < item->n_metrics; k++)
        if (strcmp(item->metrics[k].name, name) == 0)
            return &item->metrics[k];
    return NULL;
}

START_TEST(another_verdict_than_expected_has_failed)
{
    CLEANUP(record_freep) struct record *record = make_leak("leaky.big.2", VERDICT_CLEAN);
    const struct stored_record item = {record, "results/leaky"};
    CLEANUP(ci_list_done) struct ci_list list = {0};
    ck_assert_int_eq(records_ci(&(struct records_ci_input){.items = &item, .n = 1}, &list, NULL),
                     0);
    const struct ci_case *told = &list.report.cases[0];
    ck_assert_int_eq(told->status, CI_FAILED);
    ck_assert_str_eq(told->rule, "leak");
    ck_assert_ptr_eq(strstr(told->message, "expected clean, found leak (heap): "), told->message);
    ck_assert_str_eq(told->file, "results/leaky/result.json");
    ck_assert_str_eq(told->run, "leaky.big.2"); /* scenario and variant do not tell which */
    ck_assert_int_eq(told->duration_ns, 9 * NSEC_PER_SEC);
    story_expect_text(told->details, "\nwarning: the machine was busy\nresult: results/leaky");
    ck_assert_str_eq(list.report.summary, "1 run: 0 passed, 1 failed, 0 undecided, 0 in error");
}
END_TEST

START_TEST(figures_are_in_base_units)
{
    CLEANUP(record_freep) struct record *record = make_leak("leaky.big", VERDICT_LEAK);
    const struct stored_record item = {record, NULL};
    CLEANUP(ci_list_done) struct ci_list list = {0};
    ck_assert_int_eq(records_ci(&(struct records_ci_input){.items = &item, .n = 1}, &list, NULL),
                     0);
    const struct ci_case *told = &list.report.cases[0];
    ck_assert_int_eq(told->status, CI_PASSED);
    ck_assert_ptr_null(told->rule);
    ck_assert_ptr_null(told->run);
    ck_assert_ptr_null(told->file);
    ck_assert_str_eq(told->verdict, "leak");
    ck_assert_str_eq(told->cause, "heap");
    ck_assert_double_eq(metric_of(told, "floor_bytes")->value, 13.0 * STORY_MIB);
    ck_assert_str_eq(metric_of(told, "floor_bytes")->unit, "bytes");
    ck_assert_double_eq(metric_of(told, "limit_bytes")->value, 64.0 * STORY_MIB);
    ck_assert_double_eq(metric_of(told, "oom_kills")->value, 0);
    ck_assert_double_eq(metric_of(told, "starts")->value, 1);
    ck_assert_double_eq_tol(metric_of(told, "growth_bytes_per_request")->value,
                            (double)STORY_MIB / STORY_REQUESTS, 1);
    ck_assert_double_eq(ci_figure(FIGURE_P50, 2e6).value, 0.002);
    ck_assert_str_eq(ci_figure(FIGURE_P50, 2e6).name, "latency_p50_seconds");
}
END_TEST

START_TEST(its_figures_are_families_of_openmetrics)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    const struct stored_record items[] = {{all.records[0], NULL}, {all.records[1], NULL}};
    CLEANUP(ci_list_done) struct ci_list list = {0};
    ck_assert_int_eq(records_ci(&(struct records_ci_input){.items = items, .n = 2}, &list, NULL),
                     0);
    CLEANUP(freep)
    char *text = ci_cases_write(ci_openmetrics_write, &list.report, "figures.prom");
    story_expect_text(text, "\nleakcage_growth_bytes_per_request{scenario=\"leaky\"} 4194.304\n");
    story_expect_text(text, "\nleakcage_oom_kills{scenario=\"leaky\",variant=\"fixed\",");
}
END_TEST

START_TEST(a_run_without_a_verdict_is_an_error)
{
    const struct run_spec spec = {
        .id = "fails", .scenario = "fails", .settings.limit_bytes = UINT64_MAX};
    CLEANUP(record_freep) struct record *record = NULL;
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    error_set(&record->error, ERROR_SERVICE, "exited with status 1:\n::error::x");
    record->question.limit_bytes = UINT64_MAX;
    record_judge(record);
    const struct stored_record item = {record, "results/fails"};
    CLEANUP(ci_list_done) struct ci_list list = {0};
    ck_assert_int_eq(records_ci(&(struct records_ci_input){.items = &item, .n = 1}, &list, NULL),
                     0);
    const struct ci_case *told = &list.report.cases[0];
    ck_assert_int_eq(told->status, CI_ERROR);
    ck_assert_str_eq(told->rule, "failed");
    ck_assert_str_eq(told->message, "exited with status 1:\n::error::x");
    ck_assert_ptr_null(told->verdict);
    ck_assert_ptr_null(metric_of(told, "limit_bytes"));
    ck_assert_ptr_null(metric_of(told, "floor_bytes"));
}
END_TEST

START_TEST(what_could_not_be_taken_is_no_pass)
{
    CLEANUP(record_freep) struct record *record = make_leak("leaky.big", VERDICT_LEAK);
    const struct stored_record item = {record, NULL};
    CLEANUP(ci_list_done) struct ci_list list = {0};
    ck_assert_int_eq(
        records_ci(&(struct records_ci_input){.items = &item, .n = 1, .n_broken = 2}, &list, NULL),
        0);
    ck_assert_uint_eq(list.report.n_cases, 2);
    ck_assert_int_eq(list.report.cases[1].status, CI_ERROR);
    ck_assert_str_eq(list.report.cases[1].message,
                     "2 results could not be taken: see standard error");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("records_ci");
    TCase *c = tcase_create("records_ci");
    tcase_add_test(c, another_verdict_than_expected_has_failed);
    tcase_add_test(c, figures_are_in_base_units);
    tcase_add_test(c, its_figures_are_families_of_openmetrics);
    tcase_add_test(c, a_run_without_a_verdict_is_an_error);
    tcase_add_test(c, what_could_not_be_taken_is_no_pass);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

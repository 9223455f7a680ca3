/* gate_ci: a gate as CI systems are told of it. */
#include "report/gate_ci.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/ci_rules.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

/* A case of this status, with these figures. */
static struct gate_report_case made(enum gate_case_status status, const struct gate_result *result)
{
    return (struct gate_report_case){
        .id = "json-tree.fixed [race]",
        .scenario = "json-tree",
        .variant = "fixed",
        .build = "race",
        .allocator = "",
        .file = "scenarios/json-tree.json",
        .line = 9,
        .status = status,
        .result = result,
        .message = "a sentence",
    };
}

static struct gate_result regressed_floor(void)
{
    struct gate_result result = {.status = GATE_REGRESSED};
    result.now.judged = 4;
    result.now.kind = VERDICT_CLEAN;
    result.figure[GATE_FLOOR] = (struct gate_figure_result){.present = true,
                                                            .base = 4.0 * 1024 * 1024,
                                                            .now = 4.5 * 1024 * 1024,
                                                            .allowed = 64.0 * 1024,
                                                            .regressed = true};
    result.figure[GATE_THREADS] = (struct gate_figure_result){.present = true, .base = 9, .now = 9};
    return result;
}

static void list_of(const struct gate_report_case *item, struct ci_list *list)
{
    const struct gate_report gate = {.baseline = "leakcage.json",
                                     .sentence = "1 case",
                                     .cases = item,
                                     .n_cases = item != NULL ? 1 : 0};
    struct error err = {0};
    ck_assert_msg(gate_ci(&gate, list, &err) == 0, "%s", err.text);
    ck_assert_str_eq(list->report.name, "leakcage gate");
    ck_assert_str_eq(list->report.summary, "1 case");
    ck_assert_str_eq(list->report.file, "leakcage.json");
    ck_assert_ptr_nonnull(list->report.version);
}

START_TEST(a_regression_is_told_by_its_figure)
{
    const struct gate_result result = regressed_floor();
    const struct gate_report_case item = made(GATE_CASE_REGRESSED, &result);
    CLEANUP(ci_list_done) struct ci_list list;
    list_of(&item, &list);
    const struct ci_case *told = &list.report.cases[0];
    ck_assert_int_eq(told->status, CI_FAILED);
    ck_assert_str_eq(told->rule, "floor");
    ck_assert_str_eq(told->message, "a sentence");
    ck_assert_str_eq(told->variant, "fixed");
    ck_assert_ptr_null(told->allocator);
    ck_assert_uint_eq(told->line, 9);
    ck_assert_str_eq(told->verdict, "clean");
    ck_assert_uint_eq(told->n_metrics, 2);
    ck_assert_str_eq(told->metrics[0].name, "floor_bytes");
    ck_assert_double_eq(told->metrics[0].value, 4.5 * 1024 * 1024);
    ck_assert_double_eq(told->metrics[0].baseline, 4.0 * 1024 * 1024);
    ck_assert_double_eq(told->metrics[0].allowed, 64.0 * 1024);
    ck_assert_str_eq(told->metrics[1].name, "threads");
    story_expect_text(told->details, "floor: 4.0 MiB in the baseline, 4.5 MiB now; +64.0 KiB is "
                                     "allowed (regressed)\nthreads: 9 in the baseline, 9 now; +0 "
                                     "is allowed");
}
END_TEST

START_TEST(a_verdict_that_turned_comes_before_figures)
{
    struct gate_result result = regressed_floor();
    const struct gate_report_case item = made(GATE_CASE_REGRESSED, &result);
    CLEANUP(ci_list_done) struct ci_list leak = {0}, pressure = {0};
    result.verdict_regressed = true;
    result.now.kind = VERDICT_LEAK;
    result.now.cause = CAUSE_SOCKETS;
    list_of(&item, &leak);
    ck_assert_str_eq(leak.report.cases[0].rule, "leak");
    ck_assert_str_eq(leak.report.cases[0].cause, "sockets");
    result.now.kind = VERDICT_PRESSURE;
    list_of(&item, &pressure);
    ck_assert_str_eq(pressure.report.cases[0].rule, "verdict");
}
END_TEST

/* Nothing that was not compared passes. */
START_TEST(every_status_has_its_own)
{
    static const struct {
        enum gate_case_status status;
        enum ci_status told;
        const char *rule;
    } rows[] = {
        {GATE_CASE_PASSED, CI_PASSED, NULL},
        {GATE_CASE_REGRESSED, CI_FAILED, "verdict"},
        {GATE_CASE_UNDECIDED, CI_UNDECIDED, "undecided"},
        {GATE_CASE_NEW, CI_ERROR, "baseline-missing"},
        {GATE_CASE_REFUSED, CI_ERROR, "baseline-refused"},
        {GATE_CASE_FAILED, CI_ERROR, "failed"},
        {GATE_CASE_NOT_RUN, CI_SKIPPED, NULL},
        {GATE_CASE_UPDATED, CI_PASSED, NULL},
        {GATE_CASE_KEPT, CI_PASSED, NULL},
    };
    ck_assert_uint_eq(ARRAY_LENGTH(rows), GATE_CASE_STATUS_MAX_);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct gate_report_case item = made(rows[i].status, NULL);
        CLEANUP(ci_list_done) struct ci_list list;
        size_t index = 0;
        list_of(&item, &list);
        ck_assert_int_eq(list.report.cases[0].status, rows[i].told);
        ck_assert_pstr_eq(list.report.cases[0].rule, rows[i].rule);
        ck_assert_uint_eq(list.report.cases[0].n_metrics, 0);
        ck_assert(rows[i].rule == NULL || ci_rule_find(rows[i].rule, &index));
    }
}
END_TEST

START_TEST(every_figure_has_a_rule)
{
    size_t index = 0;
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++)
        ck_assert_msg(ci_rule_find(gate_figure_info[k].key, &index), "%s", gate_figure_info[k].key);
}
END_TEST

START_TEST(less_than_before_is_worth_a_word)
{
    struct gate_result result = regressed_floor();
    const struct gate_report_case item = made(GATE_CASE_PASSED, &result);
    CLEANUP(ci_list_done) struct ci_list list;
    result.figure[GATE_FLOOR].regressed = false;
    result.figure[GATE_FLOOR].improved = true;
    list_of(&item, &list);
    story_expect_text(list.report.cases[0].remark, "less than in the baseline: floor: 4.0 MiB");
    ck_assert_ptr_null(list.report.cases[0].rule);
}
END_TEST

START_TEST(what_its_runs_took_and_left_is_told)
{
    struct run_spec spec = {.id = "json-tree", .scenario = "json-tree"};
    CLEANUP(record_freep) struct record *record = NULL;
    const char *const notes[] = {"kernel 6.1.0-18 in the baseline, 6.1.0-22 here"};
    const char *const results[] = {"results/json-tree", NULL};
    struct gate_report_case item = made(GATE_CASE_PASSED, NULL);
    CLEANUP(ci_list_done) struct ci_list list;
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    record->duration_ns = 9 * NSEC_PER_SEC;
    record->waited_ns = 4 * NSEC_PER_SEC;
    const struct record *const records[] = {record, record};
    item.records = records;
    item.n_records = 2;
    item.results = results;
    item.notes = notes;
    item.n_notes = 1;
    list_of(&item, &list);
    ck_assert_int_eq(list.report.cases[0].duration_ns, 10 * NSEC_PER_SEC);
    ck_assert_str_eq(list.report.cases[0].details,
                     "kernel 6.1.0-18 in the baseline, 6.1.0-22 here\nresult: results/json-tree");
}
END_TEST

START_TEST(of_no_cases_there_is_a_report)
{
    CLEANUP(ci_list_done) struct ci_list list;
    list_of(NULL, &list);
    ck_assert_uint_eq(list.report.n_cases, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate_ci");
    TCase *c = tcase_create("gate_ci");
    tcase_add_test(c, a_regression_is_told_by_its_figure);
    tcase_add_test(c, a_verdict_that_turned_comes_before_figures);
    tcase_add_test(c, every_status_has_its_own);
    tcase_add_test(c, every_figure_has_a_rule);
    tcase_add_test(c, less_than_before_is_worth_a_word);
    tcase_add_test(c, what_its_runs_took_and_left_is_told);
    tcase_add_test(c, of_no_cases_there_is_a_report);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

/* gate_decide: how many repeats a gate needs, and what its report says of cases. */
#include "gate/gate_decide.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "gate/gate_report_make.h"
#include "tests/support/check_main.h"

static struct gate gate;
static struct options options;
static struct baseline_entry entry;

/* So many cases, each with an entry of so many runs; 0: none. */
static void setup_cases(unsigned n, unsigned base_runs)
{
    options.operands = (const char *const[]){NULL};
    options.output_dir = "results";
    ck_assert_int_eq(gate_init(&gate, &options, NULL), 0);
    entry.n_runs = base_runs;
    for (unsigned i = 0; i < n; i++) {
        struct gate_case of = {.entry = base_runs > 0 ? &entry : NULL};
        snprintf(of.key.scenario, sizeof(of.key.scenario), "case-%u", i);
        baseline_key_text(&of.key, of.id);
        ck_assert_int_eq(gate_add_case(&gate, &of, NULL), 0);
    }
}

static void teardown(void)
{
    gate_done(&gate);
}

static const struct {
    unsigned cases, base_runs;
    double rate;
    unsigned repeats;
    bool against, update;
    unsigned expected; /* 0: an error */
    const char *error;
} asked[] = {
    {1, 10, 0, 0, false, false, 3, NULL},
    {4, 10, 0, 0, false, false, 4, NULL},
    {1, 3, 0.1, 0, false, false, 3, NULL},
    {1, 10, 0, 12, false, false, 12, NULL},
    {1, 0, 0, 0, true, false, 5, NULL},
    {1, 0, 0.1, 0, true, false, 3, NULL},
    {1, 0, 0, 0, false, true, GATE_BASELINE_REPEATS, NULL},
    {1, 0, 0, 3, false, true, 3, NULL},
    {4, 10, 0, 3, false, false, 0, "expected at least 4, or --false-alarms 2%"},
    {4, 10, 0, 3, false, false, 0, "found 3 repeats of 4 cases beside such a baseline"},
    {1, 0, 0, 4, true, false, 0, "expected at least 5, or --false-alarms 3%"},
    {1, 1, 0, 0, false, false, 0, "expected --false-alarms 4%"},
    {1, 0, 0, 1, false, true, 0, "--repeats: found 1, beside which no gate of 1 case could"},
    {1, 0, 0, 1, false, true, 0, "expected at least 2"},
    {200, 1, 0, 0, false, false, 0, "expected a baseline of more repeats, or fewer cases"},
};

START_TEST(a_gate_has_as_few_repeats_as_can_claim_something)
{
    struct error err = {.kind = ERROR_NONE};
    options = (struct options){
        .false_alarm_rate = asked[_i].rate,
        .repeats = asked[_i].repeats,
        .against = asked[_i].against ? "HEAD" : NULL,
        .update = asked[_i].update,
    };
    setup_cases(asked[_i].cases, asked[_i].base_runs);
    int status = gate_decide_repeats(&gate, &err);
    if (asked[_i].error == NULL) {
        ck_assert_msg(status == 0, "%s", err.text);
        ck_assert_uint_eq(gate.repeats, asked[_i].expected);
        return;
    }
    ck_assert_int_eq(status, -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, asked[_i].error) != NULL, "found \"%s\", expected \"%s\"",
                  err.text, asked[_i].error);
}
END_TEST

START_TEST(nothing_that_can_be_compared_needs_no_repeats)
{
    options = (struct options){.repeats = 0};
    setup_cases(0, 0);
    ck_assert_int_eq(gate_decide_repeats(&gate, NULL), 0);
    ck_assert_uint_eq(gate.repeats, 0);
}
END_TEST

static const struct {
    enum gate_case_status statuses[6];
    unsigned n;
    const char *sentence;
    enum exit_status exit;
} said[] = {
    {{GATE_CASE_PASSED}, 1, "1 case passed", EXIT_AS_EXPECTED},
    {{GATE_CASE_PASSED, GATE_CASE_PASSED}, 2, "all 2 cases passed", EXIT_AS_EXPECTED},
    {{GATE_CASE_PASSED, GATE_CASE_REGRESSED},
     2,
     "1 of 2 cases regressed: case-1; 1 passed",
     EXIT_OTHER_VERDICT},
    {{GATE_CASE_NEW, GATE_CASE_UNDECIDED, GATE_CASE_NOT_RUN},
     3,
     "1 of 2 cases is new: case-0; 1 undecided: case-1; 1 was not run",
     EXIT_USAGE},
    {{GATE_CASE_REGRESSED, GATE_CASE_REGRESSED, GATE_CASE_REGRESSED, GATE_CASE_REGRESSED,
      GATE_CASE_REGRESSED, GATE_CASE_PASSED},
     6,
     "5 of 6 cases regressed: case-0, case-1, case-2, case-3 and 1 other; 1 passed",
     EXIT_OTHER_VERDICT},
    {{GATE_CASE_UPDATED, GATE_CASE_KEPT, GATE_CASE_KEPT},
     3,
     "1 of 3 cases updated: case-0; 2 kept as they were",
     EXIT_AS_EXPECTED},
    {{GATE_CASE_NOT_RUN}, 1, "1 case was not run", EXIT_AS_EXPECTED},
    {{GATE_CASE_PASSED}, 0, "there was nothing to gate", EXIT_AS_EXPECTED},
};

START_TEST(the_sentence_says_first_what_matters_most)
{
    static const enum exit_status exits[GATE_CASE_STATUS_MAX_] = {
        [GATE_CASE_REGRESSED] = EXIT_OTHER_VERDICT,
        [GATE_CASE_UNDECIDED] = EXIT_INCONCLUSIVE,
        [GATE_CASE_NEW] = EXIT_USAGE,
    };
    struct gate_report report;
    options = (struct options){.baseline = "b.json"};
    setup_cases(said[_i].n, 0);
    for (unsigned i = 0; i < said[_i].n; i++)
        gate_settle(&gate, &gate.cases[i], said[_i].statuses[i], exits[said[_i].statuses[i]], "x");
    ck_assert_int_eq(gate_report_make(&gate, &report, NULL), 0);
    ck_assert_str_eq(report.sentence, said[_i].sentence);
    ck_assert_int_eq(gate_report_status(&gate), said[_i].exit);
    ck_assert_str_eq(report.against, "b.json");
    ck_assert_ptr_null(report.environment);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("gate_decide");
    TCase *tests = tcase_create("gate_decide");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, a_gate_has_as_few_repeats_as_can_claim_something, 0,
                        (int)ARRAY_LENGTH(asked));
    tcase_add_test(tests, nothing_that_can_be_compared_needs_no_repeats);
    tcase_add_loop_test(tests, the_sentence_says_first_what_matters_most, 0,
                        (int)ARRAY_LENGTH(said));
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);

/* compare_report: what a comparison means to who called. */
#include "compare/compare_report.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

enum { RUNS_MAX = 4 };

/* One variant: its expectation, and what its runs were. */
struct made {
    bool expects;
    enum verdict_kind expect;
    bool expects_cause;
    enum cause expect_cause;
    unsigned n;
    struct {
        enum error_kind error;
        enum verdict_kind kind;
        enum cause cause;
    } runs[RUNS_MAX];
    const char *skipped;
};

#define CLEAN                                 \
    {                                         \
        ERROR_NONE, VERDICT_CLEAN, CAUSE_NONE \
    }
#define HEAP                                 \
    {                                        \
        ERROR_NONE, VERDICT_LEAK, CAUSE_HEAP \
    }
#define UNSURE                                       \
    {                                                \
        ERROR_NONE, VERDICT_INCONCLUSIVE, CAUSE_NONE \
    }
#define BROKEN                                          \
    {                                                   \
        ERROR_SERVICE, VERDICT_INCONCLUSIVE, CAUSE_NONE \
    }
#define IMPROPER                                            \
    {                                                       \
        ERROR_ENVIRONMENT, VERDICT_INCONCLUSIVE, CAUSE_NONE \
    }

static const struct {
    struct made first, second;
    enum exit_status status;
} cases[] = {
    {{.n = 2, .runs = {CLEAN, CLEAN}}, {.n = 2, .runs = {CLEAN, CLEAN}}, EXIT_AS_EXPECTED},
    {{.n = 1, .runs = {CLEAN}}, {.n = 1, .runs = {HEAP}}, EXIT_OTHER_VERDICT},
    {{.n = 1, .runs = {CLEAN}},
     {.expects = true, .expect = VERDICT_LEAK, .n = 1, .runs = {HEAP}},
     EXIT_AS_EXPECTED},
    {{.n = 1, .runs = {CLEAN}},
     {.expects = true,
      .expect = VERDICT_LEAK,
      .expects_cause = true,
      .expect_cause = CAUSE_SOCKETS,
      .n = 1,
      .runs = {HEAP}},
     EXIT_OTHER_VERDICT},
    /* Most of its runs decide. */
    {{.n = 1, .runs = {CLEAN}}, {.n = 3, .runs = {CLEAN, UNSURE, CLEAN}}, EXIT_AS_EXPECTED},
    {{.n = 1, .runs = {CLEAN}}, {.n = 3, .runs = {UNSURE, UNSURE, CLEAN}}, EXIT_INCONCLUSIVE},
    /* What failed outweighs, even once; what was skipped does not count. */
    {{.n = 1, .runs = {HEAP}}, {.n = 3, .runs = {CLEAN, BROKEN, CLEAN}}, EXIT_SERVICE},
    {{.n = 1, .runs = {BROKEN}}, {.n = 1, .runs = {IMPROPER}}, EXIT_ENVIRONMENT},
    {{.n = 1, .runs = {CLEAN}}, {.skipped = "it is not here"}, EXIT_AS_EXPECTED},
};

/* Records of a variant; they own nothing but their timelines. */
struct made_records {
    struct record records[RUNS_MAX];
    const struct record *list[RUNS_MAX];
};

static struct compare_results results_of(const struct made *made, const char *label,
                                         struct made_records *room)
{
    static const char *const dirs[RUNS_MAX] = {"r/1", "r/2", "r/3", "r/4"};
    memset(room, 0, sizeof(*room));
    for (unsigned i = 0; i < made->n; i++) {
        struct record *record = &room->records[i];
        ck_assert_int_eq(timeline_new(1, &record->timeline, NULL), 0);
        record->has_expectation = made->expects;
        record->expect = made->expect;
        record->expects_cause = made->expects_cause;
        record->expect_cause = made->expect_cause;
        record->error.kind = made->runs[i].error;
        record->outcome = made->runs[i].error == ERROR_NONE ? OUTCOME_PASS : OUTCOME_ERROR;
        record->verdict.kind = made->runs[i].kind;
        record->verdict.cause = made->runs[i].cause;
        record->group = i + 1;
        room->list[i] = record;
    }
    return (struct compare_results){.name = label,
                                    .label = label,
                                    .skipped = made->skipped,
                                    .records = room->list,
                                    .dirs = dirs,
                                    .n = made->n};
}

static void release(struct made_records *room)
{
    for (unsigned i = 0; i < RUNS_MAX; i++)
        timeline_free(room->records[i].timeline);
}

START_TEST(the_status_is_that_of_the_worst_variant)
{
    CLEANUP(release) struct made_records room;
    CLEANUP(release) struct made_records more;
    CLEANUP(compare_report_done) struct compare_report report = {.arena = NULL};
    const struct compare_results results[] = {
        results_of(&cases[_i].first, "a", &room),
        results_of(&cases[_i].second, "b", &more),
    };
    ck_assert_int_eq(compare_report_make("svc", results, 2, NULL, &report, NULL), 0);
    ck_assert_int_eq(compare_report_status(&report), cases[_i].status);
    ck_assert_uint_eq(report.report.n_notes, 0);
}
END_TEST

START_TEST(what_puts_figures_in_doubt_is_noted)
{
    CLEANUP(release) struct made_records room;
    CLEANUP(release) struct made_records more;
    CLEANUP(compare_report_done) struct compare_report report = {.arena = NULL};
    struct compare_results results[] = {
        results_of(&cases[0].first, "a", &room),
        results_of(&cases[0].second, "b", &more),
    };
    strcpy(more.records[0].sanitizer_options, "ASAN_OPTIONS=quarantine_size_mb=0");
    more.records[1].group = 0;
    ck_assert_int_eq(compare_report_make("svc", results, 2, "cut short", &report, NULL), 0);
    ck_assert_uint_eq(report.report.n_notes, 2);
    ck_assert_ptr_nonnull(strstr(report.report.notes[0], "did not take turns"));
    ck_assert_str_eq(report.report.notes[1], "cut short");
    ck_assert_uint_eq(report.members[1].n_notes, 1);
    ck_assert_str_eq(
        report.members[1].notes[0],
        "AddressSanitizer: run with ASAN_OPTIONS=quarantine_size_mb=0, so that what is "
        "freed is free (--env ASAN_OPTIONS=... to choose)");
    ck_assert_uint_eq(report.members[0].n_notes, 0);
    compare_report_done(&report);
    snprintf(more.records[0].kernel, sizeof(more.records[0].kernel), "9.9");
    ck_assert_int_eq(compare_report_make("svc", results, 2, NULL, &report, NULL), 0);
    ck_assert_ptr_nonnull(strstr(report.report.notes[0], "different machines"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("compare_report");
    TCase *tests = tcase_create("compare_report");
    tcase_add_loop_test(tests, the_status_is_that_of_the_worst_variant, 0, ARRAY_LENGTH(cases));
    tcase_add_test(tests, what_puts_figures_in_doubt_is_noted);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);

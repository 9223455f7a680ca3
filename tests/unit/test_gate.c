/* gate: what counts as a regression, what does not, and how it is said. */
#include "verdict/gate.h"

#include <math.h>

#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define RATE (0.01 / 4)
#define MIB  (1024 * 1024.0)
#define BASE 10
#define NOW  4

/* A case: runs that differ by a little, in pages, as they do. */
struct bench {
    struct comparison_run base[GATE_RUNS_MAX + 1], now[GATE_RUNS_MAX + 1];
    unsigned n_base, n_now;
    struct gate_budgets budgets;
    struct gate_result result;
};

static const double usual[GATE_FIGURE_MAX_] = {
    [GATE_GROWTH] = 0,         [GATE_FLOOR] = 5 * MIB, [GATE_PEAK] = 10 * MIB,
    [GATE_RETAINED] = 40960.0, [GATE_THREADS] = 5,     [GATE_DESCRIPTORS] = 16,
};

static struct comparison_run make_run(unsigned i)
{
    struct comparison_run run = {.judged = true, .kind = VERDICT_CLEAN, .cause = CAUSE_NONE};
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        double page = f == GATE_FLOOR || f == GATE_PEAK || f == GATE_RETAINED ? 4096 : 0;
        figures_set(&run.figures, gate_figure_info[f].figure, usual[f] + page * (i * 7 % 5));
    }
    return run;
}

static struct bench make_bench(void)
{
    struct bench bench = {.n_base = BASE, .n_now = NOW};
    for (unsigned i = 0; i <= GATE_RUNS_MAX; i++) {
        bench.base[i] = make_run(i);
        bench.now[i] = make_run(i + 2);
    }
    return bench;
}

static const struct gate_result *decide(struct bench *bench)
{
    const struct gate_side base = {.runs = bench->base, .n = bench->n_base};
    const struct gate_side now = {.runs = bench->now, .n = bench->n_now};
    gate_decide(&base, &now, &bench->budgets, RATE, &bench->result);
    return &bench->result;
}

static void more(struct comparison_run *runs, unsigned n, enum gate_figure f, double bytes)
{
    for (unsigned i = 0; i < n; i++)
        runs[i].figures.value[gate_figure_info[f].figure] += bytes;
}

static void set_kinds(struct comparison_run *runs, unsigned n, enum verdict_kind kind,
                      enum cause cause)
{
    for (unsigned i = 0; i < n; i++) {
        runs[i].kind = kind;
        runs[i].cause = cause;
    }
}

static void budget(struct bench *bench, enum gate_figure f, const char *text)
{
    ck_assert_int_eq(gate_budget_parse(f, text, &bench->budgets.figure[f], NULL), 0);
}

/* --- figures --- */

START_TEST(the_same_again_passes)
{
    struct bench bench = make_bench();
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert(!result->suspect && !result->too_few && !result->verdict_regressed);
    ck_assert_str_eq(result->sentence,
                     "clean as the baseline, and no figure is sure to be beyond its budget");
    ck_assert_str_eq(result->remarks[0], "");
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        ck_assert(result->figure[f].present && !result->figure[f].regressed);
        ck_assert(!result->figure[f].improved && !result->figure[f].doubtful);
    }
}
END_TEST

static const struct {
    enum gate_figure figure;
    double more;
    const char *said;
} planted[] = {
    {GATE_FLOOR, 0.05 * 5 * MIB, "floor 5.01 -> 5.26 MiB (+5.0 %, +2 % is allowed)"},
    {GATE_PEAK, 2 * MIB, "peak 10.0 -> 12.0 MiB (+20.0 %, +10 % is allowed)"},
    {GATE_RETAINED, MIB, "retained 0.05 -> 1.05 MiB (+128.0 KiB is allowed)"},
    {GATE_GROWTH, 8, "growth 0.00 -> 8.00 B per request (+4 B is allowed)"},
    {GATE_THREADS, 1, "threads 5 -> 6 (+20.0 %, no more is allowed)"},
    {GATE_DESCRIPTORS, 1, "descriptors 16 -> 17 (+6.2 %, no more is allowed)"},
};

START_TEST(each_figure_that_grew_beyond_its_budget_is_a_regression)
{
    struct bench bench = make_bench();
    more(bench.now, NOW, planted[_i].figure, planted[_i].more);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_REGRESSED);
    ck_assert(result->suspect && !result->verdict_regressed);
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        ck_assert(result->figure[f].regressed == (f == planted[_i].figure));
    ck_assert_double_le(result->figure[planted[_i].figure].p, 1.0 / 1001 + 1e-12);
    ck_assert_str_eq(result->sentence, planted[_i].said);
}
END_TEST

START_TEST(a_shift_within_the_budget_is_none_however_sure_it_is)
{
    struct bench bench = make_bench();
    bench.n_now = GATE_RUNS_MAX;
    more(bench.now, GATE_RUNS_MAX, GATE_FLOOR, 0.019 * 5 * MIB);
    more(bench.now, GATE_RUNS_MAX, GATE_GROWTH, 4);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert_double_gt(result->figure[GATE_FLOOR].p, RATE);
}
END_TEST

START_TEST(a_budget_of_the_scenario_takes_the_place_of_the_default)
{
    struct bench bench = make_bench();
    more(bench.now, NOW, GATE_FLOOR, 0.05 * 5 * MIB);
    more(bench.now, NOW, GATE_THREADS, 2);
    budget(&bench, GATE_FLOOR, "+6%");
    budget(&bench, GATE_THREADS, "+2");
    ck_assert_int_eq(decide(&bench)->status, GATE_PASSED);
    budget(&bench, GATE_FLOOR, "+4KiB");
    budget(&bench, GATE_THREADS, "+1");
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_REGRESSED);
    ck_assert_double_eq(result->figure[GATE_FLOOR].allowed, 4096);
    ck_assert_str_eq(result->sentence, "floor 5.01 -> 5.26 MiB (+5.0 %, +4.0 KiB is allowed), "
                                       "threads 5 -> 7 (+40.0 %, +1 is allowed)");
}
END_TEST

START_TEST(the_largest_change_is_said_first)
{
    struct bench bench = make_bench();
    more(bench.now, NOW, GATE_GROWTH, 800);
    more(bench.now, NOW, GATE_FLOOR, 0.5 * MIB);
    const char *sentence = decide(&bench)->sentence;
    ck_assert_ptr_eq(strstr(sentence, "growth"), sentence);
    ck_assert_ptr_nonnull(strstr(sentence, ", floor"));
}
END_TEST

START_TEST(what_became_less_is_no_regression_and_is_said)
{
    struct bench bench = make_bench();
    more(bench.now, NOW, GATE_FLOOR, -MIB);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert(result->figure[GATE_FLOOR].improved && !result->suspect);
    ck_assert_str_eq(result->sentence,
                     "clean as the baseline; less: floor 5.01 -> 4.01 MiB (-20.0 %)");
}
END_TEST

START_TEST(one_run_that_is_off_is_none)
{
    struct bench bench = make_bench();
    more(bench.now, 1, GATE_PEAK, 20 * MIB);
    more(bench.now, 1, GATE_THREADS, 60);
    ck_assert_int_eq(decide(&bench)->status, GATE_PASSED);
}
END_TEST

START_TEST(what_is_likely_and_not_sure_asks_for_more_runs)
{
    struct bench bench = make_bench();
    more(bench.base, 1, GATE_FLOOR, 0.4 * MIB); /* one of the baseline's was so, too */
    more(bench.now, NOW, GATE_FLOOR, 0.25 * MIB);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert(result->suspect && result->figure[GATE_FLOOR].doubtful);
    story_expect_text(result->remarks[0], "not for sure: floor 5.01 -> 5.26 MiB (+");
}
END_TEST

START_TEST(a_figure_that_some_run_lacks_is_not_looked_at_and_that_is_said)
{
    struct bench bench = make_bench();
    more(bench.now, NOW, GATE_PEAK, 9 * MIB);
    more(bench.now, NOW, GATE_FLOOR, 9 * MIB);
    bench.now[2].figures.present &= ~(1U << FIGURE_PEAK);
    bench.now[3].figures.value[FIGURE_FLOOR] = NAN;
    bench.base[3].figures.present &= ~(1U << FIGURE_THREADS);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert(!result->figure[GATE_PEAK].present && !result->figure[GATE_FLOOR].present);
    ck_assert(!result->figure[GATE_THREADS].present && result->figure[GATE_RETAINED].present);
    ck_assert_str_eq(result->remarks[0], "floor: not measured in 1 of 4 runs, so not looked at");
    ck_assert_str_eq(result->remarks[1], "peak: not measured in 1 of 4 runs, so not looked at");
}
END_TEST

START_TEST(too_few_runs_decide_nothing_about_a_figure)
{
    struct bench bench = make_bench();
    bench.n_now = 2;
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert(result->too_few);
    ck_assert_uint_eq(result->repeats_needed, 4);
    ck_assert_str_eq(result->remarks[0],
                     "2 of 4 runs that are needed to show for sure that a figure grew");
    more(bench.now, NOW, GATE_FLOOR, MIB);
    result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_UNDECIDED);
    ck_assert_str_eq(result->sentence,
                     "floor 5.01 -> 6.01 MiB (+20.0 %, +2 % is allowed); 2 runs beside 10 cannot "
                     "show it for sure: 4 are needed");
    bench.n_base = 1;
    result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_UNDECIDED);
    ck_assert_uint_eq(result->repeats_needed, 0);
    story_expect_text(result->sentence, "the baseline needs more");
}
END_TEST

/* --- verdicts --- */

START_TEST(a_leak_where_there_was_none_is_a_regression_whatever_the_figures)
{
    struct bench bench = make_bench();
    set_kinds(bench.now, 2, VERDICT_LEAK, CAUSE_SOCKETS);
    more(bench.now, 2, GATE_GROWTH, 16600);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_REGRESSED);
    ck_assert(result->verdict_regressed && result->suspect);
    ck_assert_uint_eq(result->now.of[VERDICT_LEAK], 2);
    ck_assert_int_eq(result->now.kind, VERDICT_LEAK);
    ck_assert_str_eq(result->sentence,
                     "leaks 16.2 KiB per request (sockets) where the baseline is clean");
}
END_TEST

START_TEST(verdict_and_figures_are_said_together)
{
    struct bench bench = make_bench();
    set_kinds(bench.now, NOW, VERDICT_LEAK, CAUSE_HEAP);
    more(bench.now, NOW, GATE_GROWTH, 8);
    ck_assert_str_eq(decide(&bench)->sentence,
                     "leaks 8 B per request (heap) where the baseline is clean; growth 0.00 -> "
                     "8.00 B per request (+4 B is allowed)");
}
END_TEST

START_TEST(pressure_is_worse_than_clean_and_a_leak_worse_than_pressure)
{
    struct bench bench = make_bench();
    set_kinds(bench.now, NOW, VERDICT_PRESSURE, CAUSE_TRANSIENT);
    ck_assert_str_eq(decide(&bench)->sentence,
                     "is driven into its limit where the baseline is clean");
    set_kinds(bench.base, BASE, VERDICT_PRESSURE, CAUSE_TRANSIENT);
    ck_assert_int_eq(decide(&bench)->status, GATE_PASSED);
    set_kinds(bench.now, NOW, VERDICT_LEAK, CAUSE_HEAP);
    ck_assert_int_eq(decide(&bench)->status, GATE_REGRESSED);
    set_kinds(bench.base, BASE, VERDICT_LEAK, CAUSE_HEAP);
    ck_assert_int_eq(decide(&bench)->status, GATE_PASSED);
    set_kinds(bench.now, NOW, VERDICT_PRESSURE, CAUSE_TRANSIENT);
    ck_assert_int_eq(decide(&bench)->status, GATE_PASSED);
}
END_TEST

START_TEST(a_leak_that_was_there_passes_while_it_stands)
{
    struct bench bench = make_bench();
    set_kinds(bench.base, BASE, VERDICT_LEAK, CAUSE_HEAP);
    set_kinds(bench.now, NOW, VERDICT_LEAK, CAUSE_SOCKETS);
    more(bench.base, BASE, GATE_GROWTH, 1000);
    more(bench.now, NOW, GATE_GROWTH, 1040);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert_str_eq(result->remarks[0],
                     "the leak's cause is sockets now, and heap in the baseline");
    more(bench.now, NOW, GATE_GROWTH, 100);
    ck_assert_str_eq(decide(&bench)->sentence,
                     "growth 0.98 -> 1.11 KiB per request (+5 % is allowed)");
}
END_TEST

START_TEST(a_leak_that_is_gone_is_said)
{
    struct bench bench = make_bench();
    set_kinds(bench.base, BASE, VERDICT_LEAK, CAUSE_HEAP);
    more(bench.base, BASE, GATE_GROWTH, 1024);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert_str_eq(result->sentence, "clean where the baseline leaks; less: growth 1.00 -> 0.00 "
                                       "KiB per request");
}
END_TEST

START_TEST(one_run_of_many_that_leaks_is_a_remark_and_two_are_undecided)
{
    struct bench bench = make_bench();
    set_kinds(bench.now, 1, VERDICT_LEAK, CAUSE_HEAP);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert(result->suspect);
    bench.n_now = 8;
    result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert_str_eq(result->remarks[0], "1 of 8 runs says leak");
    set_kinds(bench.now, 3, VERDICT_LEAK, CAUSE_HEAP);
    result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_UNDECIDED);
    ck_assert_str_eq(result->sentence, "3 of 8 runs say leak where the baseline is clean");
    set_kinds(bench.now, 4, VERDICT_LEAK, CAUSE_HEAP);
    ck_assert_int_eq(decide(&bench)->status, GATE_REGRESSED);
}
END_TEST

START_TEST(a_baseline_that_leaks_now_and_then_needs_more_than_half)
{
    struct bench bench = make_bench();
    set_kinds(bench.base, 4, VERDICT_LEAK, CAUSE_HEAP);
    set_kinds(bench.now, 2, VERDICT_LEAK, CAUSE_HEAP);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_UNDECIDED);
    ck_assert(result->suspect);
    ck_assert_str_eq(result->sentence, "2 of 4 runs say leak, and so do 4 of 10 of the baseline");
    set_kinds(bench.base + 1, 3, VERDICT_CLEAN, CAUSE_NONE);
    set_kinds(bench.now, 8, VERDICT_LEAK, CAUSE_HEAP);
    bench.n_now = 8; /* 1 of 10, 8 of 8: p 0.0002 */
    ck_assert_int_eq(decide(&bench)->status, GATE_REGRESSED);
    set_kinds(bench.now + 1, 7, VERDICT_CLEAN, CAUSE_NONE);
    result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert_str_eq(result->remarks[0], "1 of 8 runs says leak, as 1 of 10 of the baseline");
}
END_TEST

START_TEST(inconclusive_runs_are_no_answer_unless_they_always_were)
{
    struct bench bench = make_bench();
    set_kinds(bench.now, 3, VERDICT_INCONCLUSIVE, CAUSE_NONE);
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_UNDECIDED);
    ck_assert(result->suspect);
    ck_assert_str_eq(result->sentence, "3 of 4 runs are inconclusive where the baseline is clean");
    set_kinds(bench.base, BASE, VERDICT_INCONCLUSIVE, CAUSE_NONE);
    ck_assert_int_eq(decide(&bench)->status, GATE_PASSED);
    more(bench.now, NOW, GATE_FLOOR, MIB); /* figures stand for themselves */
    ck_assert_int_eq(decide(&bench)->status, GATE_REGRESSED);
}
END_TEST

START_TEST(nothing_judged_is_undecided_and_says_on_which_side)
{
    struct bench bench = make_bench();
    for (unsigned i = 0; i < NOW; i++)
        bench.now[i].judged = false;
    ck_assert_int_eq(decide(&bench)->status, GATE_UNDECIDED);
    ck_assert_str_eq(bench.result.sentence, "no run of it was judged");
    bench = make_bench();
    bench.n_base = 0;
    ck_assert_int_eq(decide(&bench)->status, GATE_UNDECIDED);
    ck_assert_str_eq(bench.result.sentence, "no run of the baseline was judged");
    bench.n_now = 0;
    ck_assert_int_eq(decide(&bench)->status, GATE_UNDECIDED);
}
END_TEST

START_TEST(runs_without_a_verdict_and_beyond_the_most_are_not_looked_at)
{
    struct bench bench = make_bench();
    bench.now[1].judged = false;
    bench.now[1].kind = VERDICT_LEAK;
    bench.now[1].figures.value[FIGURE_FLOOR] = 1e12;
    const struct gate_result *result = decide(&bench);
    ck_assert_int_eq(result->status, GATE_PASSED);
    ck_assert_uint_eq(result->now.judged, 3);
    ck_assert(result->too_few);

    bench = make_bench();
    bench.n_base = bench.n_now = GATE_RUNS_MAX + 1;
    bench.now[GATE_RUNS_MAX].figures.value[FIGURE_FLOOR] = 1e12;
    ck_assert_uint_eq(decide(&bench)->now.judged, GATE_RUNS_MAX);
    ck_assert_double_lt(bench.result.figure[GATE_FLOOR].now_high, 1e12);
}
END_TEST

START_TEST(numbers_without_sense_do_no_harm)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 5e-324, 0};
    struct bench bench = make_bench();
    for (unsigned i = 0; i < NOW; i++)
        for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
            bench.now[i].figures.value[gate_figure_info[f].figure] =
                odd[(i + f + (unsigned)_i) % 7];
            bench.base[i].figures.value[gate_figure_info[f].figure] = odd[(i * f) % 7];
        }
    const struct gate_result *result = decide(&bench);
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        ck_assert(isfinite(result->figure[f].p));
    ck_assert_ptr_null(strstr(result->sentence, "inf"));
    ck_assert_ptr_null(strstr(result->sentence, "nan"));
}
END_TEST

/* --- how many --- */

START_TEST(so_many_repeats_are_needed)
{
    ck_assert_double_eq(gate_case_rate(0.01, 4), 0.0025);
    ck_assert_double_eq(gate_case_rate(0.01, 0), 0.01);
    ck_assert_uint_eq(gate_repeats_needed(10, gate_case_rate(0.01, 1)), 3);     /* 286 ways */
    ck_assert_uint_eq(gate_repeats_needed(10, gate_case_rate(0.01, 4)), 4);     /* 1,001 */
    ck_assert_uint_eq(gate_repeats_needed(10, gate_case_rate(0.01, 84)), 7);    /* 19,448 */
    ck_assert_uint_eq(gate_repeats_needed(0, gate_case_rate(0.01, 4)), 6);      /* 924, 2 of them */
    ck_assert_uint_eq(gate_repeats_needed(10, gate_case_rate(0.0001, 84)), 13); /* 1,144,066 */
    ck_assert_uint_eq(gate_repeats_needed(1, 0.0025), 0);
    ck_assert_uint_eq(gate_repeats_needed(1000, 0.05), 1);
    ck_assert_uint_eq(gate_repeats_needed(10, 1e-12), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate");
    TCase *figures = tcase_create("figures");
    tcase_add_test(figures, the_same_again_passes);
    tcase_add_loop_test(figures, each_figure_that_grew_beyond_its_budget_is_a_regression, 0,
                        (int)(sizeof(planted) / sizeof(planted[0])));
    tcase_add_test(figures, a_shift_within_the_budget_is_none_however_sure_it_is);
    tcase_add_test(figures, a_budget_of_the_scenario_takes_the_place_of_the_default);
    tcase_add_test(figures, the_largest_change_is_said_first);
    tcase_add_test(figures, what_became_less_is_no_regression_and_is_said);
    tcase_add_test(figures, one_run_that_is_off_is_none);
    tcase_add_test(figures, what_is_likely_and_not_sure_asks_for_more_runs);
    tcase_add_test(figures, a_figure_that_some_run_lacks_is_not_looked_at_and_that_is_said);
    tcase_add_test(figures, too_few_runs_decide_nothing_about_a_figure);
    suite_add_tcase(s, figures);
    TCase *verdicts = tcase_create("verdicts");
    tcase_add_test(verdicts, a_leak_where_there_was_none_is_a_regression_whatever_the_figures);
    tcase_add_test(verdicts, verdict_and_figures_are_said_together);
    tcase_add_test(verdicts, pressure_is_worse_than_clean_and_a_leak_worse_than_pressure);
    tcase_add_test(verdicts, a_leak_that_was_there_passes_while_it_stands);
    tcase_add_test(verdicts, a_leak_that_is_gone_is_said);
    tcase_add_test(verdicts, one_run_of_many_that_leaks_is_a_remark_and_two_are_undecided);
    tcase_add_test(verdicts, a_baseline_that_leaks_now_and_then_needs_more_than_half);
    tcase_add_test(verdicts, inconclusive_runs_are_no_answer_unless_they_always_were);
    tcase_add_test(verdicts, nothing_judged_is_undecided_and_says_on_which_side);
    tcase_add_test(verdicts, runs_without_a_verdict_and_beyond_the_most_are_not_looked_at);
    tcase_add_loop_test(verdicts, numbers_without_sense_do_no_harm, 0, 7);
    tcase_add_test(verdicts, so_many_repeats_are_needed);
    suite_add_tcase(s, verdicts);
    return s;
}

CHECK_MAIN(suite);

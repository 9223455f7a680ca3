/* gate, the method: thousands of gates made up from fixed seeds. Of gates over nothing but
 * unchanged cases at most as many as were asked for may claim anything; what grew should be found.
 * Each row is printed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/random.h"
#include "verdict/gate.h"

#define CASES 4
#define BASE  GATE_BASELINE_REPEATS
#define RATE  GATE_FALSE_ALARM_RATE
#define GATES 1000
#define MORE  300
#define PAGE  4096.0
#define MIB   (1024 * 1024.0)

/* How runs vary by themselves: shares of floor and peak, bytes of growth. */
struct nature {
    const char *name;
    double floor, peak, growth;
    double dependence; /* share of it that figures have in common */
    double wild;       /* share of runs that are far off, with a long tail */
    double step;       /* of the peak, which every other run has (a processor's stock) */
    double session;    /* how far days are apart, in budgets (1 sigma, within one of them) */
};

static const struct nature natures[] = {
    {"as measured", 0.003, 0.015, 0.5, 0.5, 0, 0, 0},
    {"noisy", 0.015, 0.05, 20, 0.5, 0, 0, 0},
    {"every other peak a step higher", 0.003, 0.003, 0.5, 0, 0, 256 * 1024, 0},
    {"one run in ten wild", 0.005, 0.02, 2, 0.9, 0.1, 0, 0},
    {"days apart", 0.003, 0.015, 0.5, 0.5, 0, 0, 0.5},
    {"days apart, noisy", 0.015, 0.05, 20, 0.5, 0, 0, 0.5},
};
#define NATURES ((int)(sizeof(natures) / sizeof(natures[0])))

struct bench {
    struct comparison_run base[GATE_RUNS_MAX], now[GATE_RUNS_MAX];
    struct gate_budgets budgets;
    struct gate_result result;
};

static const double usual[GATE_FIGURE_MAX_] = {
    [GATE_GROWTH] = 0,      [GATE_FLOOR] = 5 * MIB,
    [GATE_PEAK] = 10 * MIB, [GATE_RETAINED] = 40 * 1024.0,
    [GATE_THREADS] = 5,     [GATE_DESCRIPTORS] = 16,
};

/* shift: of each figure, in its unit. */
static void fill(struct comparison_run *runs, unsigned n, const struct nature *nature,
                 const double *shift, struct random *random)
{
    for (unsigned i = 0; i < n; i++) {
        double common = sqrt(nature->dependence) * random_normal(random);
        double alone = sqrt(1 - nature->dependence);
        double wild = 0;
        if (random_between(random, 0, 1) < nature->wild)
            wild = 5 / (0.05 + random_between(random, 0, 1));
        runs[i] = (struct comparison_run){.judged = true, .kind = VERDICT_CLEAN};
        for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
            double off = common + alone * random_normal(random) + wild;
            double value = usual[f] + shift[f];
            if (f == GATE_GROWTH)
                value += nature->growth * off;
            else if (f == GATE_FLOOR)
                value = round(value * exp(nature->floor * off) / PAGE) * PAGE;
            else if (f == GATE_PEAK)
                value = round(value * exp(nature->peak * off) / PAGE) * PAGE +
                        (random_below(random, 2) == 0 ? nature->step : 0);
            else if (f == GATE_RETAINED)
                value += round(2 * off) * PAGE;
            else if (wild > 50)
                value += 60;
            figures_set(&runs[i].figures, gate_figure_info[f].figure, value);
        }
    }
}

/* What runs of another day differ by. */
static void draw_session(const struct nature *nature, struct random *random, double *shift)
{
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        const struct gate_budget none = {.given = false};
        double sigmas = fmax(-2, fmin(2, random_normal(random)));
        shift[f] = nature->session * 0.5 * sigmas * gate_allowed(f, &none, usual[f]);
    }
}

static const struct gate_result *decide(struct bench *bench, unsigned n_base, unsigned n_now,
                                        double rate)
{
    const struct gate_side base = {.runs = bench->base, .n = n_base};
    const struct gate_side now = {.runs = bench->now, .n = n_now};
    gate_decide(&base, &now, &bench->budgets, rate, &bench->result);
    return &bench->result;
}

/* A case as the gate does it: what is suspect is run as often again. */
static bool is_claimed(struct bench *bench, unsigned n_base, unsigned n_now, unsigned *ret_again)
{
    double rate = gate_case_rate(RATE, CASES);
    if (!decide(bench, n_base, n_now, rate)->suspect)
        return false;
    (*ret_again)++;
    return decide(bench, n_base, 2 * n_now, rate)->status == GATE_REGRESSED;
}

/* The most of these that are passed by chance in 999 of 1,000 such series. */
static double alarms_max(unsigned n, double rate)
{
    return rate * n + 3.1 * sqrt(n * rate * (1 - rate));
}

START_TEST(gates_over_what_has_not_changed_claim_nothing)
{
    const struct nature *nature = &natures[_i];
    struct random random = random_from((uint64_t)_i);
    unsigned n_now = gate_repeats_needed(BASE, gate_case_rate(RATE, CASES));
    unsigned alarms = 0;
    unsigned again = 0;
    static struct bench bench;
    for (unsigned gate = 0; gate < GATES; gate++) {
        bool alarm = false;
        for (unsigned c = 0; c < CASES; c++) {
            double day[2][GATE_FIGURE_MAX_];
            draw_session(nature, &random, day[0]);
            draw_session(nature, &random, day[1]);
            fill(bench.base, BASE, nature, day[0], &random);
            fill(bench.now, 2 * n_now, nature, day[1], &random);
            alarm = is_claimed(&bench, BASE, n_now, &again) || alarm;
        }
        alarms += alarm;
    }
    printf("%s: %u of %d gates over %d unchanged cases claim something, %.2f %% of cases are run "
           "again\n",
           nature->name, alarms, GATES, CASES, 100.0 * again / (GATES * CASES));
    ck_assert_msg(alarms <= alarms_max(GATES, RATE), "%u of %d", alarms, GATES);
}
END_TEST

/* At the edge: each figure grew by just what is allowed. That is where the test must hold. */
static const struct {
    unsigned base, now;
    double rate;
    unsigned series;
} edges[] = {
    {10, 4, 0.05, 4000}, {10, 4, 0.0025, 4000}, {10, 8, 0.05, 400},
    {6, 6, 0.05, 4000},  {20, 12, 0.05, 200},
};
#define EDGE_DESIGNS ((int)(sizeof(edges) / sizeof(edges[0])))

START_TEST(at_the_edge_of_all_budgets_no_more_are_claimed_than_asked_for)
{
    unsigned series = edges[_i].series;
    struct random random = random_from(100 + (uint64_t)_i);
    unsigned claimed = 0;
    static struct bench bench;
    const double none[GATE_FIGURE_MAX_] = {0};
    double allowed[GATE_FIGURE_MAX_];
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        allowed[f] = f == GATE_THREADS || f == GATE_DESCRIPTORS ? 0 : 0.02 * MIB;
        bench.budgets.figure[f] = (struct gate_budget){.given = true, .amount = allowed[f]};
    }
    for (unsigned i = 0; i < series; i++) {
        const struct nature *nature = &natures[i % 2 == 0 ? 0 : 3];
        fill(bench.base, edges[_i].base, nature, none, &random);
        fill(bench.now, edges[_i].now, nature, none, &random);
        for (unsigned r = 0; r < edges[_i].now; r++)
            for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
                bench.now[r].figures.value[gate_figure_info[f].figure] += allowed[f];
        claimed +=
            decide(&bench, edges[_i].base, edges[_i].now, edges[_i].rate)->status == GATE_REGRESSED;
    }
    printf(
        "%u runs beside %u, all figures at the edge of their budgets: %.2f %% claimed at %g %%\n",
        edges[_i].now, edges[_i].base, 100.0 * claimed / series, 100 * edges[_i].rate);
    ck_assert_msg(claimed <= alarms_max(series, edges[_i].rate), "%u of %u", claimed, series);
}
END_TEST

/* What grew, at which noise, and in how many of 100 gates it must be found. */
static const struct {
    const char *name;
    enum gate_figure figure;
    double more;
    struct nature nature;
    double found_min;
} grown[] = {
    {"8 B/request", GATE_GROWTH, 8, {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0}, 99},
    {"8 B/request, days apart", GATE_GROWTH, 8, {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0.5}, 95},
    {"5 % floor", GATE_FLOOR, 0.05 * 5 * MIB, {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0}, 99},
    {"5 % floor, days apart",
     GATE_FLOOR,
     0.05 * 5 * MIB,
     {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0.5},
     95},
    {"5 % floor, 1 % noise", GATE_FLOOR, 0.05 * 5 * MIB, {"", 0.01, 0.015, 0.5, 0.5, 0, 0, 0}, 85},
    {"5 % floor, 1.5 % noise",
     GATE_FLOOR,
     0.05 * 5 * MIB,
     {"", 0.015, 0.03, 0.5, 0.5, 0, 0, 0},
     40},
    {"20 % peak", GATE_PEAK, 2 * MIB, {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0}, 99},
    {"20 % peak, days apart", GATE_PEAK, 2 * MIB, {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0.5}, 95},
    {"20 % peak, in steps", GATE_PEAK, 2 * MIB, {"", 0.003, 0.003, 0.5, 0, 0, 256 * 1024, 0}, 99},
    {"20 % peak, 3 % noise", GATE_PEAK, 2 * MIB, {"", 0.003, 0.03, 0.5, 0.5, 0, 0, 0}, 85},
    {"20 % peak, 5 % noise", GATE_PEAK, 2 * MIB, {"", 0.003, 0.05, 0.5, 0.5, 0, 0, 0}, 40},
    {"one thread", GATE_THREADS, 1, {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0}, 99},
    {"one thread, noisy", GATE_THREADS, 1, {"", 0.015, 0.05, 20, 0.5, 0, 0, 0}, 99},
    {"one descriptor", GATE_DESCRIPTORS, 1, {"", 0.003, 0.015, 0.5, 0.5, 0, 0, 0}, 99},
};
#define GROWN ((int)(sizeof(grown) / sizeof(grown[0])))

START_TEST(what_grew_is_found)
{
    const struct nature *nature = &grown[_i].nature;
    struct random random = random_from(200 + (uint64_t)_i);
    unsigned n_now = gate_repeats_needed(BASE, gate_case_rate(RATE, CASES));
    unsigned found = 0;
    unsigned again = 0;
    static struct bench bench;
    for (unsigned i = 0; i < MORE; i++) {
        double day[2][GATE_FIGURE_MAX_];
        draw_session(nature, &random, day[0]);
        draw_session(nature, &random, day[1]);
        day[1][grown[_i].figure] += grown[_i].more;
        fill(bench.base, BASE, nature, day[0], &random);
        fill(bench.now, 2 * n_now, nature, day[1], &random);
        found += is_claimed(&bench, BASE, n_now, &again) &&
                 bench.result.figure[grown[_i].figure].regressed;
    }
    printf("%s more: found in %.0f %% by %u and %u runs\n", grown[_i].name, 100.0 * found / MORE,
           n_now, n_now);
    ck_assert_double_ge(100.0 * found / MORE, grown[_i].found_min);
}
END_TEST

/* --- what must not matter --- */

static void fill_case(struct bench *bench, unsigned seed)
{
    struct random random = random_from(seed);
    double shift[GATE_FIGURE_MAX_] = {0};
    memset(bench, 0, sizeof(*bench));
    fill(bench->base, GATE_RUNS_MAX, &natures[1], shift, &random);
    shift[GATE_FLOOR] = 0.04 * 5 * MIB;
    shift[GATE_PEAK] = 1.5 * MIB;
    fill(bench->now, GATE_RUNS_MAX, &natures[1], shift, &random);
}

static void turn(struct comparison_run *runs, unsigned n)
{
    for (unsigned i = 0; i < n / 2; i++) {
        struct comparison_run run = runs[i];
        runs[i] = runs[n - 1 - i];
        runs[n - 1 - i] = run;
    }
}

/* To the digit. */
static void expect_same(const struct gate_result *result, const struct gate_result *expected)
{
    ck_assert_int_eq(result->status, expected->status);
    ck_assert_str_eq(result->sentence, expected->sentence);
    ck_assert_str_eq(result->remarks[0], expected->remarks[0]);
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        ck_assert_double_eq(result->figure[f].p, expected->figure[f].p);
        ck_assert_double_eq(result->figure[f].base, expected->figure[f].base);
        ck_assert_double_eq(result->figure[f].now, expected->figure[f].now);
    }
}

START_TEST(the_order_of_runs_does_not_matter_and_the_same_is_the_same_to_the_digit)
{
    static const unsigned sizes[][2] = {{10, 4}, {10, 8}, {20, 10}};
    static struct bench bench;
    for (unsigned s = 0; s < 3; s++) {
        unsigned n_base = sizes[s][0];
        unsigned n_now = sizes[s][1];
        fill_case(&bench, (unsigned)_i);
        const struct gate_result first = *decide(&bench, n_base, n_now, 0.0025);
        expect_same(decide(&bench, n_base, n_now, 0.0025), &first);
        turn(bench.base, n_base);
        turn(bench.now, n_now);
        expect_same(decide(&bench, n_base, n_now, 0.0025), &first);
    }
}
END_TEST

START_TEST(what_all_runs_have_more_does_not_matter)
{
    static struct bench bench;
    fill_case(&bench, (unsigned)_i);
    gate_budget_parse(GATE_FLOOR, "+64KiB", &bench.budgets.figure[GATE_FLOOR], NULL);
    double before = decide(&bench, 10, 5, 0.0025)->figure[GATE_FLOOR].p;
    for (unsigned i = 0; i < 10; i++) {
        bench.base[i].figures.value[FIGURE_FLOOR] -= 2 * MIB;
        bench.now[i].figures.value[FIGURE_FLOOR] -= 2 * MIB;
    }
    double after = decide(&bench, 10, 5, 0.0025)->figure[GATE_FLOOR].p;
    ck_assert_double_eq_tol(after, before, 0.01); /* the grain goes with the size, by a little */
}
END_TEST

START_TEST(a_service_ten_times_as_large_is_decided_alike)
{
    static struct bench bench;
    fill_case(&bench, (unsigned)_i);
    for (unsigned round = 0; round < 2; round++) {
        const struct gate_result *result = decide(&bench, 10, 5, 0.0025);
        static double p[2], peak[2];
        p[round] = result->figure[GATE_FLOOR].p;
        peak[round] = result->figure[GATE_PEAK].p;
        for (unsigned i = 0; i < GATE_RUNS_MAX; i++) {
            bench.base[i].figures.value[FIGURE_FLOOR] *= 8;
            bench.now[i].figures.value[FIGURE_FLOOR] *= 8;
            bench.base[i].figures.value[FIGURE_PEAK] *= 8;
            bench.now[i].figures.value[FIGURE_PEAK] *= 8;
        }
        ck_assert_double_eq(p[round], p[0]);
        ck_assert_double_eq(peak[round], peak[0]);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate_method");
    TCase *method = tcase_create("method");
    tcase_set_timeout(method, 120);
    tcase_add_loop_test(method, gates_over_what_has_not_changed_claim_nothing, 0, NATURES);
    tcase_add_loop_test(method, at_the_edge_of_all_budgets_no_more_are_claimed_than_asked_for, 0,
                        EDGE_DESIGNS);
    tcase_add_loop_test(method, what_grew_is_found, 0, GROWN);
    tcase_add_loop_test(
        method, the_order_of_runs_does_not_matter_and_the_same_is_the_same_to_the_digit, 0, 8);
    tcase_add_loop_test(method, what_all_runs_have_more_does_not_matter, 0, 8);
    tcase_add_loop_test(method, a_service_ten_times_as_large_is_decided_alike, 0, 8);
    suite_add_tcase(s, method);
    return s;
}

CHECK_MAIN(suite);

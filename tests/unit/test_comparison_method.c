/* comparison, the method: thousands of comparisons made up from fixed seeds. Of a build with itself
 * at most five in 100 may claim anything; what differs should be found. Each row is printed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/random.h"
#include "verdict/comparison.h"

#define SERIES      2000
#define SERIES_MORE 100
#define PAGE        4096.0
#define ARENA       (128 * 1024.0)
#define VARIANTS    5
#define REPEATS     8

struct bench {
    struct comparison_run runs[VARIANTS][REPEATS];
    struct comparison_input inputs[VARIANTS];
    struct comparison result;
};

/* How runs vary by themselves. */
struct nature {
    const char *name;
    double noise;      /* share of a figure */
    double dependence; /* share of it that figures have in common */
    double wild;       /* share of runs that were disturbed: slow, with a long tail */
    double quantum;    /* memory comes in these */
};

static double quantised(double bytes, double quantum)
{
    return quantum > 0 ? round(bytes / quantum) * quantum : bytes;
}

static void fill(struct comparison_run *run, const struct nature *nature, struct random *random)
{
    static const double usual[FIGURE_COMPARED_MAX_] = {
        [FIGURE_GROWTH] = 0, [FIGURE_FLOOR] = 6e6, [FIGURE_PEAK] = 14e6, [FIGURE_RETAINED] = 1e6,
        [FIGURE_RATE] = 900, [FIGURE_P50] = 3e6,   [FIGURE_P99] = 9e6,   [FIGURE_CPU] = 700e3,
    };
    double together = sqrt(nature->dependence);
    double alone = sqrt(1 - nature->dependence);
    double memory = random_normal(random);
    double speed = random_normal(random);
    bool wild = random_between(random, 0, 1) < nature->wild;
    *run = (struct comparison_run){.judged = true, .kind = VERDICT_CLEAN};
    for (enum figure f = 0; f < FIGURE_KILLED; f++) {
        bool is_memory = f <= FIGURE_RETAINED;
        double common = is_memory ? memory : f == FIGURE_RATE ? -speed : speed;
        double off = together * common + alone * random_normal(random);
        double value = usual[f] * exp(nature->noise * off);
        if (wild && !is_memory)
            value *= f == FIGURE_RATE ? 0.5 : f == FIGURE_P99 ? 20 : 2;
        if (is_memory)
            value = quantised(value, nature->quantum);
        figures_set(&run->figures, f, f == FIGURE_GROWTH ? 2 * off : value);
    }
}

static struct bench *make(const struct nature *nature, unsigned variants, unsigned repeats,
                          struct random *random)
{
    static const char *const names[VARIANTS] = {"a", "b", "c", "d", "e"};
    static struct bench bench;
    for (unsigned v = 0; v < variants; v++) {
        bench.inputs[v] =
            (struct comparison_input){.name = names[v], .runs = bench.runs[v], .n_runs = repeats};
        for (unsigned i = 0; i < repeats; i++)
            fill(&bench.runs[v][i], nature, random);
    }
    return &bench;
}

static void multiply(struct bench *bench, unsigned v, enum figure figure, double factor)
{
    for (unsigned i = 0; i < bench->inputs[v].n_runs; i++)
        bench->runs[v][i].figures.value[figure] *= factor;
}

/* Does any variant pass a test, but for one? */
static bool passes(const struct comparison *comparison, const struct comparison_variant *but)
{
    for (const struct comparison_variant *v = comparison->variant;
         v < comparison->variant + comparison->n; v++)
        for (enum figure f = 0; v != but && f < FIGURE_COMPARED_MAX_; f++)
            if (v->figure[f].has_p && v->figure[f].p <= comparison->alpha)
                return true;
    return false;
}

static bool claims(const struct comparison *comparison)
{
    for (unsigned v = 0; v < comparison->n; v++)
        for (enum figure f = 0; f < FIGURE_COMPARED_MAX_; f++)
            if (comparison->variant[v].figure[f].differs)
                return true;
    return false;
}

/* The most of these that are passed by chance in 999 of 1,000 such series, at 5 % each. */
static double alarms_max(unsigned n)
{
    return 0.05 * n + 3.1 * sqrt(n * 0.05 * 0.95);
}

static const struct nature natures[] = {
    {"2 % noise", 0.02, 0.5, 0, PAGE},
    {"5 % noise, memory in arenas", 0.05, 0.5, 0, ARENA},
    {"2 % noise, one run in ten wild", 0.02, 0.9, 0.1, PAGE},
};
#define NATURES (sizeof(natures) / sizeof(natures[0]))

/* How many repeats, of how many variants. */
static const struct {
    unsigned repeats, variants;
} designs[] = {
    {3, 2}, {3, 3}, {3, 5}, {4, 2}, {4, 3}, {4, 5}, {5, 2}, {5, 3}, {5, 5}, {8, 2}, {8, 3}, {8, 5},
};
#define DESIGNS ((int)(sizeof(designs) / sizeof(designs[0])))

START_TEST(a_build_does_not_differ_from_itself)
{
    unsigned repeats = designs[_i].repeats;
    unsigned variants = designs[_i].variants;
    struct random random = random_from((uint64_t)_i);
    unsigned passed = 0;
    unsigned claimed = 0;
    for (unsigned series = 0; series < SERIES; series++) {
        struct bench *bench = make(&natures[series % NATURES], variants, repeats, &random);
        comparison_make(bench->inputs, variants, &bench->result);
        passed += passes(&bench->result, NULL);
        claimed += claims(&bench->result);
    }
    printf("%u repeats of %u variants that are the same: p <= 5 %% in %.1f %%, claims in %.1f %%\n",
           repeats, variants, 100.0 * passed / SERIES, 100.0 * claimed / SERIES);
    ck_assert_uint_le(claimed, passed);
    ck_assert_msg(passed <= alarms_max(SERIES), "%u of %d pass", passed, SERIES);
    if (repeats == 3)
        ck_assert_uint_eq(passed, 0);
}
END_TEST

/* One of the variants is far off in two figures, the others are the first again: it must not lend
 * them its difference. */
START_TEST(what_differs_does_not_make_others_differ)
{
    struct random random = random_from(99);
    unsigned passed = 0;
    for (unsigned series = 0; series < SERIES / 2; series++) {
        struct bench *bench = make(&natures[series % NATURES], 3, 5, &random);
        multiply(bench, 1, FIGURE_PEAK, 3);
        multiply(bench, 1, FIGURE_CPU, 0.3);
        comparison_make(bench->inputs, 3, &bench->result);
        ck_assert(bench->result.variant[1].figure[FIGURE_PEAK].differs);
        passed += passes(&bench->result, &bench->result.variant[1]);
    }
    printf("5 repeats of two that are the same and one that is not: p <= 5 %% of the same in "
           "%.1f %%\n",
           100.0 * passed / (SERIES / 2));
    ck_assert_msg(passed <= alarms_max(SERIES / 2), "%u of %d pass", passed, SERIES / 2);
}
END_TEST

/* A figure of one variant is off by a tenth; then three of them are. In percent of the series. */
struct found {
    double of_one, of_three, all_three;
};

static struct found find(const struct nature *nature, unsigned variants, unsigned repeats)
{
    static const enum figure shifted[] = {FIGURE_PEAK, FIGURE_CPU, FIGURE_P50};
    struct random random = random_from(repeats);
    struct found found = {0};
    for (unsigned series = 0; series < SERIES_MORE; series++) {
        struct bench *bench = make(nature, variants, repeats, &random);
        unsigned n = 0;
        multiply(bench, 1, FIGURE_PEAK, 1.1);
        comparison_make(bench->inputs, variants, &bench->result);
        found.of_one +=
            bench->result.variant[1].figure[FIGURE_PEAK].differs ? 100.0 / SERIES_MORE : 0;
        multiply(bench, 1, FIGURE_CPU, 1.1);
        multiply(bench, 1, FIGURE_P50, 1.1);
        comparison_make(bench->inputs, variants, &bench->result);
        for (unsigned i = 0; i < 3; i++)
            n += bench->result.variant[1].figure[shifted[i]].differs;
        found.of_three += n > 0 ? 100.0 / SERIES_MORE : 0;
        found.all_three += n == 3 ? 100.0 / SERIES_MORE : 0;
    }
    return found;
}

START_TEST(a_tenth_more_is_found)
{
    unsigned repeats = designs[_i].repeats;
    unsigned variants = designs[_i].variants;
    struct found calm = find(&natures[0], variants, repeats);
    struct found noisy = find(&natures[1], variants, repeats);
    printf("%u repeats of %u variants, one of them 1.1 times the first: 2 %% noise: found in "
           "%.0f %%, of three figures any in %.0f %%, all in %.0f %%; 5 %% noise: %.0f, %.0f, "
           "%.0f %%\n",
           repeats, variants, calm.of_one, calm.of_three, calm.all_three, noisy.of_one,
           noisy.of_three, noisy.all_three);
    ck_assert_double_ge(calm.of_one, repeats == 4 ? 90 : 98);
    ck_assert_double_ge(noisy.of_one, repeats == 8 ? 50 : 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("comparison_method");
    TCase *method = tcase_create("method");
    tcase_set_timeout(method, 120);
    tcase_add_loop_test(method, a_build_does_not_differ_from_itself, 0, DESIGNS);
    tcase_add_test(method, what_differs_does_not_make_others_differ);
    tcase_add_loop_test(method, a_tenth_more_is_found, 3, DESIGNS);
    suite_add_tcase(s, method);
    return s;
}

CHECK_MAIN(suite);

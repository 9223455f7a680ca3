/* permutation: p values that can be reckoned by hand, and against a slow reckoning of the test's
 * own; intervals of ratios against tables. */
#include "verdict/permutation.h"

#include <math.h>

#include "tests/support/check_main.h"
#include "tests/support/random.h"

#define ALPHA 0.05

static struct permutation_data data_of(unsigned n_groups, unsigned n_figures, unsigned repeats)
{
    struct permutation_data data = {.n_groups = n_groups, .n_figures = n_figures};
    for (unsigned g = 0; g < n_groups; g++)
        data.n[g] = repeats;
    for (unsigned f = 0; f < n_figures; f++)
        data.grain[f] = 1e-6;
    return data;
}

/* One figure of two groups. */
static double p_of(const double *first, unsigned n1, const double *other, unsigned n2)
{
    struct permutation_data data = data_of(2, 1, 0);
    struct permutation_result result;
    data.n[0] = n1;
    data.n[1] = n2;
    for (unsigned i = 0; i < n1 + n2; i++)
        data.value[i][0] = i < n1 ? first[i] : other[i - n1];
    permutation_test(&data, ALPHA, &result);
    return result.p[1][0];
}

START_TEST(the_least_p_is_that_of_complete_separation)
{
    static const double low[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const double high[] = {11, 12, 13, 14, 15, 16, 17, 18};
    ck_assert_double_eq_tol(p_of(low, 3, high, 3), 2.0 / 20, 1e-12);
    ck_assert_double_eq_tol(p_of(low, 4, high, 4), 2.0 / 70, 1e-12);
    ck_assert_double_eq_tol(p_of(high, 4, low, 4), 2.0 / 70, 1e-12);
    ck_assert_double_eq_tol(p_of(low, 3, high, 4), 1.0 / 35, 1e-12);
    ck_assert_double_eq_tol(p_of(low, 8, high, 8), 2.0 / 12870, 1e-12);
    ck_assert_double_eq(p_of(low, 1, high, 1), 1);
    ck_assert_double_eq_tol(permutation_least_p(3, 3), 0.1, 1e-12);
    ck_assert_double_eq_tol(permutation_least_p(4, 4), 2.0 / 70, 1e-12);
    ck_assert_double_eq_tol(permutation_least_p(3, 4), 1.0 / 35, 1e-12);
    ck_assert_double_eq(permutation_least_p(1, 1), 1);
    ck_assert_double_eq(permutation_least_p(0, 4), 1);
    ck_assert_double_eq_tol(permutation_least_p(32, 32), 1.0 / 2000, 1e-12);
    ck_assert_uint_eq(permutation_repeats_needed(0.05), 4);
    ck_assert_uint_eq(permutation_repeats_needed(0.1), 3);
    ck_assert_uint_eq(permutation_repeats_needed(0.01), 5);
}
END_TEST

START_TEST(ties_count_as_extreme)
{
    /* 2 of 4 values are 1: of 6 relabellings 2 have both in one group, as it was observed. */
    static const double ones[] = {1, 1, 1, 1};
    static const double zeros[] = {0, 0, 0, 0};
    static const double mixed[] = {0, 1, 1, 1};
    ck_assert_double_eq_tol(p_of(ones, 2, zeros, 2), 2.0 / 6, 1e-12);
    ck_assert_double_eq(p_of(ones, 4, ones, 4), 1); /* constant */
    /* Five ones of eight, one of them among the zeros: 2 * C(5, 4) of 70 have four together. */
    ck_assert_double_eq_tol(p_of(zeros, 3, ones, 3), 2.0 / 20, 1e-12);
    ck_assert_double_eq_tol(p_of(ones, 4, mixed, 4), 1, 1e-12);
    static const double few[] = {0, 0, 0, 1};
    ck_assert_double_eq_tol(p_of(few, 4, ones, 4), 2 * 5.0 / 70, 1e-12);
}
END_TEST

/* --- against a slow reckoning --- */

static double slow_statistic(const struct permutation_data *data, unsigned long chosen, unsigned f)
{
    unsigned n = data->n[0] + data->n[1];
    double mean[2] = {0, 0};
    for (unsigned i = 0; i < n; i++)
        mean[chosen >> i & 1] += data->value[i][f] / data->n[1 - (chosen >> i & 1)];
    double squares = 0;
    for (unsigned i = 0; i < n; i++)
        squares += pow(data->value[i][f] - mean[chosen >> i & 1], 2);
    return fabs(mean[0] - mean[1]) / sqrt((squares / (n - 2) + pow(data->grain[f], 2)) *
                                          (1.0 / data->n[0] + 1.0 / data->n[1]));
}

/* Chosen bits are the first group. */
static double slow_p(const struct permutation_data *data, unsigned figure)
{
    unsigned n = data->n[0] + data->n[1];
    double observed = slow_statistic(data, (1UL << data->n[0]) - 1, figure);
    unsigned all = 0;
    unsigned extreme = 0;
    for (unsigned long chosen = 0; chosen < 1UL << n; chosen++) {
        if ((unsigned)__builtin_popcountl(chosen) != data->n[0])
            continue;
        double greatest = 0;
        for (unsigned f = 0; f < data->n_figures; f++)
            greatest = fmax(greatest, slow_statistic(data, chosen, f));
        all++;
        extreme += greatest >= observed * (1 - 1e-9);
    }
    return (double)extreme / all;
}

START_TEST(it_is_what_a_slow_reckoning_says)
{
    static const unsigned sizes[][2] = {{4, 4}, {3, 5}, {5, 5}, {6, 4}, {2, 3}, {7, 7}};
    struct random random = random_from(5);
    for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct permutation_data data = data_of(2, 3, 0);
        struct permutation_result result;
        data.n[0] = sizes[s][0];
        data.n[1] = sizes[s][1];
        data.grain[0] = 0.5;
        for (unsigned i = 0; i < data.n[0] + data.n[1]; i++) {
            data.value[i][0] = random_normal(&random) + (i < data.n[0] ? 2 : 0);
            data.value[i][1] = 1e6 + round(2 * random_normal(&random)); /* ties, far from 0 */
            data.value[i][2] = data.value[i][0] + random_normal(&random);
        }
        permutation_test(&data, ALPHA, &result);
        for (unsigned f = 0; f < 3; f++)
            ck_assert_double_eq_tol(result.p[1][f], slow_p(&data, f), 1e-12);
    }
}
END_TEST

/* --- families --- */

/* Each figure alone is separated completely; another that is not, by another relabelling, takes
 * two more of the 70, but only where it is as far apart as this one. */
START_TEST(figures_are_corrected_for_each_other)
{
    struct permutation_data data = data_of(2, 2, 4);
    struct permutation_result result;
    static const double mixed[8] = {0, 10, 0, 10, 1, 11, 1, 11};
    for (unsigned i = 0; i < 8; i++) {
        data.value[i][0] = i < 4 ? i : 10 + i;
        data.value[i][1] = mixed[i];
        data.grain[i % 2] = 1;
    }
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_eq_tol(result.p[1][0], 4.0 / 70, 1e-12);
    for (unsigned i = 4; i < 8; i++)
        data.value[i][0] += 1000;
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_eq_tol(result.p[1][0], 2.0 / 70, 1e-12);
    ck_assert_double_gt(result.p[1][1], 0.5);
}
END_TEST

START_TEST(a_figure_that_some_run_lacks_is_left_out)
{
    struct permutation_data data = data_of(2, 2, 4);
    struct permutation_result result;
    for (unsigned i = 0; i < 8; i++) {
        data.value[i][0] = i < 4 ? i : 10 + i;
        data.value[i][1] = i == 6 ? NAN : (double)(i % 3);
    }
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_eq_tol(result.p[1][0], 2.0 / 70, 1e-12);
    ck_assert(isnan(result.p[1][1]));
}
END_TEST

START_TEST(each_of_several_groups_is_held_against_the_first)
{
    struct random random = random_from(3);
    struct permutation_data data = data_of(4, 2, 5);
    struct permutation_result result;
    for (unsigned i = 0; i < 20; i++)
        for (unsigned f = 0; f < 2; f++)
            data.value[i][f] = random_normal(&random);
    for (unsigned i = 10; i < 15; i++)
        data.value[i][1] += 30;
    data.value[17][0] = NAN;
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_le(result.p[2][1], ALPHA);
    ck_assert_double_ge(result.p[2][1], 2.0 / 252);
    ck_assert_double_gt(result.p[1][0], ALPHA);
    ck_assert_double_gt(result.p[1][1], ALPHA);
    ck_assert_double_gt(result.p[2][0], ALPHA);
    ck_assert(isnan(result.p[3][0]));
    ck_assert_double_gt(result.p[3][1], ALPHA);
}
END_TEST

/* Of many runs relabellings are drawn; the p is near what is known. */
START_TEST(what_cannot_be_enumerated_is_drawn)
{
    struct permutation_data data = data_of(2, 1, 20);
    struct permutation_result result;
    for (unsigned i = 0; i < 40; i++)
        data.value[i][0] = i; /* apart */
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_eq_tol(result.p[1][0], 1.0 / 2000, 1e-12);
    for (unsigned i = 0; i < 40; i++)
        data.value[i][0] = i % 2; /* ten ones in each */
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_eq(result.p[1][0], 1);
    for (unsigned i = 0; i < 40; i++)
        data.value[i][0] = i < 13 || (i >= 20 && i < 27); /* 13 and 7 of 20: Fisher's 0.1128 */
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_eq_tol(result.p[1][0], 0.1128, 0.025);
    double before = result.p[1][0];
    permutation_test(&data, ALPHA, &result);
    ck_assert_double_eq(result.p[1][0], before);
}
END_TEST

/* --- ratios --- */

START_TEST(intervals_are_those_of_the_tables)
{
    /* Critical U at two-sided 5 % (Mann & Whitney): so many ratios are cut at each end. */
    static const struct {
        unsigned n1, n2, cut;
        double confidence;
    } table[] = {
        {1, 1, 0, 0},          {3, 3, 0, 0.9},        {4, 4, 0, 0.97142857},  {5, 5, 2, 0.96825397},
        {8, 8, 13, 0.9501166}, {3, 5, 0, 0.96428571}, {10, 10, 23, 0.956731}, {20, 20, 127, 0.95},
    };
    for (unsigned t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
        double base[PERMUTATION_RUNS_MAX];
        double value[PERMUTATION_RUNS_MAX];
        double step = pow(1.001, table[t].n2); /* so that all ratios are powers of 1.001 */
        for (unsigned i = 0; i < table[t].n1; i++)
            base[i] = pow(step, i);
        for (unsigned i = 0; i < table[t].n2; i++)
            value[i] = pow(step, table[t].n1) * pow(1.001, i);
        struct permutation_ratio ratio = permutation_ratio(base, table[t].n1, value, table[t].n2);
        /* The ratios are 1.001 to the n2, n2 + 1, … in order. */
        double low = log(ratio.low) / log(1.001);
        double high = log(ratio.high) / log(1.001);
        ck_assert_double_eq_tol(low, table[t].n2 + table[t].cut, 1e-6);
        ck_assert_double_eq_tol(high, table[t].n2 + table[t].n1 * table[t].n2 - 1 - table[t].cut,
                                1e-6);
        ck_assert_double_eq_tol(ratio.confidence, table[t].confidence, 0.002);
        ck_assert_double_le(ratio.low, ratio.median);
        ck_assert_double_le(ratio.median, ratio.high);
    }
}
END_TEST

/* The distribution itself, by counting all orders of five and four. */
START_TEST(the_confidence_is_exact)
{
    unsigned all = 0;
    unsigned low = 0; /* U <= 1, as for a cut of one */
    for (unsigned chosen = 0; chosen < 1U << 9; chosen++) {
        if (__builtin_popcount(chosen) != 4)
            continue;
        unsigned u = 0;
        for (unsigned i = 0; i < 9; i++)
            for (unsigned j = 0; j < i; j++)
                u += (chosen >> i & 1) && !(chosen >> j & 1);
        all++;
        low += u <= 1;
    }
    static const double base[] = {1, 2, 3, 4, 5};
    static const double value[] = {7, 9, 11, 13};
    struct permutation_ratio ratio = permutation_ratio(base, 5, value, 4);
    ck_assert_double_eq_tol(ratio.confidence, 1 - 2.0 * low / all, 1e-12);
    ck_assert_double_eq_tol(ratio.low, 7.0 / 4, 1e-12); /* 7/5 is cut */
    ck_assert_double_eq_tol(ratio.high, 11.0, 1e-12);   /* 13 is cut */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("permutation");
    TCase *tests = tcase_create("tests");
    TCase *ratios = tcase_create("ratios");
    tcase_add_test(tests, the_least_p_is_that_of_complete_separation);
    tcase_add_test(tests, ties_count_as_extreme);
    tcase_add_test(tests, it_is_what_a_slow_reckoning_says);
    tcase_add_test(tests, figures_are_corrected_for_each_other);
    tcase_add_test(tests, a_figure_that_some_run_lacks_is_left_out);
    tcase_add_test(tests, each_of_several_groups_is_held_against_the_first);
    tcase_add_test(tests, what_cannot_be_enumerated_is_drawn);
    tcase_add_test(ratios, intervals_are_those_of_the_tables);
    tcase_add_test(ratios, the_confidence_is_exact);
    suite_add_tcase(s, tests);
    suite_add_tcase(s, ratios);
    return s;
}

CHECK_MAIN(suite);

/* permutation_greater: exact one-sided p of two groups, held against a plain enumeration. */
#include "verdict/permutation_greater.h"

#include <math.h>

#include "tests/support/check_main.h"
#include "tests/support/random.h"

static struct permutation_data data;

static void fill(unsigned n1, unsigned n2, unsigned figures, double more, struct random *random)
{
    data = (struct permutation_data){.n_groups = 2, .n_figures = figures, .n = {n1, n2}};
    for (unsigned f = 0; f < figures; f++) {
        data.grain[f] = 0.1;
        for (unsigned i = 0; i < n1 + n2; i++)
            data.value[i][f] = random_normal(random) + (i >= n1 ? more : 0);
    }
}

static double statistic(unsigned chosen, unsigned f)
{
    double sum[2] = {0};
    double mean[2];
    double within = 0;
    unsigned n[2] = {0};
    unsigned runs = data.n[0] + data.n[1];
    for (unsigned i = 0; i < runs; i++) {
        unsigned group = chosen >> i & 1;
        sum[group] += data.value[i][f];
        n[group]++;
    }
    for (unsigned g = 0; g < 2; g++)
        mean[g] = sum[g] / n[g];
    for (unsigned i = 0; i < runs; i++)
        within += pow(data.value[i][f] - mean[chosen >> i & 1], 2);
    return (mean[1] - mean[0]) /
           sqrt((within / (runs - 2) + pow(data.grain[f], 2)) * (1.0 / n[0] + 1.0 / n[1]));
}

/* As the definition says: all choices of n2 of the runs. */
static double plain_p(unsigned f)
{
    unsigned runs = data.n[0] + data.n[1];
    double observed = statistic(((1U << data.n[1]) - 1) << data.n[0], f);
    unsigned all = 0;
    unsigned extreme = 0;
    for (unsigned chosen = 0; chosen < 1U << runs; chosen++) {
        if ((unsigned)__builtin_popcount(chosen) != data.n[1])
            continue;
        double greatest = -INFINITY;
        for (unsigned g = 0; g < data.n_figures; g++)
            greatest = fmax(greatest, statistic(chosen, g));
        extreme += greatest >= observed - 1e-9;
        all++;
    }
    return (double)extreme / all;
}

START_TEST(p_is_the_share_of_relabellings_that_are_as_extreme)
{
    static const unsigned sizes[][2] = {{3, 3}, {5, 2}, {2, 5}, {6, 4}, {1, 6}, {10, 4}};
    struct random random = random_from((uint64_t)_i);
    for (unsigned more = 0; more < 4; more++) {
        double p[PERMUTATION_FIGURES_MAX];
        fill(sizes[_i][0], sizes[_i][1], 3, more, &random);
        permutation_test_greater(&data, 0.05, p);
        for (unsigned f = 0; f < 3; f++)
            ck_assert_double_eq_tol(p[f], plain_p(f), 1e-12);
    }
}
END_TEST

START_TEST(only_more_counts)
{
    double p[PERMUTATION_FIGURES_MAX];
    struct random random = random_from(1);
    fill(6, 4, 2, 0, &random);
    for (unsigned i = 6; i < 10; i++) {
        data.value[i][0] += 100;
        data.value[i][1] -= 100;
    }
    permutation_test_greater(&data, 0.05, p);
    ck_assert_double_eq_tol(p[0], 1.0 / 210, 1e-12);
    ck_assert_double_gt(p[1], 0.99);
}
END_TEST

START_TEST(a_figure_that_a_run_lacks_is_not_tested_and_hides_no_other)
{
    double p[PERMUTATION_FIGURES_MAX];
    struct random random = random_from(1);
    fill(6, 4, 2, 100, &random);
    data.value[3][0] = NAN;
    permutation_test_greater(&data, 0.05, p);
    ck_assert_double_nan(p[0]);
    ck_assert_double_eq_tol(p[1], 1.0 / 210, 1e-12);
}
END_TEST

/* 20 and 20 runs have 1.4e11 relabellings. */
START_TEST(of_more_relabellings_than_can_be_counted_some_are_drawn)
{
    double p[PERMUTATION_FIGURES_MAX];
    double again[PERMUTATION_FIGURES_MAX];
    struct random random = random_from(2);
    fill(20, 20, 3, 0, &random);
    for (unsigned i = 20; i < 40; i++)
        data.value[i][0] += 5;
    permutation_test_greater(&data, 0.0025, p);
    permutation_test_greater(&data, 0.0025, again);
    ck_assert_double_le(p[0], 1.01e-5);
    ck_assert_double_gt(p[1], 0.0025);
    for (unsigned f = 0; f < 3; f++)
        ck_assert_double_eq(p[f], again[f]);
    permutation_test_greater(&data, 1e-6, p); /* and as many as that needs */
    ck_assert_double_le(p[0], 1e-6);
}
END_TEST

START_TEST(the_least_p_is_one_of_all_relabellings)
{
    ck_assert_double_eq_tol(permutation_greater_least_p(10, 4), 1.0 / 1001, 1e-15);
    ck_assert_double_eq_tol(permutation_greater_least_p(4, 4), 2.0 / 70, 1e-15);
    ck_assert_double_eq(permutation_greater_least_p(1, 1), 1);
    ck_assert_double_eq(permutation_greater_least_p(0, 5), 1);
    ck_assert_double_eq_tol(permutation_greater_least_p(32, 32),
                            1.0 / PERMUTATION_GREATER_EXACT_MAX, 1e-15);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("permutation_greater");
    TCase *tcase = tcase_create("permutation_greater");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, p_is_the_share_of_relabellings_that_are_as_extreme, 0, 6);
    tcase_add_test(tcase, only_more_counts);
    tcase_add_test(tcase, a_figure_that_a_run_lacks_is_not_tested_and_hides_no_other);
    tcase_add_test(tcase, of_more_relabellings_than_can_be_counted_some_are_drawn);
    tcase_add_test(tcase, the_least_p_is_one_of_all_relabellings);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);

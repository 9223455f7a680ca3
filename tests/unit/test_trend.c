/* trend: against values worked out by hand, by enumeration, and from Kendall's tables. */
#include "verdict/trend.h"

#include <math.h>
#include <stdbool.h>

#include "tests/support/check_main.h"
#include "tests/support/random.h"

START_TEST(a_median_is_the_middle)
{
    double odd[] = {5, 1, 3};
    double even[] = {4, 1, 3, 2};
    double one[] = {7};
    ck_assert_double_eq(trend_median(odd, 3), 3);
    ck_assert_double_eq(trend_median(even, 4), 2.5);
    ck_assert_double_eq(trend_median(one, 1), 7);
}
END_TEST

/* Slopes 2, 1/2, 4/3, -1, 1, 3; S = 5 - 1. Four points: the interval is all there is. */
START_TEST(four_points_by_hand)
{
    static const struct trend_point points[] = {{1, 1}, {2, 3}, {3, 2}, {4, 5}};
    struct trend trend;
    ck_assert_int_eq(trend_estimate(points, 4, &trend), 0);
    ck_assert_double_eq_tol(trend.slope, (1 + 4.0 / 3) / 2, 1e-12);
    ck_assert_double_eq(trend.low, -1);
    ck_assert_double_eq(trend.high, 3);
    ck_assert_double_eq_tol(trend.p_rise, 4.0 / 24, 1e-12);
}
END_TEST

/* Sen's interval for six points: P(S >= 13) = 6/720, P(S >= 11) = 20/720 > 2.5 %; so C = 11, and
 * of fifteen slopes the second and the last but one. */
START_TEST(six_points_have_the_second_slope_as_bound)
{
    static const double y[] = {0, 1, 3, 2, 5, 4};
    struct trend_point points[6];
    double slopes[15];
    size_t n = 0;
    for (size_t i = 0; i < 6; i++)
        points[i] = (struct trend_point){(double)i, y[i]};
    for (size_t i = 0; i < 6; i++)
        for (size_t k = i + 1; k < 6; k++)
            slopes[n++] = (y[k] - y[i]) / (double)(k - i);
    double middle = trend_median(slopes, 15); /* sorts them */
    struct trend trend;
    ck_assert_int_eq(trend_estimate(points, 6, &trend), 0);
    ck_assert_double_eq(trend.slope, middle);
    ck_assert_double_eq(trend.low, slopes[1]);
    ck_assert_double_eq(trend.high, slopes[13]);
}
END_TEST

START_TEST(a_line_is_found_whatever_two_wild_points_say)
{
    struct trend_point points[10];
    for (size_t i = 0; i < 10; i++)
        points[i] = (struct trend_point){(double)i, 3 * (double)i + 7};
    points[3].y = 1e9;
    points[8].y = -1e9;
    struct trend trend;
    ck_assert_int_eq(trend_estimate(points, 10, &trend), 0);
    ck_assert_double_eq(trend.slope, 3);
}
END_TEST

/* Kendall's S of an order of n. */
static long score_of(const size_t *order, size_t n)
{
    long s = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            s += order[k] > order[i] ? 1 : -1;
    return s;
}

static bool next_order(size_t *order, size_t n)
{
    size_t i = n - 1;
    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return false;
    size_t k = n - 1;
    while (order[k] < order[i - 1])
        k--;
    size_t other = order[k];
    order[k] = order[i - 1];
    order[i - 1] = other;
    for (size_t low = i, high = n - 1; low < high; low++, high--) {
        other = order[low];
        order[low] = order[high];
        order[high] = other;
    }
    return true;
}

/* Every order of up to seven points. */
START_TEST(kendall_is_exact_for_few_points)
{
    size_t n = (size_t)_i;
    long pairs = (long)(n * (n - 1) / 2);
    for (long s = -pairs; s <= pairs; s += 2) {
        size_t order[7];
        unsigned orders = 0;
        unsigned at_least = 0;
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        do {
            orders++;
            at_least += score_of(order, n) >= s;
        } while (next_order(order, n));
        ck_assert_double_eq_tol(trend_kendall_p(n, s), (double)at_least / orders, 1e-12);
    }
}
END_TEST

START_TEST(kendall_agrees_with_the_tables)
{
    ck_assert_double_eq_tol(trend_kendall_p(10, 21), 0.036, 0.0005);
    ck_assert_double_eq_tol(trend_kendall_p(10, 23), 0.023, 0.0005);
    ck_assert_double_eq_tol(trend_kendall_p(8, 18), 0.016, 0.0005);
    ck_assert_double_eq_tol(trend_kendall_p(5, 10), 1.0 / 120, 1e-12);
    ck_assert_double_eq(trend_kendall_p(1, 0), 1);
    ck_assert_double_eq_tol(trend_kendall_p(10, -45), 1, 1e-12);
}
END_TEST

START_TEST(the_approximation_for_many_points_joins_the_exact_values)
{
    for (long s = 0; s < 400; s += 20) {
        double exact = trend_kendall_p(40, s);
        double deviation = sqrt(40.0 * 39 * 85 / 18);
        double near = 0.5 * erfc(((double)s - 1) / deviation / sqrt(2));
        ck_assert_double_eq_tol(exact, near, 0.002);
        ck_assert_double_gt(trend_kendall_p(256, s), trend_kendall_p(256, s + 2));
    }
}
END_TEST

START_TEST(any_number_of_points_up_to_the_bound_is_taken)
{
    static struct trend_point points[TREND_POINTS_MAX + 1];
    struct random random = random_from(1);
    for (size_t i = 0; i <= TREND_POINTS_MAX; i++)
        points[i] = (struct trend_point){(double)i, 2 * (double)i + random_normal(&random)};
    for (size_t n = 2; n <= TREND_POINTS_MAX; n += n < 50 ? 1 : 41) {
        struct trend trend;
        ck_assert_int_eq(trend_estimate(points, n, &trend), 0);
        ck_assert_uint_eq(trend.n, n);
        ck_assert(trend.low <= trend.slope && trend.slope <= trend.high);
        ck_assert(trend.p_rise >= 0 && trend.p_rise <= 1);
    }
    struct trend trend;
    ck_assert_int_eq(trend_estimate(points, TREND_POINTS_MAX, &trend), 0);
    ck_assert_double_eq_tol(trend.slope, 2, 0.01);
    ck_assert_double_lt(trend.high - trend.low, 0.01);
    ck_assert_int_eq(trend_estimate(points, TREND_POINTS_MAX + 1, &trend), 1);
}
END_TEST

START_TEST(without_two_distinct_places_there_is_no_trend)
{
    static const struct trend_point same[] = {{4, 1}, {4, 2}, {4, 3}};
    struct trend trend = {.slope = 42};
    ck_assert_int_eq(trend_estimate(same, 0, &trend), 1);
    ck_assert_int_eq(trend_estimate(same, 1, &trend), 1);
    ck_assert_int_eq(trend_estimate(same, 3, &trend), 1);
    ck_assert_double_eq(trend.slope, 42);
}
END_TEST

/* 95 % intervals must hold the truth in 95 % of runs, or a little more. */
START_TEST(the_interval_holds_the_truth_as_often_as_it_says)
{
    size_t n = (size_t)_i;
    unsigned held = 0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct random random = random_from(seed * 1000003);
        struct trend_point points[24];
        struct trend trend;
        for (size_t i = 0; i < n; i++)
            points[i] = (struct trend_point){(double)i, 5 * (double)i + random_normal(&random)};
        trend_estimate(points, n, &trend);
        held += trend.low <= 5 && 5 <= trend.high;
    }
    ck_assert_msg(held >= 1890, "%zu points: %u of 2000", n, held);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("trend");
    TCase *slope = tcase_create("slope");
    TCase *kendall = tcase_create("kendall");
    tcase_add_test(slope, a_median_is_the_middle);
    tcase_add_test(slope, four_points_by_hand);
    tcase_add_test(slope, six_points_have_the_second_slope_as_bound);
    tcase_add_test(slope, a_line_is_found_whatever_two_wild_points_say);
    tcase_add_test(slope, any_number_of_points_up_to_the_bound_is_taken);
    tcase_add_test(slope, without_two_distinct_places_there_is_no_trend);
    tcase_add_loop_test(slope, the_interval_holds_the_truth_as_often_as_it_says, 5, 12);
    tcase_add_loop_test(kendall, kendall_is_exact_for_few_points, 2, 8);
    tcase_add_test(kendall, kendall_agrees_with_the_tables);
    tcase_add_test(kendall, the_approximation_for_many_points_joins_the_exact_values);
    suite_add_tcase(s, slope);
    suite_add_tcase(s, kendall);
    return s;
}

CHECK_MAIN(suite);

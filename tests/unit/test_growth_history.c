/* growth_history: what a window shows, weighed with all that was before it. */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "verdict/growth.h"

#define KIB  1024.0
#define MIB  (1024.0 * 1024)
#define WORK 250

/* Floors of a history, the first before any work. */
static void make_history(const double *floors_kib, size_t n, double work, struct floor_series *ret)
{
    static const struct cycle measured = {.kind = CYCLE_MEASURE};
    memset(ret, 0, sizeof(*ret));
    ret->n = n;
    for (size_t i = 0; i < n; i++) {
        ret->requests[i] = (double)i * work;
        ret->floor_bytes[i] = floors_kib[i] * KIB;
        ret->cycle[i] = &measured;
    }
}

/* The history is the window; no window was before it. */
static struct growth weigh(const double *floors_kib, size_t n)
{
    struct floor_series series;
    struct growth growth;
    make_history(floors_kib, n, WORK, &series);
    growth_assess(&series, 5, &growth);
    growth_weigh_history(&series, NULL, &growth);
    return growth;
}

/* As measured: 8 bytes a request into an array that realloc doubles, 16,000 requests a cycle. */
static const double array[] = {1272, 1784, 1784, 2808, 2808, 2808, 2808, 4856,
                               4856, 4856, 4856, 4856, 4856, 4856, 4856, 8952};

START_TEST(an_array_that_doubles_is_not_called_flat_while_it_rests)
{
    for (size_t n = 6; n < ARRAY_LENGTH(array); n++) {
        enum growth_shape shape = weigh(array, n).shape;
        ck_assert_msg(shape != GROWTH_FLAT && shape != GROWTH_FADING, "after %zu floors", n);
    }
}
END_TEST

/* Room for an element of each request, doubled when it is full. */
static double array_kib(double requests, double element_bytes)
{
    double capacity = WORK / 2;
    while (capacity < requests)
        capacity *= 2;
    return 8192 + capacity * element_bytes / KIB;
}

START_TEST(an_array_that_doubles_again_and_again_is_steady_at_what_fills_it)
{
    double floors[36];
    for (size_t i = 0; i < ARRAY_LENGTH(floors); i++)
        floors[i] = array_kib((double)(i * WORK), 1024);
    struct growth growth = weigh(floors, ARRAY_LENGTH(floors));
    ck_assert_int_eq(growth.shape, GROWTH_STEADY);
    ck_assert(growth.by_doubling);
    ck_assert_ptr_null(growth.doubt);
    ck_assert_double_ge(growth.trend.slope, 0.75 * 1024);
    ck_assert_double_le(growth.trend.slope, 1.33 * 1024);
    ck_assert_double_le(growth.trend.low, growth.trend.slope);
    ck_assert_double_ge(growth.trend.high, growth.trend.slope);
    ck_assert_double_eq(growth.requests, 35.0 * WORK);
}
END_TEST

START_TEST(a_few_steps_are_not_yet_an_array)
{
    static const double two[] = {8192, 8448, 8448, 8960, 8960, 8960, 8960, 8960};
    ck_assert_int_ne(weigh(two, ARRAY_LENGTH(two)).shape, GROWTH_STEADY);
    ck_assert(!weigh(two, ARRAY_LENGTH(two)).by_doubling);
}
END_TEST

/* As high each, or doubling without rests that do, or resting without doubling. */
START_TEST(steps_that_do_not_double_with_their_rests_are_no_array)
{
    static const double cases[][24] = {
        {0,    512,  512,  1024, 1024, 1024, 1024, 1536, 1536, 1536, 1536, 1536,
         1536, 1536, 1536, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048},
        {0,    256,  256,  256,  256,  256,  768,  768,  768,  1792, 1792, 1792,
         3840, 3840, 7936, 7936, 7936, 7936, 7936, 7936, 7936, 7936, 7936, 7936},
        {0,    2048, 2048, 3072, 3072, 3072, 3072, 3584, 3584, 3584, 3584, 3584,
         3584, 3584, 3584, 3840, 3840, 3840, 3840, 3840, 3840, 3840, 3840, 3840},
    };
    for (size_t n = 6; n <= 24; n++) {
        struct growth growth = weigh(cases[_i], n);
        ck_assert_msg(!growth.by_doubling, "case %d after %zu floors", _i, n);
    }
}
END_TEST

/* The floor that stands must stand for 2.5 times the time before its last step. */
START_TEST(a_late_step_must_have_been_the_last)
{
    double floors[20];
    for (size_t i = 0; i < 20; i++)
        floors[i] = i < 4 ? 8192 : 9216;
    for (size_t n = 6; n <= 20; n++) {
        struct growth growth = weigh(floors, n);
        bool rested = n - 1 >= 4 + 10;
        if (n < 8) /* three still cycles are what "flat" is */
            continue;
        ck_assert_msg(growth.shape == (rested ? GROWTH_FLAT : GROWTH_UNCLEAR), "after %zu floors",
                      n);
        if (!rested)
            ck_assert_str_eq(growth.doubt,
                             "its last step is too recent to tell that it was the last");
    }
}
END_TEST

START_TEST(a_floor_that_never_stepped_need_not_rest)
{
    static const double floors[] = {8192, 8196, 8192, 8200, 8196, 8192};
    ck_assert_int_eq(weigh(floors, ARRAY_LENGTH(floors)).shape, GROWTH_FLAT);
}
END_TEST

/* As measured: jemalloc that gives everything back at once, bursts of 12 MiB, 8 in a cycle. After
 * ten cycles its ups and downs are known, and a new height among them is none. */
START_TEST(a_new_height_of_ups_and_downs_is_no_step)
{
    static const double jitter[] = {1494, 1530, 1470, 1502, 1540, 1494,
                                    1558, 1586, 1502, 1518, 1618};
    struct growth growth = weigh(jitter, ARRAY_LENGTH(jitter));
    ck_assert(growth.jitters);
    ck_assert_int_eq(growth.shape, GROWTH_FLAT);
    growth = weigh(jitter, 8); /* too early to know */
    ck_assert(!growth.jitters);
    ck_assert_int_eq(growth.shape, GROWTH_UNCLEAR);
}
END_TEST

/* What comes and goes is no step: a saw-tooth is flat when it is. */
START_TEST(a_height_that_was_reached_before_is_no_step)
{
    static const double floors[] = {8192, 9216, 8192, 9216, 8192, 8192, 8192, 8192};
    ck_assert_int_eq(weigh(floors, ARRAY_LENGTH(floors)).shape, GROWTH_FLAT);
}
END_TEST

/* A history that shows nothing, and two windows in it. */
static struct growth weigh_windows(const struct growth *before, struct growth growth)
{
    static const double still[] = {8192, 8192, 8192};
    struct floor_series history;
    make_history(still, 3, WORK, &history);
    growth_weigh_history(&history, before, &growth);
    return growth;
}

static struct growth window(enum growth_shape shape, double slope, double fade)
{
    return (struct growth){.shape = shape,
                           .has_trend = true,
                           .trend = {.n = 11, .slope = slope, .low = slope, .high = slope},
                           .fade = fade,
                           .fade_error = 0.01};
}

START_TEST(growth_that_slowed_down_must_keep_up_with_itself)
{
    struct growth before = window(GROWTH_UNCLEAR, 1000, 0.5);
    struct growth later = window(GROWTH_STEADY, 500, 0.85);
    later.trend.n = 6; /* cycles may follow */
    ck_assert_int_eq(weigh_windows(&before, later).shape, GROWTH_UNCLEAR);
    ck_assert_str_eq(weigh_windows(&before, later).doubt, "it grows ever more slowly");
    ck_assert_int_eq(weigh_windows(&before, window(GROWTH_STEADY, 500, 0.95)).shape,
                     GROWTH_STEADY); /* a leak, after a warm-up */
    ck_assert_int_eq(weigh_windows(&before, window(GROWTH_STEADY, 800, 0.85)).shape,
                     GROWTH_STEADY); /* it did not slow down */
}
END_TEST

START_TEST(growth_that_slows_down_over_two_whole_windows_fades)
{
    struct growth before = window(GROWTH_UNCLEAR, 1000, 0.8);
    struct growth later = window(GROWTH_UNCLEAR, 500, 0.8);
    ck_assert_int_eq(weigh_windows(NULL, later).shape, GROWTH_UNCLEAR);
    later.trend.n = 10;
    ck_assert_int_eq(weigh_windows(&before, later).shape, GROWTH_UNCLEAR);
    later.trend.slope = 800;
    later.trend.n = 11;
    ck_assert_int_eq(weigh_windows(&before, later).shape, GROWTH_UNCLEAR);
    later.trend.slope = 500;
    later.fade = 1;
    ck_assert_int_eq(weigh_windows(&before, later).shape, GROWTH_UNCLEAR);
}
END_TEST

START_TEST(a_window_without_growth_before_it_weighs_nothing)
{
    struct growth before = window(GROWTH_FLAT, -10, 0);
    ck_assert_int_eq(weigh_windows(&before, window(GROWTH_STEADY, 500, 0.85)).shape, GROWTH_STEADY);
    before.has_trend = false;
    before.trend.slope = 1000;
    ck_assert_int_eq(weigh_windows(&before, window(GROWTH_STEADY, 500, 0.85)).shape, GROWTH_STEADY);
}
END_TEST

START_TEST(too_few_cycles_stay_too_few)
{
    for (size_t n = 0; n <= 5; n++)
        ck_assert_int_eq(weigh(array, n).shape, GROWTH_TOO_FEW);
    struct growth before = window(GROWTH_UNCLEAR, 1000, 0.8);
    ck_assert_int_eq(weigh_windows(&before, (struct growth){.shape = GROWTH_TOO_FEW}).shape,
                     GROWTH_TOO_FEW);
}
END_TEST

/* A root: each of its windows is nearly a line. */
START_TEST(a_root_fades_over_three_windows)
{
    double work = WORK;
    double requests = WORK;
    struct growth before = {0};
    struct growth growth = {0};
    for (unsigned w = 0; w < 3; w++, work *= 4) {
        struct floor_series series;
        double floors[11];
        for (size_t i = 0; i < 11; i++)
            floors[i] = 8192 + 1024 * sqrt((requests + (double)i * work) / WORK);
        requests += 10 * work;
        make_history(floors, 11, work, &series);
        growth_assess(&series, 5, &growth);
        growth_weigh_history(&series, w > 0 ? &before : NULL, &growth);
        ck_assert_int_ne(growth.shape, GROWTH_STEADY);
        before = growth;
    }
    ck_assert_int_eq(growth.shape, GROWTH_FADING);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("growth_history");
    TCase *steps = tcase_create("steps");
    TCase *windows = tcase_create("windows");
    tcase_add_test(steps, an_array_that_doubles_is_not_called_flat_while_it_rests);
    tcase_add_test(steps, an_array_that_doubles_again_and_again_is_steady_at_what_fills_it);
    tcase_add_test(steps, a_few_steps_are_not_yet_an_array);
    tcase_add_loop_test(steps, steps_that_do_not_double_with_their_rests_are_no_array, 0, 3);
    tcase_add_test(steps, a_late_step_must_have_been_the_last);
    tcase_add_test(steps, a_floor_that_never_stepped_need_not_rest);
    tcase_add_test(steps, a_height_that_was_reached_before_is_no_step);
    tcase_add_test(steps, a_new_height_of_ups_and_downs_is_no_step);
    tcase_add_test(windows, growth_that_slowed_down_must_keep_up_with_itself);
    tcase_add_test(windows, growth_that_slows_down_over_two_whole_windows_fades);
    tcase_add_test(windows, a_window_without_growth_before_it_weighs_nothing);
    tcase_add_test(windows, too_few_cycles_stay_too_few);
    tcase_add_test(windows, a_root_fades_over_three_windows);
    suite_add_tcase(s, steps);
    suite_add_tcase(s, windows);
    return s;
}

CHECK_MAIN(suite);

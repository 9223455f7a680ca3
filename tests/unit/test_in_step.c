/* What grows in step with the work, and what only comes and goes. */
#include "explain/in_step.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"

/* Six floors, of 250 requests each, unless told otherwise. */
static const double work[] = {0, 250, 500, 750, 1000, 1250, 1500, 1750};

static bool grows(const double *y, size_t n)
{
    const struct in_step_series series = {.x = work, .y = y, .n = n};
    return in_step_grows(&series, false);
}

#define GROWS(...) \
    grows((const double[]){__VA_ARGS__}, ARRAY_LENGTH(((const double[]){__VA_ARGS__})))

START_TEST(what_rises_with_every_request_grows)
{
    ck_assert(GROWS(0, 2000, 4000, 6000, 8000, 10000)); /* 8 bytes per request */
    ck_assert(GROWS(1e9, 1e9 + 2000, 1e9 + 4000, 1e9 + 6000, 1e9 + 8000, 1e9 + 10000));
    ck_assert(GROWS(5, 260, 508, 757, 1003, 1255));
    ck_assert(GROWS(0, 250, 500)); /* three floors are all there may be */
}
END_TEST

START_TEST(what_rises_in_blocks_grows)
{
    ck_assert(GROWS(0, 0, 4096, 4096, 8192, 8192)); /* a page for 512 requests */
    ck_assert(GROWS(0, 4096, 4096, 8192, 8192, 12288));
    ck_assert(GROWS(0, 4096, 4096, 4096, 8192, 8192));
    ck_assert(GROWS(0, 4096, 4096, 8192, 8192, 8192));
    ck_assert(GROWS(0, 3000, 5200, 8100, 10300, 12900)); /* sampled */
}
END_TEST

START_TEST(what_is_held_or_comes_and_goes_does_not)
{
    ck_assert(!GROWS(4096, 4096, 4096, 4096, 4096, 4096));
    ck_assert(!GROWS(0, 8192, 0, 8192, 0, 8192));
    ck_assert(!GROWS(500, 300, 700, 200, 650, 720));
    ck_assert(!GROWS(0, 300, 150, 450, 300, 600, 450, 750)); /* much of it is given back */
    ck_assert(!GROWS(9000, 8000, 7000, 6000, 5000, 4000));
    ck_assert(!GROWS(0, 0, 0, 0, 0, 0));
}
END_TEST

START_TEST(a_single_step_does_not)
{
    ck_assert(!GROWS(0, 0, 0, 1 << 20, 1 << 20, 1 << 20));
    ck_assert(!GROWS(0, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20));
    ck_assert(!GROWS(0, 0, 0, 0, 0, 1 << 20));
    ck_assert(!GROWS(0, 50, 150, 850, 930, 1000)); /* most of all */
    /* Nor does one with crumbs around it. */
    ck_assert(!GROWS(0, 100, 200, 1 << 20, (1 << 20) + 100, (1 << 20) + 200));
}
END_TEST

START_TEST(what_fills_up_does_not)
{
    ck_assert(!GROWS(0, 100, 160, 180, 185, 185)); /* a cache */
    ck_assert(!GROWS(0, 100, 200, 250, 250, 250));
    ck_assert(!GROWS(0, 4096, 8192, 8192, 8192, 8192, 8192, 8192)); /* two steps, and no more */
    ck_assert(!GROWS(250, 500 * 1.0, 644, 750, 830, 896));          /* a logarithm */
    ck_assert(!GROWS(1000, 1414, 1732, 2000, 2236, 2449));          /* a root */
}
END_TEST

START_TEST(growth_that_was_twice_as_steep_before_dies_away)
{
    static const double y[] = {0, 4000, 8000, 8500, 9000, 9500, 10000, 10500};
    const struct in_step_series judged = {.x = work, .y = y, .n = 8, .n_before = 2};
    const struct in_step_series alone = {.x = work, .y = y + 2, .n = 6};
    ck_assert(in_step_grows(&alone, false));
    ck_assert(!in_step_grows(&judged, false));
}
END_TEST

START_TEST(steps_that_double_grow_where_the_floor_does_so)
{
    static const double y[] = {256, 512, 512, 1024, 1024, 1024, 1024, 2048};
    const struct in_step_series judged = {.x = work, .y = y, .n = 8, .n_before = 2};
    ck_assert(in_step_grows(&judged, true));
    static const double fills[] = {0, 0, 0, 2048, 2048, 2060, 2060, 2060};
    const struct in_step_series once = {.x = work, .y = fills, .n = 8, .n_before = 2};
    ck_assert(!in_step_grows(&once, true));
}
END_TEST

START_TEST(one_step_that_is_judged_is_one_whatever_came_before)
{
    static const double y[] = {0, 1000, 1000, 1000, 2000, 2000, 2000, 2000};
    const struct in_step_series once = {.x = work, .y = y, .n = 8, .n_before = 2};
    ck_assert(!in_step_grows(&once, false));
    static const double falls[] = {100, 900, 100, 100, 100, 1000};
    const struct in_step_series again = {.x = work, .y = falls, .n = 6, .n_before = 2};
    ck_assert(!in_step_grows(&again, true));
}
END_TEST

START_TEST(two_floors_say_nothing)
{
    ck_assert(!GROWS(0, 100000));
    ck_assert(!GROWS(0, 200, 100));
}
END_TEST

START_TEST(slopes_add_up)
{
    static const double a[] = {0, 10, 500, 510, 530, 540};
    static const double b[] = {7, 3, 9, 100, 4, 260};
    double sum[6];
    for (size_t i = 0; i < 6; i++)
        sum[i] = a[i] + b[i];
    const struct in_step_series one = {.x = work, .y = a, .n = 6};
    const struct in_step_series other = {.x = work, .y = b, .n = 6};
    const struct in_step_series both = {.x = work, .y = sum, .n = 6};
    ck_assert_double_eq_tol(in_step_slope(&one) + in_step_slope(&other), in_step_slope(&both),
                            1e-12);
    const struct in_step_series line = {.x = work, .y = work, .n = 6, .n_before = 2};
    ck_assert_double_eq_tol(in_step_slope(&line), 1, 1e-12);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("in_step");
    TCase *tcase = tcase_create("in_step");
    tcase_add_test(tcase, what_rises_with_every_request_grows);
    tcase_add_test(tcase, what_rises_in_blocks_grows);
    tcase_add_test(tcase, what_is_held_or_comes_and_goes_does_not);
    tcase_add_test(tcase, a_single_step_does_not);
    tcase_add_test(tcase, what_fills_up_does_not);
    tcase_add_test(tcase, growth_that_was_twice_as_steep_before_dies_away);
    tcase_add_test(tcase, steps_that_double_grow_where_the_floor_does_so);
    tcase_add_test(tcase, one_step_that_is_judged_is_one_whatever_came_before);
    tcase_add_test(tcase, two_floors_say_nothing);
    tcase_add_test(tcase, slopes_add_up);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);

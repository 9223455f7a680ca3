#include "run/backoff.h"

#include "tests/support/check_main.h"

#define MINUTE_NS (60 * NSEC_PER_SEC)

/* Ends a second after each start: the waits in seconds. */
static void expect_waits(double time_scale, const double *waits, unsigned n)
{
    struct backoff backoff;
    backoff_init(&backoff, time_scale);
    nsec_t now_ns = 5 * NSEC_PER_SEC;
    for (unsigned i = 0; i < n; i++) {
        nsec_t wait_ns = backoff_wait(&backoff, now_ns);
        ck_assert_msg(wait_ns == (nsec_t)(waits[i] * NSEC_PER_SEC), "wait %u is %lld ns", i,
                      (long long)wait_ns);
        now_ns += wait_ns + NSEC_PER_MSEC;
    }
}

START_TEST(at_once_then_ten_seconds_doubling_to_five_minutes)
{
    static const double waits[] = {0, 10, 20, 40, 80, 160, 300, 300, 300};
    expect_waits(1, waits, 9);
}
END_TEST

START_TEST(a_time_scale_divides_every_wait)
{
    static const double waits[] = {0, 0.5, 1, 2, 4, 8, 15, 15};
    expect_waits(20, waits, 8);
}
END_TEST

START_TEST(a_scale_below_one_makes_them_longer)
{
    static const double waits[] = {0, 20, 40};
    expect_waits(0.5, waits, 3);
}
END_TEST

START_TEST(ten_minutes_without_trouble_start_anew)
{
    struct backoff backoff;
    backoff_init(&backoff, 1);
    ck_assert_int_eq(backoff_wait(&backoff, 0), 0);
    ck_assert_int_eq(backoff_wait(&backoff, MINUTE_NS), 10 * NSEC_PER_SEC);
    nsec_t restarted_ns = MINUTE_NS + 10 * NSEC_PER_SEC;
    /* Just not long enough, then just long enough, counted from when it was started again. */
    ck_assert_int_eq(backoff_wait(&backoff, restarted_ns + 10 * MINUTE_NS), 20 * NSEC_PER_SEC);
    restarted_ns += 10 * MINUTE_NS + 20 * NSEC_PER_SEC;
    ck_assert_int_eq(backoff_wait(&backoff, restarted_ns + 10 * MINUTE_NS + 1), 0);
    restarted_ns += 10 * MINUTE_NS + 1;
    ck_assert_int_eq(backoff_wait(&backoff, restarted_ns + 1), 10 * NSEC_PER_SEC);
}
END_TEST

START_TEST(the_ten_minutes_are_scaled_too)
{
    struct backoff backoff;
    backoff_init(&backoff, 600);
    ck_assert_int_eq(backoff_wait(&backoff, 0), 0);
    ck_assert_int_eq(backoff_wait(&backoff, 2 * NSEC_PER_SEC), 0);
    ck_assert_int_gt(backoff_wait(&backoff, 2 * NSEC_PER_SEC + NSEC_PER_SEC / 2), 0);
}
END_TEST

START_TEST(a_first_end_after_a_long_life_is_the_first)
{
    struct backoff backoff;
    backoff_init(&backoff, 1);
    ck_assert_int_eq(backoff_wait(&backoff, 3600 * NSEC_PER_SEC), 0);
    ck_assert_int_eq(backoff_wait(&backoff, 3601 * NSEC_PER_SEC), 10 * NSEC_PER_SEC);
}
END_TEST

static Suite *backoff_suite(void)
{
    Suite *suite = suite_create("backoff");
    TCase *tcase = tcase_create("backoff");
    tcase_add_test(tcase, at_once_then_ten_seconds_doubling_to_five_minutes);
    tcase_add_test(tcase, a_time_scale_divides_every_wait);
    tcase_add_test(tcase, a_scale_below_one_makes_them_longer);
    tcase_add_test(tcase, ten_minutes_without_trouble_start_anew);
    tcase_add_test(tcase, the_ten_minutes_are_scaled_too);
    tcase_add_test(tcase, a_first_end_after_a_long_life_is_the_first);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(backoff_suite);

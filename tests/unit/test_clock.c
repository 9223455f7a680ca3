/* clock: what waiting functions are given. */
#include "base/clock.h"

#include <limits.h>
#include <signal.h>
#include <sys/time.h>

#include "tests/support/check_main.h"

static const struct {
    nsec_t now_ns, deadline_ns;
    int timeout_ms;
} waits[] = {
    {0, NSEC_NEVER, -1},
    {5, 5, 0},
    {6, 5, 0},
    {0, 1, 1},
    {0, NSEC_PER_MSEC, 1},
    {0, NSEC_PER_MSEC + 1, 2},
    {NSEC_PER_SEC, 3 * NSEC_PER_SEC, 2000},
    {0, NSEC_NEVER - 1, INT_MAX},
};

START_TEST(a_wait_is_rounded_up_and_bounded)
{
    ck_assert_int_eq(clock_poll_timeout_ms(waits[_i].now_ns, waits[_i].deadline_ns),
                     waits[_i].timeout_ms);
}
END_TEST

static void do_nothing(int number)
{
    (void)number;
}

START_TEST(sleeping_lasts_until_the_time_though_signals_come)
{
    struct sigaction action = {.sa_handler = do_nothing};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000};
    setitimer(ITIMER_REAL, &timer, NULL);
    nsec_t until_ns = clock_now_ns() + 20 * NSEC_PER_MSEC;
    clock_sleep_until(until_ns);
    ck_assert_int_ge(clock_now_ns(), until_ns);
    clock_sleep_until(0); /* long past */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("clock");
    TCase *c = tcase_create("waiting");
    tcase_add_loop_test(c, a_wait_is_rounded_up_and_bounded, 0,
                        (int)(sizeof(waits) / sizeof(waits[0])));
    tcase_add_test(c, sleeping_lasts_until_the_time_though_signals_come);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

/* libc: what is asked of whichever C library it is. */
#include "base/libc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "tests/support/check_main.h"

START_TEST(signals_have_their_numbers)
{
    ck_assert_int_eq(libc_signal_number("USR1"), SIGUSR1);
    ck_assert_int_eq(libc_signal_number("TERM"), SIGTERM);
    ck_assert_int_eq(libc_signal_number("SIGUSR1"), 0);
    ck_assert_int_eq(libc_signal_number(""), 0);
#ifdef __GLIBC__
    for (int number = 1; number < 32; number++)
        ck_assert_int_eq(libc_signal_number(sigabbrev_np(number)), number);
#endif
}
END_TEST

START_TEST(errors_have_names)
{
#ifdef __GLIBC__
    ck_assert_str_eq(libc_error_name(ENOENT), "ENOENT");
#endif
    ck_assert_uint_gt(strlen(libc_error_name(EACCES)), 0);
    ck_assert_uint_gt(strlen(libc_error_name(100000)), 0);
}
END_TEST

static Suite *libc_suite(void)
{
    Suite *suite = suite_create("libc");
    TCase *names = tcase_create("names");
    tcase_add_test(names, signals_have_their_numbers);
    tcase_add_test(names, errors_have_names);
    suite_add_tcase(suite, names);
    return suite;
}

CHECK_MAIN(libc_suite);

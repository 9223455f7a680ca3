/* whole: from a real number to a whole one, whatever it is. */
#include "base/whole.h"

#include <math.h>

#include "tests/support/check_main.h"

static const struct {
    double amount;
    uint64_t whole;
} amounts[] = {
    {0, 0},
    {0.99, 0},
    {1, 1},
    {41.7, 41},
    {-0.5, 0},
    {-1e300, 0},
    {9007199254740992.0, (uint64_t)1 << 53},
    {18446744073709549568.0, UINT64_MAX - 2047}, /* the last below 2^64 */
    {18446744073709551616.0, UINT64_MAX},
    {1e300, UINT64_MAX},
    {INFINITY, UINT64_MAX},
    {-INFINITY, 0},
    {NAN, 0},
};

START_TEST(every_amount_has_a_whole_number)
{
    ck_assert_uint_eq(whole_of(amounts[_i].amount), amounts[_i].whole);
}
END_TEST

START_TEST(what_cannot_be_measured_is_cut)
{
    ck_assert_int_eq(whole_signed(0), 0);
    ck_assert_int_eq(whole_signed(4096), 4096);
    ck_assert_int_eq(whole_signed((uint64_t)1 << 53), (int64_t)1 << 53);
    ck_assert_int_eq(whole_signed(UINT64_MAX), (int64_t)1 << 53);
}
END_TEST

static Suite *whole_suite(void)
{
    Suite *suite = suite_create("whole");
    TCase *tcase = tcase_create("whole");
    tcase_add_loop_test(tcase, every_amount_has_a_whole_number, 0,
                        (int)(sizeof(amounts) / sizeof(*amounts)));
    tcase_add_test(tcase, what_cannot_be_measured_is_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(whole_suite);

#include <stdlib.h>

#include "load/histogram.h"
#include "tests/support/check_main.h"

static struct histogram histogram, other;

static void empty(void)
{
    histogram_reset(&histogram);
    histogram_reset(&other);
}

START_TEST(an_empty_histogram_has_no_percentile_and_no_maximum)
{
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 500), -1);
    ck_assert_int_eq(histogram_max_ns(&histogram), -1);
}
END_TEST

START_TEST(one_value_is_every_percentile)
{
    histogram_record(&histogram, 123456789);
    for (unsigned permille = 0; permille <= 1000; permille += 100)
        ck_assert_int_eq(histogram_percentile_ns(&histogram, permille), 123456789);
}
END_TEST

START_TEST(no_value_is_further_than_one_percent_from_what_is_reported)
{
    /* The value below is between two others, so that the exact minimum and maximum do not help. */
    for (nsec_t value = 1; value < ((nsec_t)1 << HISTOGRAM_RANGE_BITS); value += 1 + value / 97) {
        histogram_reset(&histogram);
        histogram_record(&histogram, 0);
        histogram_record(&histogram, value);
        histogram_record(&histogram, ((nsec_t)1 << HISTOGRAM_RANGE_BITS) - 1);
        nsec_t reported = histogram_percentile_ns(&histogram, 500);
        ck_assert_msg(llabs(reported - value) * 100 <= value, "%lld reported as %lld",
                      (long long)value, (long long)reported);
    }
}
END_TEST

START_TEST(small_values_are_exact)
{
    for (nsec_t value = 1; value < 127; value++) {
        histogram_reset(&histogram);
        histogram_record(&histogram, 0);
        histogram_record(&histogram, value);
        histogram_record(&histogram, 1000);
        ck_assert_int_eq(histogram_percentile_ns(&histogram, 500), value);
    }
}
END_TEST

START_TEST(percentiles_follow_the_ranks)
{
    for (nsec_t i = 1; i <= 100; i++)
        histogram_record(&histogram, i);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 0), 1);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 500), 50);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 501), 51);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 990), 99);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 1000), 100);
}
END_TEST

START_TEST(values_out_of_range_are_counted_and_reported)
{
    histogram_record(&histogram, -5);
    histogram_record(&histogram, 50);
    histogram_record(&histogram, INT64_MAX);
    ck_assert_uint_eq(histogram.total, 3);
    ck_assert_uint_eq(histogram.below, 1);
    ck_assert_uint_eq(histogram.above, 1);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 100), -5);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 500), 50);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 990), INT64_MAX);
    ck_assert_int_eq(histogram_max_ns(&histogram), INT64_MAX);
}
END_TEST

START_TEST(merging_equals_recording_in_one)
{
    struct histogram whole;
    histogram_reset(&whole);
    for (unsigned i = 0; i < 5000; i++) {
        nsec_t value = (nsec_t)i * i * 37 - 100;
        histogram_record(i % 3 == 0 ? &histogram : &other, value);
        histogram_record(&whole, value);
    }
    histogram_merge(&histogram, &other);
    ck_assert_mem_eq(&histogram, &whole, sizeof(whole));
}
END_TEST

START_TEST(merging_an_empty_one_changes_nothing)
{
    histogram_record(&histogram, 7);
    histogram_merge(&histogram, &other);
    ck_assert_int_eq(histogram.min_ns, 7);
    ck_assert_int_eq(histogram.max_ns, 7);
    histogram_merge(&other, &histogram);
    ck_assert_int_eq(histogram_percentile_ns(&other, 500), 7);
}
END_TEST

START_TEST(a_reset_one_starts_over)
{
    histogram_record(&histogram, 7);
    histogram_reset(&histogram);
    histogram_record(&histogram, 1000);
    ck_assert_int_eq(histogram_percentile_ns(&histogram, 0), 1000);
    ck_assert_uint_eq(histogram.total, 1);
}
END_TEST

static Suite *histogram_suite(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tests = tcase_create("histogram");
    tcase_add_checked_fixture(tests, empty, NULL);
    tcase_add_test(tests, an_empty_histogram_has_no_percentile_and_no_maximum);
    tcase_add_test(tests, one_value_is_every_percentile);
    tcase_add_test(tests, no_value_is_further_than_one_percent_from_what_is_reported);
    tcase_add_test(tests, small_values_are_exact);
    tcase_add_test(tests, percentiles_follow_the_ranks);
    tcase_add_test(tests, values_out_of_range_are_counted_and_reported);
    tcase_add_test(tests, merging_equals_recording_in_one);
    tcase_add_test(tests, merging_an_empty_one_changes_nothing);
    tcase_add_test(tests, a_reset_one_starts_over);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(histogram_suite);

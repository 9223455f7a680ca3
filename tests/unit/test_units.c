/* units: sizes, times and counts, read and written. */
#include "base/units.h"

#include <math.h>
#include <string.h>

#include "tests/support/check_main.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct {
    const char *text;
    uint64_t bytes;
} sizes[] = {
    {"0", 0},
    {"67108864", 67108864},
    {"64M", 67108864},
    {"64MiB", 67108864},
    {"64Mi", 67108864},
    {"812B", 812},
    {"1K", 1024},
    {"1k", 1024},
    {"1KiB", 1024},
    {"1.5G", 1610612736},
    {"0.5Ki", 512},
    {"2T", 2199023255552},
    {"1Ti", 1099511627776},
    {"1GiB", 1073741824},
    {"007", 7},
};

START_TEST(a_size_is_read)
{
    uint64_t bytes = 99;
    struct error err = {0};
    ck_assert_msg(units_parse_bytes(sizes[_i].text, &bytes, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

static const char *const no_sizes[] = {
    "",       "M",     "-1",    "+1",  "64 M", "64m",  "64MB",
    "0x10",   "1e3",   "1.",    ".5M", "1.5",  "0.3K", "8193T",
    "1..5M",  "64Mi ", " 64Mi", "max", "nan",  "inf",  "99999999999999999999999999",
    "64M64M",
};

START_TEST(what_is_no_size_is_refused_and_quoted)
{
    uint64_t bytes = 99;
    struct error err = {0};
    ck_assert_int_eq(units_parse_bytes(no_sizes[_i], &bytes, &err), -1);
    ck_assert_uint_eq(bytes, 99);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "found \""));
    ck_assert_ptr_nonnull(strstr(err.text, no_sizes[_i]));
}
END_TEST

static const struct {
    const char *text;
    nsec_t ns;
} times[] = {
    {"500ms", 500000000}, {"10s", 10000000000},  {"1.5s", 1500000000},
    {"5m", 300000000000}, {"2h", 7200000000000}, {"20us", 20000},
    {"7ns", 7},           {"1min", 60000000000}, {"0s", 0},
    {"0.1s", 100000000},
};

START_TEST(a_time_is_read)
{
    nsec_t ns = 99;
    struct error err = {0};
    ck_assert_msg(units_parse_duration(times[_i].text, &ns, &err) == 0, "%s", err.text);
    ck_assert_int_eq(ns, times[_i].ns);
}
END_TEST

static const char *const no_times[] = {"",   "10",   "s",    "-1s",      "1 s", "1S",
                                       "1d", "10s ", "1e3s", "9999999h", "1.5"};

START_TEST(what_is_no_time_is_refused)
{
    nsec_t ns = 99;
    struct error err = {0};
    ck_assert_int_eq(units_parse_duration(no_times[_i], &ns, &err), -1);
    ck_assert_int_eq(ns, 99);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

static const struct {
    const char *text;
    int status;
} counts[] = {
    {"1", 0},   {"100", 0}, {"0", -1},  {"101", -1}, {"", -1},
    {"-1", -1}, {"+1", -1}, {" 1", -1}, {"1.0", -1}, {"18446744073709551616", -1},
};

START_TEST(a_count_keeps_to_its_bounds)
{
    uint64_t count = 0;
    ck_assert_int_eq(units_parse_count(counts[_i].text, 1, 100, &count, NULL), counts[_i].status);
}
END_TEST

static const struct {
    double bytes;
    const char *text;
} written_sizes[] = {
    {0, "0 B"},
    {812, "812 B"},
    {1023, "1023 B"},
    {1024, "1.0 KiB"},
    {17203.2, "16.8 KiB"},
    {43201331.2, "41.2 MiB"},
    {-2048, "-2.0 KiB"},
    {2.5, "2.5 B"},
    {1048575, "1.0 MiB"},
    {1073741824, "1.0 GiB"},
    {1023.5, "1.0 KiB"},
    {-0.4, "-0.4 B"},
    {5e15, "4547.5 TiB"},
};

START_TEST(a_size_is_written)
{
    char text[UNITS_TEXT_MAX];
    ck_assert_str_eq(units_format_bytes(written_sizes[_i].bytes, text), written_sizes[_i].text);
}
END_TEST

static const struct {
    nsec_t ns;
    const char *text;
} written_times[] = {
    {0, "0 us"},
    {999000, "999 us"},
    {1500000, "1.5 ms"},
    {340 * NSEC_PER_MSEC, "340 ms"},
    {999600000, "1.0 s"},
    {9800 * NSEC_PER_MSEC, "9.8 s"},
    {120 * NSEC_PER_SEC, "2 min"},
    {12600 * NSEC_PER_SEC, "3.5 h"},
    {4 * 86400 * NSEC_PER_SEC, "4 days"},
};

START_TEST(a_time_is_written)
{
    char text[UNITS_TEXT_MAX];
    ck_assert_str_eq(units_format_duration(written_times[_i].ns, text), written_times[_i].text);
}
END_TEST

START_TEST(a_count_is_written_in_groups)
{
    static const struct {
        uint64_t count;
        const char *text;
    } cases[] = {
        {0, "0"},          {999, "999"},           {1000, "1,000"},
        {12345, "12,345"}, {1234567, "1,234,567"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    char text[UNITS_TEXT_MAX];
    for (int i = 0; i < COUNT(cases); i++)
        ck_assert_str_eq(units_format_count(cases[i].count, text), cases[i].text);
}
END_TEST

START_TEST(no_amount_is_too_large_to_be_written)
{
    char text[UNITS_TEXT_MAX];
    memset(text, 'x', sizeof(text));
    ck_assert_uint_lt(strlen(units_format_bytes(1e300, text)), UNITS_TEXT_MAX);
    ck_assert_uint_lt(strlen(units_format_duration(INT64_MAX, text)), UNITS_TEXT_MAX);
}
END_TEST

static const struct {
    double amount, largest;
    const char *text;
} scaled[] = {
    {62000, 62000, "60.5"},
    {0, 62000, "0.0"},
    {-0.0, 62000, "0.0"},
    {8, 62000, "<0.1"},
    {-8, 62000, ">-0.1"},
    {-2048, 62000, "-2.0"},
    {8, 8, "8.00"},
    {1040000, 1040000, "0.99"},
    {NAN, 62000, "-"},
    {INFINITY, 62000, "-"},
    {1048576e6, 1048576, "1,000,000"},
    {1e300, 1, "1e+300"},
};

START_TEST(amounts_of_a_row_share_their_unit)
{
    char text[UNITS_TEXT_MAX];
    struct units_scale scale = units_scale_bytes(scaled[_i].largest);
    ck_assert_str_eq(units_format_scaled(scaled[_i].amount, &scale, text), scaled[_i].text);
}
END_TEST

START_TEST(a_unit_is_chosen_by_the_largest)
{
    char text[UNITS_TEXT_MAX];
    ck_assert_str_eq(units_scale_bytes(-3.0 * 1024 * 1024).name, "MiB");
    ck_assert_str_eq(units_scale_bytes(NAN).name, "B");
    ck_assert_str_eq(units_scale_bytes(1e300).name, "TiB");
    struct units_scale scale = units_scale_duration(2.5e6);
    ck_assert_str_eq(scale.name, "ms");
    ck_assert_str_eq(units_format_scaled(1.1e6, &scale, text), "1.10");
    ck_assert_str_eq(units_scale_duration(0).name, "us");
    ck_assert_str_eq(units_scale_duration(41e9).name, "s");
    scale = units_scale_duration(143e6);
    ck_assert_str_eq(units_format_scaled(2.28e6, &scale, text), "2.3");
    scale = units_scale_count(12345);
    ck_assert_str_eq(scale.name, "");
    ck_assert_str_eq(units_format_scaled(12345, &scale, text), "12,345");
    scale = units_scale_count(81.25);
    ck_assert_str_eq(units_format_scaled(81.25, &scale, text), "81.2");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("units");
    TCase *reading = tcase_create("reading");
    TCase *writing = tcase_create("writing");
    tcase_add_loop_test(reading, a_size_is_read, 0, COUNT(sizes));
    tcase_add_loop_test(reading, what_is_no_size_is_refused_and_quoted, 0, COUNT(no_sizes));
    tcase_add_loop_test(reading, a_time_is_read, 0, COUNT(times));
    tcase_add_loop_test(reading, what_is_no_time_is_refused, 0, COUNT(no_times));
    tcase_add_loop_test(reading, a_count_keeps_to_its_bounds, 0, COUNT(counts));
    tcase_add_loop_test(writing, a_size_is_written, 0, COUNT(written_sizes));
    tcase_add_loop_test(writing, a_time_is_written, 0, COUNT(written_times));
    tcase_add_test(writing, a_count_is_written_in_groups);
    tcase_add_test(writing, no_amount_is_too_large_to_be_written);
    tcase_add_loop_test(writing, amounts_of_a_row_share_their_unit, 0, COUNT(scaled));
    tcase_add_test(writing, a_unit_is_chosen_by_the_largest);
    suite_add_tcase(s, reading);
    suite_add_tcase(s, writing);
    return s;
}

CHECK_MAIN(suite);

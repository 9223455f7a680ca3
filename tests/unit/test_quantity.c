#include "scenario/quantity.h"

#include <string.h>

#include "tests/support/check_main.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *text;
    uint64_t bytes;
} sizes[] = {
    {"67108864", 67108864},
    {"64Mi", 67108864},
    {"64M", 64000000},
    {"64k", 64000},
    {"64Ki", 65536},
    {"1.5Gi", 1610612736},
    {"0.1Gi", 107374183}, /* 107374182.4, rounded up */
    {"0.1", 1},
    {"1e3", 1000},
    {"1E3", 1000},
    {"12e-1", 2},
    {"1e+6", 1000000},
    {"1E", 1000000000000000000},
    {"1Pi", 1125899906842624},
    {"2Ei", 2305843009213693952},
    {"1.25Ei", 1441151880758558720},
    {"7.999999999999999999Ei", 9223372036854775807}, /* rounded up */
    {"1T", 1000000000000},
    {"1G", 1000000000},
    {"1P", 1000000000000000},
    {"9E", 9000000000000000000},
    {"9223372036854775807", 9223372036854775807},
    {"128974848000m", 128974848},
    {"0", 0},
    {"0m", 0},
    {"+5", 5},
    {".5Mi", 524288},
    {"5.Ki", 5120},
    {"00064Mi", 67108864},
    {"1000000000n", 1},
    {"2500000u", 3},
};

START_TEST(bytes_are_exact)
{
    uint64_t bytes = 7;
    struct error err = {.kind = ERROR_NONE};
    int status = quantity_parse_bytes(sizes[_i].text, &bytes, &err);
    ck_assert_msg(status == 0, "%s: %s", sizes[_i].text, err.text);
    ck_assert_msg(bytes == sizes[_i].bytes, "%s: %llu", sizes[_i].text, (unsigned long long)bytes);
}
END_TEST

static const struct {
    const char *text;
    double cpus;
} processors[] = {
    {"1", 1},     {"500m", 0.5}, {"0.5", 0.5},      {"100m", 0.1}, {"1500m", 1.5},
    {"2.5", 2.5}, {"1u", 0.001}, {"0.0001", 0.001}, {"1k", 1000},  {"0", 0},
};

START_TEST(processors_are_rounded_up_to_a_thousandth)
{
    double cpus = -1;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(quantity_parse_cpus(processors[_i].text, &cpus, &err) == 0, "%s", err.text);
    ck_assert_double_eq(cpus, processors[_i].cpus);
}
END_TEST

static const struct {
    const char *text;
    const char *said;
} refused[] = {
    {"64MB", "did you mean \"64M\" (a power of 1000) or \"64Mi\" (a power of 1024)?"},
    {"64MB", "found \"64MB\" with the unknown suffix \"MB\", expected one of Ki, Mi"},
    {"64MiB", "did you mean \"64Mi\"?"},
    {"64mi", "did you mean \"64Mi\"?"},
    {"64K", "did you mean \"64k\" (a power of 1000) or \"64Ki\""},
    {"64kb", "did you mean \"64k\" (a power of 1000) or \"64Ki\""},
    {"1.5gb", "did you mean \"1.5G\""},
    {"64g", "did you mean \"64G\""},
    {"64 Mi", "unknown suffix \" Mi\""},
    {"64Q", "unknown suffix \"Q\""},
    {"64m", "which is 1 byte: \"m\" is a thousandth; did you mean \"64Mi\"?"},
    {"-64Mi", "which is below zero"},
    {"", "expected a quantity"},
    {"Mi", "expected a quantity"},
    {".", "expected a quantity"},
    {"1.2.3", "unknown suffix \".3\""},
    {"1e", "unknown suffix \"e\""},
    {"1e3k", "unknown suffix \"e3k\""},
    {"8Ei", "more than any machine has"},
    {"1e400", "more than any machine has"},
    {"9223372036854775808", "more than any machine has"},
    {"12345678901234567890", "expected a quantity"},
    {"0x10", "unknown suffix \"x10\""},
    {"10E3E", "unknown suffix"},
};

START_TEST(what_is_wrong_is_said)
{
    uint64_t bytes = 7;
    struct error err = {.kind = ERROR_NONE};
    int status = quantity_parse_bytes(refused[_i].text, &bytes, &err);
    ck_assert_msg(status == -1, "%s was accepted", refused[_i].text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, refused[_i].said) != NULL, "%s", err.text);
    ck_assert_uint_eq(bytes, 7);
}
END_TEST

static Suite *quantity_suite(void)
{
    Suite *suite = suite_create("quantity");
    TCase *tcase = tcase_create("quantity");
    tcase_add_loop_test(tcase, bytes_are_exact, 0, LENGTH(sizes));
    tcase_add_loop_test(tcase, processors_are_rounded_up_to_a_thousandth, 0, LENGTH(processors));
    tcase_add_loop_test(tcase, what_is_wrong_is_said, 0, LENGTH(refused));
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(quantity_suite);

#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "tests/support/check_main.h"

static struct buffer out;
static struct json_writer writer;

static void set_up(void)
{
    out = BUFFER_INIT((size_t)1 << 20);
    json_writer_begin(&writer, &out);
}

static void tear_down(void)
{
    buffer_done(&out);
}

static void expect_text(const char *expected)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(json_writer_end(&writer, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buffer_text(&out), expected);
}

static void expect_failure(const char *part)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(json_writer_end(&writer, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_INTERNAL);
    ck_assert_msg(strstr(err.text, part) != NULL, "%s", err.text);
}

START_TEST(keys_stand_in_the_order_they_are_given)
{
    json_write_object(&writer, NULL);
    json_write_text(&writer, "b", "x");
    json_write_u64(&writer, "a", UINT64_MAX);
    json_write_i64(&writer, "c", INT64_MIN);
    json_write_bool(&writer, "d", true);
    json_write_array(&writer, "e");
    json_write_u64(&writer, NULL, 1);
    json_write_object(&writer, NULL);
    json_write_close_object(&writer);
    json_write_close_array(&writer);
    json_write_array(&writer, "f");
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    expect_text("{\n"
                "  \"b\": \"x\",\n"
                "  \"a\": 18446744073709551615,\n"
                "  \"c\": -9223372036854775808,\n"
                "  \"d\": true,\n"
                "  \"e\": [\n"
                "    1,\n"
                "    {}\n"
                "  ],\n"
                "  \"f\": []\n"
                "}\n");
}
END_TEST

static const struct {
    const char *text;
    const char *json;
} quoted[] = {
    {"", "\"\"\n"},
    {"plain", "\"plain\"\n"},
    {"\"\\/", "\"\\\"\\\\/\"\n"},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"\n"},
    {"\x01\x1b[31m\x7f", "\"\\u0001\\u001b[31m\\u007f\"\n"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"\n"},
    {"a\xff"
     "b",
     "\"a\xef\xbf\xbd"
     "b\"\n"},
    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"},                 /* overlong */
    {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"},                 /* cut */
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n"}, /* a surrogate */
};

START_TEST(text_is_escaped_and_made_utf8)
{
    json_write_text(&writer, NULL, quoted[_i].text);
    expect_text(quoted[_i].json);
}
END_TEST

static const struct {
    double value;
    const char *json;
} doubles[] = {
    {0.0, "0\n"},
    {1.0, "1\n"},
    {-2.5, "-2.5\n"},
    {0.1, "0.1\n"},
    {0.1 + 0.2, "0.30000000000000004\n"},
    {1e300, "1e+300\n"},
    {5e-324, "4.94065645841247e-324\n"},
    {1.0 / 3, "0.3333333333333333\n"},
    {9007199254740993.0, "9007199254740992\n"},
};

START_TEST(a_double_is_written_as_short_as_reads_back_the_same)
{
    json_write_double(&writer, NULL, doubles[_i].value);
    expect_text(doubles[_i].json);
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
    json_write_object(&writer, NULL);
    json_write_text(&writer, "a", NULL);
    json_write_double(&writer, "b", NAN);
    json_write_double(&writer, "c", INFINITY);
    json_write_close_object(&writer);
    expect_text("{}\n");
}
END_TEST

START_TEST(what_is_not_known_is_null_in_an_array)
{
    json_write_array(&writer, NULL);
    json_write_text(&writer, NULL, NULL);
    json_write_double(&writer, NULL, NAN);
    json_write_close_array(&writer);
    expect_text("[\n  null,\n  null\n]\n");
}
END_TEST

START_TEST(a_row_stands_on_one_line_and_what_follows_does_not)
{
    json_write_object(&writer, NULL);
    json_write_row(&writer, "a");
    json_write_u64(&writer, NULL, 1);
    json_write_double(&writer, NULL, NAN);
    json_write_text(&writer, NULL, "x");
    json_write_close_array(&writer);
    json_write_row(&writer, "b");
    json_write_close_array(&writer);
    json_write_row(&writer, "c");
    json_write_object(&writer, NULL);
    json_write_u64(&writer, "d", 1);
    json_write_u64(&writer, "e", 2);
    json_write_close_object(&writer);
    json_write_row(&writer, NULL);
    json_write_u64(&writer, NULL, 3);
    json_write_close_array(&writer);
    json_write_u64(&writer, NULL, 4);
    json_write_close_array(&writer);
    json_write_array(&writer, "f");
    json_write_u64(&writer, NULL, 5);
    json_write_row_object(&writer, NULL);
    json_write_row(&writer, "g");
    json_write_close_array(&writer);
    json_write_u64(&writer, "h", 6);
    json_write_close_object(&writer);
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    expect_text("{\n"
                "  \"a\": [1, null, \"x\"],\n"
                "  \"b\": [],\n"
                "  \"c\": [{\"d\": 1, \"e\": 2}, [3], 4],\n"
                "  \"f\": [\n"
                "    5,\n"
                "    {\"g\": [], \"h\": 6}\n"
                "  ]\n"
                "}\n");
}
END_TEST

START_TEST(a_line_has_no_line_ends_and_no_spaces_but_those_of_texts)
{
    json_writer_begin_line(&writer, &out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "a", "x\n, y");
    json_write_object(&writer, "b");
    json_write_close_object(&writer);
    json_write_row(&writer, "c");
    json_write_u64(&writer, NULL, 1);
    json_write_u64(&writer, NULL, 2);
    json_write_close_array(&writer);
    json_write_array(&writer, "d");
    json_write_bool(&writer, NULL, true);
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    expect_text("{\"a\":\"x\\n, y\",\"b\":{},\"c\":[1,2],\"d\":[true]}\n");
}
END_TEST

START_TEST(a_decimal_has_as_many_digits_as_mean_anything)
{
    static const struct {
        double value;
        unsigned decimals;
    } given[] = {{1.23456, 3}, {1.2, 4},  {12, 2},     {100, 0},          {0.0004, 3},
                 {-0.0004, 3}, {-1.5, 1}, {2.5e15, 2}, {1048576.9999, 3}, {NAN, 2}};
    json_write_row(&writer, NULL);
    for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
        json_write_decimal(&writer, NULL, given[i].value, given[i].decimals);
    json_write_close_array(&writer);
    ck_assert_str_eq(buffer_text(&out),
                     "[1.235, 1.2, 12, 100, 0, 0, -1.5, 2.5e+15, 1048577, null]");
}
END_TEST

START_TEST(a_container_left_open_is_a_failure)
{
    json_write_object(&writer, NULL);
    expect_failure("still open");
}
END_TEST

START_TEST(closing_what_is_not_open_is_a_failure)
{
    json_write_object(&writer, NULL);
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    expect_failure("not open");
}
END_TEST

START_TEST(a_key_belongs_into_an_object_and_only_there)
{
    if (_i == 0) {
        json_write_array(&writer, NULL);
        json_write_u64(&writer, "key", 1);
    } else if (_i == 1) {
        json_write_object(&writer, NULL);
        json_write_u64(&writer, NULL, 1);
    } else {
        json_write_u64(&writer, "key", 1);
    }
    expect_failure("key");
}
END_TEST

START_TEST(a_second_root_is_a_failure)
{
    json_write_u64(&writer, NULL, 1);
    json_write_u64(&writer, NULL, 2);
    expect_failure("second value");
}
END_TEST

START_TEST(nothing_at_all_is_a_failure)
{
    expect_failure("nothing");
}
END_TEST

START_TEST(too_deep_is_a_failure)
{
    for (int i = 0; i <= JSON_WRITER_DEPTH_MAX; i++)
        json_write_array(&writer, NULL);
    expect_failure("too many levels");
}
END_TEST

START_TEST(a_full_buffer_is_a_failure_that_stays)
{
    out.max_bytes = 8;
    json_write_text(&writer, NULL, "longer than eight bytes");
    out.max_bytes = 1000;
    expect_failure("more than 8 bytes");
}
END_TEST

static Suite *json_writer_suite(void)
{
    Suite *suite = suite_create("json_writer");
    TCase *tcase = tcase_create("a JSON writer");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, keys_stand_in_the_order_they_are_given);
    tcase_add_loop_test(tcase, text_is_escaped_and_made_utf8, 0, sizeof(quoted) / sizeof(*quoted));
    tcase_add_loop_test(tcase, a_double_is_written_as_short_as_reads_back_the_same, 0,
                        sizeof(doubles) / sizeof(*doubles));
    tcase_add_test(tcase, what_is_not_known_is_left_out);
    tcase_add_test(tcase, what_is_not_known_is_null_in_an_array);
    tcase_add_test(tcase, a_row_stands_on_one_line_and_what_follows_does_not);
    tcase_add_test(tcase, a_line_has_no_line_ends_and_no_spaces_but_those_of_texts);
    tcase_add_test(tcase, a_decimal_has_as_many_digits_as_mean_anything);
    tcase_add_test(tcase, a_container_left_open_is_a_failure);
    tcase_add_test(tcase, closing_what_is_not_open_is_a_failure);
    tcase_add_loop_test(tcase, a_key_belongs_into_an_object_and_only_there, 0, 3);
    tcase_add_test(tcase, a_second_root_is_a_failure);
    tcase_add_test(tcase, nothing_at_all_is_a_failure);
    tcase_add_test(tcase, too_deep_is_a_failure);
    tcase_add_test(tcase, a_full_buffer_is_a_failure_that_stays);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(json_writer_suite);

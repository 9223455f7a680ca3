/* csv: rows out and in again. */
#include "timeline/csv.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

START_TEST(fields_are_quoted_where_they_need_it)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    csv_text(&out, "plain");
    csv_text(&out, "a,b");
    csv_text(&out, "say \"x\"");
    csv_text(&out, "two\nlines\tand a tab");
    csv_text(&out, "tab\talone");
    csv_text(&out, "");
    csv_u64(&out, UINT64_MAX);
    csv_i64(&out, INT64_MIN);
    csv_absent(&out);
    csv_end_row(&out);
    ck_assert_str_eq(buffer_text(&out),
                     "plain,\"a,b\",\"say \"\"x\"\"\",two lines and a tab,tab alone,,"
                     "18446744073709551615,-9223372036854775808,\n");
}
END_TEST

START_TEST(what_was_written_is_read)
{
    static const char *const texts[] = {"plain", "a,b",         "\"",   "\"\"", ",",   "a\"b,c",
                                        "",      "gr\303\274n", "=1+1", "%41",  "';--"};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    for (int row = 0; row < 2; row++) {
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
            csv_text(&out, texts[i]);
        csv_end_row(&out);
    }
    struct csv_reader reader;
    csv_reader_init(&reader, "x.csv", out.data);
    for (unsigned row = 1; row <= 2; row++) {
        ck_assert_int_eq(csv_reader_next(&reader, NULL), 0);
        ck_assert_uint_eq(reader.line, row);
        ck_assert_uint_eq(reader.n_fields, ARRAY_LENGTH(texts));
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
            ck_assert_str_eq(reader.fields[i], texts[i]);
    }
    ck_assert_int_eq(csv_reader_next(&reader, NULL), 1);
    ck_assert_int_eq(csv_reader_next(&reader, NULL), 1);
}
END_TEST

START_TEST(a_last_row_without_a_line_end_counts)
{
    char text[] = "a,b\nc,\"d\"";
    struct csv_reader reader;
    csv_reader_init(&reader, "x.csv", text);
    ck_assert_int_eq(csv_reader_next(&reader, NULL), 0);
    ck_assert_int_eq(csv_reader_next(&reader, NULL), 0);
    ck_assert_str_eq(reader.fields[1], "d");
    ck_assert_int_eq(csv_reader_next(&reader, NULL), 1);
}
END_TEST

static const char *const malformed[] = {"\"open", "a,\"b\nc", "\"a\"b,c", "\"", "\"\"\""};

START_TEST(a_malformed_row_is_an_error_with_file_and_line)
{
    char text[64] = "fine\n";
    strcat(text, malformed[_i]);
    struct csv_reader reader;
    struct error err = {0};
    csv_reader_init(&reader, "x.csv", text);
    ck_assert_int_eq(csv_reader_next(&reader, &err), 0);
    ck_assert_int_eq(csv_reader_next(&reader, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strncmp(err.text, "x.csv:2: ", 9) == 0, "%s", err.text);
}
END_TEST

START_TEST(columns_are_bounded)
{
    char text[CSV_FIELDS_MAX + 10];
    memset(text, ',', sizeof(text));
    struct csv_reader reader;
    struct error err = {0};
    text[CSV_FIELDS_MAX - 1] = '\0';
    csv_reader_init(&reader, "x.csv", text);
    ck_assert_int_eq(csv_reader_next(&reader, &err), 0);
    ck_assert_uint_eq(reader.n_fields, CSV_FIELDS_MAX);
    memset(text, ',', sizeof(text));
    text[CSV_FIELDS_MAX] = '\0';
    csv_reader_init(&reader, "x.csv", text);
    ck_assert_int_eq(csv_reader_next(&reader, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "columns"));
}
END_TEST

START_TEST(numbers_are_read_whole_or_refused)
{
    char text[] = "12,,-3,1x,0x10, 5, -5,+7,18446744073709551615,18446744073709551616,"
                  "-9223372036854775808,1.5";
    struct csv_reader reader;
    struct error err = {0};
    uint64_t value = 0;
    int64_t number = 0;
    csv_reader_init(&reader, "x.csv", text);
    ck_assert_int_eq(csv_reader_next(&reader, &err), 0);
    ck_assert_int_eq(csv_read_u64(&reader, 0, 9, &value, &err), 0);
    ck_assert_uint_eq(value, 12);
    ck_assert_int_eq(csv_read_u64(&reader, 1, 9, &value, &err), 0);
    ck_assert_uint_eq(value, 9);
    ck_assert_int_eq(csv_read_i64(&reader, 2, 9, &number, &err), 0);
    ck_assert_int_eq(number, -3);
    static const size_t no_u64[] = {2, 3, 4, 5, 6, 7, 9, 11, 99};
    for (size_t i = 0; i < ARRAY_LENGTH(no_u64); i++)
        ck_assert_int_eq(csv_read_u64(&reader, no_u64[i], 0, &value, &err), -1);
    static const size_t no_i64[] = {3, 4, 5, 6, 8, 9, 11, 99};
    for (size_t i = 0; i < ARRAY_LENGTH(no_i64); i++)
        ck_assert_int_eq(csv_read_i64(&reader, no_i64[i], 0, &number, &err), -1);
    ck_assert_int_eq(csv_read_u64(&reader, 8, 0, &value, &err), 0);
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert_int_eq(csv_read_i64(&reader, 10, 0, &number, &err), 0);
    ck_assert_int_eq(number, INT64_MIN);

    csv_read_u64(&reader, 3, 0, &value, &err);
    ck_assert_str_eq(err.text, "x.csv:1: column 4: found \"1x\", expected a number");
    csv_read_u64(&reader, 99, 0, &value, &err);
    ck_assert_str_eq(err.text, "x.csv:1: column 100: found \"(nothing)\", expected a number");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("csv");
    TCase *c = tcase_create("rows");
    tcase_add_test(c, fields_are_quoted_where_they_need_it);
    tcase_add_test(c, what_was_written_is_read);
    tcase_add_test(c, a_last_row_without_a_line_end_counts);
    tcase_add_loop_test(c, a_malformed_row_is_an_error_with_file_and_line, 0,
                        (int)ARRAY_LENGTH(malformed));
    tcase_add_test(c, columns_are_bounded);
    tcase_add_test(c, numbers_are_read_whole_or_refused);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

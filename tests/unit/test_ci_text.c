/* ci_text: lines, numbers and files as CI systems are told of them. */
#include "report/ci_text.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

START_TEST(a_line_ends_however_it_is_written)
{
    const char *const text = "one\r\n\rthree\n";
    const char *next = NULL;
    ck_assert_uint_eq(ci_line(text, &next), 3);
    ck_assert_ptr_eq(next, text + 5);
    ck_assert_uint_eq(ci_line(next, &next), 0);
    ck_assert_ptr_eq(next, text + 6);
    ck_assert_uint_eq(ci_line(next, &next), 5);
    ck_assert_str_eq(next, "");
    ck_assert_uint_eq(ci_line(next, &next), 0);
    ck_assert_ptr_null(next);
}
END_TEST

START_TEST(numbers_read_back_the_same)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {4404019, "4404019"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {1e300, "1e+300"},
        {1.0 / 3, "0.3333333333333333"},
        {67108864, "67108864"},
    };
    char text[CI_NUMBER_MAX];
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ck_assert_str_eq(ci_number(rows[i].value, text), rows[i].text);
        ck_assert_double_eq(strtod(text, NULL), rows[i].value);
    }
}
END_TEST

START_TEST(files_are_as_short_as_they_can_be_said)
{
    static const struct {
        const char *file, *directory, *told;
    } rows[] = {
        {"a.json", "/src", "a.json"},
        {"./a//b/./c.json", NULL, "a/b/c.json"},
        {"a/../b.json", NULL, "b.json"},
        {"../b.json", "/src", "../b.json"},
        {"../../b/../c", NULL, "../../c"},
        {"/src/a.json", "/src", "a.json"},
        {"/src/a.json", "/", "/src/a.json"},
        {"/srcs/a.json", "/src", "/srcs/a.json"},
        {"/src", "/src", "/src"},
        {"/../a", NULL, "/a"},
        {"/a/..", NULL, "/"},
        {"", "/src", ""},
        {NULL, "/src", ""},
    };
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct ci_report report = {.directory = rows[i].directory};
        const struct ci_case item = {.file = rows[i].file};
        ck_assert_int_eq(ci_file(&report, &item, &out, NULL), 0);
        ck_assert_str_eq(buffer_text(&out), rows[i].told);
        ck_assert_uint_eq(out.length, strlen(rows[i].told));
    }
}
END_TEST

START_TEST(text_is_harmless_and_escaped_line_by_line)
{
    static const char *const escapes[] = {"%", "%25", "a", "", NULL};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    struct ci_writer writer;
    ci_begin(&writer, &out);
    ci_text(&writer, "a%\x1b\r\nb\xff\n", "|", escapes);
    ci_text(&writer, NULL, "|", NULL);
    ck_assert_int_eq(ci_end(&writer, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "%25\xef\xbf\xbd|b\xef\xbf\xbd|");
}
END_TEST

START_TEST(the_first_failure_is_kept)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(16);
    struct ci_writer writer;
    struct error err = {0};
    ci_begin(&writer, &out);
    ci_put(&writer, "fits");
    ci_put(&writer, "but this does not fit into sixteen bytes");
    ci_put(&writer, "!");
    ck_assert_int_eq(ci_end(&writer, &err), -1);
    ck_assert_str_eq(buffer_text(&out), "fits");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ci_text");
    TCase *c = tcase_create("ci_text");
    tcase_add_test(c, a_line_ends_however_it_is_written);
    tcase_add_test(c, numbers_read_back_the_same);
    tcase_add_test(c, files_are_as_short_as_they_can_be_said);
    tcase_add_test(c, text_is_harmless_and_escaped_line_by_line);
    tcase_add_test(c, the_first_failure_is_kept);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

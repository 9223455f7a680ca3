/* error: the doctrine. What fails returns -1 and leaves kind, errno and text behind. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "tests/support/check_main.h"

START_TEST(setting_returns_minus_one_with_kind_and_text)
{
    struct error err = {0};
    ck_assert_int_eq(error_set(&err, ERROR_USAGE, "found %d, expected %s", 3, "more"), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_int_eq(err.errno_value, 0);
    ck_assert_str_eq(err.text, "found 3, expected more");
}
END_TEST

START_TEST(errno_is_kept_and_said_last)
{
    struct error err = {0};
    ck_assert_int_eq(error_set_errno(&err, ERROR_ENVIRONMENT, ENOENT, "cannot open %s", "x"), -1);
    ck_assert_int_eq(err.errno_value, ENOENT);
    ck_assert_str_eq(err.text, "cannot open x: No such file or directory");
    error_set(&err, ERROR_INTERNAL, "another");
    ck_assert_int_eq(err.errno_value, 0);
}
END_TEST

START_TEST(prefixes_read_from_the_outside_in)
{
    struct error err = {0};
    error_set(&err, ERROR_SERVICE, "inner");
    ck_assert_int_eq(error_prefix(&err, "middle %d", 1), -1);
    ck_assert_int_eq(error_prefix(&err, "outer"), -1);
    ck_assert_str_eq(err.text, "outer: middle 1: inner");
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
}
END_TEST

START_TEST(nobody_has_to_listen)
{
    ck_assert_int_eq(error_set(NULL, ERROR_USAGE, "x"), -1);
    ck_assert_int_eq(error_set_errno(NULL, ERROR_USAGE, EIO, "x"), -1);
    ck_assert_int_eq(error_prefix(NULL, "x"), -1);
    ck_assert_int_eq(error_out_of_memory(NULL), -1);
}
END_TEST

START_TEST(what_is_too_long_is_cut_and_terminated)
{
    struct error err = {0};
    char text[sizeof(err.text) + 100];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set_errno(&err, ERROR_INTERNAL, ENOENT, "%s", text);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    error_prefix(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    error_prefix(&err, "front");
    ck_assert_int_eq(strncmp(err.text, "front: xxx", 10), 0);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

START_TEST(percent_signs_in_a_text_survive_a_prefix)
{
    struct error err = {0};
    error_set(&err, ERROR_INTERNAL, "%s", "100 %s %n");
    error_prefix(&err, "a");
    ck_assert_str_eq(err.text, "a: 100 %s %n");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("error");
    TCase *c = tcase_create("doctrine");
    tcase_add_test(c, setting_returns_minus_one_with_kind_and_text);
    tcase_add_test(c, errno_is_kept_and_said_last);
    tcase_add_test(c, prefixes_read_from_the_outside_in);
    tcase_add_test(c, nobody_has_to_listen);
    tcase_add_test(c, what_is_too_long_is_cut_and_terminated);
    tcase_add_test(c, percent_signs_in_a_text_survive_a_prefix);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

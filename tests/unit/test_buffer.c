/* buffer: grows, is always terminated, and never beyond its bound. */
#include "base/buffer.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

START_TEST(an_empty_buffer_is_an_empty_string)
{
    struct buffer buffer = BUFFER_INIT(10);
    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_clear(&buffer);
    buffer_done(&buffer);
    ck_assert_str_eq(buffer_text(&buffer), "");
}
END_TEST

START_TEST(what_is_appended_is_terminated)
{
    CLEANUP(buffer_done) struct buffer buffer = BUFFER_INIT(100000);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(buffer_printf(&buffer, NULL, "%d", i % 10), 0);
    ck_assert_uint_eq(buffer.length, 10000);
    ck_assert_uint_eq(strlen(buffer_text(&buffer)), 10000);
    ck_assert_int_eq(buffer_append(&buffer, "a\0b", 3, NULL), 0);
    ck_assert_uint_eq(buffer.length, 10003);
    ck_assert_int_eq(buffer.data[10003], '\0');
    ck_assert_int_eq(buffer_append(&buffer, NULL, 0, NULL), 0);
}
END_TEST

START_TEST(the_bound_is_kept_to_the_byte_and_a_failure_changes_nothing)
{
    struct error err = {0};
    CLEANUP(buffer_done) struct buffer buffer = BUFFER_INIT(5);
    ck_assert_int_eq(buffer_append_text(&buffer, "12345", &err), 0);
    ck_assert_int_eq(buffer_append_text(&buffer, "6", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 5 bytes"));
    ck_assert_int_eq(buffer_printf(&buffer, &err, "%s", "67"), -1);
    ck_assert_int_eq(buffer_reserve(&buffer, SIZE_MAX, &err), -1);
    ck_assert_str_eq(buffer_text(&buffer), "12345");
    ck_assert_uint_eq(buffer.length, 5);
}
END_TEST

START_TEST(clearing_keeps_the_storage_and_releasing_allows_another_use)
{
    struct buffer buffer = BUFFER_INIT(100);
    buffer_append_text(&buffer, "text", NULL);
    const char *data = buffer.data;
    buffer_clear(&buffer);
    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_append_text(&buffer, "more", NULL);
    ck_assert_ptr_eq(buffer.data, data);
    buffer_done(&buffer);
    ck_assert_int_eq(buffer_append_text(&buffer, "again", NULL), 0);
    ck_assert_str_eq(buffer_text(&buffer), "again");
    buffer_done(&buffer);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("buffer");
    TCase *c = tcase_create("growing");
    tcase_add_test(c, an_empty_buffer_is_an_empty_string);
    tcase_add_test(c, what_is_appended_is_terminated);
    tcase_add_test(c, the_bound_is_kept_to_the_byte_and_a_failure_changes_nothing);
    tcase_add_test(c, clearing_keeps_the_storage_and_releasing_allows_another_use);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

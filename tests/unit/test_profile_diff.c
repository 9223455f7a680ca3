/* What changed between two profiles, and which functions a profile is about. */
#include "profile/profile_diff.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "profile/profile_top.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"

static void expect_diff(const char *from, const char *to, const char *expected)
{
    struct error err = {0};
    CLEANUP(profile_freep) struct profile *earlier = profiles_make(from);
    CLEANUP(profile_freep) struct profile *later = profiles_make(to);
    CLEANUP(profile_freep) struct profile *changes = NULL;
    ck_assert_msg(profile_diff(earlier, later, &changes, &err) == 0, "%s", err.text);
    CLEANUP(freep) char *text = profiles_text(changes);
    ck_assert_str_eq(text, expected);
}

static void expect_top(const char *folded, const char *expected)
{
    CLEANUP(profile_freep) struct profile *profile = profiles_make(folded);
    CLEANUP(freep) struct profile_top_row *rows = NULL;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(10000);
    size_t n = 0;
    ck_assert_int_eq(profile_top(profile, 0, &rows, &n, NULL), 0);
    for (size_t i = 0; i < n; i++)
        buffer_printf(&text, NULL, "%s %lld %lld\n", rows[i].function, (long long)rows[i].flat,
                      (long long)rows[i].cumulative);
    ck_assert_str_eq(buffer_text(&text), expected);
}

START_TEST(each_stack_has_what_it_grew_by)
{
    expect_diff("main;a 10\nmain;b 5\nmain;gone 3\nmain;same 7\n",
                "main;new 4\nmain;same 7\nmain;b 2\nmain;a 25\n",
                "inuse_space/bytes / 0 0 0\n"
                "new < main: 4\n"
                "b < main: -3\n"
                "a < main: 15\n"
                "gone < main: -3\n");
    expect_diff("main;a 10\n", "main;a 10\n", "inuse_space/bytes / 0 0 0\n");
    expect_diff("", "a;a 1\na 2\n", "inuse_space/bytes / 0 0 0\na < a: 1\na: 2\n");
}
END_TEST

START_TEST(a_difference_and_its_reverse_cancel)
{
    CLEANUP(profile_freep) struct profile *a = profiles_make("m;x 5\nm;y 9\n");
    CLEANUP(profile_freep) struct profile *b = profiles_make("m;y 2\nm;z 1\n");
    CLEANUP(profile_freep) struct profile *forth = NULL;
    CLEANUP(profile_freep) struct profile *back = NULL;
    ck_assert_int_eq(profile_diff(a, b, &forth, NULL), 0);
    ck_assert_int_eq(profile_diff(b, a, &back, NULL), 0);
    ck_assert_int_eq(profile_total(forth, 0), 3 - 14);
    ck_assert_int_eq(profile_total(forth, 0) + profile_total(back, 0), 0);
}
END_TEST

START_TEST(types_are_matched_by_name_and_unit)
{
    struct error err = {0};
    CLEANUP(profile_freep) struct profile *from = profiles_make("m 5\n");
    CLEANUP(profile_freep) struct profile *to = NULL;
    CLEANUP(profile_freep) struct profile *changes = NULL;
    uint32_t frame = 0;
    ck_assert_int_eq(profile_new(&to, NULL), 0);
    ck_assert_int_eq(profile_add_type(to, "inuse_objects", "count", NULL), 0);
    ck_assert_int_eq(profile_add_type(to, "inuse_space", "bytes", NULL), 0);
    to->default_type = 1;
    ck_assert_int_eq(
        profile_add_frame(to, &(struct profile_frame){.function = "m", .file = ""}, &frame, NULL),
        0);
    ck_assert_int_eq(profile_add_sample(to, &frame, 1, (int64_t[]){3, 11}, NULL), 0);
    to->time_ns = 900;
    from->time_ns = 300;
    ck_assert_int_eq(profile_diff(from, to, &changes, NULL), 0);
    CLEANUP(freep) char *text = profiles_text(changes);
    ck_assert_str_eq(text, "*inuse_space/bytes / 0 900 600\nm: 6\n");

    CLEANUP(profile_freep) struct profile *other = NULL;
    struct profile *none = NULL;
    ck_assert_int_eq(profile_new(&other, NULL), 0);
    ck_assert_int_eq(profile_add_type(other, "inuse_space", "pages", NULL), 0);
    ck_assert_int_eq(profile_diff(from, other, &none, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, "the two profiles have no type of values in common");
}
END_TEST

START_TEST(functions_are_ranked_by_what_they_have_themselves)
{
    expect_top("main;a;b 10\nmain;a 4\nmain;c 10\nmain;b -2\n", "c 10 10\n"
                                                                "b 8 8\n"
                                                                "a 4 14\n"
                                                                "main 0 22\n");
    expect_top("", "");
}
END_TEST

START_TEST(a_function_that_calls_itself_counts_once)
{
    expect_top("f;g;f;g;f 7\nf 1\n", "f 8 8\ng 0 7\n");
}
END_TEST

static Suite *profile_diff_suite(void)
{
    Suite *suite = suite_create("profile_diff");
    TCase *tests = tcase_create("profile_diff");
    tcase_add_test(tests, each_stack_has_what_it_grew_by);
    tcase_add_test(tests, a_difference_and_its_reverse_cancel);
    tcase_add_test(tests, types_are_matched_by_name_and_unit);
    tcase_add_test(tests, functions_are_ranked_by_what_they_have_themselves);
    tcase_add_test(tests, a_function_that_calls_itself_counts_once);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(profile_diff_suite);

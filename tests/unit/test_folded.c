/* Text forms of profiles: folded stacks, Go's goroutines. */
#include "profile/folded.h"

#include <string.h>

#include "base/cleanup.h"
#include "profile/goroutine_text.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"

static void expect_goroutines(const char *text, const char *expected)
{
    struct error err = {0};
    CLEANUP(profile_freep) struct profile *profile = NULL;
    ck_assert(goroutine_text_is(text, strlen(text)));
    ck_assert_msg(goroutine_text_read(text, strlen(text), &profile, &err) == 0, "%s", err.text);
    CLEANUP(freep) char *found = profiles_text(profile);
    ck_assert_str_eq(found, expected);
}

static void expect_no_goroutines(const char *text, const char *expected)
{
    struct error err = {0};
    struct profile *profile = NULL;
    ck_assert_int_eq(goroutine_text_read(text, strlen(text), &profile, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, expected);
}

static void expect_not_folded(const char *text, const char *expected)
{
    struct error err = {0};
    struct profile *profile = NULL;
    const struct profile_type type = {"samples", "count"};
    ck_assert_int_eq(folded_read(text, strlen(text), &type, &profile, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, expected);
}

START_TEST(folded_stacks_start_with_the_root)
{
    CLEANUP(profile_freep)
    struct profile *profile = profiles_make(
        "main;handle;parse 12\n\nmain;handle 3\r\nmain;handle;parse 30\nmain;f g h -4");
    CLEANUP(freep) char *text = profiles_text(profile);
    ck_assert_str_eq(text, "inuse_space/bytes / 0 0 0\n"
                           "parse < handle < main: 42\n"
                           "handle < main: 3\n"
                           "f g h < main: -4\n");
}
END_TEST

START_TEST(a_frame_without_a_name_is_unknown)
{
    CLEANUP(profile_freep) struct profile *profile = profiles_make(";a; 1\n");
    CLEANUP(freep) char *text = profiles_text(profile);
    ck_assert_str_eq(text, "inuse_space/bytes / 0 0 0\n"
                           "(unknown) < a < (unknown): 1\n");
}
END_TEST

START_TEST(what_is_no_folded_stack_is_refused_with_its_line)
{
    const char *what = "folded stacks: line 2: found no stack and a whole number after a space";
    expect_not_folded("a;b 1\na;b\n", what);
    expect_not_folded("a;b 1\na;b 1.5\n", what);
    expect_not_folded("a;b 1\n12\n", what);
    expect_not_folded("a;b 1\na 99999999999999999999\n", what);
    expect_not_folded("a;b 9223372036854775807\na;b 1\n",
                      "folded stacks: line 2: the values of samples are beyond 64 bits");
}
END_TEST

START_TEST(folded_stacks_are_told_from_other_text)
{
    static const char *const folded[] = {"a;b 1", "a 1\n\na;b 2\n", "a;b;c d 1\n"};
    static const char *const others[] = {"",
                                         "\n",
                                         "a 1\n",
                                         "a;b\n",
                                         "a;b 1\n# a comment\n",
                                         "go_goroutines 8\ngo_threads 7\n",
                                         "x{a=\"b;c\"} 1.5\n"};
    for (size_t i = 0; i < ARRAY_LENGTH(folded); i++)
        ck_assert_msg(folded_is(folded[i], strlen(folded[i])), "%s", folded[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        ck_assert_msg(!folded_is(others[i], strlen(others[i])), "%s", others[i]);
}
END_TEST

START_TEST(goroutines_are_grouped_and_counted)
{
    expect_goroutines("goroutine profile: total 503\n"
                      "500 @ 0x43b256 0x46b181\n"
                      "# labels: {\"user\":\"a\"}\n"
                      "#\t0x67ee32\tmain.hang+0x172\t\t/src/demo/main.go:34\n"
                      "#\t0x46b181\tmain.(*T[...]).run.func1+0x6\t/src/main.go:7\n"
                      "\n"
                      "2 @ 0x1 0x2\n"
                      "#\t0x1\tmain.main+0x1\t/src/main.go:55\n"
                      "\n"
                      "1 @ 0x9 0x2\n"
                      "#\t0x67ee32\tmain.hang+0x172\t\t/src/demo/main.go:34\n"
                      "#\t0x46b181\tmain.(*T[...]).run.func1+0x6\t/src/main.go:7\n",
                      "goroutine/count / 0 0 0\n"
                      "main.hang (/src/demo/main.go:34) < main.(*T[...]).run.func1 "
                      "(/src/main.go:7): 501\n"
                      "main.main (/src/main.go:55): 2\n");
}
END_TEST

START_TEST(goroutines_without_names_are_told_by_address)
{
    expect_goroutines("my own profile: total 8\n1 @ 0x43b256  0x46b181\n6 @\n#\t0x0\n\n1 @ \n",
                      "my own/count / 0 0 0\n"
                      "0x43b256 < 0x46b181: 1\n"
                      ": 7\n");
    expect_goroutines("threadcreate profile: total 0\n", "threadcreate/count / 0 0 0\n");
}
END_TEST

START_TEST(frames_that_lack_something_are_taken_as_they_are)
{
    expect_goroutines("goroutine profile: total 4\n#\t0x1\tbefore+0x1\ta.go:1\n"
                      "1 @ 0x1\n#\t0x1\tf\n"
                      "1 @ 0x1\n#\t0x1\tg+0x\tC:/a.go:x\n"
                      "1 @ 0x1\n#\t0x1\th+0x12\ta.go:-3\n"
                      "1 @ 0x1\n#\n#\t\n#\t0x1\t\t\t\n",
                      "goroutine/count / 0 0 0\n"
                      "f: 1\n"
                      "g+0x (C:/a.go:x:0): 1\n"
                      "h (a.go:-3): 1\n"
                      "0x1: 1\n");
}
END_TEST

START_TEST(what_is_no_group_of_goroutines_is_refused_with_its_line)
{
    expect_no_goroutines("", "it does not start with \"NAME profile: total N\"");
    expect_no_goroutines("goroutine profile: total many\n",
                         "it does not start with \"NAME profile: total N\"");
    expect_no_goroutines("goroutine profile: total 1\n1 0x1\n",
                         "line 2: found no \"COUNT @ ADDRESSES\"");
    expect_no_goroutines("goroutine profile: total 1\n\nx @ 0x1\n",
                         "line 3: found no \"COUNT @ ADDRESSES\"");
    expect_no_goroutines("goroutine profile: total 1\n9223372036854775807 @ 0x1\n1 @ 0x1",
                         "the values of goroutine are beyond 64 bits");
    ck_assert(!goroutine_text_is(" profile: total 1\n", 18));
    ck_assert(!goroutine_text_is("\ngoroutine profile: total 1\n", 28));
}
END_TEST

static Suite *folded_suite(void)
{
    Suite *suite = suite_create("folded");
    TCase *tests = tcase_create("folded");
    tcase_add_test(tests, folded_stacks_start_with_the_root);
    tcase_add_test(tests, a_frame_without_a_name_is_unknown);
    tcase_add_test(tests, what_is_no_folded_stack_is_refused_with_its_line);
    tcase_add_test(tests, folded_stacks_are_told_from_other_text);
    tcase_add_test(tests, goroutines_are_grouped_and_counted);
    tcase_add_test(tests, goroutines_without_names_are_told_by_address);
    tcase_add_test(tests, frames_that_lack_something_are_taken_as_they_are);
    tcase_add_test(tests, what_is_no_group_of_goroutines_is_refused_with_its_line);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(folded_suite);

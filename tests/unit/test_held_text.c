/* held_text: what a script within a service tells, and what it had better not. */
#include "instrument/held_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"

static struct profile *profile;

static void setup(void)
{
    ck_assert_int_eq(held_text_profile(&profile, NULL), 0);
}

static void teardown(void)
{
    profile_free(profile);
}

static int read_text(const char *text, struct error *err)
{
    return held_text_read(text, strlen(text), profile, err);
}

static void expect_refused(const char *text, const char *expected)
{
    struct error err = {.text = ""};
    struct profile *own = profile;
    ck_assert_int_eq(held_text_profile(&profile, NULL), 0);
    ck_assert_msg(read_text(text, &err) == -1, "%s", text);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
    ck_assert_msg(strstr(err.text, expected) != NULL, "%s", err.text);
    profile_free(profile);
    profile = own;
}

START_TEST(stacks_of_several_processes_add_up)
{
    static const char text[] = "frame 3 /a b.js\tkeep\nframe 0 \tmain\n"
                               "stack 2 100 0 1\nstack 1 7 1\nend\n";
    struct error err = {.text = ""};
    ck_assert_msg(read_text(text, &err) == 0, "%s", err.text);
    ck_assert_int_eq(read_text(text, &err), 0);
    CLEANUP(freep) char *all = profiles_text(profile);
    ck_assert_ptr_nonnull(strstr(all, "keep (/a b.js:3)"));
    ck_assert_ptr_nonnull(strstr(all, "main: 4 200"));
    ck_assert_int_eq(profile_total(profile, 0), 6);
    ck_assert_int_eq(profile_total(profile, 1), 214);
    ck_assert_uint_eq(profile->default_type, 1);
}
END_TEST

START_TEST(a_frame_without_a_function_is_called_by_its_file)
{
    ck_assert_int_eq(read_text("frame 3 <string>\t\nframe 0 \t\nstack 1 1 0 1\nend\n", NULL), 0);
    ck_assert_str_eq(profile->frames[0].function, "<string>");
    ck_assert_str_eq(profile->frames[1].function, "(unknown)");
}
END_TEST

START_TEST(nothing_else_is_believed)
{
    expect_refused("", "expected end");
    expect_refused("frame 1 a\tb\n", "expected end");
    expect_refused("frame x a\tb\nend\n", "line 1 of what it tells: expected a frame");
    expect_refused("frame -1 a\tb\nend\n", "expected a frame");
    expect_refused("frame 99999999999999999999 a\tb\nend\n", "expected a frame");
    expect_refused("stack 1 1 0\nend\n", "the number of a frame that was told before");
    expect_refused("frame 1 a\tb\nstack 1 1 -1\nend\n", "the number of a frame");
    expect_refused("frame 1 a\tb\nstack 1\nend\n", "expected a stack");
    expect_refused("frame 1 a\tb\nstack -5 1 0\nend\n", "expected a stack");
    expect_refused("GET / HTTP/1.1\n", "expected frame, stack, failed or end");
    expect_refused("failed no inspector\nend\n", "could not tell what it holds: no inspector");
}
END_TEST

START_TEST(values_that_overflow_are_refused)
{
    struct error err = {.text = ""};
    ck_assert_int_eq(
        read_text("frame 1 a\tb\nstack 1 9223372036854775807 0\n"
                  "stack 1 9223372036854775807 0\nstack 1 9223372036854775807 0\nend\n",
                  &err),
        -1);
}
END_TEST

START_TEST(a_stack_that_is_deeper_is_cut_at_the_root)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(100000);
    ck_assert_int_eq(buffer_append_text(&text, "frame 1 a\tleaf\nframe 2 a\tf\nstack 1 1 0", NULL),
                     0);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_int_eq(buffer_append_text(&text, " 1", NULL), 0);
    ck_assert_int_eq(buffer_append_text(&text, "\nend\n", NULL), 0);
    ck_assert_int_eq(read_text(buffer_text(&text), NULL), 0);
    ck_assert_uint_eq(profile->samples[0].depth, HELD_TEXT_DEPTH_MAX);
    ck_assert_str_eq(profile->frames[profile->samples[0].frames[0]].function, "leaf");
}
END_TEST

START_TEST(an_answer_is_whole_with_its_last_line)
{
    ck_assert(held_text_is_whole("end\n", 4));
    ck_assert(held_text_is_whole("stack 1 1\nend\n", 14));
    ck_assert(!held_text_is_whole("frame 1 a\tb_end\n", 16));
    ck_assert(!held_text_is_whole("en", 2));
    ck_assert(!held_text_is_whole("", 0));
}
END_TEST

/* Any text, cut and changed anywhere, is read or refused, and nothing else. */
START_TEST(broken_text_does_no_harm)
{
    static const char whole[] = "frame 3 /a.js\tkeep\nframe 1 \tmain\nstack 2 100 0 1\n"
                                "stack 1 7 1\nend\n";
    for (size_t at = 0; at < sizeof(whole) - 1; at++)
        for (int c = 0; c < 256; c += 7) {
            char text[sizeof(whole)];
            struct profile *mine = NULL;
            memcpy(text, whole, sizeof(whole));
            text[at] = (char)c;
            ck_assert_int_eq(held_text_profile(&mine, NULL), 0);
            (void)held_text_read(text, at % 2 == 0 ? at : sizeof(whole) - 1, mine, NULL);
            profile_free(mine);
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("held_text");
    TCase *tcase = tcase_create("held_text");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, stacks_of_several_processes_add_up);
    tcase_add_test(tcase, a_frame_without_a_function_is_called_by_its_file);
    tcase_add_test(tcase, nothing_else_is_believed);
    tcase_add_test(tcase, values_that_overflow_are_refused);
    tcase_add_test(tcase, a_stack_that_is_deeper_is_cut_at_the_root);
    tcase_add_test(tcase, an_answer_is_whole_with_its_last_line);
    tcase_add_test(tcase, broken_text_does_no_harm);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);

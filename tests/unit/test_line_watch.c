/* line_watch: a growing file, and the line in it that is waited for. */
#include "base/line_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static char path[PATH_MAX + 16];
static struct line_watch *watch;

static void set_up(void)
{
    dir = temp_dir_make();
    snprintf(path, sizeof(path), "%s/log", dir.path);
    watch = NULL;
}

static void tear_down(void)
{
    line_watch_free(watch);
    temp_dir_done(&dir);
}

static void begin(const char *pattern)
{
    struct error err = {0};
    ck_assert_msg(line_watch_new(path, pattern, &watch, &err) == 0, "%s", err.text);
}

static void add(const void *data, size_t length)
{
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, length), (ssize_t)length);
}

static void add_text(const char *text)
{
    add(text, strlen(text));
}

START_TEST(a_line_that_is_added_matches)
{
    begin("^listening on [0-9]+$");
    ck_assert(!line_watch_look(watch));
    add_text("starting\n");
    ck_assert(!line_watch_look(watch));
    add_text("now listening on 80\nlistening on x\n");
    ck_assert(!line_watch_look(watch));
    ck_assert_uint_eq(line_watch_lines(watch), 3);
    add_text("listening on 8080\nmore\n");
    ck_assert(line_watch_look(watch));
    ck_assert(line_watch_look(watch));
}
END_TEST

START_TEST(what_was_there_before_does_not_count)
{
    add_text("ready\n");
    begin("ready");
    ck_assert(!line_watch_look(watch));
    add_text("once more re");
    ck_assert(!line_watch_look(watch));
    add_text("ady\n");
    ck_assert(line_watch_look(watch));
}
END_TEST

START_TEST(a_line_that_stays_open_is_looked_at_when_nothing_follows)
{
    begin("login: $");
    add_text("login: ");
    ck_assert(!line_watch_look(watch));
    ck_assert(line_watch_look(watch));
}
END_TEST

START_TEST(a_line_that_goes_on_is_not_taken_for_its_beginning)
{
    begin("^ready$");
    add_text("ready");
    ck_assert(!line_watch_look(watch));
    add_text(" or not\n");
    ck_assert(!line_watch_look(watch));
    ck_assert(!line_watch_look(watch));
}
END_TEST

START_TEST(carriage_returns_are_no_part_of_a_line)
{
    begin("^up$");
    add_text("up\r\n");
    ck_assert(line_watch_look(watch));
}
END_TEST

START_TEST(binary_junk_is_survived)
{
    char junk[5000];
    for (size_t i = 0; i < sizeof(junk); i++)
        junk[i] = (char)(i * 7919 >> 3);
    begin("a.*ready");
    add(junk, sizeof(junk));
    add("\n\0\0a\0\xff\x80ready\0\n", 15);
    ck_assert(line_watch_look(watch));
}
END_TEST

/* Where in a long line the word stands. */
static const size_t places[] = {0,
                                LINE_WATCH_WINDOW_BYTES - 3,
                                LINE_WATCH_WINDOW_BYTES,
                                LINE_WATCH_WINDOW_BYTES + LINE_WATCH_WINDOW_BYTES / 2 - 2,
                                10 * LINE_WATCH_WINDOW_BYTES + 17,
                                300000};

START_TEST(in_a_long_line_the_word_is_found)
{
    CLEANUP(freep) char *text = malloc(400000);
    memset(text, 'x', 400000);
    memcpy(text + places[_i], "ready", 5);
    begin("ready");
    add(text, 400000);
    ck_assert(line_watch_look(watch));
}
END_TEST

START_TEST(the_middle_of_a_long_line_is_neither_its_beginning_nor_its_end)
{
    CLEANUP(freep) char *text = malloc(400000);
    memset(text, 'x', 400000);
    begin("^x+$|^y");
    text[LINE_WATCH_WINDOW_BYTES / 2] = 'y';
    text[0] = 'z';
    add(text, 400000);
    ck_assert(!line_watch_look(watch));
    add_text("\nshort\n");
    ck_assert(!line_watch_look(watch));
    add_text("y\n");
    ck_assert(line_watch_look(watch));
}
END_TEST

static const char *const faults[] = {"(", "a{2", "[a", "a\\"};

START_TEST(what_is_no_expression_is_said)
{
    struct error err = {0};
    ck_assert_int_eq(line_watch_check("^ok", &err), 0);
    ck_assert_int_eq(line_watch_check(faults[_i], &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "POSIX extended regular expression"));
    ck_assert_int_eq(line_watch_new(path, faults[_i], &watch, &err), -1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("line_watch");
    TCase *lines = tcase_create("lines");
    tcase_add_checked_fixture(lines, set_up, tear_down);
    tcase_add_test(lines, a_line_that_is_added_matches);
    tcase_add_test(lines, what_was_there_before_does_not_count);
    tcase_add_test(lines, a_line_that_stays_open_is_looked_at_when_nothing_follows);
    tcase_add_test(lines, a_line_that_goes_on_is_not_taken_for_its_beginning);
    tcase_add_test(lines, carriage_returns_are_no_part_of_a_line);
    tcase_add_test(lines, binary_junk_is_survived);
    tcase_add_loop_test(lines, in_a_long_line_the_word_is_found, 0, (int)ARRAY_LENGTH(places));
    tcase_add_test(lines, the_middle_of_a_long_line_is_neither_its_beginning_nor_its_end);
    tcase_add_loop_test(lines, what_is_no_expression_is_said, 0, (int)ARRAY_LENGTH(faults));
    suite_add_tcase(s, lines);
    return s;
}

CHECK_MAIN(suite);

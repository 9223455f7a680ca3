/* bounded_log: of much output the beginning and the end stay, and how much is missing is told. */
#include "base/bounded_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define KEPT_MAX (BOUNDED_LOG_HEAD_BYTES + BOUNDED_LOG_TAIL_BYTES + 128)
#define LINE     "line %012llu of what is printed\n"

static struct temp_dir dir;
static char path[PATH_MAX + 16];

static void set_up(void)
{
    dir = temp_dir_make();
    snprintf(path, sizeof(path), "%s/service.log", dir.path);
}

static void tear_down(void)
{
    temp_dir_done(&dir);
}

static struct bounded_log *open_log(void)
{
    struct bounded_log *log = NULL;
    struct error err = {0};
    ck_assert_msg(bounded_log_open(path, &log, &err) == 0, "%s", err.text);
    return log;
}

static void add_lines(struct bounded_log *log, unsigned long long from, unsigned long long to)
{
    static char block[65536];
    size_t length = 0;
    for (unsigned long long i = from; i < to; i++) {
        length += (size_t)snprintf(block + length, sizeof(block) - length, LINE, i);
        if (length < sizeof(block) - 64 && i + 1 < to)
            continue;
        bounded_log_add(log, block, length);
        length = 0;
    }
}

static struct buffer read_log(void)
{
    struct buffer text = BUFFER_INIT(2 * KEPT_MAX);
    ck_assert_int_eq(file_read(AT_FDCWD, path, &text, NULL), 0);
    return text;
}

static bool ends_with(const struct buffer *text, const char *end)
{
    size_t length = strlen(end);
    return text->length >= length && strcmp(text->data + text->length - length, end) == 0;
}

START_TEST(what_is_little_is_written_as_it_comes)
{
    struct bounded_log *log = open_log();
    bounded_log_add(log, "starting\n", 9);
    ck_assert(!bounded_log_is_dirty(log));
    CLEANUP(buffer_done) struct buffer text = read_log();
    ck_assert_str_eq(buffer_text(&text), "starting\n");
    bounded_log_free(log);
    log = open_log();
    bounded_log_add(log, "again\n", 6);
    bounded_log_free(log);
    CLEANUP(buffer_done) struct buffer more = read_log();
    ck_assert_str_eq(buffer_text(&more), "starting\nagain\n");
    ck_assert_uint_eq(bounded_log_left_out(path), 0);
}
END_TEST

START_TEST(of_much_the_beginning_and_the_end_stay)
{
    const unsigned long long lines = 1200000;
    struct bounded_log *log = open_log();
    add_lines(log, 0, lines);
    ck_assert(bounded_log_is_dirty(log));
    bounded_log_free(log);

    CLEANUP(buffer_done) struct buffer text = read_log();
    ck_assert_uint_le(text.length, KEPT_MAX);
    ck_assert_int_eq(strncmp(text.data, "line 000000000000 ", 18), 0);
    char end[64];
    snprintf(end, sizeof(end), LINE, lines - 1);
    ck_assert(ends_with(&text, end));

    /* What is missing is exactly what is said, and the end begins with a line. */
    const char *notice = strstr(text.data + BOUNDED_LOG_HEAD_BYTES, "\n[leakcage: ");
    ck_assert_ptr_eq(notice, text.data + BOUNDED_LOG_HEAD_BYTES);
    const char *tail = strchr(notice + 1, '\n') + 1;
    ck_assert_int_eq(strncmp(tail, "line ", 5), 0);
    size_t kept = text.length - (size_t)(tail - notice);
    snprintf(end, sizeof(end), LINE, 0ULL);
    ck_assert_uint_eq(bounded_log_left_out(path) + kept, lines * strlen(end));
}
END_TEST

START_TEST(between_head_and_bound_nothing_is_missing)
{
    const unsigned long long lines = (BOUNDED_LOG_HEAD_BYTES + BOUNDED_LOG_TAIL_BYTES / 2) / 35;
    struct bounded_log *log = open_log();
    add_lines(log, 0, lines / 2);
    add_lines(log, lines / 2, lines);
    bounded_log_free(log);
    CLEANUP(buffer_done) struct buffer text = read_log();
    char line[64];
    size_t length = (size_t)snprintf(line, sizeof(line), LINE, 0ULL);
    ck_assert_uint_eq(text.length, lines * length);
    for (unsigned long long i = 0; i < lines; i++) {
        snprintf(line, sizeof(line), LINE, i);
        ck_assert_msg(strncmp(text.data + i * length, line, length) == 0, "line %llu", i);
    }
    ck_assert_uint_eq(bounded_log_left_out(path), 0);
}
END_TEST

START_TEST(a_log_that_is_continued_goes_on_counting)
{
    char line[64];
    size_t length = (size_t)snprintf(line, sizeof(line), LINE, 0ULL);
    struct bounded_log *log = open_log();
    add_lines(log, 0, 600000);
    bounded_log_free(log);
    for (unsigned start = 1; start < 5; start++) {
        log = open_log();
        add_lines(log, start * 600000ULL, (start + 1) * 600000ULL);
        bounded_log_free(log);
    }
    CLEANUP(buffer_done) struct buffer text = read_log();
    ck_assert_uint_le(text.length, KEPT_MAX);
    const char *notice = text.data + BOUNDED_LOG_HEAD_BYTES;
    const char *tail = strchr(notice + 1, '\n') + 1;
    size_t kept = text.length - (size_t)(tail - notice);
    ck_assert_uint_eq(bounded_log_left_out(path) + kept, 5 * 600000 * length);
    snprintf(line, sizeof(line), LINE, 5 * 600000ULL - 1);
    ck_assert(ends_with(&text, line));
}
END_TEST

START_TEST(what_has_no_lines_is_bounded_too)
{
    struct bounded_log *log = open_log();
    CLEANUP(freep) char *block = malloc(3 * BOUNDED_LOG_TAIL_BYTES);
    memset(block, 'x', 3 * BOUNDED_LOG_TAIL_BYTES);
    for (int i = 0; i < 20; i++)
        bounded_log_add(log, block, 3 * BOUNDED_LOG_TAIL_BYTES);
    bounded_log_add(log, "the end", 7);
    bounded_log_flush(log);
    CLEANUP(buffer_done) struct buffer text = read_log();
    ck_assert_uint_le(text.length, KEPT_MAX);
    ck_assert(ends_with(&text, "xthe end"));
    ck_assert_uint_eq(bounded_log_left_out(path), 60 * BOUNDED_LOG_TAIL_BYTES + 7 -
                                                      BOUNDED_LOG_HEAD_BYTES -
                                                      BOUNDED_LOG_TAIL_BYTES);
    bounded_log_free(log);
}
END_TEST

START_TEST(what_cannot_be_written_is_told_and_no_hindrance)
{
    struct error err = {0};
    struct bounded_log *log = NULL;
    ck_assert_int_eq(bounded_log_open("/nowhere/service.log", &log, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/service.log"));
    ck_assert_int_eq(bounded_log_open("/dev/full", &log, NULL), 0);
    ck_assert_int_eq(bounded_log_failure(log), 0);
    add_lines(log, 0, 10);
    ck_assert_int_eq(bounded_log_failure(log), ENOSPC);
    bounded_log_free(log);
    ck_assert_uint_eq(bounded_log_left_out("/nowhere/service.log"), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bounded_log");
    TCase *tc = tcase_create("log");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_is_little_is_written_as_it_comes);
    tcase_add_test(tc, of_much_the_beginning_and_the_end_stay);
    tcase_add_test(tc, between_head_and_bound_nothing_is_missing);
    tcase_add_test(tc, a_log_that_is_continued_goes_on_counting);
    tcase_add_test(tc, what_has_no_lines_is_bounded_too);
    tcase_add_test(tc, what_cannot_be_written_is_told_and_no_hindrance);
    suite_add_tcase(s, tc);
    return s;
}

CHECK_MAIN(suite);

/* serve_events: a feed as a stream, from anywhere to its end. */
#include "serve/serve_events.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define FEED  "results/.work-test/live/r.jsonl"
#define FIRST "{\"schema\":\"leakcage.live/1\",\"id\":\"r\"}\n"
#define RETRY "retry: 1000\n\n"

static struct temp_dir dir;
static char *folders[2];
static struct serve_results *results;
static struct serve_events *events;
static char stream[1 << 20];

static void setup(void)
{
    dir = temp_dir_make();
    temp_dir_write(&dir, FEED, FIRST);
    folders[0] = file_join(dir.path, "results");
    ck_assert_int_eq(serve_results_new((const char *const *)folders, &results, NULL), 0);
}

static void teardown(void)
{
    serve_events_close(events);
    serve_results_free(results);
    free(folders[0]);
    temp_dir_done(&dir);
}

static void open_events(const char *after)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(serve_events_open(results, "0/r", after, &events, &err) == 0, "%s", err.text);
}

static void append(const char *text)
{
    CLEANUP(closep) int fd = openat(dir.fd, FEED, O_WRONLY | O_APPEND | O_CLOEXEC);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* All that there is now, in pieces of `size`; *ret_over: it has ended. */
static const char *read_events(size_t size, bool *ret_over)
{
    size_t length = 0;
    ssize_t n = 0;
    while ((n = serve_events_read(events, stream + length, size)) > 0)
        length += (size_t)n;
    stream[length] = '\0';
    *ret_over = n < 0;
    return stream;
}

static void expect_more(const char *expected)
{
    bool over = true;
    ck_assert_str_eq(read_events(65536, &over), expected);
    ck_assert(!over);
}

START_TEST(lines_are_events_as_they_come_and_half_a_line_is_none)
{
    open_events(NULL);
    expect_more(RETRY "id: 38\ndata: {\"schema\":\"leakcage.live/1\",\"id\":\"r\"}\n\n");
    expect_more("");
    append("{\"t_s\":1}\n{\"t_s\"");
    expect_more("id: 48\ndata: {\"t_s\":1}\n\n");
    append(":2}\n");
    expect_more("id: 58\ndata: {\"t_s\":2}\n\n");
}
END_TEST

START_TEST(it_comes_in_pieces_of_any_size)
{
    bool over = true;
    append("{\"t_s\":1}\n");
    open_events(NULL);
    ck_assert_str_eq(read_events(1, &over),
                     RETRY "id: 38\ndata: {\"schema\":\"leakcage.live/1\",\"id\":\"r\"}\n\n"
                           "id: 48\ndata: {\"t_s\":1}\n\n");
}
END_TEST

static const struct {
    const char *after;
    bool from_begin;
} places[] = {{"38", false},
              {"0", true},
              {"", true},
              {"-1", true},
              {"x", true},
              {"49", true},
              {"99999999999999999999", true}};

START_TEST(a_reader_that_comes_back_goes_on_where_it_was)
{
    bool over = true;
    append("{\"t_s\":1}\n");
    open_events(places[_i].after);
    const char *text = read_events(4096, &over);
    ck_assert_ptr_nonnull(strstr(text, "id: 48\ndata: {\"t_s\":1}\n\n"));
    ck_assert_int_eq(strstr(text, "schema") != NULL, places[_i].from_begin);
}
END_TEST

/* In the middle of a line: what is left of it is no event. */
START_TEST(a_wrong_place_loses_a_line_at_most)
{
    append("{\"t_s\":1}\n");
    open_events("10");
    expect_more(RETRY "id: 48\ndata: {\"t_s\":1}\n\n");
}
END_TEST

START_TEST(what_would_break_the_stream_is_left_out)
{
    open_events("38");
    append("\nrubbish\n{\"a\":\"\r\ndata: x\"}\n{\"a\":\"\x1b\"}\n{\"a\":\"\xff\"}\n[1]\n{}\n");
    expect_more(RETRY "id: 92\ndata: {}\n\n");
    append("{\"a\":\"");
    for (int i = 0; i < 1000; i++)
        append("0123456789012345678901234567890123456789012345678901234567890123456789");
    append("\"}\n{\"t_s\":1}\n");
    bool over = true;
    const char *text = read_events(4096, &over);
    ck_assert_ptr_nonnull(strstr(text, "data: {\"t_s\":1}\n\n"));
    ck_assert_ptr_null(strstr(text, "0123456789"));
    ck_assert(!over);
}
END_TEST

START_TEST(many_short_lines_fit)
{
    CLEANUP(freep) char *lines = malloc(300001);
    for (int i = 0; i < 100000; i++)
        memcpy(lines + (size_t)i * 3, "{}\n", 3);
    lines[300000] = '\0';
    append(lines);
    open_events("38");
    unsigned n = 0;
    size_t length = 0;
    for (ssize_t part; (part = serve_events_read(events, stream, sizeof(stream) - 1)) > 0;) {
        stream[part] = '\0';
        length += (size_t)part;
        for (const char *at = stream; (at = strstr(at, "data: {}\n\n")) != NULL; at++)
            n++;
    }
    ck_assert_uint_eq(n, 100000);
    ck_assert_uint_gt(length, 2000000);
}
END_TEST

START_TEST(the_end_names_the_report_and_ends_the_stream)
{
    bool over = false;
    open_events("38");
    temp_dir_write(&dir, "results/r/result.json", "{\"schema\": \"leakcage.result/1\"}");
    append("{\"end\":true,\"verdict\":\"leak\",\"dir\":\"results/r\"}\n{\"t_s\":9}\n");
    ck_assert_str_eq(read_events(4096, &over),
                     RETRY "id: 86\ndata: {\"end\":true,\"verdict\":\"leak\",\"dir\":\"results/r\","
                           "\"report\":\"report?run=0/r\"}\n\n");
    ck_assert(over);
    ck_assert_int_eq(serve_events_read(events, stream, 10), -1);
}
END_TEST

START_TEST(a_feed_that_is_gone_is_read_to_its_last_line_and_then_ends)
{
    bool over = false;
    open_events("38");
    append("{\"t_s\":1}\n");
    ck_assert_int_eq(unlinkat(dir.fd, FEED, 0), 0);
    ck_assert_str_eq(read_events(4096, &over),
                     RETRY "id: 48\ndata: {\"t_s\":1}\n\nid: 48\ndata: {\"end\":true}\n\n");
    ck_assert(over);
}
END_TEST

START_TEST(a_feed_that_was_cut_ends)
{
    bool over = false;
    open_events(NULL);
    (void)read_events(4096, &over);
    ck_assert(!over);
    temp_dir_write(&dir, FEED, "");
    (void)read_events(4096, &over);
    ck_assert(over);
}
END_TEST

START_TEST(a_feed_of_a_session_that_dies_ends)
{
    char owner[OWNER_NAME_MAX] = "";
    char name[256];
    int fds[2];
    bool over = true;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        owner_name(owner, NULL);
        if (write(fds[1], owner, sizeof(owner)) < 0)
            _exit(1);
        close(fds[1]);
        pause();
        _exit(0);
    }
    ck_assert_int_eq(read(fds[0], owner, sizeof(owner)), sizeof(owner));
    snprintf(name, sizeof(name), "results/.work-%s/live/other.jsonl", owner);
    temp_dir_write(&dir, name, FIRST);
    ck_assert_int_eq(serve_events_open(results, "other", NULL, &events, NULL), 0);
    (void)read_events(4096, &over);
    ck_assert(!over);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    clock_sleep_until(clock_now_ns() + 1100 * NSEC_PER_MSEC);
    ck_assert_str_eq(read_events(4096, &over), "id: 38\ndata: {\"end\":true}\n\n");
    ck_assert(over);
}
END_TEST

START_TEST(of_a_run_that_is_over_there_is_the_end_and_of_no_run_nothing)
{
    bool over = false;
    struct error err = {.kind = ERROR_NONE};
    temp_dir_write(&dir, "results/done/result.json", "{\"schema\": \"leakcage.result/1\"}");
    ck_assert_int_eq(serve_events_open(results, "done", NULL, &events, &err), 0);
    const char *text = read_events(4096, &over);
    ck_assert_ptr_nonnull(strstr(text, "\"report\":\"report?run=0/done\"}\n\n"));
    ck_assert(over);
    ck_assert_int_eq(serve_events_open(results, "0/nobody", NULL, &events, &err), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("serve_events");
    TCase *c = tcase_create("a stream");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, lines_are_events_as_they_come_and_half_a_line_is_none);
    tcase_add_test(c, it_comes_in_pieces_of_any_size);
    tcase_add_loop_test(c, a_reader_that_comes_back_goes_on_where_it_was, 0, ARRAY_LENGTH(places));
    tcase_add_test(c, a_wrong_place_loses_a_line_at_most);
    tcase_add_test(c, what_would_break_the_stream_is_left_out);
    tcase_add_test(c, many_short_lines_fit);
    tcase_add_test(c, the_end_names_the_report_and_ends_the_stream);
    tcase_add_test(c, a_feed_that_is_gone_is_read_to_its_last_line_and_then_ends);
    tcase_add_test(c, a_feed_that_was_cut_ends);
    tcase_add_test(c, a_feed_of_a_session_that_dies_ends);
    tcase_add_test(c, of_a_run_that_is_over_there_is_the_end_and_of_no_run_nothing);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

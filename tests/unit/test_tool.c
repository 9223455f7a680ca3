/* tool: run to its end, its output caught, ended with all that it started. */
#include "base/tool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define SHELL(script) ((const char *const[]){"sh", "-c", (script), NULL})

START_TEST(output_and_exit_status_come_back)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(100);
    CLEANUP(buffer_done) struct buffer error_out = BUFFER_INIT(100);
    const struct tool_spec spec = {
        .words = SHELL("echo one; echo two >&2; exit 3"), .out = &out, .error_out = &error_out};
    struct process_end end;
    ck_assert_int_eq(tool_run(&spec, &end, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "one\n");
    ck_assert_str_eq(buffer_text(&error_out), "two\n");
    ck_assert(!end.signaled);
    ck_assert_int_eq(end.status, 3);
    ck_assert(!tool_went_well(&end));
}
END_TEST

START_TEST(there_is_no_input_and_the_folder_is_the_one_that_was_named)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(100);
    const struct tool_spec spec = {
        .words = SHELL("cat; pwd"), .cwd = "/usr", .out = &out, .error_out = &out};
    struct process_end end;
    ck_assert_int_eq(tool_run(&spec, &end, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "/usr\n");
    ck_assert(tool_went_well(&end));
}
END_TEST

START_TEST(more_output_than_there_is_room_for_is_cut)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(10);
    const struct tool_spec spec = {.words = SHELL("echo 0123456789abcdef"), .out = &out};
    struct process_end end;
    ck_assert_int_eq(tool_run(&spec, &end, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "0123456789");
}
END_TEST

START_TEST(a_log_has_both_in_their_order_and_replaces_an_older_one)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(freep) char *log = file_join(dir.path, "log");
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(1000);
    temp_dir_write(&dir, "log", "what was there before and is longer than what comes\n");
    const struct tool_spec spec = {.words = SHELL("echo 1; echo 2 >&2; echo 3"), .log_path = log};
    struct process_end end;
    ck_assert_int_eq(tool_run(&spec, &end, NULL), 0);
    ck_assert_int_eq(file_read(AT_FDCWD, log, &text, NULL), 0);
    ck_assert_str_eq(buffer_text(&text), "1\n2\n3\n");
}
END_TEST

START_TEST(what_is_left_in_the_background_is_not_waited_for)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(100);
    const struct tool_spec spec = {.words = SHELL("sleep 20 & echo $!"), .out = &out};
    struct process_end end;
    nsec_t begin_ns = clock_now_ns();
    ck_assert_int_eq(tool_run(&spec, &end, NULL), 0);
    ck_assert_int_lt(clock_now_ns() - begin_ns, 10 * NSEC_PER_SEC);
    kill((pid_t)strtol(buffer_text(&out), NULL, 10), SIGKILL);
}
END_TEST

START_TEST(a_tool_that_is_not_there_is_told_apart)
{
    const struct tool_spec spec = {.words = (const char *const[]){"no-such-tool-here", NULL}};
    struct process_end end;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(tool_run(&spec, &end, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_int_eq(err.errno_value, 2);
    ck_assert_ptr_nonnull(strstr(err.text, "no-such-tool-here"));
}
END_TEST

/* A tool with a child that would go on for long; the child's pid is in the file. */
static void expect_child_is_ended(const struct temp_dir *dir, const struct tool_spec *spec,
                                  enum error_kind kind, const char *words)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(100);
    struct process_end end;
    struct error err = {.kind = ERROR_NONE};
    nsec_t begin_ns = clock_now_ns();
    ck_assert_int_eq(tool_run(spec, &end, &err), -1);
    ck_assert_int_eq(err.kind, kind);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
    ck_assert_int_lt(clock_now_ns() - begin_ns, 10 * NSEC_PER_SEC);
    ck_assert_int_eq(file_read(dir->fd, "child", &text, NULL), 0);
    CLEANUP(freep) char *path = NULL;
    ck_assert_int_gt(asprintf(&path, "/proc/%ld/cwd", strtol(buffer_text(&text), NULL, 10)), 0);
    char link[100];
    for (int i = 0; i < 500 && readlink(path, link, sizeof(link)) > 0; i++)
        clock_sleep_until(clock_now_ns() + 10 * NSEC_PER_MSEC);
    ck_assert_int_lt(readlink(path, link, sizeof(link)), 0);
}

START_TEST(late_it_is_ended_with_all_that_it_started)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    const struct tool_spec spec = {.words = SHELL("sleep 60 & echo $! > child; wait"),
                                   .cwd = dir.path,
                                   .timeout_ns = 500 * NSEC_PER_MSEC};
    expect_child_is_ended(&dir, &spec, ERROR_ENVIRONMENT, "not done after 500 ms");
}
END_TEST

START_TEST(interrupted_it_is_ended_with_all_that_it_started)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    interrupt_install();
    const struct tool_spec spec = {
        .words = SHELL("trap '' TERM; sleep 60 & echo $! > child; kill -INT $PPID; wait"),
        .cwd = dir.path};
    expect_child_is_ended(&dir, &spec, ERROR_INTERRUPTED, "interrupted while sh ran");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("tool");
    TCase *c = tcase_create("run");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, output_and_exit_status_come_back);
    tcase_add_test(c, there_is_no_input_and_the_folder_is_the_one_that_was_named);
    tcase_add_test(c, more_output_than_there_is_room_for_is_cut);
    tcase_add_test(c, a_log_has_both_in_their_order_and_replaces_an_older_one);
    tcase_add_test(c, what_is_left_in_the_background_is_not_waited_for);
    tcase_add_test(c, a_tool_that_is_not_there_is_told_apart);
    tcase_add_test(c, late_it_is_ended_with_all_that_it_started);
    tcase_add_test(c, interrupted_it_is_ended_with_all_that_it_started);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

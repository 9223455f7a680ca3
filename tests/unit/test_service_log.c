/* service_log: what a program prints is in the file when it is asked for, however it prints, and no
 * disk is filled. */
#include "driver/service_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bounded_log.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

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

/* A program that prints, with the log as its standard output. */
static pid_t start(const char *script, struct service_log **ret)
{
    ck_assert_int_eq(service_log_open(path, ret, NULL), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(service_log_fd(*ret), STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_eq(service_log_begin(*ret, NULL), 0);
    return pid;
}

static void expect_text(const char *expected)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)64 << 20);
    ck_assert_int_eq(file_read(AT_FDCWD, path, &text, NULL), 0);
    ck_assert_str_eq(buffer_text(&text), expected);
}

START_TEST(what_was_printed_is_there_after_a_synchronization)
{
    struct service_log *log = NULL;
    pid_t pid = start("echo one; echo two", &log);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(service_log_sync(log), 0);
    expect_text("one\ntwo\n");
    ck_assert_int_eq(service_log_sync(log), 0); /* its end is closed: nothing to wait for */
    service_log_free(log);
    pid = start("echo three", &log);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    service_log_free(log);
    expect_text("one\ntwo\nthree\n");
}
END_TEST

START_TEST(a_program_that_was_never_started_leaves_an_empty_log)
{
    struct service_log *log = NULL;
    ck_assert_int_eq(service_log_open(path, &log, NULL), 0);
    ck_assert_int_eq(service_log_sync(log), 0);
    service_log_free(log);
    expect_text("");
    service_log_free(NULL);
    ck_assert_int_eq(service_log_sync(NULL), 0);
}
END_TEST

START_TEST(who_prints_without_end_neither_fills_the_disk_nor_holds_us_up)
{
    struct service_log *log = NULL;
    struct stat status;
    pid_t pid = start("yes 'all work and no play'", &log);
    for (int i = 0; i < 6000 && bounded_log_left_out(path) < (uint64_t)32 << 20; i++)
        usleep(10000);
    ck_assert_uint_ge(bounded_log_left_out(path), (uint64_t)32 << 20);
    ck_assert_int_eq(service_log_sync(log), 0);
    service_log_free(log); /* while it still prints */
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_le(status.st_size, BOUNDED_LOG_HEAD_BYTES + BOUNDED_LOG_TAIL_BYTES + 128);
    int end = 0;
    ck_assert_int_eq(waitpid(pid, &end, 0), pid); /* nobody reads any more */
    ck_assert(WIFSIGNALED(end) || WEXITSTATUS(end) != 0);
}
END_TEST

START_TEST(what_is_left_behind_and_silent_is_not_waited_for)
{
    struct service_log *log = NULL;
    pid_t pid = start("echo one; sleep 60 & echo $!", &log);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(service_log_sync(log), 0);
    service_log_free(log);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(100);
    ck_assert_int_eq(file_read(AT_FDCWD, path, &text, NULL), 0);
    int child = 0;
    ck_assert_int_eq(sscanf(buffer_text(&text), "one\n%d\n", &child), 1);
    kill(child, SIGKILL);
}
END_TEST

START_TEST(a_log_that_cannot_be_written_is_told)
{
    struct service_log *log = NULL;
    struct error err = {0};
    ck_assert_int_eq(service_log_open("/nowhere/service.log", &log, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    snprintf(path, sizeof(path), "/dev/full");
    pid_t pid = start("echo one", &log);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(service_log_sync(log), ENOSPC);
    service_log_free(log);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("service_log");
    TCase *tc = tcase_create("log");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 90);
    tcase_add_test(tc, what_was_printed_is_there_after_a_synchronization);
    tcase_add_test(tc, a_program_that_was_never_started_leaves_an_empty_log);
    tcase_add_test(tc, who_prints_without_end_neither_fills_the_disk_nor_holds_us_up);
    tcase_add_test(tc, what_is_left_behind_and_silent_is_not_waited_for);
    tcase_add_test(tc, a_log_that_cannot_be_written_is_told);
    suite_add_tcase(s, tc);
    return s;
}

CHECK_MAIN(suite);

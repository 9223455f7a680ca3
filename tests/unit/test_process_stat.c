/* process_stat: lines of /proc/PID/stat, and our own. */
#include "memory/process_stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

START_TEST(reads_what_the_kernel_writes)
{
    struct process_stat stat;
    ck_assert(process_stat_parse("1234 (nginx) S 1 1234 1234 0 -1 4194560 733 0 0 0 12 7 0 0 20 0 "
                                 "3 0 123456789 11022336 1577 18446744073709551615 1 1 0 0\n",
                                 &stat));
    ck_assert_int_eq(stat.id.pid, 1234);
    ck_assert_int_eq(stat.parent, 1);
    ck_assert_int_eq(stat.state, 'S');
    ck_assert_uint_eq(stat.threads, 3);
    ck_assert_uint_eq(stat.id.start_ticks, 123456789);
    ck_assert_str_eq(stat.name, "nginx");
    ck_assert(!stat.kernel_thread);
    ck_assert(!process_stat_is_over(&stat));
}
END_TEST

START_TEST(a_name_may_hold_blanks_and_parentheses)
{
    struct process_stat stat;
    ck_assert(process_stat_parse("7 (a) R 9 (b)) Z 5 1 1 0 -1 2097152 0 0 0 0 0 0 0 0 20 0 1 0 42 "
                                 "0 0\n",
                                 &stat));
    ck_assert_str_eq(stat.name, "a) R 9 (b)");
    ck_assert_int_eq(stat.parent, 5);
    ck_assert_uint_eq(stat.id.start_ticks, 42);
    ck_assert(stat.kernel_thread);
    ck_assert(process_stat_is_over(&stat));
}
END_TEST

START_TEST(a_first_thread_that_ended_is_no_end)
{
    struct process_stat stat;
    ck_assert(process_stat_parse("7 (a) Z 5 1 1 0 -1 64 0 0 0 0 0 0 0 0 20 0 4 0 42 0 0\n", &stat));
    ck_assert(!process_stat_is_over(&stat));
}
END_TEST

static const char *const malformed[] = {"", "7", "7 (a", "7 a) S", "(a) S 1", "7 (a) S 1 2 3\n"};

START_TEST(refuses_what_is_no_such_line)
{
    struct process_stat stat;
    ck_assert(!process_stat_parse(malformed[_i], &stat));
}
END_TEST

START_TEST(reads_this_process)
{
    struct process_stat stat;
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(closep) int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_msg(process_stat_read(fd, &stat, &err) == 0, "%s", err.text);
    ck_assert_int_eq(stat.id.pid, getpid());
    ck_assert_int_eq(stat.parent, getppid());
    ck_assert_uint_gt(stat.id.start_ticks, 0);
}
END_TEST

START_TEST(a_process_that_is_gone_is_told)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct process_stat stat;
    ck_assert_int_eq(process_stat_read(dir.fd, &stat, NULL), 1);
}
END_TEST

static Suite *process_stat_suite(void)
{
    Suite *suite = suite_create("process_stat");
    TCase *tcase = tcase_create("lines");
    tcase_add_test(tcase, reads_what_the_kernel_writes);
    tcase_add_test(tcase, a_name_may_hold_blanks_and_parentheses);
    tcase_add_test(tcase, a_first_thread_that_ended_is_no_end);
    tcase_add_loop_test(tcase, refuses_what_is_no_such_line, 0, (int)ARRAY_LENGTH(malformed));
    tcase_add_test(tcase, reads_this_process);
    tcase_add_test(tcase, a_process_that_is_gone_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
CHECK_MAIN(process_stat_suite);

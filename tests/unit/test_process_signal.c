/* process_signal: who has a pid now may be another than the one that was meant. */
#include "memory/process_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

/* A child that waits for its end. */
static pid_t child_start(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

/* The signal that ends it: SIGKILL where it was not to be reached by another. */
static int child_end(pid_t pid, bool reached)
{
    int status = 0;
    if (!reached)
        kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WTERMSIG(status);
}

START_TEST(one_that_was_there_is_signalled)
{
    pid_t pid = child_start();
    ck_assert_int_eq(process_signal_known(pid, process_ticks_now(), SIGUSR1), 0);
    ck_assert_int_eq(child_end(pid, true), SIGUSR1);
}
END_TEST

START_TEST(one_that_is_younger_is_somebody_else)
{
    pid_t pid = child_start();
    ck_assert_int_eq(process_signal_known(pid, 1, SIGUSR1), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_int_eq(child_end(pid, false), SIGKILL);
}
END_TEST

START_TEST(without_a_time_any_will_do)
{
    pid_t pid = child_start();
    ck_assert_int_eq(process_signal_known(pid, 0, SIGUSR1), 0);
    ck_assert_int_eq(child_end(pid, true), SIGUSR1);
}
END_TEST

START_TEST(one_that_is_gone_is_an_error)
{
    pid_t pid = child_start();
    child_end(pid, false);
    ck_assert_int_eq(process_signal_known(pid, process_ticks_now(), SIGUSR1), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_int_eq(process_signal_member(pid, AT_FDCWD, SIGUSR1), -1);
}
END_TEST

START_TEST(one_that_is_not_in_the_session_s_group_is_left_alone)
{
    struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "leakcage-1-2-3/service/cgroup.procs", "");
    int fd = openat(dir.fd, "leakcage-1-2-3/service", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pid_t pid = child_start();
    ck_assert_int_eq(process_signal_member(pid, fd, SIGUSR1), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_int_eq(child_end(pid, false), SIGKILL);
    close(fd);
    temp_dir_done(&dir);
}
END_TEST

static Suite *process_signal_suite(void)
{
    Suite *suite = suite_create("process_signal");
    TCase *who = tcase_create("who");
    tcase_add_test(who, one_that_was_there_is_signalled);
    tcase_add_test(who, one_that_is_younger_is_somebody_else);
    tcase_add_test(who, without_a_time_any_will_do);
    tcase_add_test(who, one_that_is_gone_is_an_error);
    tcase_add_test(who, one_that_is_not_in_the_session_s_group_is_left_alone);
    suite_add_tcase(suite, who);
    return suite;
}

CHECK_MAIN(process_signal_suite);

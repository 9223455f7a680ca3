/* guard: it outlives who started it, and is gone when it is not needed. */
#include "cli/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define PATIENCE_NS (20 * NSEC_PER_SEC)

/* In place of leakcage: notes its words and, when its input has ended, that too. */
static void write_program(const struct temp_dir *dir, char *path, size_t size)
{
    static const char text[] = "#!/bin/sh\ncd \"${0%/*}\"\necho \"$@\" >words.new\n"
                               "mv words.new words\ncat\necho >ended\n";
    temp_dir_write(dir, "program", text);
    ck_assert_int_eq(fchmodat(dir->fd, "program", 0755, 0), 0);
    snprintf(path, size, "%s/program", dir->path);
}

static void wait_for(const struct temp_dir *dir, const char *name)
{
    nsec_t deadline_ns = clock_now_ns() + PATIENCE_NS;
    while (!file_exists(dir->fd, name)) {
        ck_assert_msg(clock_now_ns() < deadline_ns, "no %s", name);
        clock_sleep_until(clock_now_ns() + 5 * NSEC_PER_MSEC);
    }
}

START_TEST(it_goes_on_when_its_owner_is_killed)
{
    struct temp_dir dir = temp_dir_make();
    char program[PATH_MAX + 16];
    write_program(&dir, program, sizeof(program));
    pid_t pid = fork();
    if (pid == 0) {
        struct guard guard;
        guard_start(program, "results", "native", &guard);
        if (guard.pid == 0)
            _exit(1);
        pause();
    }
    wait_for(&dir, "words");
    ck_assert(!file_exists(dir.fd, "ended"));
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    wait_for(&dir, "ended");
    temp_dir_done(&dir);
}
END_TEST

START_TEST(it_is_gone_without_a_word_when_all_went_well)
{
    struct temp_dir dir = temp_dir_make();
    char program[PATH_MAX + 16];
    write_program(&dir, program, sizeof(program));
    struct guard guard;
    guard_start(program, "results", "native", &guard);
    pid_t pid = guard.pid;
    ck_assert_int_gt(pid, 0);
    wait_for(&dir, "words");
    guard_end(&guard);
    ck_assert_int_eq(guard.pid, 0);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    temp_dir_done(&dir);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_no_guard_and_no_error)
{
    struct guard guard;
    guard_start("/nonexistent/leakcage", "results", "native", &guard);
    ck_assert_int_eq(guard.pid, 0);
    guard_end(&guard);
}
END_TEST

static Suite *guard_suite(void)
{
    Suite *suite = suite_create("guard");
    TCase *life = tcase_create("life");
    tcase_set_timeout(life, 60);
    tcase_add_test(life, it_goes_on_when_its_owner_is_killed);
    tcase_add_test(life, it_is_gone_without_a_word_when_all_went_well);
    tcase_add_test(life, a_program_that_is_not_there_is_no_guard_and_no_error);
    suite_add_tcase(suite, life);
    return suite;
}

CHECK_MAIN(guard_suite);

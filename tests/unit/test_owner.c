/* owner: whose folders are left over. */
#include "base/owner.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"

START_TEST(our_own_session_lives)
{
    char name[OWNER_NAME_MAX];
    ck_assert_int_eq(owner_name(name, NULL), 0);
    ck_assert(!owner_is_dead(name));
}
END_TEST

START_TEST(a_pid_used_again_does_not_keep_a_session_alive)
{
    char name[OWNER_NAME_MAX];
    long pid = 0;
    uint64_t start_time = 0;
    uint64_t pid_namespace = 0;
    ck_assert_int_eq(owner_name(name, NULL), 0);
    ck_assert_int_eq(
        sscanf(name, "leakcage-%ld-%" SCNu64 "-%" SCNu64, &pid, &start_time, &pid_namespace), 3);
    snprintf(name, sizeof(name), "leakcage-%ld-%" PRIu64 "-%" PRIu64, pid, start_time - 1,
             pid_namespace);
    ck_assert(owner_is_dead(name));
    snprintf(name, sizeof(name), "leakcage-%ld-%" PRIu64 "-%" PRIu64, pid, start_time - 1,
             pid_namespace + 1);
    ck_assert_msg(!owner_is_dead(name), "another pid namespace is none of our business");
}
END_TEST

START_TEST(a_session_is_dead_when_its_process_is_even_before_it_is_reaped)
{
    char name[OWNER_NAME_MAX] = "";
    int pipe_fds[2];
    ck_assert_int_eq(pipe(pipe_fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        owner_name(name, NULL);
        ssize_t written = write(pipe_fds[1], name, sizeof(name));
        pause();
        _exit(written > 0 ? 0 : 1);
    }
    ck_assert_int_eq(read(pipe_fds[0], name, sizeof(name)), sizeof(name));
    ck_assert(!owner_is_dead(name));
    kill(pid, SIGKILL);
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    ck_assert(owner_is_dead(name));
    waitpid(pid, NULL, 0);
    ck_assert(owner_is_dead(name));
}
END_TEST

static const char *const foreign[] = {
    "",
    "service",
    "leakcage.self",
    "leakcage-",
    "leakcage-1",
    "leakcage-1-2",
    "leakcage-a-b-c",
    "leakcage-1-2-3-4",
    "leakcage-1-2-3x",
    "user.slice",
};

START_TEST(folders_of_other_names_are_left_alone)
{
    ck_assert(!owner_is_dead(foreign[_i]));
}
END_TEST

static Suite *owner_suite(void)
{
    Suite *suite = suite_create("owner");
    TCase *life = tcase_create("life and death");
    tcase_add_test(life, our_own_session_lives);
    tcase_add_test(life, a_pid_used_again_does_not_keep_a_session_alive);
    tcase_add_test(life, a_session_is_dead_when_its_process_is_even_before_it_is_reaped);
    tcase_add_loop_test(life, folders_of_other_names_are_left_alone, 0,
                        (int)(sizeof(foreign) / sizeof(foreign[0])));
    suite_add_tcase(suite, life);
    return suite;
}

CHECK_MAIN(owner_suite);

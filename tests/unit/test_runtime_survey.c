/* runtime_survey: of this process and of a child of another runtime, as /proc shows them. */
#include "memory/runtime_survey.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define MIB ((uint64_t)1024 * 1024)

static struct runtime_survey take(pid_t pid, uint16_t port)
{
    struct runtime_survey survey;
    char text[32];
    CLEANUP(temp_dir_done) struct temp_dir group = temp_dir_make();
    CLEANUP(closep) int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(text, sizeof(text), "%d\n", pid);
    temp_dir_write(&group, "cgroup.procs", text);
    ck_assert_int_eq(runtime_survey_take(group.fd, proc_fd, port, 256 * MIB, &survey, NULL), 0);
    return survey;
}

START_TEST(a_program_of_c_has_none)
{
    struct runtime_survey survey = take(getpid(), 1);
    ck_assert_uint_eq(survey.n, 0);
    ck_assert_int_eq(survey.first, getpid());
    ck_assert_int_eq(survey.listener, 0);
}
END_TEST

START_TEST(who_listens_is_found)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    CLEANUP(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    ck_assert_int_eq(take(getpid(), ntohs(address.sin_port)).listener, getpid());
}
END_TEST

START_TEST(a_python_is_told_by_its_program)
{
    static char program[] = "/usr/bin/python3";
    static char option[] = "-c";
    static char script[] = "import time; time.sleep(60)";
    static char *const argv[] = {program, option, script, NULL};
    if (access(argv[0], X_OK) != 0)
        return; /* none here to look at */
    const struct process_spec spec = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    CLEANUP(process_done) struct process process = PROCESS_NONE;
    ck_assert_int_eq(process_spawn(&spec, &process, NULL), 0);
    struct runtime_survey survey = take(process.pid, 1);
    ck_assert_uint_eq(survey.n, 1);
    ck_assert_int_eq(survey.runtimes[0].kind, RUNTIME_PYTHON);
    ck_assert_int_eq(survey.runtimes[0].pid, process.pid);
    ck_assert_int_eq(survey.runtimes[0].version[0], '3');
}
END_TEST

START_TEST(a_process_that_is_gone_is_left_out)
{
    const struct process_id gone = {.pid = 1 << 30};
    struct runtime_survey survey = {.n = 7};
    CLEANUP(closep) int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    runtime_survey_take_these(&gone, 1, proc_fd, 1, UINT64_MAX, &survey);
    ck_assert_uint_eq(survey.n, 0);
    ck_assert_int_eq(survey.first, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("runtime_survey");
    TCase *tcase = tcase_create("runtime_survey");
    tcase_add_test(tcase, a_program_of_c_has_none);
    tcase_add_test(tcase, who_listens_is_found);
    tcase_add_test(tcase, a_python_is_told_by_its_program);
    tcase_add_test(tcase, a_process_that_is_gone_is_left_out);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);

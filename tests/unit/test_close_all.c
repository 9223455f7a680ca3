/* Descriptors are closed on kernels without close_range(2), too: a filter answers for them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/close_all.h"
#include "tests/support/check_main.h"

#define FIRST 20

/* Have this system call fail with `error` in this process from now on. */
static void refuse(int number, int error)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(lines) / sizeof(lines[0]), .filter = lines};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* A few from FIRST on, with gaps, more than one reading of the folder holds. */
static const int opened[] = {FIRST, FIRST + 1, FIRST + 3, FIRST + 200, FIRST + 201, FIRST + 900};
#define N_OPENED (sizeof(opened) / sizeof(opened[0]))

static void open_some(void)
{
    int fd = open("/dev/null", O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dup2(fd, FIRST - 1), FIRST - 1);
    for (size_t i = 0; i < N_OPENED; i++)
        ck_assert_int_eq(dup2(fd, opened[i]), opened[i]);
    for (int more = FIRST + 300; more < FIRST + 800; more++)
        ck_assert_int_eq(dup2(fd, more), more);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void check_closed(void)
{
    open_some();
    ck_assert_int_eq(close_all_from(FIRST), 0);
    ck_assert(is_open(FIRST - 1));
    for (int fd = FIRST; fd < FIRST + 1000; fd++)
        ck_assert_msg(!is_open(fd), "%d is open", fd);
}

static void check_marked(void)
{
    open_some();
    ck_assert_int_eq(close_all_on_exec_from(FIRST), 0);
    ck_assert_int_eq(fcntl(FIRST - 1, F_GETFD), 0);
    for (size_t i = 0; i < N_OPENED; i++)
        ck_assert_int_eq(fcntl(opened[i], F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(FIRST + 500, F_GETFD), FD_CLOEXEC);
}

START_TEST(all_are_closed)
{
    check_closed();
    check_marked();
}
END_TEST

/* 5.10 has it, but not "with exec". */
START_TEST(a_kernel_that_knows_no_flag)
{
    refuse(SYS_close_range, EINVAL);
    check_closed();
    check_marked();
}
END_TEST

START_TEST(a_kernel_without_it)
{
    refuse(SYS_close_range, ENOSYS);
    check_closed();
    check_marked();
}
END_TEST

START_TEST(neither_it_nor_proc)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 1024;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    open_some();
    refuse(SYS_close_range, ENOSYS);
    refuse(SYS_getdents64, ENOSYS);
    ck_assert_int_eq(close_all_on_exec_from(FIRST), 0);
    ck_assert_int_eq(fcntl(opened[3], F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(close_all_from(FIRST), 0);
    for (int fd = FIRST; fd < FIRST + 1000; fd++)
        ck_assert_msg(!is_open(fd), "%d is open", fd);
}
END_TEST

static Suite *close_all_suite(void)
{
    Suite *suite = suite_create("close_all");
    TCase *kernels = tcase_create("kernels");
    tcase_add_test(kernels, all_are_closed);
    tcase_add_test(kernels, a_kernel_that_knows_no_flag);
    tcase_add_test(kernels, a_kernel_without_it);
    tcase_add_test(kernels, neither_it_nor_proc);
    suite_add_tcase(suite, kernels);
    return suite;
}

CHECK_MAIN(close_all_suite);

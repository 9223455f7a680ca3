/* confine: what a confined process cannot do any more, asked of the process itself. */
#include "base/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "tests/support/check_main.h"

/* Exit status of `function` in a child that is confined; it says what it finds amiss. */
static int confined(int (*function)(void))
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(confine_bounding() == 0 && confine_now() == 0 ? function() : 99);
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "it was killed by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int count_privileges(void)
{
    char line[256];
    int found = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *value = strchr(line, ':');
        bool is_set = strncmp(line, "Cap", 3) == 0 && strncmp(line, "CapBnd", 6) != 0;
        bool is_bound = strncmp(line, "CapBnd", 6) == 0 && geteuid() == 0;
        if ((is_set || is_bound) && value != NULL && strtoull(value + 1, NULL, 16) != 0)
            found++;
        if (strncmp(line, "NoNewPrivs:\t0", 13) == 0 || strncmp(line, "Seccomp:\t0", 10) == 0)
            found++;
    }
    return file == NULL || fclose(file) != 0 ? 98 : found;
}

START_TEST(no_privilege_is_left)
{
    ck_assert_int_eq(confined(count_privileges), 0);
}
END_TEST

/* Numbers of calls that answered anything but EPERM: with these arguments the kernel itself would
 * say EFAULT, EINVAL, EBADF or ENOSYS to some, had the filter not been first. */
static int count_allowed(void)
{
    static const long calls[] = {
        SYS_init_module,
        SYS_finit_module,
        SYS_delete_module,
        SYS_kexec_load,
        SYS_reboot,
        SYS_mount,
        SYS_umount2,
        SYS_pivot_root,
        SYS_swapon,
        SYS_swapoff,
        SYS_settimeofday,
        SYS_clock_settime,
        SYS_sethostname,
        SYS_acct,
        SYS_quotactl,
        SYS_bpf,
        SYS_keyctl,
        SYS_add_key,
        SYS_open_by_handle_at,
        SYS_setns,
        428 /* open_tree */,
        430 /* fsopen */,
        442 /* mount_setattr */,
    };
    int allowed = 0;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        long result = syscall(calls[i], -1L, -1L, -1L, -1L, -1L, -1L);
        if (result < 0 && errno == EPERM)
            continue;
        fprintf(stderr, "system call %ld: %s\n", calls[i], strerror(errno));
        allowed++;
    }
    return allowed;
}

START_TEST(what_changes_the_machine_is_refused)
{
    ck_assert_int_eq(confined(count_allowed), 0);
}
END_TEST

static int make_user_namespace(void)
{
    if (unshare(CLONE_NEWUSER) == 0 || errno != EPERM)
        return 1;
    if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0 || errno != EPERM)
        return 2;
    return syscall(435 /* clone3 */, NULL, 0) < 0 && errno == ENOSYS ? 0 : 3;
}

START_TEST(no_user_namespace_is_made)
{
    ck_assert_int_eq(confined(make_user_namespace), 0);
}
END_TEST

#ifdef __x86_64__
/* By the door of 32-bit programs: umount2(NULL, 0) there is EFAULT without a filter. */
static int enter_as_32_bits(void)
{
    int result = 52;
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(0), "c"(0), "d"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    if (result == -ENOSYS)
        return 0; /* a kernel without that door */
    return result == -EPERM ? 0 : 1;
}

static int enter_as_x32(void)
{
    return syscall(0x40000000 + SYS_getpid) < 0 && errno == ENOSYS ? 0 : 1;
}

START_TEST(no_other_door_of_the_kernel_leads_around_it)
{
    ck_assert_int_eq(confined(enter_as_32_bits), 0);
    ck_assert_int_eq(confined(enter_as_x32), 0);
}
END_TEST
#endif

static void *nothing(void *context)
{
    return context;
}

/* What services do: threads, children, clocks, namespaces of no kind. */
static int live(void)
{
    pthread_t thread;
    struct timeval now;
    int status = 0;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
        return 2;
    if (gettimeofday(&now, NULL) != 0 || prctl(PR_SET_NAME, "confined") != 0)
        return 3;
    return 0;
}

START_TEST(what_services_do_is_not_in_its_way)
{
    ck_assert_int_eq(confined(live), 0);
}
END_TEST

START_TEST(a_program_that_is_started_so_stays_so)
{
    char sh[] = "/bin/sh";
    char option[] = "-c";
    char script[] =
        "sh -c 'grep -q \"^NoNewPrivs:.1$\" /proc/self/status && grep -q \"^CapEff:.0*$\" "
        "/proc/self/status && grep -q \"^Seccomp:.2$\" /proc/self/status'";
    char *argv[] = {sh, option, script, NULL};
    struct process_spec spec = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .confined = true};
    struct process_end end = {.status = -1};
    for (int round = 0; round < 2; round++, spec.confined = false) {
        struct process process = PROCESS_NONE;
        struct error err = {.kind = ERROR_NONE};
        ck_assert_msg(process_spawn(&spec, &process, &err) == 0, "%s", err.text);
        ck_assert_int_eq(process_wait(&process, clock_now_ns() + 60 * NSEC_PER_SEC, &end), 0);
        ck_assert(!end.signaled);
        if (spec.confined)
            ck_assert_int_eq(end.status, 0);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("confine");
    TCase *confine = tcase_create("confine");
    tcase_add_test(confine, no_privilege_is_left);
    tcase_add_test(confine, what_changes_the_machine_is_refused);
    tcase_add_test(confine, no_user_namespace_is_made);
#ifdef __x86_64__
    tcase_add_test(confine, no_other_door_of_the_kernel_leads_around_it);
#endif
    tcase_add_test(confine, what_services_do_is_not_in_its_way);
    tcase_add_test(confine, a_program_that_is_started_so_stays_so);
    suite_add_tcase(s, confine);
    return s;
}

CHECK_MAIN(suite);

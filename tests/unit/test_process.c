/* process: started in two steps, ended for sure, watched through a pidfd. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define PATIENCE_NS (10 * NSEC_PER_SEC)

/* A shell that runs `script`, its output going into the pipe. */
static struct process_spec shell(char **argv, char *script, int *pipe_fds)
{
    ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    static char name[] = "sh";
    static char option[] = "-c";
    argv[0] = name;
    argv[1] = option;
    argv[2] = script;
    argv[3] = NULL;
    return (struct process_spec){
        .argv = argv, .stdin_fd = -1, .stdout_fd = pipe_fds[1], .stderr_fd = -1};
}

static void read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t part = 0;
    while (length < size - 1 && (part = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)part;
    text[length] = '\0';
}

/* Run it to its end; what it printed is in text. */
static struct process_end run(char *script, char *text, size_t size)
{
    char *argv[4];
    int fds[2];
    struct process_spec spec = shell(argv, script, fds);
    struct error err = {0};
    struct process process = PROCESS_NONE;
    struct process_end end;
    ck_assert_msg(process_spawn(&spec, &process, &err) == 0, "%s", err.text);
    close(fds[1]);
    read_all(fds[0], text, size);
    close(fds[0]);
    ck_assert_int_eq(process_wait(&process, clock_now_ns() + PATIENCE_NS, &end), 0);
    ck_assert_int_eq(process.pid, 0);
    return end;
}

START_TEST(an_exit_status_and_output_come_back)
{
    char script[] = "echo hello; exit 3";
    char text[64];
    struct process_end end = run(script, text, sizeof(text));
    ck_assert_str_eq(text, "hello\n");
    ck_assert(!end.signaled);
    ck_assert_int_eq(end.status, 3);
    ck_assert_str_eq(process_end_text(&end, text, sizeof(text)), "exit status 3");
}
END_TEST

START_TEST(a_signal_is_told_from_an_exit)
{
    char script[] = "kill -9 $$";
    char text[64];
    struct process_end end = run(script, text, sizeof(text));
    ck_assert(end.signaled);
    ck_assert_int_eq(end.status, SIGKILL);
    ck_assert_str_eq(process_end_text(&end, text, sizeof(text)), "killed by signal 9 (Killed)");
}
END_TEST

START_TEST(a_program_that_cannot_be_executed_is_an_errno)
{
    static const struct {
        char path[32];
        int errno_value;
    } cases[] = {{"/nowhere/at-all", ENOENT}, {"/etc/passwd", EACCES}, {"no-such-program", ENOENT}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char path[32];
        memcpy(path, cases[i].path, sizeof(path));
        char *argv[] = {path, NULL};
        struct process_spec spec = {.argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
        struct process process = PROCESS_NONE;
        struct error err = {0};
        ck_assert_int_eq(process_spawn(&spec, &process, &err), -1);
        ck_assert_int_eq(err.kind, ERROR_SERVICE);
        ck_assert_int_eq(err.errno_value, cases[i].errno_value);
        ck_assert_ptr_nonnull(strstr(err.text, path));
        ck_assert_int_eq(process.pid, 0);
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to reap */
    }
}
END_TEST

struct attachment {
    pid_t pid;
    bool before_exec;
    int status;
};

/* Before exec the child is still this program. */
static int attach(pid_t pid, void *context, struct error *err)
{
    struct attachment *attachment = context;
    char path[64];
    char mine[256] = "";
    char its[256] = "";
    attachment->pid = pid;
    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    attachment->before_exec = readlink(path, its, sizeof(its) - 1) > 0 &&
                              readlink("/proc/self/exe", mine, sizeof(mine) - 1) > 0 &&
                              strcmp(mine, its) == 0;
    return attachment->status < 0 ? error_set(err, ERROR_ENVIRONMENT, "no room") : 0;
}

START_TEST(the_parent_attaches_before_the_first_instruction)
{
    char *argv[4];
    int fds[2];
    char script[] = "echo $$";
    char text[64];
    struct attachment attachment = {0};
    struct process_spec spec = shell(argv, script, fds);
    spec.attach = attach;
    spec.attach_context = &attachment;
    struct process process = PROCESS_NONE;
    ck_assert_int_eq(process_spawn(&spec, &process, NULL), 0);
    close(fds[1]);
    read_all(fds[0], text, sizeof(text));
    close(fds[0]);
    ck_assert(attachment.before_exec);
    ck_assert_int_eq(attachment.pid, process.pid);
    ck_assert_int_eq(atoi(text), process.pid);
    process_done(&process);
}
END_TEST

START_TEST(a_failing_attach_ends_the_child_before_it_does_anything)
{
    char *argv[4];
    int fds[2];
    char script[] = "echo ran";
    char text[64];
    struct attachment attachment = {.status = -1};
    struct process_spec spec = shell(argv, script, fds);
    spec.attach = attach;
    spec.attach_context = &attachment;
    struct process process = PROCESS_NONE;
    struct error err = {0};
    ck_assert_int_eq(process_spawn(&spec, &process, &err), -1);
    ck_assert_str_eq(err.text, "no room");
    close(fds[1]);
    read_all(fds[0], text, sizeof(text));
    close(fds[0]);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(no_descriptor_is_inherited_but_those_to_be_kept)
{
    int leaked = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, on purpose */
    int kept = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    char *argv[4];
    int fds[2];
    char script[] = "ls -l /proc/$$/fd";
    char text[2048];
    struct process_spec spec = shell(argv, script, fds);
    spec.keep_fds = &kept;
    spec.n_keep_fds = 1;
    struct process process = PROCESS_NONE;
    ck_assert_int_eq(process_spawn(&spec, &process, NULL), 0);
    close(fds[1]);
    read_all(fds[0], text, sizeof(text));
    close(fds[0]);
    char entry[32];
    snprintf(entry, sizeof(entry), " %d -> ", leaked);
    ck_assert_msg(strstr(text, entry) == NULL, "%s", text);
    snprintf(entry, sizeof(entry), " %d -> /dev/zero", kept);
    ck_assert_msg(strstr(text, entry) != NULL, "%s", text);
    ck_assert_msg(strstr(text, " 0 -> /dev/null") != NULL, "%s", text);
    ck_assert_msg(strstr(text, " 2 -> /dev/null") != NULL, "%s", text);
    process_done(&process);
    close(kept);
    close(leaked);
}
END_TEST

/* Tells whether `leaked` is open here, by its exit status. */
static int look_at_descriptor(void *context)
{
    const int *leaked = context;
    bool open_here = fcntl(*leaked, F_GETFD) >= 0;
    return write(STDOUT_FILENO, "hello", 5) == 5 && !open_here ? 5 : 6;
}

START_TEST(a_function_runs_as_a_program_would)
{
    int leaked = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, on purpose */
    char *argv[4];
    int fds[2];
    char script[] = "";
    char text[16];
    struct attachment attachment = {0};
    struct process_spec spec = shell(argv, script, fds);
    spec.function = look_at_descriptor;
    spec.function_context = &leaked;
    spec.attach = attach;
    spec.attach_context = &attachment;
    struct process process = PROCESS_NONE;
    ck_assert_int_eq(process_spawn(&spec, &process, NULL), 0);
    close(fds[1]);
    read_all(fds[0], text, sizeof(text));
    close(fds[0]);
    ck_assert_str_eq(text, "hello");
    ck_assert_int_eq(attachment.pid, process.pid);
    struct process_end end;
    ck_assert_int_eq(process_wait(&process, clock_now_ns() + PATIENCE_NS, &end), 0);
    ck_assert(!end.signaled);
    ck_assert_int_eq(end.status, 5);
    close(leaked);
}
END_TEST

START_TEST(signals_are_unblocked_and_defaulted)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    char script[] = "grep -E 'Sig(Blk|Ign)' /proc/self/status";
    char text[256];
    run(script, text, sizeof(text));
    ck_assert_str_eq(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}
END_TEST

START_TEST(an_environment_and_a_folder_are_given)
{
    char *argv[4];
    int fds[2];
    char script[] = "echo $COLOUR; pwd";
    char text[256];
    char colour[] = "COLOUR=red";
    char path[] = "PATH=/usr/bin:/bin";
    char *env[] = {colour, path, NULL};
    struct process_spec spec = shell(argv, script, fds);
    spec.env = env;
    spec.cwd = "/usr";
    struct process process = PROCESS_NONE;
    ck_assert_int_eq(process_spawn(&spec, &process, NULL), 0);
    close(fds[1]);
    read_all(fds[0], text, sizeof(text));
    close(fds[0]);
    ck_assert_str_eq(text, "red\n/usr\n");
    process_done(&process);

    struct error err = {0};
    spec.cwd = "/nowhere";
    spec.stdout_fd = -1;
    ck_assert_int_eq(process_spawn(&spec, &process, &err), -1);
    ck_assert_int_eq(err.errno_value, ENOENT);
}
END_TEST

/* A shell that has said "ready" once it handles SIGTERM as the script says. */
static struct process start_ready(char *script)
{
    char *argv[4];
    int fds[2];
    char text[8];
    struct process_spec spec = shell(argv, script, fds);
    struct process process = PROCESS_NONE;
    ck_assert_int_eq(process_spawn(&spec, &process, NULL), 0);
    close(fds[1]);
    ck_assert_int_gt(read(fds[0], text, sizeof(text)), 0);
    close(fds[0]);
    return process;
}

START_TEST(stopping_asks_first)
{
    char script[] = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    struct process process = start_ready(script);
    struct process_end end;
    process_stop(&process, clock_now_ns() + PATIENCE_NS, &end);
    ck_assert(!end.signaled);
    ck_assert_int_eq(end.status, 7);
    process_stop(&process, 0, &end); /* none any more: nothing happens */
}
END_TEST

START_TEST(stopping_kills_at_the_deadline_what_ignores_the_question)
{
    char script[] = "trap '' TERM; echo ready; while :; do sleep 1; done";
    struct process process = start_ready(script);
    struct process_end end;
    nsec_t begin_ns = clock_now_ns();
    process_stop(&process, begin_ns + 50 * NSEC_PER_MSEC, &end);
    ck_assert(end.signaled);
    ck_assert_int_eq(end.status, SIGKILL);
    ck_assert_int_ge(clock_now_ns() - begin_ns, 50 * NSEC_PER_MSEC);
}
END_TEST

START_TEST(waiting_ends_at_its_deadline)
{
    char script[] = "echo ready; sleep 100";
    struct process process = start_ready(script);
    struct process_end end;
    ck_assert_int_eq(process_wait(&process, 0, &end), 1);
    ck_assert_int_eq(process_wait(&process, clock_now_ns() + 10 * NSEC_PER_MSEC, &end), 1);
    ck_assert_int_ne(process.pid, 0);
    process_done(&process);
    ck_assert_int_eq(process.pid, 0);
    process_done(&process);
}
END_TEST

START_TEST(a_child_dies_with_its_parent)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    pid_t middle = fork();
    if (middle == 0) {
        char script[] = "echo ready; sleep 100";
        struct process process = start_ready(script);
        ssize_t written = write(fds[1], &process.pid, sizeof(process.pid));
        _exit(written < 0);
    }
    pid_t child = 0;
    close(fds[1]);
    ck_assert_int_eq(read(fds[0], &child, sizeof(child)), sizeof(child));
    close(fds[0]);
    waitpid(middle, NULL, 0);
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
    for (int i = 0; i < 500; i++) {
        char text[8];
        CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
            return; /* gone, or waiting to be reaped */
        clock_sleep_until(clock_now_ns() + 10 * NSEC_PER_MSEC);
    }
    kill(child, SIGKILL);
    ck_abort_msg("it lives on");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told_from_a_program_that_is_not)
{
    char *argv[4];
    int fds[2];
    char script[] = "true";
    struct process_spec spec = shell(argv, script, fds);
    struct error err = {0};
    struct process process = PROCESS_NONE;
    spec.cwd = "/nowhere/at/all";
    ck_assert_int_eq(process_spawn(&spec, &process, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot go to the folder /nowhere/at/all for sh"));
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* What it prints of itself: uid, gid, its groups, and whether it still dies with its parent. */
START_TEST(a_program_can_run_as_another_user)
{
    char *argv[4];
    int fds[2];
    char text[256];
    char script[] = "id -u; id -g; id -G; grep -c 'PPid' /proc/$$/status";
    struct account user = {.uid = 65000, .gid = 65001, .groups = {65001, 65002}, .n_groups = 2};
    struct process_spec spec = shell(argv, script, fds);
    struct error err = {0};
    CLEANUP(process_done) struct process process = PROCESS_NONE;
    spec.user = &user;
    int status = process_spawn(&spec, &process, &err);
    close(fds[1]);
    if (geteuid() != 0) {
        ck_assert_int_eq(status, -1);
        ck_assert_ptr_nonnull(strstr(err.text, "cannot change to user 65000, group 65001"));
    } else {
        ck_assert_msg(status == 0, "%s", err.text);
        read_all(fds[0], text, sizeof(text));
        ck_assert_str_eq(text, "65000\n65001\n65001 65002\n1\n");
    }
    close(fds[0]);
}
END_TEST

START_TEST(a_program_of_another_user_still_dies_with_its_parent)
{
    int fds[2];
    if (geteuid() != 0)
        return; /* the test above has seen that it cannot be started */
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    pid_t parent = fork();
    if (parent == 0) {
        char name[] = "sleep";
        char time[] = "1000";
        char *argv[] = {name, time, NULL};
        struct account user = {.uid = 65000, .gid = 65000, .groups = {65000}, .n_groups = 1};
        const struct process_spec spec = {
            .argv = argv, .stdin_fd = -1, .stdout_fd = fds[1], .stderr_fd = -1, .user = &user};
        struct process process = PROCESS_NONE;
        _exit(process_spawn(&spec, &process, NULL) == 0 ? 0 : 1);
    }
    int status = 0;
    char byte = 0;
    ck_assert_int_eq(waitpid(parent, &status, 0), parent);
    ck_assert_int_eq(status, 0);
    close(fds[1]);
    ck_assert_int_eq(read(fds[0], &byte, 1), 0); /* the end: nobody has the other side any more */
    close(fds[0]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("process");
    TCase *starting = tcase_create("starting");
    TCase *ending = tcase_create("ending");
    tcase_set_timeout(starting, 30);
    tcase_set_timeout(ending, 30);
    tcase_add_test(starting, an_exit_status_and_output_come_back);
    tcase_add_test(starting, a_program_that_cannot_be_executed_is_an_errno);
    tcase_add_test(starting, the_parent_attaches_before_the_first_instruction);
    tcase_add_test(starting, a_failing_attach_ends_the_child_before_it_does_anything);
    tcase_add_test(starting, no_descriptor_is_inherited_but_those_to_be_kept);
    tcase_add_test(starting, a_function_runs_as_a_program_would);
    tcase_add_test(starting, signals_are_unblocked_and_defaulted);
    tcase_add_test(starting, an_environment_and_a_folder_are_given);
    tcase_add_test(ending, a_signal_is_told_from_an_exit);
    tcase_add_test(ending, a_folder_that_is_not_there_is_told_from_a_program_that_is_not);
    tcase_add_test(ending, a_program_can_run_as_another_user);
    tcase_add_test(ending, a_program_of_another_user_still_dies_with_its_parent);
    tcase_add_test(ending, stopping_asks_first);
    tcase_add_test(ending, stopping_kills_at_the_deadline_what_ignores_the_question);
    tcase_add_test(ending, waiting_ends_at_its_deadline);
    tcase_add_test(ending, a_child_dies_with_its_parent);
    suite_add_tcase(s, starting);
    suite_add_tcase(s, ending);
    return s;
}

CHECK_MAIN(suite);

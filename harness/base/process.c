#include "base/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/close_all.h"
#include "base/confine.h"

/* Descriptor numbers above this are where the child parks the ones it is given, out of the way of
 * 0, 1 and 2. */
#define PARKED_FD_MIN 64

static int process_open_or_null(int fd)
{
    return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, PARKED_FD_MIN)
                   : open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* 0, 1 and 2 as the spec says; everything else is close-on-exec but what is to be kept. */
static int process_child_descriptors(const struct process_spec *spec)
{
    int parked[3] = {process_open_or_null(spec->stdin_fd), process_open_or_null(spec->stdout_fd),
                     process_open_or_null(spec->stderr_fd)};
    for (int i = 0; i < 3; i++)
        if (parked[i] < 0 || dup2(parked[i], i) < 0)
            return -1;
    for (int i = 0; i < 3; i++)
        if (parked[i] > 2)
            close(parked[i]);
    if (spec->inherits)
        return 0;

    if (close_all_on_exec_from(3) < 0)
        return -1;
    for (unsigned i = 0; i < spec->n_keep_fds; i++)
        if (fcntl(spec->keep_fds[i], F_SETFD, 0) < 0)
            return -1;
    return 0;
}

/* What the child could not do. */
enum process_step { STEP_SET_UP, STEP_USER, STEP_CONFINE, STEP_CWD, STEP_EXEC };

/* What it tells its parent then. */
struct process_failure {
    enum process_step step;
    int error;
};

/* To die with its parent. */
static int process_child_bind(pid_t parent)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ? -1 : 0;
}

/* The kernel forgets the bond to the parent with a change of user. */
static int process_child_user(const struct account *user, pid_t parent)
{
    if (user == NULL)
        return 0;
    if (setgroups(user->n_groups, user->groups) < 0 ||
        setresgid(user->gid, user->gid, user->gid) < 0 ||
        setresuid(user->uid, user->uid, user->uid) < 0)
        return -1;
    return process_child_bind(parent);
}

/* Signals by which others ask a process to end: a handler of the parent's would act for it. */
static bool process_asks_to_end(int number)
{
    return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM ||
           number == SIGALRM;
}

static int process_child_environment(const struct process_spec *spec, pid_t parent)
{
    if (!spec->same_session)
        setsid();
    if (process_child_bind(parent) < 0)
        return -1;
    if (spec->no_huge_pages && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
        return -1;

    struct rlimit nofile;
    if (spec->raise_nofile && getrlimit(RLIMIT_NOFILE, &nofile) == 0) {
        nofile.rlim_cur = nofile.rlim_max;
        setrlimit(RLIMIT_NOFILE, &nofile);
    }

    /* All of them, by the system call: libc keeps 32 and 33 to itself, but inherits them ignored
     * from whoever started us so. Zeroes are the default action, no flags, no mask. */
    static const unsigned long by_default[4] = {0};
    for (int number = 1; number <= 64; number++)
        if (!spec->inherits || process_asks_to_end(number))
            syscall(SYS_rt_sigaction, number, by_default, NULL, sizeof(unsigned long));
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return 0;
}

int process_make_and_enter(const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t end = 1; end <= length; end++) {
        if (path[end] != '/' && path[end] != '\0')
            continue;
        memcpy(part, path, end);
        part[end] = '\0';
        (void)mkdir(part, 0777); /* what could not be made, chdir tells */
    }
    return chdir(path);
}

static int process_child_folder(const struct process_spec *spec)
{
    if (spec->cwd == NULL)
        return 0;
    return spec->make_cwd ? process_make_and_enter(spec->cwd) : chdir(spec->cwd);
}

/* All that comes before exec. Returns what failed, STEP_EXEC for nothing. */
static enum process_step process_child_prepare(const struct process_spec *spec, pid_t parent)
{
    if (process_child_environment(spec, parent) < 0 || process_child_descriptors(spec) < 0)
        return STEP_SET_UP;
    if (spec->confined && confine_bounding() < 0)
        return STEP_CONFINE;
    if (process_child_user(spec->user, parent) < 0)
        return STEP_USER;
    if (spec->confined && confine_now() < 0)
        return STEP_CONFINE;
    return process_child_folder(spec) < 0 ? STEP_CWD : STEP_EXEC;
}

/* Instead of exec: give up what exec would close (with it the report, which tells the parent that
 * all is well), and run the function. */
__attribute__((noreturn)) static void process_child_function(const struct process_spec *spec,
                                                             int go_fd, int report_fd)
{
    if (spec->inherits) {
        close(go_fd);
        close(report_fd);
    } else {
        close_all_from(3);
    }
    _exit(spec->function(spec->function_context));
}

/* The child between fork and exec: wait for the parent's word, set up, exec; tell errno if not. */
__attribute__((noreturn)) static void process_child(const struct process_spec *spec, pid_t parent,
                                                    int go_fd, int report_fd)
{
    char go = 0;
    if (read(go_fd, &go, 1) != 1)
        _exit(127);

    struct process_failure failure;
    memset(&failure, 0, sizeof(failure));
    failure.step = process_child_prepare(spec, parent);
    if (failure.step == STEP_EXEC) {
        if (spec->function != NULL)
            process_child_function(spec, go_fd, report_fd);
        if (spec->env != NULL)
            execvpe(spec->argv[0], spec->argv, spec->env);
        else
            execvp(spec->argv[0], spec->argv);
    }
    failure.error = errno;
    ssize_t written = write(report_fd, &failure, sizeof(failure));
    _exit(written == (ssize_t)sizeof(failure) ? 127 : 126);
}

/* Let the child go on and learn whether its exec succeeded. */
static int process_release(const struct process_spec *spec, int go_fd, int report_fd,
                           struct error *err)
{
    if (write(go_fd, "x", 1) != 1)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot start %s", spec->argv[0]);

    struct process_failure failure = {.step = STEP_EXEC};
    ssize_t length = 0;
    do
        length = read(report_fd, &failure, sizeof(failure));
    while (length < 0 && errno == EINTR);
    if (length == 0)
        return 0;
    if (failure.step == STEP_USER)
        return error_set_errno(err, ERROR_SERVICE, failure.error,
                               "cannot change to user %u, group %u, for %s", spec->user->uid,
                               spec->user->gid, spec->argv[0]);
    if (failure.step == STEP_CONFINE)
        return error_set_errno(err, ERROR_ENVIRONMENT, failure.error,
                               "cannot take the privileges from %s", spec->argv[0]);
    if (failure.step == STEP_CWD)
        return error_set_errno(err, ERROR_SERVICE, failure.error,
                               "cannot go to the folder %s for %s", spec->cwd, spec->argv[0]);
    return error_set_errno(err, ERROR_SERVICE, failure.error, "cannot execute %s", spec->argv[0]);
}

int process_spawn(const struct process_spec *spec, struct process *ret, struct error *err)
{
    int go[2];
    int report[2];
    if (pipe2(go, O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    CLEANUP(closep) int go_read = go[0];
    CLEANUP(closep) int go_write = go[1];
    if (pipe2(report, O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    CLEANUP(closep) int report_read = report[0];
    CLEANUP(closep) int report_write = report[1];

    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot fork");
    if (pid == 0) {
        close(go_write);
        close(report_read);
        process_child(spec, parent, go_read, report_write);
    }

    CLEANUP(process_done) struct process child = {.pid = pid, .pidfd = -1};
    child.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (child.pidfd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open a pidfd (Linux 5.3)");
    close(take_fd(&report_write));
    close(take_fd(&go_read));

    if (spec->attach != NULL && spec->attach(pid, spec->attach_context, err) < 0)
        return -1;
    if (process_release(spec, go_write, report_read, err) < 0)
        return -1;

    *ret = child;
    child = PROCESS_NONE;
    return 0;
}

/* waitpid without hanging; true when it has ended. */
static bool process_reap(struct process *process, struct process_end *ret)
{
    int status = 0;
    pid_t pid = waitpid(process->pid, &status, WNOHANG);
    if (pid == 0)
        return false;
    if (pid > 0) {
        ret->signaled = WIFSIGNALED(status);
        ret->status = ret->signaled ? WTERMSIG(status) : WEXITSTATUS(status);
    } else {
        *ret = (struct process_end){.signaled = true, .status = SIGKILL};
    }
    close(process->pidfd);
    *process = PROCESS_NONE;
    return true;
}

int process_wait(struct process *process, nsec_t deadline_ns, struct process_end *ret)
{
    for (;;) {
        if (process_reap(process, ret))
            return 0;
        struct pollfd watch = {.fd = process->pidfd, .events = POLLIN};
        int timeout_ms = clock_poll_timeout_ms(clock_now_ns(), deadline_ns);
        if (timeout_ms == 0 || poll(&watch, 1, timeout_ms) < 0)
            return process_reap(process, ret) ? 0 : 1;
    }
}

void process_stop(struct process *process, nsec_t deadline_ns, struct process_end *ret)
{
    if (process->pid == 0)
        return;
    kill(process->pid, SIGTERM);
    while (process_wait(process, deadline_ns, ret) != 0) {
        if (clock_now_ns() < deadline_ns)
            continue;
        kill(process->pid, SIGKILL);
        deadline_ns = NSEC_NEVER;
    }
}

void process_done(struct process *process)
{
    if (process->pid == 0)
        return;
    kill(process->pid, SIGKILL);
    waitpid(process->pid, NULL, 0);
    if (process->pidfd >= 0)
        close(process->pidfd);
    *process = PROCESS_NONE;
}

const char *process_end_text(const struct process_end *end, char *text, size_t size)
{
    if (end->signaled)
        snprintf(text, size, "killed by signal %d (%s)", end->status, strsignal(end->status));
    else
        snprintf(text, size, "exit status %d", end->status);
    return text;
}

#include "load/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/libc.h"

#define WORD_RUN  'r'
#define WORD_KILL 'k'

/* Where the keeper has the socket to its owner. */
#define OWNER_FD STDIN_FILENO

/* The exit status of a shell that cannot execute a program, and of us. */
#define STATUS_CANNOT_EXECUTE 127

#define LOOK_AGAIN_MS 1

/* The keeper is a copy of one thread of ours: all below, to the mark, is async-signal-safe. */

static void keeper_print(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

/* Between fork and exec. */
__attribute__((noreturn)) static void keeper_exec(const struct keeper_spec *spec, pid_t parent)
{
    setsid();
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || null_fd < 0 ||
        dup2(null_fd, STDIN_FILENO) < 0)
        _exit(STATUS_CANNOT_EXECUTE);
    const char *cwd = spec->cwd;
    if (cwd == NULL || (spec->make_cwd ? process_make_and_enter(cwd) : chdir(cwd)) == 0)
        execvpe(spec->argv[0], spec->argv, spec->env);
    const char *reason = libc_error_name(errno);
    keeper_print("leakcage: cannot execute ");
    keeper_print(spec->argv[0]);
    keeper_print(": ");
    keeper_print(reason);
    keeper_print("\n");
    _exit(STATUS_CANNOT_EXECUTE);
}

/* SIGKILL to every child of the keeper: what the run had abandoned. */
static void keeper_kill_children(void)
{
    char text[4096];
    CLEANUP(closep) int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
    pid_t pid = 0;
    for (ssize_t i = 0; i < length; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            pid = 10 * pid + (text[i] - '0');
            continue;
        }
        if (pid > 0)
            kill(pid, SIGKILL);
        pid = 0;
    }
}

/* Until no child is left; false when time is up. */
static bool keeper_clear(nsec_t patience_ns)
{
    nsec_t deadline_ns = clock_now_ns() + patience_ns;
    for (;;) {
        pid_t pid = 0;
        do
            pid = waitpid(-1, NULL, WNOHANG);
        while (pid > 0);
        if (pid < 0)
            return true;
        keeper_kill_children();
        if (clock_now_ns() > deadline_ns)
            return false;
        poll(NULL, 0, LOOK_AGAIN_MS);
    }
}

/* What the owner says: WORD_RUN, WORD_KILL, 0 when it is gone. */
static char keeper_hear(void)
{
    char word = 0;
    ssize_t length = 0;
    do
        length = recv(OWNER_FD, &word, 1, 0);
    while (length < 0 && errno == EINTR);
    return length == 1 ? word : (char)0;
}

/* Wait for the end of the run's first process; false when the owner is gone. */
static bool keeper_watch(pid_t pid, int pidfd)
{
    struct pollfd watch[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = OWNER_FD, .events = POLLIN}};
    bool owned = true;
    while (watch[0].revents == 0) {
        if (poll(watch, 2, -1) < 0)
            continue;
        if (watch[1].revents == 0)
            continue;
        owned = keeper_hear() != 0;
        if (!owned)
            watch[1].fd = -1;
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
    }
    return owned;
}

/* One run from its start to the end of its last process. False: the owner is gone. */
static bool keeper_one(const struct keeper_spec *spec, bool gave_up, struct keeper_report *ret)
{
    pid_t parent = getpid();
    pid_t pid = _Fork();
    if (pid == 0)
        keeper_exec(spec, parent);
    if (pid < 0) {
        keeper_print("leakcage: cannot fork for a run of the load's command\n");
        ret->end = (struct process_end){.status = STATUS_CANNOT_EXECUTE};
        return true;
    }

    bool owned = true;
    CLEANUP(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd >= 0)
        owned = keeper_watch(pid, pidfd);
    /* Its group first: once it is reaped, the number may be another's. */
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        continue;
    kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    ret->end.signaled = WIFSIGNALED(status);
    ret->end.status = ret->end.signaled ? WTERMSIG(status) : WEXITSTATUS(status);
    ret->left = !keeper_clear(gave_up ? 0 : KEEPER_PATIENCE_NS);
    return owned;
}

static int keeper_main(void *context)
{
    const struct keeper_spec *spec = context;
    bool gave_up = false;
    prctl(PR_SET_NAME, "load-keeper");
    /* The socket tells when the owner is gone, and then there is something to do first. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || prctl(PR_SET_PDEATHSIG, 0) < 0)
        return STATUS_CANNOT_EXECUTE;
    for (char word = keeper_hear(); word != 0; word = keeper_hear()) {
        if (word != WORD_RUN)
            continue; /* too late: the run had ended by itself */
        struct keeper_report report;
        memset(&report, 0, sizeof(report));
        if (!keeper_one(spec, gave_up, &report))
            break;
        gave_up = gave_up || report.left;
        if (send(OWNER_FD, &report, sizeof(report), MSG_NOSIGNAL) != (ssize_t)sizeof(report))
            break;
    }
    return 0;
}

/* Here that ends. */

int keeper_start(const struct keeper_spec *spec, struct keeper *ret, struct error *err)
{
    char name[] = "the keeper of the load's command";
    char *argv[] = {name, NULL};
    struct keeper_spec copy = *spec;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "a socket pair for the load");
    CLEANUP(closep) int ours = pair[0];
    CLEANUP(closep) int theirs = pair[1];
    const struct process_spec process = {
        .argv = argv,
        .function = keeper_main,
        .function_context = &copy,
        .stdin_fd = theirs,
        .stdout_fd = spec->output_fd,
        .stderr_fd = spec->output_fd,
        .user = spec->user,
        .confined = spec->confined,
    };
    if (process_spawn(&process, &ret->process, err) < 0)
        return -1;
    ret->fd = take_fd(&ours);
    return 0;
}

void keeper_done(struct keeper *keeper)
{
    struct process_end end;
    closep(&keeper->fd);
    keeper->fd = -1;
    if (keeper->process.pid == 0)
        return;
    nsec_t deadline_ns = clock_now_ns() + 2 * KEEPER_PATIENCE_NS;
    while (process_wait(&keeper->process, deadline_ns, &end) != 0)
        if (clock_now_ns() >= deadline_ns)
            process_done(&keeper->process);
}

static int keeper_say(const struct keeper *keeper, char word)
{
    return send(keeper->fd, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -1;
}

int keeper_run(struct keeper *keeper)
{
    return keeper_say(keeper, WORD_RUN);
}

void keeper_kill(struct keeper *keeper)
{
    (void)keeper_say(keeper, WORD_KILL);
}

int keeper_take(struct keeper *keeper, struct keeper_report *ret)
{
    ssize_t length = recv(keeper->fd, ret, sizeof(*ret), MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    return length == (ssize_t)sizeof(*ret) ? 0 : -1;
}

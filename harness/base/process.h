#pragma once
/* Child processes behind a pidfd.
 *
 * A child is started in two steps, so that its parent can put it where it belongs (a cgroup) before
 * its first instruction: fork, `attach` in the parent, then exec. A failing exec is the parent's
 * error, with the errno. The child leads its own session, dies with the parent's thread
 * (PR_SET_PDEATHSIG), has all signals unblocked and defaulted, and no descriptor but 0, 1 and 2.
 *
 * A child may also run a function of ours instead of a program: the same two steps, without exec.
 * It has a copy of one thread of ours, so it may only call what is async-signal-safe; where that
 * function is not ours (`inherits`), what it may call is for those to say who gave it. */
#include <stdbool.h>
#include <sys/types.h>

#include "base/account.h"
#include "base/clock.h"
#include "base/error.h"

struct process_spec {
    char *const *argv; /* argv[0] is looked up in PATH when it has no slash */
    /* Not NULL: called in the child instead of exec; its result is the exit status. argv[0] is then
     * no more than a name for errors, env and keep_fds are not used. */
    int (*function)(void *context);
    void *function_context;
    /* With a function: all descriptors of ours stay open (but 0, 1 and 2 are as below), and signals
     * keep their handlers, but for those that ask a process to end. */
    bool inherits;
    char *const *env;    /* NULL: the parent's */
    const char *cwd;     /* NULL: the parent's */
    bool make_cwd;       /* make that folder, by the rights of the user that it is to be */
    int stdin_fd;        /* -1: /dev/null */
    int stdout_fd;       /* -1: /dev/null */
    int stderr_fd;       /* -1: /dev/null */
    const int *keep_fds; /* further descriptors the child inherits under the same numbers */
    unsigned n_keep_fds;
    bool no_huge_pages;         /* prctl(PR_SET_THP_DISABLE) before exec */
    bool raise_nofile;          /* soft RLIMIT_NOFILE to the hard one, as container engines do */
    bool same_session;          /* stay in the parent's session (no setsid) */
    const struct account *user; /* NULL: ours; else needs root, and is changed to last of all */
    bool confined;              /* no privileges, whoever the user is (base/confine.h) */
    /* Called in the parent while the child waits before exec; -1 ends the child. May be NULL. */
    int (*attach)(pid_t pid, void *context, struct error *err);
    void *attach_context;
};

struct process {
    pid_t pid; /* 0: none */
    int pidfd; /* -1: none */
};

#define PROCESS_NONE ((struct process){.pid = 0, .pidfd = -1})

/* How a process ended. */
struct process_end {
    bool signaled;
    int status; /* exit status, or the signal's number */
};

/* Start a program; *ret is the caller's to wait for or to end. A program that cannot be executed,
 * and a folder or user it cannot be given, is an error of kind ERROR_SERVICE, told before this
 * returns; privileges that cannot be taken away are one of kind ERROR_ENVIRONMENT. */
int process_spawn(const struct process_spec *spec, struct process *ret, struct error *err);

/* Wait until it has ended, at the latest at the deadline; *ret is filled and the process is none
 * afterwards. Returns 0 when it has ended, 1 when it still runs. Cut short by a signal: 1. */
int process_wait(struct process *process, nsec_t deadline_ns, struct process_end *ret);

/* Make `path` with the folders above it (not when they are there) and go there. Async-signal-safe;
 * -1 with errno. */
int process_make_and_enter(const char *path);

/* SIGTERM, wait until the deadline, SIGKILL. Never fails; the process is none afterwards. */
void process_stop(struct process *process, nsec_t deadline_ns, struct process_end *ret);

/* SIGKILL and wait. Fit for CLEANUP. */
void process_done(struct process *process);

/* "exit status 3", "killed by signal 9 (Killed)", into text. Returns text. */
const char *process_end_text(const struct process_end *end, char *text, size_t size);

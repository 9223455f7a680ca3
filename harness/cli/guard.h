#pragma once
/* What cleans up behind a session that is killed (SIGKILL, the OOM killer) and can do nothing any
 * more: `leakcage clean OWNER`, a process in a session of its own, which waits for the end of its
 * owner and sweeps what that has left: unfinished results, cgroups with what still runs in them,
 * containers, temporary folders. Where it is killed, too, the next start sweeps. */
#include <sys/types.h>

struct guard {
    pid_t pid;    /* 0: none */
    int alive_fd; /* the guard's standard input ends when we do */
};

#define GUARD_NONE ((struct guard){.pid = 0, .alive_fd = -1})

/* Start `program`, which is this one, as the guard of this process, whose results go to
 * `results_dir`. The caller ends it with guard_end(). Cannot fail: without a guard a session is
 * what it was, and *ret is GUARD_NONE. */
void guard_start(const char *program, const char *results_dir, const char *driver,
                 struct guard *ret);

/* All is cleaned up: it is not needed any more. Fit for CLEANUP. */
void guard_end(struct guard *guard);

/* In the guard: wait until its standard input has ended and its owner is gone; for the latter at
 * most ten seconds. */
void guard_wait(const char *owner);

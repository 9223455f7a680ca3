#pragma once
/* A keeper: a process of ours that runs a program again and again, one run at a time, and leaves
 * nothing of a run behind.
 *
 * What a program starts and abandons (a background job, a daemon that left its session and process
 * group) becomes the child of the nearest subreaper above it: the keeper is one
 * (PR_SET_CHILD_SUBREAPER). So when a run's first process has ended, or is to be killed, the keeper
 * kills its process group and then every child that it still has, until it has none; only then it
 * says how the run ended. A program that changes to another user than ours keeps what we may not
 * kill: that is said after KEEPER_PATIENCE_NS. The keeper ends, and all below it, when its owner
 * does, however that ends. */
#include <stdbool.h>

#include "base/error.h"
#include "base/process.h"

/* How long it tries to be rid of what a run left. */
#define KEEPER_PATIENCE_NS (5 * NSEC_PER_SEC)

/* What to run; borrowed while the keeper lives. */
struct keeper_spec {
    char *const *argv; /* argv[0]: a path */
    char *const *env;
    const char *cwd;
    bool make_cwd;              /* make that folder, by the rights of the user */
    int output_fd;              /* its standard output and error; its standard input is /dev/null */
    const struct account *user; /* as whom, the keeper too; NULL: ours */
    bool confined;              /* without privileges (base/confine.h) */
};

struct keeper {
    struct process process;
    int fd; /* to it and from it; -1: none */
};

#define KEEPER_NONE ((struct keeper){.process = PROCESS_NONE, .fd = -1})

/* How a run ended. */
struct keeper_report {
    struct process_end end; /* of its first process */
    bool left;              /* some of its processes could not be ended */
};

/* Start a keeper; no run yet. */
int keeper_start(const struct keeper_spec *spec, struct keeper *ret, struct error *err);

/* End it and what it runs. Fit for CLEANUP. */
void keeper_done(struct keeper *keeper);

/* Begin a run; the one before has been reported. -1: the keeper is gone. */
int keeper_run(struct keeper *keeper);

/* Kill the run that goes on; its report comes as ever. */
void keeper_kill(struct keeper *keeper);

/* When `fd` is readable: 0 and the report, 1 when there is none yet, -1 when the keeper is gone. */
int keeper_take(struct keeper *keeper, struct keeper_report *ret);

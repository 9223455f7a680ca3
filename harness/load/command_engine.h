#pragma once
/* The engine for work that is not HTTP: every unit of work is one run of a program.
 *
 * There is one keeper (keeper.h) per unit of concurrency, so nothing of a run is left when it has
 * ended: not what it put into the background, not what left its session. The exit status is the
 * outcome: 0 is REQUEST_OK, any other REQUEST_OTHER_STATUS; ended by a signal is REQUEST_FAILED. A
 * run that takes longer than the profile's timeout, or is under way at the batch's deadline, is
 * killed with all that it started, and is REQUEST_TIMED_OUT. Due times are those of any load: at
 * most `concurrency` at a time (closed loop), or at a rate (open loop). There are no timers.
 *
 * What runs print goes to a log of its own (output_log.h). */
#include "load/engine.h"
#include "load/profile.h"

/* So many at a time at most: each is a process, and another that keeps it. */
#define COMMAND_CONCURRENCY_MAX 256

/* What to run; borrowed. */
struct load_command {
    char *const *argv; /* argv[0] is a path; NULL-terminated, as env */
    char *const *env;
    const char *cwd;            /* NULL: ours */
    bool make_cwd;              /* by its own rights */
    const char *log_path;       /* output is appended here */
    const struct account *user; /* as whom; NULL: ours */
    bool confined;              /* without privileges (base/confine.h) */
};

/* `profile`, `command` and `tally` are borrowed. The caller owns *ret. */
int command_engine_new(const struct load_profile *profile, const struct load_command *command,
                       struct tally *tally, struct engine **ret, struct error *err);

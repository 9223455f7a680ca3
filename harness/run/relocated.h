#pragma once
/* A plan that is run elsewhere: handed over as JSON, followed by its messages (a line each, on
 * standard output), its records taken back. Private to run/; session.h is what callers see.
 *
 * With several jobs there are as many places at once, each started once, and each with the whole
 * plan: whoever is free takes the next part, a run or a group, that nobody has taken
 * (session_run_for()). So no place is idle while there is a part to take, whatever it costs; a
 * place that fails loses what it had, of a group all runs that are not done, and the others go on.
 * One that has stopped responding is started once more, for what it had and the rest, and the
 * records of that say so: QEMU before 8.1 hangs now and then where the kernel patches its own code,
 * which instruments make it do. A thread waits for each place; what they hand over to the caller,
 * they hand over one at a time. */
#include "run/session.h"

#define RELOCATED_PLAN_FILE      "plan.json"
#define RELOCATED_PLAN_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* In the work folder, what places see and may write: nothing else of the machine. */
#define RELOCATED_SHARED_FOLDER "shared"

/* …and where their records are then, for nobody but us. */
#define RELOCATED_FETCHED_FOLDER "fetched"

/* Run the plan, working in `work_dir` (absolute). What places have written is taken out of their
 * reach, and freed from links and the like, before any of it is opened. An interrupted run is no
 * error of it. */
int relocated_run(const struct plan *plan, const struct session_options *options,
                  const char *work_dir, struct error *err);

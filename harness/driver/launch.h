#pragma once
/* Start one program of a run (the service, or a dependency) inside its cgroup: its command with
 * ports and folder filled in, its environment, its log. */
#include <stdint.h>

#include "base/error.h"
#include "base/process.h"
#include "driver/parameters.h"
#include "driver/service_log.h"
#include "memory/cgroup.h"
#include "scenario/plan.h"

struct launch {
    const struct settings *settings;
    struct plan_values values; /* of the run */
    unsigned index;            /* the service (0), or which of its dependencies (1…) to start */
    const char *log_path;      /* what it prints goes there… */
    struct service_log **log; /* …by way of this one, which is the caller's once it was started */
    struct cgroup *cgroup;    /* it is in there before its first instruction */
    const struct run_files *files; /* whom to tell when it is (placed); NULL: nobody */
};

/* The program that `index` means. */
const struct program *launch_program_of(const struct settings *settings, unsigned index);

/* Start it, without any privilege (base/confine.h) and where we are root as the one who called
 * (base/caller.h), unless the scenario names a user. Its environment is ours and PORT (its own),
 * NAME_PORT of each dependency, LEAKCAGE_DATA, HOME, USER and LOGNAME of another user that it runs
 * as, then what the scenario sets. Such a user can write to the data folder and open its standard
 * output. A cwd in the data folder is made. Transparent huge pages are off unless the scenario
 * wants the system's setting; the soft limit of descriptors is raised to the hard one. */
int launch_start(const struct launch *launch, struct process *ret, struct error *err);

#pragma once
/* Start one program of a run (the service, or a dependency) inside its cgroup: its command with
 * the ports filled in, its environment, its log. */
#include <stdint.h>

#include "base/error.h"
#include "base/process.h"
#include "memory/cgroup.h"
#include "scenario/scenario.h"

struct launch {
    const struct settings *settings;
    const uint16_t *ports; /* of the service (0) and its dependencies (1…) */
    unsigned index;        /* which of them to start */
    const char *log_path;  /* what it prints is appended here */
    struct cgroup *cgroup; /* it is in there before its first instruction */
};

/* The program that `index` means. */
const struct program *launch_program_of(const struct settings *settings, unsigned index);

/* Start it. Its environment is ours and PORT (its own), NAME_PORT of each dependency, then what
 * the scenario sets. Transparent huge pages are off unless the scenario wants the system's
 * setting; the soft limit of descriptors is raised to the hard one. */
int launch_start(const struct launch *launch, struct process *ret, struct error *err);

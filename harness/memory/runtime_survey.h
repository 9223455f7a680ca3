#pragma once
/* The runtimes of a cgroup's processes (see runtime.h), and the process that listens.
 *
 * Read once, when the service is ready: the program, its mapped files, its command line and
 * environment, from /proc. What may not be read is as if it were not there. */
#include <sys/types.h>

#include "base/error.h"
#include "memory/process_stat.h"
#include "memory/runtime.h"

#define RUNTIMES_MAX 8

struct runtime_survey {
    uint64_t taken_ticks; /* when, as process_ticks_now(): younger pids are those of others */
    pid_t listener;       /* the first process that listens on the service's port; 0: none does */
    pid_t first;          /* the first process there is; 0: none */
    unsigned n;           /* of the list; native programs are not in it */
    struct runtime runtimes[RUNTIMES_MAX];
};

/* `cgroup_dir_fd` is the group's folder, `proc_dir_fd` is /proc. `limit_bytes`: the memory limit;
 * UINT64_MAX: none, and the runtimes go by what the machine has. */
int runtime_survey_take(int cgroup_dir_fd, int proc_dir_fd, uint16_t service_port,
                        uint64_t limit_bytes, struct runtime_survey *ret, struct error *err);

/* The same of these processes. */
void runtime_survey_take_these(const struct process_id *processes, size_t n, int proc_dir_fd,
                               uint16_t service_port, uint64_t limit_bytes,
                               struct runtime_survey *ret);

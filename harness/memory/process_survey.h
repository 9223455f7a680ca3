#pragma once
/* Read every process of a cgroup into a survey: smaps_rollup, threads, descriptors by kind, sockets
 * by state and peer, open files by path, the largest processes.
 *
 * Processes come and go: one that vanishes while it is read is left out. What may not be read (a
 * setuid process) makes the affected totals absent. Nothing is stopped; a process that maps memory
 * may wait for the microseconds its smaps_rollup takes. A process whose first thread has ended is
 * read through one of the others. RSS is the plain sum; HEAP is the size of the brk segment as
 * mapped. A reading costs 3 to 4 µs a descriptor (30 under emulation) and one pass over the socket
 * tables of each network namespace. */
#include "base/error.h"
#include "memory/process_stat.h"
#include "timeline/survey.h"

/* Fill everything of *ret but t_ns and memory. `cgroup_dir_fd` is the group's folder (its
 * cgroup.procs and those of the groups below name the processes); `proc_dir_fd` is /proc, or a
 * test's copy. `service_port`: sockets in TIME_WAIT whose peer has it are the load generator's and
 * are left out of TIME_WAIT, which otherwise counts the sockets of the processes' network
 * namespaces that wait out their minute; 0: count all. */
int process_survey_take(int cgroup_dir_fd, int proc_dir_fd, uint16_t service_port,
                        struct survey *ret, struct error *err);

/* The same for these processes, which need have no cgroup of their own. One that has ended is left
 * out, even if its pid is used again. */
int process_survey_take_these(const struct process_id *processes, size_t n, int proc_dir_fd,
                              uint16_t service_port, struct survey *ret, struct error *err);

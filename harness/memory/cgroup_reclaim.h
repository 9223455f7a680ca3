#pragma once
/* Have the kernel take back what it can from any cgroup v2 folder, ours or a container's.
 *
 * memory.reclaim (since 5.19) is asked for all that is charged. Kernels before it take back as much
 * when memory.high is lowered: it is 0 for the moment of one write(2), which reclaims before it
 * returns, and then what it was. A process that allocates just then is held up, for two seconds at
 * the most; so both are for a service at rest. */
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/* The file by which it is done in this folder: "memory.reclaim", else "memory.high". NULL: this is
 * no folder with the memory controller. */
const char *cgroup_reclaim_file(int dir_fd);

/* Again and again until it stays dry or the deadline has passed; memory.high is as before in any
 * case but an error that says so. 0: *ret_bytes is how much memory.current fell. 1: the group is
 * not ours to write, or has neither file. */
int cgroup_reclaim_folder(int dir_fd, nsec_t deadline_ns, int64_t *ret_bytes, struct error *err);

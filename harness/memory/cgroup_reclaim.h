#pragma once
/* Have the kernel take back what it can from any cgroup v2 folder, ours or a container's. */
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/* memory.reclaim again and again until it stays dry or the deadline has passed. 0: *ret_bytes is
 * how much memory.current fell. 1: this kernel has no memory.reclaim, or the group is not ours to
 * write. */
int cgroup_reclaim_folder(int dir_fd, nsec_t deadline_ns, int64_t *ret_bytes, struct error *err);

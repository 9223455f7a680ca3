#pragma once
/* Fill memory from within a cgroup, as someone who needs it would (see timeline/squeeze.h).
 *
 * A process of ours joins the group, touches anonymous memory page by page and ends. It is a copy
 * of this one (no program is loaded, so the group pays for nothing else but a few pages), it is the
 * first that the kernel would choose to kill (oom_score_adj), and it never outlives the call. */
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "memory/cgroup_reader.h"
#include "timeline/squeeze.h"

/* Touch `bytes` within the group whose folder `dir_fd` is; `reader` reads the same group. 0: *ret
 * says what happened. When the kernel killed, the others of the group have ended as well, unless
 * they take longer than a second or may not be killed. 1: there is nothing to be learned: no limit,
 * no living process, or a group that takes none of ours (it hands controllers to groups of its own,
 * or it is somebody else's). */
int cgroup_squeeze(int dir_fd, struct cgroup_reader *reader, uint64_t bytes, nsec_t deadline_ns,
                   struct squeeze_result *ret, struct error *err);

#pragma once
/* How cgroups are mounted on this machine, read from the text of /proc/self/mountinfo and
 * /proc/self/cgroup. Pure. */
#include <stdbool.h>

#include "base/error.h"

#define CGROUP_PATH_MAX 512

enum cgroup_layout_kind {
    CGROUP_LAYOUT_NONE,   /* no cgroups are mounted */
    CGROUP_LAYOUT_V1,     /* only version 1 */
    CGROUP_LAYOUT_HYBRID, /* both, and the memory controller belongs to version 1 */
    CGROUP_LAYOUT_V2,     /* version 2; version 1 may serve other controllers */
};

struct cgroup_layout {
    enum cgroup_layout_kind kind;
    char v2_mount[CGROUP_PATH_MAX];  /* where cgroup2 is mounted; "" if it is not */
    char v2_root[CGROUP_PATH_MAX];   /* which group of the tree is the top of that mount */
    char v1_memory[CGROUP_PATH_MAX]; /* where version 1's memory controller is; "" if it is not */
};

/* Read mountinfo's text. When cgroup2 is mounted more than once, the first counts. */
void cgroup_layout_parse(const char *mountinfo, struct cgroup_layout *ret);

/* The layout of this machine. */
int cgroup_layout_read(struct cgroup_layout *ret, struct error *err);

/* The folder of the group that a process is in, from the text of its /proc/PID/cgroup, below the
 * cgroup2 mount, into ret[CGROUP_PATH_MAX]. -1 when it is outside of what is mounted. */
int cgroup_layout_own(const struct cgroup_layout *layout, const char *proc_cgroup, char *ret,
                      struct error *err);

/* "cgroup v2", "cgroup v1", "hybrid: memory on v1", "no cgroups". */
const char *cgroup_layout_name(enum cgroup_layout_kind kind);

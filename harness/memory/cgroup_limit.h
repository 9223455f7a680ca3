#pragma once
/* The limit that holds for a cgroup: the smallest memory.max of it and of all above it. */
#include <stdint.h>

#include "base/error.h"

/* `path` is the group's folder, `mount` the top of the tree that is seen here. UINT64_MAX: none, as
 * far as can be seen (a container sees nothing above its own). */
int cgroup_limit_effective(const char *mount, const char *path, uint64_t *ret_bytes,
                           struct error *err);

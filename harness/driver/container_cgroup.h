#pragma once
/* The cgroup of a container, found from outside by the pid of its first process. */
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "memory/cgroup_layout.h"

/* The folder of the group that bounds the container, into ret[CGROUP_PATH_MAX]: its first process's
 * own, or, where the engine has put a further one into it (crun under systemd), the one above. It
 * must have the memory controller, and memory.max must be `limit_bytes` (UINT64_MAX: is not looked
 * at). 1: the process is gone. */
int container_cgroup_find(pid_t pid, uint64_t limit_bytes, char *ret, struct error *err);

/* 0: this machine's containers have their memory bounded by cgroup v2. 1: not; `why` says what is
 * missing and the fix. */
int container_cgroup_probe(struct error *why);

#pragma once
/* The processes of a cgroup and of the groups below it (a service may make its own). */
#include <sys/types.h>

#include "base/error.h"

/* Called for each process; -1 stops and is passed on. */
typedef int (*cgroup_procs_function)(pid_t pid, void *context, struct error *err);

/* Every process that cgroup.procs names here and below; `dir_fd` is the group's folder. A group
 * that goes away meanwhile is left out. */
int cgroup_procs_each(int dir_fd, cgroup_procs_function function, void *context, struct error *err);

/* How many there are; -1 with the error. */
int cgroup_procs_count(int dir_fd, struct error *err);

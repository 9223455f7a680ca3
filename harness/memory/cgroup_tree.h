#pragma once
/* What is done to a cgroup v2 folder and all below it, through plain files. */
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/* Are there processes in it or below? False as well when it is gone. */
bool cgroup_tree_is_populated(int dir_fd);

/* Send this signal to every process in it and below, once. */
void cgroup_tree_signal(int dir_fd, int number);

/* SIGKILL everything (cgroup.kill; before 5.14 process by process, until none is left), and wait
 * until it is empty, at the latest at the deadline. */
int cgroup_tree_kill(int dir_fd, nsec_t deadline_ns, struct error *err);

/* Remove the folder `name` and those below it, which must be empty of processes; tried again until
 * the deadline, for the kernel may still be busy with the last one. No such folder is success. */
int cgroup_tree_remove(int parent_fd, const char *name, nsec_t deadline_ns, struct error *err);

/* Have cgroup.subtree_control list this controller. */
int cgroup_tree_enable(int dir_fd, const char *controller, struct error *err);

/* Does this file of the folder (cgroup.controllers, cgroup.subtree_control) list the controller? */
bool cgroup_tree_lists(int dir_fd, const char *file, const char *controller);

#pragma once
/* The only user of libcgroup: create, set, attach, delete in the machine's real cgroup tree.
 *
 * Its 2.0 needs a minder, who is cgroup.c: the parent's subtree_control must list the controllers
 * beforehand; a group whose value is refused stays behind; a group may still be there after a
 * delete that reported success, or be gone after one that did not. It keeps tables of its own, so
 * calls must come from one thread at a time. Names are relative to the cgroup2 mount. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* One value to set: the file, whose prefix is the controller, and its text. */
struct cgroup_setting {
    const char *file;
    char value[48];
};

/* Can libcgroup work here: does it find the memory controller at this cgroup2 mount? */
bool cgroup_libcgroup_usable(const char *mount);

/* Create the group with these values. */
int cgroup_libcgroup_create(const char *name, const struct cgroup_setting *settings,
                            size_t n_settings, struct error *err);

/* Put a process into the group. */
int cgroup_libcgroup_attach(const char *name, pid_t pid, struct error *err);

/* Delete the group, which is empty. The caller looks whether it is gone. */
void cgroup_libcgroup_delete(const char *name);

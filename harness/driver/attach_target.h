#pragma once
/* What --attach names: a pid, or a cgroup v2 folder, found on this machine.
 *
 *     1234                        a process and its descendants
 *     /sys/fs/cgroup/app.slice    a folder; also below the mount: "app.slice", "/app.slice"
 *     podman:web, docker:web      a container
 * A pid is sampled by its cgroup when that holds its processes and no others, else by itself. */
#include "driver/watch.h"

enum attach_kind { ATTACH_PID, ATTACH_CGROUP, ATTACH_CONTAINER };

struct attach_target {
    enum attach_kind kind;
    pid_t pid;
    char text[CGROUP_PATH_MAX]; /* the folder; the container's name with its engine, if any */
};

/* What kind of thing the text names. Looks for a folder of that name below `mount` (where cgroup2
 * is mounted; "": nowhere), and at nothing else. */
int attach_target_parse(const char *text, const char *mount, struct attach_target *ret,
                        struct error *err);

/* Find it: what does not exist, has ended, is empty, is a kernel thread, or is leakcage itself, is
 * an error that says so. */
int attach_target_find(const char *text, struct watch_point *ret, struct error *err);

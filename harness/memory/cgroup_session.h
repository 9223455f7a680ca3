#pragma once
/* The names of sessions' folders: "leakcage-PID-STARTTIME-PIDNS".
 *
 * A pid alone may be used again, so its start time (clock ticks since boot) goes with it; and what
 * a pid means depends on the pid namespace, whose number comes last: a session in one container
 * never takes that of another for dead. */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define CGROUP_SESSION_NAME_MAX 96

/* This process's name, into ret[CGROUP_SESSION_NAME_MAX]. */
int cgroup_session_name(char *ret, struct error *err);

/* Is it a session's name, of our pid namespace, whose process is no more? */
bool cgroup_session_is_dead(const char *name);

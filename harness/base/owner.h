#pragma once
/* Names of folders (results in the making, cgroups) that tell whose they are:
 * "leakcage-PID-STARTTIME-PIDNS".
 *
 * A pid alone may be used again, so its start time (clock ticks since boot) goes with it; and what
 * a pid means depends on the pid namespace, whose number comes last: a process in one container
 * never takes that of another for dead. */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define OWNER_NAME_MAX 96

/* This process's name, into ret[OWNER_NAME_MAX]. */
int owner_name(char *ret, struct error *err);

/* Is it such a name, of our pid namespace, whose process is no more? */
bool owner_is_dead(const char *name);

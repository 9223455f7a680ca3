#pragma once
/* A container that --attach names: found through its engine.
 *
 *     podman:web, docker:web    of this engine
 *     web                       of the first engine that has it
 * Its first process and that one's cgroup are watched like any others (watch.h). An engine that
 * restarts its container gives it a new process and, mostly, a new cgroup of the same name; so it
 * is looked for anew then. */
#include "driver/container_facts.h"
#include "driver/engine.h"
#include "driver/watch.h"

struct container_target {
    struct container_engine engine;
    struct container_facts facts; /* as they were when it was found */
};

/* Is the text the name of a container, and no pid and no cgroup's folder? */
bool container_target_is_meant(const char *text);

/* Find it running; one that its engine is about to restart is waited for. `port` is the one inside
 * that is meant; 0: the one there is. A container that does not exist is ERROR_USAGE, one that does
 * not run ERROR_ENVIRONMENT. */
int container_target_find(const char *text, uint16_t port, struct container_target *ret,
                          struct watch_point *ret_point, struct error *err);

/* After its first process has ended: what the engine says, once it has restarted the container if
 * that is what it does. engine.restarts are those since it was found. */
int container_target_hear(const struct container_target *target, struct engine_state *ret,
                          struct error *err);

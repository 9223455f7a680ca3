#pragma once
/* Driver native: this kernel's cgroup v2; as root, in a delegated systemd scope, or inside a
 * container.
 *
 * The service is in the group "service" with its limits, its dependencies are in the group
 * "dependencies" without any. What a dependency prints goes to a file of its own beside the
 * service's log: log_path and "." and its name. An instance whose processes have all ended, or were
 * killed, can still be read until it is destroyed: its counters tell why. */
#include "driver/driver.h"

extern const struct driver native_driver;

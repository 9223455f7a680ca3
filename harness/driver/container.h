#pragma once
/* Driver container: a run whose settings name an image, in a container of podman or docker.
 *
 * As a place (--driver container) it is this machine, which needs an engine and the memory
 * controller on cgroup v2. In the guest of driver vm the same driver runs podman with storage of
 * its own on a tmpfs (driver_options.engine_home).
 *
 * The engine starts the container with the limits of the settings; from then on its own cgroup is
 * read, reclaimed and squeezed from outside, as any other: what is in it is the container and
 * nothing else. The command line of the engine stays attached, for what the container prints and
 * for its exit code. With the machine's network where there is loopback only (the guest), else a
 * published port on 127.0.0.1. Containers are named and labelled by their owner (base/owner.h), so
 * that what a killed harness left is found. Several starts are as many containers.
 *
 * Dependencies are programs of this machine, as ever; they need the machine's network. */
#include "driver/driver.h"

extern const struct driver container_driver;

/* Remove the containers of harnesses that are no more, of every engine there is. Returns how many;
 * when an engine could not be asked, *err says why. */
unsigned container_sweep(struct error *err);

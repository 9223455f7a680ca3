#pragma once
/* Driver function: a forked child of ours, in a cgroup of its own on this kernel, that calls a
 * function (options->function) as often as it is told to.
 *
 * The child is in its cage before its first instruction after the fork. It has a copy of our
 * memory, which costs the cage nothing until one of the two writes to it; so what counts as its
 * private memory is what its cgroup is charged for (memory.stat), not its share of what it still
 * has in common with us (Pss), which changes with what we do. What was free in our heap it gives up
 * at first (malloc_trim), for used again it would be charged to us. Descriptors stay open, signals
 * keep their handlers but for those that ask a process to end; it leads a session of its own and
 * dies with the thread that forked it. What it prints goes to its log. It has no port: it is ready
 * when its log says FUNCTION_READY, and is asked to end by closing its socket. */
#include "driver/driver.h"

extern const struct driver function_driver;

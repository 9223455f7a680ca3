#pragma once
/* How finely a running Go program samples its allocations: runtime.MemProfileRate, a variable of
 * its own. GODEBUG=memprofilerate=N sets it before the program's own code, but not in Go 1.17
 * to 1.19 (whose runtime overwrites it again), so it is set in the process's memory, which takes
 * the right to trace it. It is found by the program's symbol table; a stripped program
 * (-ldflags=-s) has none. */
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Have it note an allocation in so many bytes, where it noted fewer. A program that has set it by
 * itself, to something else than Go's 512 KiB, is left alone. 1: it cannot be done, and err says
 * why. */
int go_sampling_refine(pid_t pid, uint64_t bytes, struct error *err);

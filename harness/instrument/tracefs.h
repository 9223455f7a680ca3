#pragma once
/* Tracepoints of the kernel: their numbers, from tracefs. Where it is not mounted it is mounted for
 * this process alone, at no place (fsmount), and is gone when it is closed. */
#include <stdint.h>

#include "base/error.h"

/* A descriptor of tracefs' root; the caller owns *ret. 1: there is none to be had, `err` says why
 * and what would mend it. */
int tracefs_open(int *ret, struct error *err);

/* perf_event_attr.config of a tracepoint, "raw_syscalls/sys_enter". 1: as above. */
int tracefs_event(int tracefs_fd, const char *name, uint64_t *ret, struct error *err);

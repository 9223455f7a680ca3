#pragma once
/* How fast this processor's time stamp counter runs.
 *
 * An emulated guest reads the host's counter, and finds out its rate against an emulated timer
 * chip. On a busy host that fails now and then, and the guest never starts; so it is told. */
#include <stdint.h>

#include "base/clock.h"

/* The counter and the clock, read at the same moment. */
struct vm_tsc_reading {
    nsec_t time_ns;
    uint64_t ticks;
};

/* Read both, now; {0} on other processors. */
struct vm_tsc_reading vm_tsc_read(void);

/* Ticks per millisecond between two readings; 0 when they are too close to tell (10 ms), or where
 * there is no such counter. */
uint64_t vm_tsc_khz(struct vm_tsc_reading from, struct vm_tsc_reading to);

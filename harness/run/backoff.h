#pragma once
/* How long a service that has ended waits before it is started again: Kubernetes' CrashLoopBackOff.
 *
 * The first restart is immediate, the next one waits for 10 s, and every further one for twice as
 * long as the one before, 300 s at the most. A service that has then run for 10 min starts anew.
 * Everything is divided by the time scale, so that one can live to see it.
 *
 * Pure: the time is an argument, in nanoseconds of any one clock. */
#include "base/clock.h"

struct backoff {
    double time_scale;   /* above 0 */
    nsec_t next_ns;      /* the wait after the next end, unscaled; 0: immediate */
    nsec_t restarted_ns; /* when it was started again the last time, waits included */
};

/* Nothing has ended yet. */
void backoff_init(struct backoff *backoff, double time_scale);

/* It ended at `ended_ns`: for how long to wait from then on. */
nsec_t backoff_wait(struct backoff *backoff, nsec_t ended_ns);

#pragma once
/* The engine for work that is a function: every unit of work is one call of it, in the child that
 * function_work.h is about.
 *
 * A batch is ordered in slices of about 10 ms, so that the load can be sampled and stopped while it
 * goes on. One call at a time, as fast as they come (no rate, no timers). 0 is REQUEST_OK, anything
 * else REQUEST_OTHER_STATUS. Latencies are those of slices, divided by their calls: a single slow
 * call does not show. A slice that is under way at the batch's deadline, or at engine_stop(), is
 * waited for (5 s), as its calls cannot be undone. One that takes longer than that, or than the
 * profile's timeout, is hung: its child is killed, and one call is REQUEST_TIMED_OUT. Where the
 * child has ended, the batch is over. */
#include "load/engine.h"
#include "load/profile.h"

/* The child; borrowed. */
struct load_function {
    int fd;    /* our end of its socket */
    int pidfd; /* readable when it has ended */
};

/* `profile`, `function` and `tally` are borrowed. The caller owns *ret. */
int function_engine_new(const struct load_profile *profile, const struct load_function *function,
                        struct tally *tally, struct engine **ret, struct error *err);

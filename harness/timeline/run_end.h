#pragma once
/* How a start of the service ended by itself: killed for memory, failed, or done. One for every
 * such end of a run, in order; the end that leakcage makes when the run is over is none. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* What a container engine says about its container. */
struct engine_state {
    bool present; /* there is an engine */
    bool running;
    bool oom_killed;
    bool has_exit_code; /* of the last end */
    int exit_code;
    unsigned restarts; /* that the engine made, since we started it or attached to it */
};

/* Kubernetes' words: killed at the memory limit; failed for another cause; exit status 0. */
enum end_reason { END_OOM_KILLED, END_ERROR, END_COMPLETED, END_REASON_MAX_ };

struct run_end {
    unsigned start; /* which start of the service, from 0 */
    nsec_t t_ns;    /* when it was seen, since the start of the run */
    enum end_reason reason;
    bool has_exit_code;
    int exit_code;      /* 128 + the signal's number for a signal, as shells and engines say it */
    uint64_t oom_kills; /* of its cgroup, by memory.events: one process may be counted twice */
    struct engine_state engine;
    nsec_t backoff_ns; /* for how long the next start waits, or would have waited */
};

/* "OOMKilled", as kubectl says it. */
const char *end_reason_name(enum end_reason reason);
bool end_reason_from_name(const char *name, enum end_reason *ret);

#pragma once
/* A reading of the load: how requests have ended so far, and how long they took. */
#include <stdint.h>

#include "base/clock.h"

/* Requests by outcome, as totals since the run began. completed = the sum of all but `started`. */
struct load_counts {
    uint64_t started;
    uint64_t ok;           /* 2xx */
    uint64_t other_status; /* an answer, but not 2xx */
    uint64_t refused;      /* nobody listened */
    uint64_t reset;        /* the connection was closed or broke before the answer was whole */
    uint64_t timed_out;
    uint64_t failed; /* any other failure of the transfer */
};

static inline uint64_t load_counts_completed(const struct load_counts *counts)
{
    return counts->ok + counts->other_status + counts->refused + counts->reset + counts->timed_out +
           counts->failed;
}

/* What the load generator saw so far; latencies since the sample before, -1 when there are none. */
struct load_sample {
    nsec_t t_ns;
    struct load_counts counts;
    uint64_t in_flight;
    nsec_t latency_p50_ns; /* from the due time; in a closed loop that is when it was sent */
    nsec_t latency_p99_ns;
};

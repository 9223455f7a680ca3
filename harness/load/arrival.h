#pragma once
/* Arrival: which kind of request comes next and when it is due. Pure; no clock, no randomness.
 *
 * Kinds follow smooth weighted round-robin: each turn every kind earns its weight, the richest one
 * is chosen and pays the sum of all weights. Weights 5, 1, 1 give a a b a c a a: kinds are spread,
 * not clumped, and any run of (sum of weights) choices holds each kind exactly `weight` times. */
#include <stdint.h>

#include "base/clock.h"
#include "load/profile.h"

struct arrival {
    const struct request_kind *kinds; /* borrowed */
    unsigned n_kinds;
    int64_t credit[LOAD_KINDS_MAX];
};

/* Start the order anew, so that equal batches are equal work. */
void arrival_begin(struct arrival *arrival, const struct request_kind *kinds, unsigned n_kinds);

/* Index of the next kind; n_kinds must not be 0. */
unsigned arrival_next_kind(struct arrival *arrival);

/* When request n (from 0) of an open loop is due, after the start of the batch; NSEC_NEVER when
 * that is beyond reckoning. A closed loop (rate 0) is always due: 0. */
nsec_t arrival_due_ns(double rate_per_s, uint64_t n);

/* The firing after the one at `due_ns` that has just begun at `now_ns`: the next multiple of the
 * interval that still lies ahead. Firings missed meanwhile are skipped, not made up for. */
nsec_t arrival_timer_next_ns(nsec_t due_ns, nsec_t every_ns, nsec_t now_ns);

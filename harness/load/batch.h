#pragma once
/* A batch: so many units of work, by a deadline; what was ordered, what came of it, and the account
 * that an engine keeps while one runs. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "load/histogram.h"
#include "load/profile.h"
#include "load/tally.h"

/* What to do; see generator_begin(). */
struct batch_order {
    uint64_t requests;
    unsigned concurrency;
    nsec_t deadline_ns;
};

/* How it went. Counts are of this batch alone. Requests never begun are in none of them; requests
 * given up by generator_stop() are in `started` only. */
#define BATCH_TROUBLE_MAX 120

struct batch_result {
    struct load_counts counts;
    nsec_t start_ns; /* CLOCK_MONOTONIC */
    nsec_t end_ns;
    bool deadline_hit; /* ended by its deadline with work left */
    bool stopped;      /* ended by generator_stop() */
    /* From the due time and from the send (a connection's opening included), of the answered
     * requests; -1 when there were none. Within 0.8 %, the greatest exact. */
    nsec_t latency_p50_ns, latency_p99_ns, latency_max_ns;
    nsec_t service_p50_ns, service_p99_ns, service_max_ns;
    char trouble[BATCH_TROUBLE_MAX]; /* how the first request failed that did; "": none, or not
                                        known of this kind of work */
};

/* The running one. */
struct batch {
    struct batch_order order;
    struct tally *tally; /* borrowed */
    nsec_t start_ns;
    uint64_t begun; /* requests, or firings when there are no kinds of request */
    struct load_counts counts;
    struct histogram latency, service;
    char trouble[BATCH_TROUBLE_MAX];
};

/* Begin a batch now; nothing of the one before is left. */
void batch_begin(struct batch *batch, const struct batch_order *order, struct tally *tally);

/* Is there work that was not begun? */
bool batch_has_work(const struct batch *batch);

/* When its next request is due (NSEC_NEVER: beyond reckoning), whether there is one or not. */
nsec_t batch_next_due_ns(const struct batch *batch, double rate_per_s);

/* A request is under way… */
void batch_started(struct batch *batch);

/* …has ended, if it is not REQUEST_PENDING: it was due and begun then… */
void batch_settled(struct batch *batch, enum request_outcome outcome, nsec_t due_ns,
                   nsec_t start_ns, nsec_t now_ns);

/* …or was given up: no outcome. */
void batch_dropped(struct batch *batch);

/* Counts, times and latencies of *ret, which is over now. */
void batch_report(const struct batch *batch, struct batch_result *ret);

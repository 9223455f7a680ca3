#pragma once
/* The tally: what the load has seen so far, shared by the thread that makes it (tally_started(),
 * tally_finished(), tally_dropped()) and the one that samples it. Every function takes the lock for
 * a few dozen instructions. */
#include <pthread.h>
#include <stdint.h>

#include "base/clock.h"
#include "load/histogram.h"
#include "load/transfer.h"
#include "timeline/load_sample.h"

struct tally {
    pthread_mutex_t lock;
    struct load_counts counts;
    uint64_t in_flight;
    struct histogram interval; /* latencies of answered requests since the last sample */
};

/* An empty tally, and its end. */
void tally_init(struct tally *tally);
void tally_done(struct tally *tally);

/* A request is under way. */
void tally_started(struct tally *tally);

/* It ended; `latency_ns` is recorded when it was answered. */
void tally_finished(struct tally *tally, enum request_outcome outcome, nsec_t latency_ns);

/* It was given up: it stays counted as started, and as nothing else. */
void tally_dropped(struct tally *tally);

/* The totals and the latencies since the last call. */
void tally_sample(struct tally *tally, nsec_t now_ns, struct load_sample *ret);

/* Count one outcome. */
void tally_count(struct load_counts *counts, enum request_outcome outcome);

/* Whether the service answered: only then a latency means something. */
static inline bool request_outcome_is_answer(enum request_outcome outcome)
{
    return outcome == REQUEST_OK || outcome == REQUEST_OTHER_STATUS;
}

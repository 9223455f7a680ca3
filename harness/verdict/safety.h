#pragma once
/* How many requests at a time are safe at this limit, and which limit would be roomy?
 *
 * Predicted: what a request needs while it runs (evidence_transient), on top of the floor, must
 * stay below the share of the limit at which pressure begins. Then confirmed: the same work is run
 * at that concurrency (CYCLE_SAFE) and just above it (CYCLE_ABOVE), and the prediction follows what
 * is seen, for services queue, share and cap in ways that no sum foresees. */
#include "verdict/evidence.h"

#define SAFETY_PROBES_MAX 6

struct safety {
    bool has_transient;
    int64_t transient_bytes;
    bool has_prediction;
    unsigned prediction; /* 0: not even one at a time */
    unsigned holds;      /* the highest concurrency that ran without pressure; 0: none did */
    unsigned fails;      /* the lowest that did not */
    const struct cycle *holds_cycle, *fails_cycle; /* the probes that showed it; NULL: none */
    unsigned probes;
    bool has_roomy_limit;
    uint64_t roomy_limit_bytes; /* at which this load would not be pressure; whole MiB */
};

/* What is predicted from the evidence, and what the probes in the timeline showed so far. */
void safety_assess(const struct timeline *timeline, const struct verdict_question *question,
                   const struct evidence *evidence, struct safety *ret);

/* The concurrency that should be tried next; 0: none, it is known, or cannot be known. */
unsigned safety_next(const struct safety *safety);

/* Was it run at, and just above? */
bool safety_is_confirmed(const struct safety *safety);

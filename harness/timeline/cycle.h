#pragma once
/* A cycle: a fixed number of requests, then rest, and what was measured at three points of it.
 *
 *     load ........| settle ....| (collect) reclaim |
 *          peak          settled                    floor
 *
 * A service that maps much of its own files (a language's runtime) would have to read them again
 * after every reclaim, which is slow and looks like thrashing. Its cycles go without; floor and
 * settled are then the same survey, and one RECLAIM probe comes at the end. The floor's parts hold
 * no page cache and no lazily freed pages, so they are comparable either way.
 *
 * Cycles are numbered over the whole run, in order. The first is READY: no load, just the service
 * as it came up. Work is counted in requests, so that growth is bytes per request. */
#include "timeline/load_sample.h"
#include "timeline/survey.h"

enum cycle_kind {
    CYCLE_READY,   /* before any load */
    CYCLE_WARMUP,  /* not judged */
    CYCLE_MEASURE, /* judged */
    CYCLE_REPEAT,  /* probe: more of the same work at once: does it grow on, or reuse? */
    CYCLE_SOLO,    /* probe: the same work at concurrency 1 */
    CYCLE_SAFE,    /* probe: the same work at a concurrency that should be safe */
    CYCLE_ABOVE,   /* probe: … and at one that should not be */
    CYCLE_TRIM,    /* probe: no load; the service was asked to give memory back */
    CYCLE_REST,    /* probe: no load; nothing but time */
    CYCLE_RECLAIM, /* probe: no load; only for a service whose cycles go without reclaim */
    CYCLE_SQUEEZE, /* probe: a cycle's load; then another process takes memory up to the limit and
                      beyond */
    CYCLE_DRIVE,   /* probe: the load goes on until it is killed at the limit */
    CYCLE_KIND_MAX_
};

struct cycle {
    enum cycle_kind kind;
    unsigned start;       /* which start of the service this belongs to, from 0 */
    unsigned concurrency; /* 0: no load */
    uint64_t requests;    /* asked for */
    struct load_counts counts;
    nsec_t begin_ns; /* since the start of the run, as all times here */
    nsec_t load_end_ns;
    nsec_t settled_ns;
    nsec_t floor_ns;
    bool complete;       /* false: the instance died, or time ran out, before the floor was read */
    bool came_to_rest;   /* the footprint stood still before the settle period's bound */
    bool deadline_hit;   /* the load did not finish within the cycle's time */
    uint64_t peak_bytes; /* highest memory.current (without a cgroup: RSS) under load;
                            SURVEY_ABSENT: not seen */
    uint64_t oom_kills;  /* of this cycle */
    uint64_t events_max; /* how often memory.max was hit in this cycle */
    uint64_t events_high;
    uint64_t psi_full_us;     /* time in which all of it stalled for memory, in this cycle */
    bool reclaimed;           /* the kernel was asked to take back all it can before the floor */
    int64_t reclaimed_bytes;  /* how much memory.current fell by it */
    uint64_t squeeze_bytes;   /* SQUEEZE: what the other process took; else SURVEY_ABSENT */
    uint64_t collected_bytes; /* how much less it held after a collection that was asked for before
                                 the floor; SURVEY_ABSENT: none was */
    nsec_t latency_p50_ns;    /* -1: no request completed */
    nsec_t latency_p99_ns;
    unsigned folded;  /* how many cycles more are folded into it (cycle_fold); 0: it is one */
    nsec_t pauses_ns; /* of those: from the end of each load to the begin of the next, in all */
    struct survey settled;
    struct survey floor;
};

/* Does it go beyond what the load does by itself? What is killed in it proves nothing else. */
static inline bool cycle_kind_provokes(enum cycle_kind kind)
{
    return kind == CYCLE_SAFE || kind == CYCLE_ABOVE || kind == CYCLE_SQUEEZE;
}

/* How many cycles it stands for. */
static inline unsigned cycle_count(const struct cycle *cycle)
{
    return 1 + cycle->folded;
}

/* What was asked for of each of them. */
static inline uint64_t cycle_size(const struct cycle *cycle)
{
    return cycle->requests / cycle_count(cycle);
}

/* How long there was load. */
static inline nsec_t cycle_load_ns(const struct cycle *cycle)
{
    return cycle->load_end_ns - cycle->begin_ns - cycle->pauses_ns;
}

/* Is the later one more of the same work, which can be told together with the earlier one? Only
 * measuring cycles are that, in which nothing happened but that they were done. */
bool cycle_can_fold(const struct cycle *earlier, const struct cycle *later);

/* Make of the two one with the work of both, from the begin of the earlier one to the floor of the
 * later one: counters are sums, peaks and latencies the highest, what was found at rest is what the
 * later one found. */
void cycle_fold(struct cycle *earlier, const struct cycle *later);

/* "measure", as written in cycles.csv. */
const char *cycle_kind_name(enum cycle_kind kind);
bool cycle_kind_from_name(const char *name, enum cycle_kind *ret);

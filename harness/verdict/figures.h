#pragma once
/* The figures of one run: what runs are compared by.
 *
 * All but GROWTH and KILLED are taken over the same amount of work, the first `cycles_min` complete
 * measuring cycles of the start of the service that was judged: a leak is cut short and a clean run
 * is not, and yet their floors, peaks and latencies can stand side by side. A run that was killed
 * before that has fewer of them, and none of these figures when it has none at all. What was not
 * measured is absent, never 0.
 *
 *   GROWTH    of the floor, per request: the verdict's estimate
 *   FLOOR     after the last of those cycles
 *   PEAK      the highest footprint under their load
 *   RETAINED  settled after the last of them (load ended, rested), above the service as it came up;
 *             it may be negative
 *   RATE      requests completed per second of their load
 *   P50, P99  of a request's latency: the median over the cycles
 *   CPU       processor time of the whole cgroup, per completed request, from the begin of a cycle
 *             until it has settled: a reclaim and the turns of others are no part of it
 *   KILLED    requests completed in the first start of the service until it was killed at the
 *             limit; absent: that did not happen, or a probe that goes beyond the load did it
 *   THREADS, DESCRIPTORS  of all processes, counted after the last of those cycles
 *
 * Variants are compared by those up to KILLED (comparison.h); the last two are counts that nearly
 * never vary, and matter to who asks whether something became more: the gate (gate.h). */
#include <stdbool.h>

#include "verdict/verdict.h"

/* X(NAME, key in comparison.json with its unit, heading of the table, higher is worse) */
#define FIGURES(X)                                             \
    X(GROWTH, "growth_bytes_per_request", "growth/request", 1) \
    X(FLOOR, "floor_bytes", "floor", 1)                        \
    X(PEAK, "peak_bytes", "peak", 1)                           \
    X(RETAINED, "retained_bytes", "retained", 1)               \
    X(RATE, "requests_per_s", "requests/s", 0)                 \
    X(P50, "latency_p50_ns", "p50", 1)                         \
    X(P99, "latency_p99_ns", "p99", 1)                         \
    X(CPU, "cpu_ns_per_request", "CPU/request", 1)             \
    X(KILLED, "requests_to_kill", "killed after", 0)           \
    X(THREADS, "threads_count", "threads", 1)                  \
    X(DESCRIPTORS, "descriptors_count", "descriptors", 1)

enum figure {
#define X(name, key, heading, worse) FIGURE_##name,
    FIGURES(X)
#undef X
        FIGURE_MAX_,
    FIGURE_COMPARED_MAX_ = FIGURE_KILLED + 1 /* those that variants are compared by */
};

struct figure_info {
    const char *key;
    const char *heading;
    bool higher_is_worse;
    /* A difference below either is not worth a word, however sure it is. */
    double least_share;  /* of the first variant's median, 0 to 1 */
    double least_amount; /* in the figure's unit: what reading it is no finer than */
};

extern const struct figure_info figure_info[];

struct figures {
    unsigned present; /* a bit per enum figure */
    double value[FIGURE_MAX_];
};

static inline bool figures_has(const struct figures *figures, enum figure figure)
{
    return (figures->present >> figure & 1) != 0;
}

static inline void figures_set(struct figures *figures, enum figure figure, double value)
{
    figures->present |= 1U << figure;
    figures->value[figure] = value;
}

/* The figures of a judged run. Pure. */
void figures_of_run(const struct timeline *timeline, const struct verdict_question *question,
                    const struct verdict *verdict, struct figures *ret);

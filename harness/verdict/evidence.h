#pragma once
/* The evidence, gathered once: everything the rules look at, derived from a timeline. */
#include "verdict/growth.h"
#include "verdict/indicators.h"
#include "verdict/verdict.h"

struct evidence {
    struct floor_series series;
    struct growth growth;
    struct load_counts counts; /* of complete load cycles */
    double landed;             /* share of them that were answered; 1 when there were none */
    uint64_t oom_kills;        /* starts that ended so */
    bool limit_known;
    bool has_peak;
    uint64_t peak_bytes;
    bool has_held_peak; /* without what the kernel could have dropped */
    uint64_t held_peak_bytes;
    double psi_full_share; /* of the load's time in which everything stalled for memory */
    bool has_retained;
    int64_t retained_bytes;   /* settled after the load, above the service as it came up */
    int64_t kept_floor_bytes; /* floor after the load, above the service as it came up */
    int64_t lazy_free_bytes;  /* LazyFree when settled */
    int64_t cache_bytes;      /* page cache that reclaim took, above the service's own */
    bool has_trim, has_rest;
    int64_t trim_bytes, rest_bytes; /* how much the floor fell */
    const struct cycle *solo;       /* the solo probe; NULL: none */
    const struct cycle *last;       /* the last complete measuring cycle; NULL: none */
    const struct cycle *ready;
    const struct cycle *reclaim; /* the last cycle after which the kernel took back all it
                                    could; NULL: none */
    bool thrashes;               /* the load made no progress for lack of memory */
};

/* Reduce the timeline to what the rules ask for. */
void evidence_gather(const struct timeline *timeline, const struct verdict_question *question,
                     struct evidence *ret);

/* Memory that a single request needs while it runs, from the peak at full concurrency, or from the
 * solo probe where that peak was clipped at the limit. False when neither tells. */
bool evidence_transient(const struct evidence *evidence, const struct verdict_question *question,
                        int64_t *ret_bytes);

/* Is the load alone driving the cgroup into its limit? */
bool evidence_is_pressed(const struct evidence *evidence, const struct verdict_question *question);

/* Did something release a share of what was retained that is worth a verdict? Which: the cause. */
enum cause evidence_lazy_cause(const struct evidence *evidence);

/* What stayed up is worth asking the service, or time, to give it back. */
bool evidence_is_retaining(const struct evidence *evidence);

#pragma once
/* The judgement: what the memory did, why, how sure, and what should be measured next.
 *
 * Pure: a timeline and a question in, a verdict out; no clock, no file, no log. So a recorded run
 * can be judged again and gives the same verdict to the digit.
 *
 *   leak          floors rise with work and do not stop rising
 *   pressure      floors stand, and the load alone drives the cgroup into its limit
 *   lazy-release  floors stand, memory stays up after the load, and a probe shows who keeps it
 *   clean         none of these
 *   inconclusive  the evidence is bad or not enough; the reason says what would decide it
 *
 * The run asks verdict_next() after every cycle and verdict_decide() at the end. */
#include "base/clock.h"
#include "timeline/judgement.h"
#include "timeline/timeline.h"
#include "verdict/process_growth.h"

/* What is known besides the timeline. All of it is in the record. */
struct verdict_question {
    uint64_t limit_bytes; /* UINT64_MAX: none */
    unsigned concurrency;
    double rate_per_s; /* offered; 0: closed loop */
    unsigned cycles_max;
    unsigned cycles_min;
    uint64_t cycle_requests;
    bool can_trim;      /* the service can be asked to give memory back */
    bool can_reclaim;   /* every cycle ends with a reclaim; else there is one probe at the end */
    bool attached;      /* it ran before us: never restarted, reclaimed, squeezed, driven beyond */
    bool comes_back;    /* attached, and its engine starts it again when it has ended */
    bool stays_down;    /* what was killed is not started again */
    unsigned kills_min; /* a leak is followed through so many kills, if they are not far away */
    bool heap_is_exact; /* what the service's heap has in use at a floor holds no garbage */
    bool heap_has_garbage;   /* a collected heap, and nobody asks it to collect */
    bool heap_is_collected;  /* …because it was collected; what is beside it is a runtime's own */
    bool heap_is_constant;   /* a collected heap holds its whole size, whatever is in use of it */
    uint64_t heap_max_bytes; /* that a collected heap may have; 0: not known */
    uint64_t quarantine_bytes; /* of freed memory, that AddressSanitizer keeps at most; 0: none */
};

struct verdict_growth {
    bool present;
    double estimate; /* bytes per request */
    double low;      /* 95 % interval */
    double high;
};

#define VERDICT_FINDINGS_MAX 8

struct verdict {
    enum verdict_kind kind;
    enum cause cause;
    char reason[320];   /* one sentence */
    char evidence[320]; /* of the cause: "one more open socket per request, …"; may be "" */
    char effect[200];   /* what follows: "out of memory after …"; may be "" */
    struct verdict_growth growth;
    bool has_smallest_leak;
    double smallest_leak_bytes; /* per request: what this run would have found */
    bool has_shares;            /* of the growth (leak), by where it is held, 0 to 1 */
    double share_user, share_shmem, share_kernel;
    struct process_growth processes; /* of a leak, where several run: which of them it is in */
    bool has_retained;
    int64_t retained_bytes; /* settled after the load, above the service as it came up */
    bool has_reclaim, has_trim, has_rest;
    int64_t released_reclaim_bytes, released_trim_bytes, released_rest_bytes;
    bool has_collect; /* garbage was collected before the floor */
    int64_t released_collect_bytes;
    bool has_requests_to_oom;
    uint64_t requests_to_oom; /* from now, at this limit */
    bool has_transient;
    int64_t transient_bytes; /* per concurrent request */
    bool has_safe_concurrency;
    unsigned safe_concurrency;       /* the highest at this limit; 0: not even one */
    bool safe_concurrency_confirmed; /* it was run at, and just above */
    bool has_roomy_limit;
    uint64_t roomy_limit_bytes; /* pressure: at which this load would not be */
    bool by_heap; /* growth of what the heap has in use: the floor itself does not tell */
    bool has_time_rate;
    double bytes_per_s; /* a leak that grows by the clock, load or no load */
    bool has_squeeze;
    bool squeeze_killed;         /* something had to be killed for the room */
    uint64_t squeeze_bytes;      /* what was taken, under the limit and beyond it */
    int64_t squeeze_freed_bytes; /* what the service's cgroup gave up for it */
    char findings[VERDICT_FINDINGS_MAX][160];
    unsigned n_findings;
};

/* What to measure next. */
enum verdict_step {
    VERDICT_STEP_CYCLE,   /* a measuring cycle */
    VERDICT_STEP_REPEAT,  /* more of the same work at once: does it grow on, or reuse? */
    VERDICT_STEP_RECLAIM, /* have the kernel take back all it can */
    VERDICT_STEP_TRIM,    /* ask the service to give memory back */
    VERDICT_STEP_REST,    /* wait, and look again */
    VERDICT_STEP_SOLO,    /* the same work at concurrency 1 */
    VERDICT_STEP_SAFE,    /* the same work at `concurrency`, which should be safe */
    VERDICT_STEP_ABOVE,   /* the same work at `concurrency`, which should not be */
    VERDICT_STEP_SQUEEZE, /* a cycle's work; then another process takes all the room under the limit
                             and `bytes` more: are they given back before something is killed? */
    VERDICT_STEP_DRIVE,   /* go on with the load until it is killed at the limit */
    VERDICT_STEP_RESTART, /* the instance was killed: start it again and go on */
    VERDICT_STEP_RESTART_SOLO, /* start it again, and do the work at concurrency 1 */
    VERDICT_STEP_DONE,
};

struct verdict_action {
    enum verdict_step step;
    uint64_t requests; /* of a step with load; 0: as many as a cycle has */
    unsigned concurrency;
    uint64_t bytes;
    bool brief; /* a rest: long enough to see growth, not to see memory given back */
};

/* What would tell most, as things stand; DONE when nothing more would. */
struct verdict_action verdict_next(const struct timeline *timeline,
                                   const struct verdict_question *question);

/* The verdict on what was recorded so far. */
void verdict_decide(const struct timeline *timeline, const struct verdict_question *question,
                    struct verdict *ret);

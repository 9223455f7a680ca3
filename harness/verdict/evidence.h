#pragma once
/* The evidence, gathered once: everything the rules look at, derived from a timeline. */
#include "verdict/growth.h"
#include "verdict/indicators.h"
#include "verdict/verdict.h"

/* Held memory at this share of the limit is pressure… */
#define EVIDENCE_PRESSURE_PEAK_MIN 0.9
/* …and so is this share of time in which everything waited for memory. */
#define EVIDENCE_PRESSURE_STALL_MIN 0.1

struct evidence {
    struct floor_series series;  /* the window that is judged */
    struct floor_series history; /* all of that start of the service */
    struct growth growth;
    bool by_heap; /* these three are of what the heap has in use: the floor itself does not tell */
    bool heap_stands; /* by the heap's own numbers, where they are exact… */
    bool
        runtime_moves; /* …of a collected one: what comes and goes beside it is the runtime's own */
    bool restive; /* …and the floor, which moves as a JIT compiler moves it, passes for standing */
    double heap_smallest_leak;  /* per request, that those numbers would have shown */
    const struct cycle *repeat; /* more work at once, right after the window; NULL: none */
    double repeat_rate;         /* bytes per request in it */
    bool has_rest_rate;
    double rest_bytes_per_s;   /* by which the floor rose in the rest probe, without any load */
    bool has_others;           /* it was attached to, and grew while nothing was asked of it */
    double load_bytes_per_s;   /* and over the window */
    struct load_counts counts; /* of complete load cycles */
    double requests_per_s;     /* completed, in the cycles of the window; 0: none */
    double landed;             /* share of them that were answered; 1 when there were none */
    uint64_t oom_kills;        /* starts that ended so */
    unsigned starved; /* starts in which one request alone was killed, and none was answered */
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
    int64_t trim_bytes, rest_bytes; /* how much less the processes held then */
    const struct cycle *solo;       /* the solo probe; NULL: none */
    const struct cycle *last;       /* the last complete measuring cycle; NULL: none */
    const struct cycle *ready;
    const struct cycle *reclaim; /* the last cycle after which the kernel took back all it
                                    could; NULL: none */
    const struct cycle *squeeze; /* the squeeze probe, also when it was killed; NULL: none */
    bool thrashes;               /* the load made no progress for lack of memory */
    bool has_heap;               /* the allocator's own numbers after the load… */
    int64_t heap_in_use_bytes;   /* …handed out, above the service as it came up */
    int64_t heap_free_bytes;     /* freed, and with the allocator */
};

/* Reduce the timeline to what the rules ask for. */
void evidence_gather(const struct timeline *timeline, const struct verdict_question *question,
                     struct evidence *ret);

/* Growth of a series in the light of its whole start, and of the window before (n = 0: none). */
void evidence_weigh(const struct floor_series *history, const struct floor_series *before,
                    const struct verdict_question *question, struct growth *growth);

/* Where the heap's own numbers are exact they speak too: of growth that the floor does not show,
 * and of a floor that rose though nothing of the rise is in use. `before` is the window before. */
void evidence_hear_heap(const struct floor_series *before, const struct verdict_question *question,
                        struct evidence *ret);

/* Is a single request more than the limit has room for? Killed in the first one, again and again.
 */
bool evidence_is_starved(const struct evidence *evidence);

/* Memory that a single request needs while it runs, from the peak at full concurrency, or from the
 * solo probe where that peak was clipped at the limit. False when neither tells. */
bool evidence_transient(const struct evidence *evidence, const struct verdict_question *question,
                        int64_t *ret_bytes);

/* Did the growth go on under the repeat probe? True when there was none. */
bool evidence_repeat_holds(const struct evidence *evidence);

/* Does the memory grow by the clock, load or no load? */
bool evidence_grows_by_time(const struct evidence *evidence);

/* Is the floor itself so near to the limit that no growth would be seen any more? */
bool evidence_is_clipped(const struct evidence *evidence, const struct verdict_question *question);

/* Is there a collected heap in which a leak would not be seen: one that holds its whole size
 * whatever is in use, or has come to it, and whose own numbers are not told? */
bool evidence_heap_hides(const struct evidence *evidence, const struct verdict_question *question);

/* Room in the heap at the last floor, by its own numbers; negative: they are not told. */
double evidence_heap_room(const struct evidence *evidence, const struct verdict_question *question);

/* Is the load alone driving the cgroup into its limit? */
bool evidence_is_pressed(const struct evidence *evidence, const struct verdict_question *question);

/* Did something release a share of what was retained that is worth a verdict? Which: the cause. */
enum cause evidence_lazy_cause(const struct evidence *evidence);

/* Bytes that this cause keeps. */
int64_t evidence_lazy_bytes(const struct evidence *evidence, enum cause cause);

/* What stayed up is worth asking the service, or time, to give it back. */
bool evidence_is_retaining(const struct evidence *evidence);

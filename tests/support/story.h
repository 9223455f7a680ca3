#pragma once
/* A timeline made by hand, a cycle at a time, for what judges and shows timelines.
 *
 * A cycle takes a second, half of it load: at its end it has so many bytes of private memory,
 * nothing else, all its requests answered. What a test wants otherwise it changes in the cycle it
 * gets. */
#include "scenario/record.h"
#include "timeline/timeline.h"
#include "verdict/verdict.h"

#define STORY_REQUESTS 250
#define STORY_MIB      ((uint64_t)1024 * 1024)

struct story {
    struct timeline *timeline;
    struct verdict_question question; /* 64 MiB, 8 at a time, 5 to 10 cycles of 250 */
    unsigned start;                   /* which start of the service cycles belong to */
    nsec_t cycle_ns;                  /* how long each takes, from the first on; 0: a second */
};

struct story story_new(void);
void story_done(struct story *story); /* for CLEANUP */

/* Append a cycle; borrowed, until the next one is appended. */
struct cycle *story_cycle(struct story *story, enum cycle_kind kind, uint64_t bytes);

/* The same with so many requests, all answered. */
struct cycle *story_work(struct story *story, enum cycle_kind kind, uint64_t requests,
                         uint64_t bytes);

/* READY, WARMUP, and so many MEASURE, each with `step` bytes more, from `bytes`. */
void story_cycles(struct story *story, unsigned n, uint64_t bytes, uint64_t step);

/* READY, WARMUP and five MEASURE: a load that peaks at 62 of 64 MiB over a floor of 8… */
void story_pressure(struct story *story);

/* …and one that leaves 24 MiB where there were 8 when ready, and as flat as can be. */
void story_retention(struct story *story);

/* The cycle killed for memory at its limit, after so many of its requests. */
struct cycle *story_kill(struct story *story, enum cycle_kind kind, uint64_t requests);

/* A sample at the end of what there is, with so much in use. */
void story_sample(struct story *story, uint64_t bytes);

/* A sample under the load of the last cycle, with so much in use; that is its peak. */
void story_peak(struct story *story, uint64_t bytes);

/* A run of "leaky" that has this id: a leak of 1 MiB a cycle, where `expect` was expected; judged.
 * The caller owns it. */
struct record *story_leak(const char *id, enum verdict_kind expect);

/* Both words at once. */
enum verdict_step story_next(const struct story *story);
struct verdict story_verdict(const struct story *story);

/* The text has this part. */
void story_expect_text(const char *text, const char *part);

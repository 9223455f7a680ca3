#pragma once
/* Timeline: what one run looked like over time, as data. The waist of the program: the run writes
 * it, the verdict and the reports read it, and it can be stored and read back unchanged.
 *
 * Samples (memory, load), marks and cycles, each in order of time. All times are nanoseconds since
 * the start of the run. Memory is bounded in advance: when the samples' bound is reached, every
 * two neighbours become one, the one with more memory in use, and `thinned` doubles; peaks survive.
 * When the cycles' bound is reached, every two neighbours that did the same work become one, and so
 * do those that follow (cycle.h: cycle_fold): a run of any number of cycles takes as much memory as
 * one of TIMELINE_CYCLES_KEPT, and its floors still span all of its work.
 * Who reads a recording has more room than a run in a guest: what was recorded is kept as it is.
 * Fields may be read at any time from the thread that writes; nothing here locks. */
#include <stddef.h>

#include "base/error.h"
#include "timeline/cycle.h"
#include "timeline/sample.h"

#define TIMELINE_SAMPLES_MAX 65536
#define TIMELINE_READ_MAX    ((size_t)1 << 20)
#define TIMELINE_MARKS_MAX   4096
#define TIMELINE_CYCLES_MAX  512
/* Of cycles that can be folded; few enough that all of them can be judged together. */
#define TIMELINE_CYCLES_KEPT 240

enum mark_kind {
    MARK_PHASE,       /* text: "warm-up", "cycle 3", "settle", "reclaim", "probe trim", … */
    MARK_LATE_TICK,   /* value: by how many nanoseconds */
    MARK_OOM_KILL,    /* value: kills so far */
    MARK_EXIT,        /* text: how the service ended */
    MARK_START,       /* value: which start, from 0 */
    MARK_DISTURBANCE, /* text: what happened to the machine */
    MARK_KIND_MAX_
};

/* The phase in which a run waits while those that it takes turns with go on; it is not sampled. */
#define TIMELINE_PHASE_OTHERS "the others' turn"

struct mark {
    nsec_t t_ns;
    enum mark_kind kind;
    uint64_t value;
    char text[88];
};

struct timeline {
    struct memory_sample *memory;
    size_t n_memory;
    size_t max_memory;
    struct load_sample *load;
    size_t n_load;
    size_t max_load;
    struct mark *marks;
    size_t n_marks;
    struct cycle *cycles;
    size_t n_cycles;
    size_t max_cycles;      /* from so many on they are folded */
    unsigned cycles_in_one; /* how many become one; 1: none so far */
    uint64_t ticks;         /* memory samples that were due */
    uint64_t late_ticks;    /* of them, taken late by more than one interval, or not at all */
    unsigned thinned;       /* 1: every memory sample is there */
    size_t capacity_memory, capacity_load, capacity_marks, capacity_cycles;
};

/* New empty timeline with room for so many memory samples, and a sixteenth of that for the load's.
 * The caller owns it. */
int timeline_new(size_t samples_max, struct timeline **ret, struct error *err);
void timeline_free(struct timeline *timeline);   /* NULL is fine */
void timeline_freep(struct timeline **timeline); /* for CLEANUP */

/* Append a copy. -1 when it precedes the last one of its sort. A cycle may be folded into the last
 * one: then n_cycles stays. */
int timeline_add_memory(struct timeline *timeline, const struct memory_sample *sample,
                        struct error *err);
int timeline_add_load(struct timeline *timeline, const struct load_sample *sample,
                      struct error *err);
int timeline_add_cycle(struct timeline *timeline, const struct cycle *cycle, struct error *err);

/* Append a mark; those beyond TIMELINE_MARKS_MAX are dropped (late ticks beyond half of
 * that), but never an OOM kill or an exit. */
void timeline_add_mark(struct timeline *timeline, nsec_t t_ns, enum mark_kind kind, uint64_t value,
                       const char *text);

/* The words of recordings, and back (false: no such word). */
const char *mark_kind_name(enum mark_kind kind);
bool mark_kind_from_name(const char *name, enum mark_kind *ret);

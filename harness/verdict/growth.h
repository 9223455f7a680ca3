#pragma once
/* Does the floor grow with work, and does the growth last?
 *
 * A trend test alone is useless here: it calls two healthy services in three a leak, because their
 * first cycles still warm up. What tells a leak from a warm-up, a filling cache or a settling
 * allocator is that its growth does not die away. So growth is STEADY only when
 *   - the lower bound of its slope, over the work done, is above the noise of a floor;
 *   - a rise by chance is ruled out (one-sided Kendall, GROWTH_P_MAX);
 *   - no single cycle makes most of it (one late step is not a leak);
 *   - its steps are more even than those of a walk without aim, which is what heaps do that are
 *     collected now and then: the whole rise is beyond what such a walk strays in 9,999 of 10,000
 *     runs (Student's t of the steps). A strong leak is that even after five cycles;
 *   - the later half of the cycles rises at 0.8 of the earlier half's rate or more, for sure (one
 *     standard error). After five cycles that tells a leak from saturation with a time constant of
 *     up to eight cycles, from a logarithm, a root, and a cache that is full.
 * That holds within one window of equal cycles (indicators.h). What went before it decides with it
 * (growth_weigh_history): a root is nearly a line once it has gone on for long, but it grew faster
 * before; an array that doubles stands still for most of the time, and yet it grows.
 * What still rises evenly when it is looked at, and would have stopped later, is called a leak: no
 * rule can know better. More work is the remedy, and the repeat probe does what time allows. */
#include "verdict/indicators.h"
#include "verdict/trend.h"

/* What the floor of a clean service moves by over a run: a few pages for late arenas, stacks and
 * slab. Growth below it, in all, is not seen. */
#define GROWTH_NOISE_BYTES (32.0 * 1024)
#define GROWTH_P_MAX       0.01
/* "Flat": three cycles together moved by less than this. */
#define GROWTH_FLAT_BYTES (12.0 * 1024)
/* The later half of the cycles must grow at this share of the earlier half's rate, at least, for
 * sure (one standard error). */
#define GROWTH_LASTING_MIN 0.8

enum growth_shape {
    GROWTH_TOO_FEW, /* not enough cycles to say anything */
    GROWTH_UNCLEAR, /* neither steady nor flat nor fading so far */
    GROWTH_FLAT,
    GROWTH_FADING, /* it rose, and the rise died away */
    GROWTH_STEADY,
};

struct growth {
    enum growth_shape shape;
    unsigned window; /* which of its start the series was */
    bool has_trend;
    struct trend trend;      /* bytes per request */
    double requests;         /* work the floors span */
    double total_bytes;      /* from the first to the last floor */
    double noise_bytes;      /* growth in all that could not be told from none */
    double hidden_bytes;     /* growth in all that steps as uneven as these could hide */
    double step_error_bytes; /* by which the growth of one cycle differs from its share (1 sigma) */
    double fade;             /* rate of the later half, relative to that of the earlier half */
    double fade_error;       /* standard error of that */
    bool jitters;            /* ups and downs within the noise, for many cycles */
    bool dies_away;          /* its last third grows at a lower rate than the one before it */
    double largest_share;    /* of the total growth, in one cycle */
    bool by_doubling;  /* STEADY: it stands still between steps that double, as the rests do */
    const char *doubt; /* what speaks against STEADY; static text; NULL when nothing does */
};

/* Assess the series; FLAT, FADING and STEADY need `cycles_min` measured cycles. */
void growth_assess(const struct floor_series *series, unsigned cycles_min, struct growth *ret);

/* Assess it again in the light of all floors of that start of the service (`history`) and of the
 * window before, whose cycles did less work (NULL: there is none). */
void growth_weigh_history(const struct floor_series *history, const struct growth *before,
                          struct growth *growth);

/* The smallest leak, in bytes per request, that a run like this would have called one. */
double growth_smallest_leak(const struct growth *growth);

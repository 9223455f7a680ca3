#pragma once
/* Does the floor grow with work, and does the growth last?
 *
 * A trend test alone is useless here: it calls two healthy services in three a leak, because their
 * first cycles still warm up. What tells a leak from a warm-up, a filling cache or a settling
 * allocator is that its growth does not die away. So growth is STEADY only when
 *   - the lower bound of its slope, over the work done, is above the noise of a floor;
 *   - a rise by chance is ruled out (one-sided Kendall, GROWTH_P_MAX);
 *   - nearly every cycle rises, the later ones about as much as the earlier ones;
 *   - no single cycle makes most of it (one late step is not a leak). */
#include "verdict/indicators.h"
#include "verdict/trend.h"

/* What the floor of a clean service moves by over a run: a few pages for late arenas, stacks and
 * slab. Growth below it, in all, is not seen. */
#define GROWTH_NOISE_BYTES (32.0 * 1024)
#define GROWTH_P_MAX       0.01

enum growth_shape {
    GROWTH_TOO_FEW, /* not enough cycles to say anything */
    GROWTH_UNCLEAR, /* neither steady nor flat nor fading so far */
    GROWTH_FLAT,
    GROWTH_FADING, /* it rose, and the rise died away */
    GROWTH_STEADY,
};

struct growth {
    enum growth_shape shape;
    bool has_trend;
    struct trend trend;      /* bytes per request */
    double requests;         /* work the floors span */
    double total_bytes;      /* from the first to the last floor */
    double noise_bytes;      /* growth in all that could not be told from none */
    double fade;             /* rate of the later half, relative to that of the earlier half */
    double largest_share;    /* of the total growth, in one cycle */
    const char *doubt;       /* what speaks against STEADY; static text; NULL when nothing does */
};

/* Assess the series; FLAT, FADING and STEADY need `cycles_min` measured cycles. */
void growth_assess(const struct floor_series *series, unsigned cycles_min, struct growth *ret);

/* The smallest leak, in bytes per request, that a run like this would have called one. */
double growth_smallest_leak(const struct growth *growth);

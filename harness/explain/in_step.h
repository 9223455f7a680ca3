#pragma once
/* Does a place grow in step with the work, and by how much? Pure.
 *
 * How much is a straight line by least squares: it is linear in the values, so that what places
 * grow by adds up to what their sum grows by, whatever each of them does.
 *
 * Whether is decided apart from that, for most of what moves is no growth. In step is what
 *   - has risen in the end, and gives little of it back: a cache and what lives for one request
 * come and go;
 *   - rises twice at least: a single step is a buffer that somebody made larger once;
 *   - has no step that is most of all, unless larger ones follow smaller ones: an array that
 *     doubles does that;
 *   - does not die away: its later half rises at IN_STEP_LASTING_MIN of the earlier half's rate,
 *     within what its steps differ by, and at half of the rate of the floors before. What fills and
 *     what warms up does not.
 * Values are exact counts mostly, so nothing is too small for it: 8 bytes per request are. */
#include <stdbool.h>
#include <stddef.h>

#define IN_STEP_POINTS_MAX  64
#define IN_STEP_LASTING_MIN 0.8

/* Work against what was held at that floor; the first n_before of them are no part of what is
 * judged, and only tell what came before. */
struct in_step_series {
    const double *x; /* rising */
    const double *y;
    size_t n;
    size_t n_before;
};

/* The slope of the line through the judged points; 0 where there are fewer than two. */
double in_step_slope(const struct in_step_series *series);

/* Does it grow in step? With `by_doubling` the floor itself is known to grow in steps that get
 * rarer and higher: one step within the judged points is enough then, where one came before. */
bool in_step_grows(const struct in_step_series *series, bool by_doubling);

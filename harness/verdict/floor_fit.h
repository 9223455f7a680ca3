#pragma once
/* The floors that a verdict looked at, and the line that it put through them, as they are drawn.
 *
 * The line has the slope that was estimated (bytes per request) and goes through the median of what
 * is left; its band has the ends of the slope's 95 % interval, turned around the middle of the
 * work. Pure. */
#include "verdict/evidence.h"

struct floor_fit_point {
    const struct cycle *cycle; /* whose floor it is; borrowed from the timeline */
    double requests;           /* completed since the first of these floors */
    double floor_bytes;        /* of what the heap has in use, when it is by_heap */
    double fit_bytes;          /* the line there, and its band; only with has_line */
    double low_bytes, high_bytes;
};

struct floor_fit {
    bool by_heap; /* these are of what the heap has in use, not of the floor */
    bool has_line;
    double slope; /* bytes per request, and its 95 % interval; only with has_line */
    double slope_low, slope_high;
    size_t n;
    struct floor_fit_point points[INDICATORS_POINTS_MAX]; /* in order of time */
};

/* Fit the window that the verdict on this timeline is about; n = 0 when there is none. */
void floor_fit(const struct timeline *timeline, const struct verdict_question *question,
               struct floor_fit *ret);

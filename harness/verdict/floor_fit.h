#pragma once
/* The floors that a verdict looked at, and a line through them: what is drawn of them.
 *
 * The line is Theil and Sen's, as trend.h has it, through the middle of the floors; its band has
 * the ends of the slope's 95 % interval, turned around the middle of the work. Pure. */
#include "verdict/evidence.h"

/* Through fewer floors there is no line: it would look surer than it is. */
#define FLOOR_FIT_MIN 3

struct floor_fit_point {
    const struct cycle *cycle; /* whose floor it is; borrowed from the timeline */
    double requests;           /* completed since the first of these floors */
    double fit_bytes;          /* the line there, and its band; only with has_line */
    double low_bytes, high_bytes;
};

struct floor_fit {
    bool has_line;
    double slope; /* bytes per request; only with has_line */
    size_t n;     /* 0: no floors were judged */
    struct floor_fit_point points[INDICATORS_POINTS_MAX]; /* in order of time */
};

/* Fit the window of floors that the verdict on this timeline is about. */
void floor_fit(const struct timeline *timeline, const struct verdict_question *question,
               struct floor_fit *ret);

/* The floor of that cycle among those that were judged; NULL: it is none of them. Borrowed. */
const struct floor_fit_point *floor_fit_find(const struct floor_fit *fit,
                                             const struct cycle *cycle);

#pragma once
/* A series in the making: points as they come, gaps between them, thinned at the end. Private to
 * view. */
#include "view/view_series.h"

#define VIEW_SECOND ((double)NSEC_PER_SEC)

/* What is read while one series is made. */
struct view_gathering {
    const struct record *record; /* borrowed */
    struct view_fineness fineness;
    struct view_series_list *list; /* borrowed; where they go */
    nsec_t *breaks;                /* owned: when something began anew, or stopped; sorted */
    size_t n_breaks;
    struct chart_point *points; /* owned; of the series that is being made */
    size_t n, capacity;
    struct error *err; /* borrowed */
};

/* Begin: find when the service was started, and when the others' turns began. What was before and
 * what comes after are not one line. */
int view_gathering_begin(struct view_gathering *gathering);
void view_gathering_done(struct view_gathering *gathering); /* for CLEANUP */

/* Is there a break in (from_ns, to_ns]? *place goes along with times that do not fall. */
bool view_is_broken(const struct view_gathering *gathering, size_t *place, nsec_t from_ns,
                    nsec_t to_ns);

/* Add a point, in seconds and the series' unit; a gap, unless nothing was added yet. */
int view_add_point(struct view_gathering *gathering, double t_s, double value);
int view_add_gap(struct view_gathering *gathering);

/* By how much a total rises, as a point for every interval. One that is too short to tell a rate is
 * part of the interval before. */
struct view_rate {
    double per_s;   /* what one of the total counts as, per second */
    double most;    /* no rate is higher */
    nsec_t from_ns; /* where the last interval began, and with how much… */
    uint64_t from_total;
    nsec_t to_ns; /* …and where it ended */
    uint64_t to_total;
    bool has_point; /* one was added since it began */
};

/* Count from here on. */
void view_rate_begin(struct view_rate *rate, nsec_t t_ns, uint64_t total);

/* The total at a later time; it does not fall. */
int view_rate_add(struct view_gathering *gathering, struct view_rate *rate, nsec_t t_ns,
                  uint64_t total);

/* Make the points gathered so far a series that is otherwise like `series`, and begin anew. One
 * without points is left out. */
int view_end_series(struct view_gathering *gathering, struct view_series series);

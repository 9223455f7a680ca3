#pragma once
/* The lines of the charts: what a run had in use, did and waited for, over time.
 *
 * Each belongs to a panel: charts of one unit that share the time axis. Rates are differences of
 * totals; a share is of the time between two readings. Where nothing was measured is a gap, never
 * a line: while nothing ran, while others had their turn, under no load.
 *
 * Long series are thinned: of each stretch of time the lowest and the highest stay, in the order in
 * which they came, so no peak and no dip is lost; neighbours of one value become its two ends. */
#include "report/chart_thin.h"
#include "scenario/record.h"

#define VIEW_SERIES_MAX 20

/* What one point of a series takes as JSON, about. */
#define VIEW_POINT_BYTES 18

struct view_series {
    const char *key;              /* with its unit; as all texts here: static */
    const char *name;             /* as people say it */
    const char *panel;            /* "memory", "requests", "latency", "pressure", "processes" */
    const char *unit;             /* "bytes", "requests/s", "s", "share", "count" */
    unsigned decimals;            /* that mean anything */
    bool main;                    /* the line that the limit is about */
    bool on;                      /* shown at first */
    bool thinned;                 /* there were more points than are here */
    bool apart;                   /* few values, each with a dot */
    struct chart_thinned *points; /* owned; x in seconds since the run's start */
    size_t n;
};

struct view_series_list {
    struct view_series items[VIEW_SERIES_MAX];
    size_t n;
};

/* Of how many stretches of a run's time a series has two points at most. */
struct view_fineness {
    unsigned main; /* the line that the limit is about */
    unsigned others;
};

/* Add all that the record tells to *ret, which is empty. Series of which there is nothing are left
 * out. */
int view_series_gather(const struct record *record, const struct view_fineness *fineness,
                       struct view_series_list *ret, struct error *err);
void view_series_done(struct view_series_list *list); /* for CLEANUP */

/* How many points there are of all of them. */
size_t view_series_points(const struct view_series_list *list);

/* The series of that key; NULL: there is none. Borrowed. */
const struct view_series *view_series_find(const struct view_series_list *list, const char *key);

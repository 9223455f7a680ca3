#pragma once
/* The rows of the live view that say what was measured of one run: a label, where it helps a line
 * of blocks of how it was over time, and what it is now. Pure. */
#include "view/watch_chart.h"

/* Rows that there are to draw when there is room. */
#define WATCH_FACTS_ROWS 8U

/* Draw as many as the area has rows for: what says most first, in an order that does not change. */
void watch_facts_draw(const struct watch_run *run, const struct watch_area *area,
                      struct watch_grid *grid);

/* Where the run stands, in one row: "cycle 3", how much of it is done. */
void watch_phase_draw(const struct watch_run *run, const struct watch_area *area,
                      struct watch_grid *grid);

/* A bar of so many cells, a share of it (0 to 1) filled. */
void watch_bar(struct watch_pen *pen, unsigned cells, double share, enum watch_tone tone);

/* One of the points' amounts. */
enum watch_series {
    WATCH_SERIES_MEMORY,
    WATCH_SERIES_RATE,
    WATCH_SERIES_LATENCY,
    WATCH_SERIES_THREADS,
    WATCH_SERIES_DESCRIPTORS,
    WATCH_SERIES_STALLED,
};

/* The amounts over time in so many cells, from 0 to `top` (NAN: to the highest); a blank where
 * nothing is known. */
void watch_sparkline(const struct watch_run *run, enum watch_series series, unsigned cells,
                     double top, struct watch_pen *pen);

#pragma once
/* The live view's chart of one run: memory over time, against the limit.
 *
 * Dots of braille where the terminal has UTF-8, else a letter a cell: all memory as a line, what of
 * it the kernel would not simply drop as a light area below, floors as steps, OOM kills as crosses.
 * Time begins at 0 and ends at a round number that the run has not reached, so that the picture
 * stands still while it fills; likewise the amounts: up to the limit where memory comes near it,
 * else up to a round number. Pure. */
#include "view/watch_grid.h"
#include "view/watch_state.h"

/* So much is needed to draw anything. */
#define WATCH_CHART_COLUMNS_MIN 30
#define WATCH_CHART_ROWS_MIN    4

/* A part of the sheet. */
struct watch_area {
    unsigned column, row, columns, rows;
};

/* The chart with both axes, the names of the amounts at the left and of the times at the bottom
 * among them. Nothing where there is no room. */
void watch_chart_draw(const struct watch_run *run, const struct watch_area *area,
                      struct watch_grid *grid);

/* In one row what is what in the chart. */
void watch_chart_legend(const struct watch_run *run, struct watch_pen *pen);

/* Where axes end: the first round number of seconds that is more than `seconds`; the amount of
 * bytes for such a highest one and limit (NAN: none). */
double watch_chart_seconds(double seconds);
double watch_chart_bytes(double highest_bytes, double limit_bytes);

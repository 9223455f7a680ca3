#pragma once
/* Where the values of a chart are on the paper: the ranges of its axes and their ticks. Of
 * chart_plot.c alone. */
#include "base/units.h"
#include "report/chart_plot.h"

struct chart_frame {
    const struct chart *chart;
    const struct chart_place *place;
    double x_min, x_max, y_min, y_max;
    double y_lowest;       /* of all that is there */
    bool close_up;         /* the axis begins near that, not at 0 */
    double x_step, y_step; /* from tick to tick */
    size_t points;         /* of all series */
};

/* Measure the chart; both are borrowed. */
void chart_frame_init(struct chart_frame *frame, const struct chart *chart,
                      const struct chart_place *place);

/* A value on the paper, to a tenth of a pixel. */
double chart_frame_x(const struct chart_frame *frame, double x);
double chart_frame_y(const struct chart_frame *frame, double y);

/* Is that height within the axes? */
bool chart_frame_shows(const struct chart_frame *frame, double y);

/* "0", "0.25", "12,000": with the decimals that the step has. Returns text[UNITS_TEXT_MAX]. */
const char *chart_frame_number(double value, double step, char *text);

/* What a tick of the x axis says. Returns text[UNITS_TEXT_MAX]. */
const char *chart_frame_tick(const struct chart_frame *frame, double value, char *text);

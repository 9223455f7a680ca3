#pragma once
/* A chart at its place in a larger picture, where others may stand above and below it on the same
 * x axis. chart_svg.h draws one that stands alone. */
#include "report/chart_svg.h"

/* Where a chart stands, in the units of the picture's viewBox. */
struct chart_place {
    double left, top; /* of what is between the axes */
    double width, height;
    bool has_range; /* the x axis reaches over this, whatever the points do */
    double x_min, x_max;
    bool plain_axis; /* the x axis has neither numbers nor label: the chart below has them */
};

/* What is kept free for the numbers and the label around a place. */
#define CHART_PLACE_LEFT  56
#define CHART_PLACE_ABOVE 30
#define CHART_PLACE_BELOW 44
#define CHART_LEGEND_ROW  20

/* Append the chart, without its legend. The writer keeps the failure. */
void chart_plot(struct html_writer *writer, const struct chart *chart,
                const struct chart_place *place);

/* Append the legend of the chart that stands there, whose first row begins at `top` (NULL as the
 * writer: only measure it); returns how many rows it has. An arrow says that a rule is above. */
unsigned chart_plot_legend(struct html_writer *writer, const struct chart *chart,
                           const struct chart_place *place, double top);

/* The unit that the numbers of a time axis are in, which ends at so many seconds: "time, s". */
const char *chart_time_label(double x_max);

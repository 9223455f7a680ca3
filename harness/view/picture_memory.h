#pragma once
/* The chart of what a run held over time: memory and the floors of its cycles against the limit,
 * the line through the floors, phases, kills and restarts. Private to pictures. */
#include "view/picture_data.h"

#define PICTURE_SERIES_MAX 8

/* A chart with what it points to, which is the data's arena's, or static. */
struct picture_chart {
    struct chart chart;
    struct chart_series series[PICTURE_SERIES_MAX];
    struct chart_rule rule;
    struct chart_ribbon ribbon;
    struct chart_span *spans; /* first those that are shaded */
    size_t n_shaded;
    struct chart_event *events;
};

/* Fill it; `plot_width` says which labels have room. `ret` points into itself: it stays where it
 * is. */
void picture_memory_chart(struct picture_data *data, double plot_width, struct picture_chart *ret);

/* Append a series to the chart, amounts divided by the unit, if it has any points; NULL: it was not
 * added. It may be changed. */
struct chart_series *picture_chart_add(struct picture_chart *chart, struct picture_points points,
                                       double unit);

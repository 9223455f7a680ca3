#pragma once
/* A line chart: series in, SVG out. It knows nothing of what is drawn.
 *
 * Series are told apart by colour (Okabe and Ito's, which the colour-blind can tell apart) and by
 * dashes; a tooltip (<title>) names each. Axes have round ticks. However many points a series has,
 * no more are drawn than can be seen, and the highest and the lowest of each pixel column always
 * are. Values that are not finite are gaps. */
#include "report/html_text.h"

/* A point, in the units that the axes' labels name. */
struct chart_point {
    double x, y;
};

struct chart_series {
    const char *name;                 /* in the legend; NULL: not there */
    const char *title;                /* the tooltip; NULL: the name */
    unsigned look;                    /* colour and dashes: from 0, each other than those before */
    bool thin;                        /* one of many alike */
    bool crosses;                     /* no line, but a cross at each point */
    const struct chart_point *points; /* borrowed; x does not fall */
    size_t n;
};

/* A horizontal line. It is drawn where it is near the points, and named in the legend always. */
struct chart_rule {
    const char *name;
    double y;
};

/* What lies between two values, filled. It is named in the legend. */
struct chart_band {
    const char *name;
    double low, high;
    unsigned look; /* colour: 0 or 1; a later band lies over an earlier one */
};

struct chart {
    const char *title; /* for those who cannot see it */
    const char *x_label, *y_label;
    const struct chart_series *series; /* borrowed */
    size_t n_series;
    const struct chart_rule *rules; /* borrowed */
    size_t n_rules;
    const struct chart_band *bands; /* borrowed */
    size_t n_bands;
    bool close_up;     /* the axis need not begin at 0, where all there is to see is far above */
    size_t points_max; /* so many are drawn of all series at most; 0: as many as can be seen */
};

/* What all charts of a document look like: CSS, once, for its <style>. Light, and dark where the
 * reader's screen is. */
void chart_svg_style(struct html_writer *writer);

/* Append one <svg>. The writer keeps the failure. */
void chart_svg_write(struct html_writer *writer, const struct chart *chart);

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

/* Dots where points are: they can be looked at one by one. */
enum chart_dots {
    CHART_DOTS_FEW, /* where there are few */
    CHART_DOTS_ALL,
    CHART_DOTS_NONE,
};

/* Colours by their names. */
enum chart_color {
    CHART_BLACK, /* white where it is dark */
    CHART_VERMILLION,
    CHART_BLUE,
    CHART_GREEN,
    CHART_ORANGE,
    CHART_PINK,
    CHART_SKY,
    CHART_COLOR_MAX_
};
/* Dashes: from 0, which is a line without any. */
#define CHART_DASHES 5
/* The look of a series that has these two: they have no common factor, so there are 35. */
#define CHART_LOOK(color, dash) ((15U * (color) + 21U * (dash)) % 35U)

struct chart_series {
    const char *name;  /* in the legend; NULL: not there */
    const char *title; /* the tooltip; NULL: the name */
    unsigned look;     /* colour and dashes: from 0, each other than those before */
    bool thin;         /* one of many alike */
    bool crosses;      /* no line, but a cross at each point */
    bool filled;       /* lightly, down to the axis */
    bool steps;        /* a value holds until the next one */
    enum chart_dots dots;
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

/* What lies between two lines, filled: the points of one from left to right, and how far above each
 * the other is. Named in the legend. */
struct chart_ribbon {
    const char *name;
    unsigned look;                 /* colour, as a band's */
    const struct chart_point *low; /* borrowed */
    const double *high;            /* borrowed; y at the same x */
    size_t n;
};

/* A stretch of the x axis, shaded. */
#define CHART_SPAN_CLEAR 3 /* look: not shaded, for its label only */
struct chart_span {
    const char *label; /* over it, where there is room; NULL: none */
    const char *title; /* the tooltip; NULL: none */
    double from, to;
    unsigned look; /* 0: in passing; 1: usual; 2: unusual */
};

/* Something that happened at one place of the x axis: a line across. */
struct chart_event {
    const char *name;  /* in the legend; NULL: not there */
    const char *title; /* the tooltip; NULL: none */
    double x;
    unsigned look; /* 0: something bad; 1: something else */
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
    const struct chart_ribbon *ribbons; /* borrowed */
    size_t n_ribbons;
    const struct chart_span *spans; /* borrowed */
    size_t n_spans;
    const struct chart_event *events; /* borrowed */
    size_t n_events;
    bool x_is_time;    /* in seconds: ticks are those of a clock */
    bool close_up;     /* the axis need not begin at 0, where all there is to see is far above */
    size_t points_max; /* so many are drawn of all series at most; 0: as many as can be seen */
};

/* What all charts of a page look like: CSS, once, for its <style>. Light, and dark where the
 * reader's screen is. The second is without what makes them fit a page: for a picture. */
void chart_svg_style(struct html_writer *writer);
void chart_svg_style_looks(struct html_writer *writer);

/* Append one <svg>. The writer keeps the failure. */
void chart_svg_write(struct html_writer *writer, const struct chart *chart);

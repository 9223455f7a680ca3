#pragma once
/* Runs laid over each other in one chart: what each held over the time of its own turns, or its
 * floors against the requests that it had completed. Amounts are in bytes; the chart's unit is
 * chosen when it is written. */
#include "report/chart_svg.h"
#include "timeline/timeline.h"
#include "verdict/comparison.h"

#define OVERLAY_SERIES_MAX ((size_t)COMPARISON_VARIANTS_MAX * COMPARISON_REPEATS_MAX)
#define OVERLAY_RULES_MAX  COMPARISON_VARIANTS_MAX
#define OVERLAY_BANDS_MAX  4
#define OVERLAY_TITLE_MAX  256
#define OVERLAY_LABEL_MAX  64

/* A chart in the making; its series own their points, as kept in `points`. */
struct overlay {
    struct chart_series series[OVERLAY_SERIES_MAX];
    struct chart_point *points[OVERLAY_SERIES_MAX];
    char title[OVERLAY_SERIES_MAX][OVERLAY_TITLE_MAX];
    size_t n;
    struct chart_rule rules[OVERLAY_RULES_MAX];
    char rule[OVERLAY_RULES_MAX][OVERLAY_TITLE_MAX];
    char rule_of[OVERLAY_RULES_MAX][OVERLAY_TITLE_MAX]; /* whose they are */
    size_t n_rules;
    struct chart_band bands[OVERLAY_BANDS_MAX]; /* added by the caller */
    size_t n_bands;
    bool close_up;      /* as the chart's */
    size_t points_max;  /* the same */
    const char *x_name; /* of a footprint; NULL: "time in its own turns" */
    char x_label[OVERLAY_LABEL_MAX];
    char y_label[OVERLAY_LABEL_MAX];
};

/* How a run is shown. */
struct overlay_look {
    const char *name;     /* whose run it is, for the tooltip and the legend; borrowed */
    bool named;           /* in the legend */
    size_t repeat;        /* which of them, from 0 */
    unsigned look;        /* as the chart's series have */
    bool thin;            /* one of many alike */
    enum cycle_kind from; /* floors: those of cycles from this kind on */
};

/* An empty one; NULL when out of memory. The caller owns it. */
struct overlay *overlay_new(void);
void overlay_free(struct overlay *overlay); /* NULL is fine */

/* Add what a run held, with crosses where it was killed; or its floors. False: out of memory, or
 * the chart is full. */
bool overlay_add_footprint(struct overlay *overlay, const struct timeline *timeline,
                           const struct overlay_look *look);
bool overlay_add_floors(struct overlay *overlay, const struct timeline *timeline,
                        const struct overlay_look *look);

/* Add the limit that this one had; those of several with the same limit are one line. Where there
 * are several lines, each says whose it is. */
void overlay_add_limit(struct overlay *overlay, double limit_bytes, const char *of);

/* The chart of what was added, by the one or the other, without a title; it borrows from the
 * overlay, to which nothing may be added any more. */
struct chart overlay_footprint_chart(struct overlay *overlay);
struct chart overlay_floors_chart(struct overlay *overlay);

/* Append the <svg> of that. The writer keeps the failure. */
void overlay_write_footprint(struct html_writer *writer, struct overlay *overlay,
                             const char *title);
void overlay_write_floors(struct html_writer *writer, struct overlay *overlay, const char *title);

/* The writer keeps that there is no memory. */
void overlay_out_of_memory(struct html_writer *writer);

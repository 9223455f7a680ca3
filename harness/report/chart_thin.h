#pragma once
/* Points of a series reduced to what can be seen: per pixel column the lowest and the highest, in
 * the order in which they come. Peaks survive, however many points there are. */
#include <math.h>

#include "report/chart_svg.h"

/* Beyond, sums and differences are soon not finite any more. */
#define CHART_VALUE_MAX 1e100

/* Can it be drawn? Else it is a gap. */
static inline bool chart_is_drawn(const struct chart_point *point)
{
    return fabs(point->x) <= CHART_VALUE_MAX && fabs(point->y) <= CHART_VALUE_MAX;
}

/* Where x = 0 of the columns is, and how many there are to a unit. */
struct chart_columns {
    double x0;
    double per_unit;
    unsigned n;
};

struct chart_thinned {
    struct chart_point point;
    bool after_gap; /* nothing is drawn from the one before to here */
};

/* The reduced points into `ret`, which has room for 2 * columns->n + 2; returns how many there
 * are. The first is always after a gap. What lies outside the columns is put into the nearest. */
size_t chart_thin(const struct chart_point *points, size_t n, const struct chart_columns *columns,
                  struct chart_thinned *ret);

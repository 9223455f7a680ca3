#pragma once
/* Does y rise with x, how steeply, and how surely?
 *
 * Slope: Theil–Sen, the median of the slopes of all pairs; a wild point or two cannot move it.
 * Interval: Sen's (1968), the order statistics of those slopes whose ranks follow from the variance
 * of Kendall's S; for the few points of a run the ranks come from the exact distribution of S.
 * Test: one-sided Kendall, P(S >= observed | no trend), exact up to TREND_EXACT_MAX points.
 * Pure functions of their arguments. */
#include <stddef.h>

#define TREND_POINTS_MAX 256
#define TREND_EXACT_MAX  40

struct trend_point {
    double x;
    double y;
};

struct trend {
    size_t n;
    double slope; /* median of pairwise slopes */
    double low;   /* 95 % interval of the slope; for fewer than 4 points the extreme slopes */
    double high;
    double p_rise; /* one-sided: as much order by chance alone */
};

/* 0; 1 when there are fewer than 2 distinct x (nothing is set). n is at most TREND_POINTS_MAX. */
int trend_estimate(const struct trend_point *points, size_t n, struct trend *ret);

/* Median of values[n], which is reordered. n >= 1. */
double trend_median(double *values, size_t n);

/* P(S >= s) of Kendall's S for n points without ties, no trend. */
double trend_kendall_p(size_t n, long s);

#include "verdict/trend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int trend_compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

double trend_median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), trend_compare);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Probabilities of each number of discordant pairs (inversions) in a random order of n points, by
 * the usual recursion over insertion of one point at a time. counts[n * (n - 1) / 2 + 1]. */
static void trend_inversions(size_t n, double *probability)
{
    size_t pairs = n * (n - 1) / 2;
    memset(probability, 0, (pairs + 1) * sizeof(*probability));
    probability[0] = 1;
    for (size_t size = 2; size <= n; size++) {
        size_t top = size * (size - 1) / 2;
        double next[TREND_EXACT_MAX * (TREND_EXACT_MAX - 1) / 2 + 1];
        for (size_t k = 0; k <= top; k++) {
            double sum = 0;
            for (size_t step = 0; step < size && step <= k; step++)
                sum += probability[k - step];
            next[k] = sum / (double)size;
        }
        memcpy(probability, next, (top + 1) * sizeof(*next));
    }
}

double trend_kendall_p(size_t n, long s)
{
    if (n < 2)
        return 1;
    if (n > TREND_EXACT_MAX) {
        double count = (double)n;
        double deviation = sqrt(count * (count - 1) * (2 * count + 5) / 18);
        return 0.5 * erfc(((double)s - 1) / deviation / sqrt(2));
    }

    double probability[TREND_EXACT_MAX * (TREND_EXACT_MAX - 1) / 2 + 1];
    trend_inversions(n, probability);
    long pairs = (long)(n * (n - 1) / 2);
    /* S = pairs - 2 * inversions. */
    double sum = 0;
    for (long inversions = 0; inversions <= pairs && pairs - 2 * inversions >= s; inversions++)
        sum += probability[inversions];
    return sum > 1 ? 1 : sum;
}

/* The smallest C with P(S > C) <= 2.5 %, so that of N sorted slopes those of rank (N - C) / 2 and
 * (N + C) / 2 + 1, counted from 1, enclose 95 % or a little more. */
static long trend_interval_width(size_t n)
{
    long pairs = (long)(n * (n - 1) / 2);
    if (n > TREND_EXACT_MAX) {
        double count = (double)n;
        double width = 1.959963984540054 * sqrt(count * (count - 1) * (2 * count + 5) / 18);
        return width > (double)pairs ? pairs : (long)ceil(width);
    }

    double probability[TREND_EXACT_MAX * (TREND_EXACT_MAX - 1) / 2 + 1];
    trend_inversions(n, probability);
    double tail = 0;
    for (long inversions = 0; inversions <= pairs; inversions++) {
        tail += probability[inversions];
        if (tail > 0.025)
            return pairs - 2 * inversions;
    }
    return pairs;
}

int trend_estimate(const struct trend_point *points, size_t n, struct trend *ret)
{
    if (n < 2 || n > TREND_POINTS_MAX)
        return 1;
    double *slopes = malloc(n * (n - 1) / 2 * sizeof(*slopes));
    if (slopes == NULL)
        return 1;

    size_t n_slopes = 0;
    long s = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double dx = points[j].x - points[i].x;
            double dy = points[j].y - points[i].y;
            if (dx <= 0)
                continue;
            slopes[n_slopes++] = dy / dx;
            s += (dy > 0) - (dy < 0);
        }
    }
    if (n_slopes == 0) {
        free(slopes);
        return 1;
    }

    ret->n = n;
    ret->slope = trend_median(slopes, n_slopes); /* sorts them */
    long width = trend_interval_width(n);
    long below = ((long)n_slopes - width) / 2 - 1;
    if (below < 0)
        below = 0;
    ret->low = slopes[below];
    ret->high = slopes[(long)n_slopes - 1 - below];
    ret->p_rise = trend_kendall_p(n, s);
    free(slopes);
    return 0;
}

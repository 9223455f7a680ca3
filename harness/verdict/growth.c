#include "verdict/growth.h"

#include <math.h>
#include <string.h>

/* The later half of the cycles must grow at this share of the earlier half's rate, at least. */
#define GROWTH_LASTING_MIN 0.6
/* And is over when it grows at less than this share. */
#define GROWTH_FADED_MAX 0.35
/* No cycle may make more than this share of the growth (it would be a step, not a slope). */
#define GROWTH_STEP_MAX 0.55
/* So many of the cycles must rise. */
#define GROWTH_RISING_MIN 0.8
/* "Flat": the last three cycles together moved by less than this. */
#define GROWTH_FLAT_BYTES (12.0 * 1024)

/* Growth per request from point `from` to point `to`. */
static double growth_rate(const struct floor_series *series, size_t from, size_t to)
{
    double requests = series->requests[to] - series->requests[from];
    return requests > 0 ? (series->floor_bytes[to] - series->floor_bytes[from]) / requests : 0;
}

/* Three times the usual distance of a floor from the line, or the least noise there is. */
static double growth_noise(const struct floor_series *series, const struct trend *trend)
{
    double residuals[INDICATORS_POINTS_MAX];
    double distances[INDICATORS_POINTS_MAX];
    for (size_t i = 0; i < series->n; i++)
        residuals[i] = series->floor_bytes[i] - trend->slope * series->requests[i];
    memcpy(distances, residuals, series->n * sizeof(*residuals));
    double middle = trend_median(distances, series->n);
    for (size_t i = 0; i < series->n; i++)
        distances[i] = fabs(residuals[i] - middle);
    double noise = 3 * 1.4826 * trend_median(distances, series->n);
    return noise > GROWTH_NOISE_BYTES ? noise : GROWTH_NOISE_BYTES;
}

static double growth_rising_share(const struct floor_series *series)
{
    size_t rising = 0;
    for (size_t i = 1; i < series->n; i++)
        rising += series->floor_bytes[i] > series->floor_bytes[i - 1];
    return (double)rising / (double)(series->n - 1);
}

static double growth_largest_share(const struct floor_series *series, double total_bytes)
{
    double largest = 0;
    for (size_t i = 1; i < series->n; i++)
        largest = fmax(largest, series->floor_bytes[i] - series->floor_bytes[i - 1]);
    return total_bytes > 0 ? largest / total_bytes : 0;
}

/* What speaks against calling it steady growth; NULL when nothing does. */
static const char *growth_doubt(const struct growth *growth, const struct floor_series *series)
{
    if (growth->trend.low * growth->requests < growth->noise_bytes)
        return "the growth is within the noise of a floor";
    if (growth->trend.p_rise > GROWTH_P_MAX)
        return "the rise may be chance";
    if (growth_rising_share(series) < GROWTH_RISING_MIN)
        return "it does not rise in every cycle";
    if (growth->largest_share > GROWTH_STEP_MAX)
        return "one cycle makes most of it";
    if (growth->fade < GROWTH_LASTING_MIN)
        return "it grows ever more slowly";
    return NULL;
}

static bool growth_is_flat(const struct floor_series *series)
{
    size_t n = series->n;
    double lowest = series->floor_bytes[n - 1];
    double highest = lowest;
    for (size_t i = n - 4; i < n; i++) {
        lowest = fmin(lowest, series->floor_bytes[i]);
        highest = fmax(highest, series->floor_bytes[i]);
    }
    return highest - lowest <= GROWTH_FLAT_BYTES || series->floor_bytes[n - 1] <= lowest;
}

void growth_assess(const struct floor_series *series, unsigned cycles_min, struct growth *ret)
{
    *ret = (struct growth){.shape = GROWTH_TOO_FEW, .noise_bytes = GROWTH_NOISE_BYTES};
    size_t n = series->n;
    if (n < 2)
        return;

    struct trend_point points[INDICATORS_POINTS_MAX];
    for (size_t i = 0; i < n; i++)
        points[i] = (struct trend_point){series->requests[i], series->floor_bytes[i]};
    if (trend_estimate(points, n, &ret->trend) != 0)
        return;
    ret->has_trend = true;
    ret->requests = series->requests[n - 1];
    ret->total_bytes = series->floor_bytes[n - 1] - series->floor_bytes[0];
    ret->noise_bytes = growth_noise(series, &ret->trend);
    ret->largest_share = growth_largest_share(series, ret->total_bytes);
    double earlier = growth_rate(series, 0, (n - 1) / 2);
    double later = growth_rate(series, (n - 1) / 2, n - 1);
    ret->fade = earlier > 0 ? later / earlier : (later > 0 ? 1 : 0);
    ret->doubt = growth_doubt(ret, series);

    if (n < 5 || n - 1 < cycles_min)
        return;
    if (ret->doubt == NULL)
        ret->shape = GROWTH_STEADY;
    else if (growth_is_flat(series))
        ret->shape = GROWTH_FLAT;
    else if (n >= 7 && ret->total_bytes > 0 && ret->fade < GROWTH_FADED_MAX)
        ret->shape = GROWTH_FADING;
    else
        ret->shape = GROWTH_UNCLEAR;
}

double growth_smallest_leak(const struct growth *growth)
{
    return growth->requests > 0 ? growth->noise_bytes / growth->requests : 0;
}

#include "verdict/growth.h"

#include <math.h>
#include <string.h>

/* Growth is over when its later half grows at less than this share of the earlier half's rate… */
#define GROWTH_FADED_MAX 0.35
/* …and the last third of the cycles makes no more than this share of it. */
#define GROWTH_TAIL_SHARE_MAX 0.02
/* It dies away when the last third of the cycles grows at less than this share of the rate of the
 * one before it. */
#define GROWTH_TAIL_MAX 0.9
/* No cycle may make more than this share of the growth (it would be a step, not a slope). */
#define GROWTH_STEP_MAX 0.55
/* So many floors tell that ups and downs are nothing but that. */
#define GROWTH_JITTER_POINTS 9
/* Steps make up for each other when they are correlated like this with the next (-0.5 is the most);
 * then this share of their variance, at the least, adds up. */
#define GROWTH_RULER_MAX   (-0.3)
#define GROWTH_RULER_SHARE 0.25
/* A step is so many times the median one; in the first cycle, where warm-ups are, so many. */
#define GROWTH_OUTLIER_TIMES       2.0
#define GROWTH_FIRST_OUTLIER_TIMES 3.0
/* One cycle in so many may have such a step. */
#define GROWTH_OUTLIER_CYCLES 4

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
    return fmax(noise, fmax(series->noise_bytes, GROWTH_NOISE_BYTES));
}

/* Student's t that is exceeded once in 10,000 by chance, by degrees of freedom (cycles - 1); none
 * for a single step. */
static double growth_t_max(size_t freedom)
{
    static const double t_max[] = {
        0,    3183.0, 70.70, 22.20, 13.03, 9.68, 8.02, 7.06, 6.44, 6.01, 5.69,
        5.45, 5.26,   5.11,  4.99,  4.88,  4.79, 4.71, 4.65, 4.59, 4.54,
    };
    size_t last = sizeof(t_max) / sizeof(t_max[0]) - 1;
    return t_max[freedom < last ? freedom : last];
}

/* How much the steps from floor to floor differ from what their work makes of the mean rate (their
 * standard deviation). Where every step up is followed by one that makes up for it, that is not the
 * floor's way but the ruler's (whole pages, a stack that was touched and is not): what such steps
 * add up to over many cycles is less, by their covariance. *ret_step_bytes is that of a single
 * step, whatever the next one makes up for. */
static double growth_unevenness(const struct floor_series *series, double *ret_step_bytes)
{
    size_t cycles = series->n - 1;
    *ret_step_bytes = 0;
    if (cycles < 2)
        return 0;
    double rate = growth_rate(series, 0, cycles);
    double squares = 0;
    double products = 0;
    double last = 0;
    for (size_t i = 1; i <= cycles; i++) {
        double expected = rate * (series->requests[i] - series->requests[i - 1]);
        double off = series->floor_bytes[i] - series->floor_bytes[i - 1] - expected;
        squares += off * off;
        products += off * last;
        last = off;
    }
    *ret_step_bytes = sqrt(squares / ((double)cycles - 1));
    double correlation = squares > 0 ? products / squares : 0;
    double share =
        correlation < GROWTH_RULER_MAX ? fmax(GROWTH_RULER_SHARE, 1 + 2 * correlation) : 1;
    return sqrt(share * squares / ((double)cycles - 1));
}

/* What the unevenness of the steps can hide, and the later half's rate relative to the earlier
 * half's with one standard error. */
static void growth_weigh_steps(const struct floor_series *series, struct growth *ret)
{
    size_t cycles = series->n - 1;
    size_t half = cycles / 2;
    if (half == 0)
        return;
    double uneven_bytes = growth_unevenness(series, &ret->step_error_bytes);
    double stray_bytes = growth_t_max(cycles - 1) * uneven_bytes * sqrt((double)cycles);
    double error_bytes =
        uneven_bytes * (double)cycles * sqrt(1 / (double)half + 1 / (double)(cycles - half));
    ret->hidden_bytes = fmax(stray_bytes, error_bytes / (1 - GROWTH_LASTING_MIN));

    double earlier = growth_rate(series, 0, half);
    double later = growth_rate(series, half, cycles);
    ret->fade = earlier > 0 ? later / earlier : (later > 0 ? 1 : 0);
    ret->fade_error = ret->total_bytes > 0 ? error_bytes / ret->total_bytes : 0;
}

static double growth_largest_share(const struct floor_series *series, double total_bytes)
{
    double largest = 0;
    for (size_t i = 1; i < series->n; i++)
        largest = fmax(largest, series->floor_bytes[i] - series->floor_bytes[i - 1]);
    return total_bytes > 0 ? largest / total_bytes : 0;
}

/* What speaks against calling it steady growth; NULL when nothing does. */
static const char *growth_doubt(const struct growth *growth)
{
    if (growth->trend.low * growth->requests < growth->noise_bytes)
        return "the growth is within the noise of a floor";
    if (growth->trend.p_rise > GROWTH_P_MAX)
        return "the rise may be chance";
    if (growth->largest_share > GROWTH_STEP_MAX)
        return "one cycle makes most of it";
    if (growth->total_bytes < growth->hidden_bytes)
        return "its steps are so uneven that it may not last";
    if (growth->fade - growth->fade_error < GROWTH_LASTING_MIN)
        return "it grows ever more slowly";
    return NULL;
}

/* Ups and downs within the noise, over as many cycles as one is ready to wait for. */
static bool growth_is_jitter(const struct growth *growth)
{
    return growth->trend.n >= GROWTH_JITTER_POINTS && growth->trend.low <= 0 &&
           growth->trend.slope * growth->requests < growth->noise_bytes;
}

/* Within a huge page that came or went a floor may well stand; not one that rises with the work. */
static bool growth_is_flat(const struct floor_series *series, const struct growth *growth)
{
    bool rises = growth->trend.p_rise <= GROWTH_P_MAX &&
                 growth->trend.low * growth->requests >= GROWTH_NOISE_BYTES;
    size_t n = series->n;
    double lowest = series->floor_bytes[n - 1];
    double highest = lowest;
    for (size_t i = n - 4; i < n; i++) {
        lowest = fmin(lowest, series->floor_bytes[i]);
        highest = fmax(highest, series->floor_bytes[i]);
    }
    double still = rises ? GROWTH_FLAT_BYTES : fmax(GROWTH_FLAT_BYTES, series->noise_bytes);
    return highest - lowest <= still || series->floor_bytes[n - 1] <= lowest;
}

/* It rose, and of the rise next to nothing is left: neither against the first half nor in the last
 * third, for a leak may follow upon a warm-up, and is smaller than that. */
static bool growth_has_faded(const struct floor_series *series, const struct growth *growth)
{
    size_t n = series->n;
    if (n < 7 || growth->total_bytes <= 0 || growth->fade >= GROWTH_FADED_MAX)
        return false;
    size_t third = (n - 1) / 3;
    double late_bytes = series->floor_bytes[n - 1] - series->floor_bytes[n - 1 - third];
    double still = fmax(GROWTH_NOISE_BYTES, GROWTH_TAIL_SHARE_MAX * growth->total_bytes);
    return late_bytes < fmax(still, series->noise_bytes);
}

/* Does the last third grow at a lower rate than the one before it? */
static bool growth_dies_away(const struct floor_series *series)
{
    size_t last = series->n - 1;
    size_t third = last / 3;
    return third > 0 && growth_rate(series, last - third, last) <
                            GROWTH_TAIL_MAX * growth_rate(series, last - 2 * third, last - third);
}

/* The same without the steps that come now and then upon an even rise, as when a table is enlarged
 * in which things are kept. False when there are none, or more than now and then. */
static bool growth_without_steps(const struct floor_series *series, struct floor_series *ret)
{
    size_t cycles = series->n - 1;
    double rates[INDICATORS_POINTS_MAX];
    for (size_t i = 0; i < cycles; i++)
        rates[i] = growth_rate(series, i, i + 1);
    double usual_rate = trend_median(rates, cycles);
    size_t outliers = 0;
    bool begun = false; /* growth that dies away begins with its largest steps */
    *ret = *series;
    for (size_t i = 1; i <= cycles && usual_rate > 0; i++) {
        double step = series->floor_bytes[i] - series->floor_bytes[i - 1];
        double usual = usual_rate * (series->requests[i] - series->requests[i - 1]);
        begun = begun || step <= GROWTH_OUTLIER_TIMES * usual;
        if ((begun && step > GROWTH_OUTLIER_TIMES * usual) ||
            (i == 1 && step > GROWTH_FIRST_OUTLIER_TIMES * usual)) {
            step = usual;
            outliers++;
        }
        ret->floor_bytes[i] = ret->floor_bytes[i - 1] + step;
    }
    return outliers > 0 && outliers <= cycles / GROWTH_OUTLIER_CYCLES;
}

/* What the floors say for themselves; false: there are too few to say anything. */
static bool growth_measure(const struct floor_series *series, struct growth *ret)
{
    *ret = (struct growth){
        .shape = GROWTH_TOO_FEW, .window = series->window, .noise_bytes = GROWTH_NOISE_BYTES};
    size_t n = series->n;
    if (n < 2)
        return false;
    struct trend_point points[INDICATORS_POINTS_MAX];
    for (size_t i = 0; i < n; i++)
        points[i] = (struct trend_point){series->requests[i], series->floor_bytes[i]};
    if (trend_estimate(points, n, &ret->trend) != 0)
        return false;
    ret->has_trend = true;
    ret->requests = series->requests[n - 1];
    ret->total_bytes = series->floor_bytes[n - 1] - series->floor_bytes[0];
    ret->noise_bytes = growth_noise(series, &ret->trend);
    ret->largest_share = growth_largest_share(series, ret->total_bytes);
    growth_weigh_steps(series, ret);
    ret->dies_away = growth_dies_away(series);
    ret->doubt = growth_doubt(ret);
    return true;
}

void growth_assess(const struct floor_series *series, unsigned cycles_min, struct growth *ret)
{
    if (!growth_measure(series, ret) || series->n < 5 ||
        series->n - 1 + series->folded < cycles_min)
        return;
    struct floor_series even;
    struct growth without;
    if (ret->doubt != NULL && growth_without_steps(series, &even) &&
        growth_measure(&even, &without) && without.doubt == NULL)
        *ret = without;

    ret->jitters = growth_is_jitter(ret);
    if (ret->doubt == NULL)
        ret->shape = GROWTH_STEADY;
    else if (growth_is_flat(series, ret) || ret->jitters)
        ret->shape = GROWTH_FLAT;
    else if (growth_has_faded(series, ret))
        ret->shape = GROWTH_FADING;
    else
        ret->shape = GROWTH_UNCLEAR;
}

double growth_smallest_leak(const struct growth *growth)
{
    if (growth->requests <= 0)
        return 0;
    double uncertain = growth->has_trend ? growth->trend.slope - growth->trend.low : 0;
    return fmax(growth->noise_bytes, growth->hidden_bytes) / growth->requests + uncertain;
}

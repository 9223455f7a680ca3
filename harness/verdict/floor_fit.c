#include "verdict/floor_fit.h"

#include <math.h>

static void floor_fit_line(struct floor_fit *fit)
{
    double rests[INDICATORS_POINTS_MAX];
    double works[INDICATORS_POINTS_MAX];
    for (size_t i = 0; i < fit->n; i++) {
        rests[i] = fit->points[i].floor_bytes - fit->slope * fit->points[i].requests;
        works[i] = fit->points[i].requests;
    }
    double base_bytes = trend_median(rests, fit->n);
    double middle = trend_median(works, fit->n);
    for (size_t i = 0; i < fit->n; i++) {
        struct floor_fit_point *point = &fit->points[i];
        double away = point->requests - middle;
        double a = base_bytes + fit->slope * middle + fit->slope_low * away;
        double b = base_bytes + fit->slope * middle + fit->slope_high * away;
        point->fit_bytes = base_bytes + fit->slope * point->requests;
        point->low_bytes = fmin(a, b);
        point->high_bytes = fmax(a, b);
    }
}

void floor_fit(const struct timeline *timeline, const struct verdict_question *question,
               struct floor_fit *ret)
{
    struct evidence evidence;
    evidence_gather(timeline, question, &evidence);
    *ret = (struct floor_fit){.by_heap = evidence.by_heap, .n = evidence.series.n};
    for (size_t i = 0; i < ret->n; i++)
        ret->points[i] = (struct floor_fit_point){
            .cycle = evidence.series.cycle[i],
            .requests = evidence.series.requests[i],
            .floor_bytes = evidence.series.floor_bytes[i],
        };
    const struct growth *growth = &evidence.growth;
    ret->has_line = ret->n >= 2 && growth->has_trend && isfinite(growth->trend.slope) &&
                    isfinite(growth->trend.low) && isfinite(growth->trend.high);
    if (!ret->has_line)
        return;
    ret->slope = growth->trend.slope;
    ret->slope_low = growth->trend.low;
    ret->slope_high = growth->trend.high;
    floor_fit_line(ret);
}

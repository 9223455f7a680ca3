#include "verdict/floor_fit.h"

#include <math.h>

static void floor_fit_line(struct floor_fit *fit, const struct trend_point *floors)
{
    struct trend trend;
    double values[INDICATORS_POINTS_MAX];
    if (fit->n < FLOOR_FIT_MIN || trend_estimate(floors, fit->n, &trend) != 0)
        return;
    for (size_t i = 0; i < fit->n; i++)
        values[i] = floors[i].x;
    double middle = trend_median(values, fit->n);
    for (size_t i = 0; i < fit->n; i++)
        values[i] = floors[i].y - trend.slope * (floors[i].x - middle);
    double middle_bytes = trend_median(values, fit->n);
    for (size_t i = 0; i < fit->n; i++) {
        struct floor_fit_point *point = &fit->points[i];
        double off = point->requests - middle;
        double one = middle_bytes + trend.low * off;
        double other = middle_bytes + trend.high * off;
        point->fit_bytes = middle_bytes + trend.slope * off;
        point->low_bytes = fmin(one, other);
        point->high_bytes = fmax(one, other);
    }
    fit->slope = trend.slope;
    fit->has_line = true;
}

void floor_fit(const struct timeline *timeline, const struct verdict_question *question,
               struct floor_fit *ret)
{
    struct evidence evidence;
    struct trend_point floors[INDICATORS_POINTS_MAX] = {{0}};
    evidence_gather(timeline, question, &evidence);
    const struct floor_series *series = &evidence.series;
    *ret = (struct floor_fit){.n = series->n};
    for (size_t i = 0; i < series->n; i++) {
        /* The series may be of what the heap has in use. */
        const struct floor_parts floor = indicators_floor(&series->cycle[i]->floor);
        ret->points[i].cycle = series->cycle[i];
        ret->points[i].requests = series->requests[i];
        floors[i] = (struct trend_point){series->requests[i], (double)floor.total_bytes};
    }
    floor_fit_line(ret, floors);
}

const struct floor_fit_point *floor_fit_find(const struct floor_fit *fit, const struct cycle *cycle)
{
    for (size_t i = 0; i < fit->n; i++)
        if (fit->points[i].cycle == cycle)
            return &fit->points[i];
    return NULL;
}

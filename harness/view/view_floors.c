#include <math.h>

#include "verdict/evidence.h"
#include "verdict/trend.h"
#include "view/view_parts.h"

/* A line, and how far its slope may be off, through so many floors. */
#define VIEW_FIT_MIN 3

/* The floors that were judged, and the line through them: Theil and Sen's, with the slopes of the
 * 95 % band turning about its middle. */
struct view_fit {
    const struct floor_series *series;
    bool present;
    double slope, low, high; /* bytes per request */
    double middle;           /* requests */
    double middle_bytes;
};

static void view_find_fit(const struct evidence *evidence, struct view_fit *ret)
{
    const struct floor_series *series = &evidence->series;
    struct trend_point points[INDICATORS_POINTS_MAX];
    double values[INDICATORS_POINTS_MAX];
    struct trend trend;
    *ret = (struct view_fit){.series = series};
    for (size_t i = 0; i < series->n; i++)
        points[i] = (struct trend_point){
            series->requests[i], (double)indicators_floor(&series->cycle[i]->floor).total_bytes};
    if (series->n < VIEW_FIT_MIN || trend_estimate(points, series->n, &trend) != 0)
        return;
    for (size_t i = 0; i < series->n; i++)
        values[i] = points[i].x;
    ret->middle = trend_median(values, series->n);
    for (size_t i = 0; i < series->n; i++)
        values[i] = points[i].y - trend.slope * (points[i].x - ret->middle);
    ret->middle_bytes = trend_median(values, series->n);
    ret->slope = trend.slope;
    ret->low = trend.low;
    ret->high = trend.high;
    ret->present = true;
}

/* The place of a cycle's floor among those judged; their number: it is none of them. */
static size_t view_judged_place(const struct view_fit *fit, const struct cycle *cycle)
{
    size_t i = 0;
    while (i < fit->series->n && fit->series->cycle[i] != cycle)
        i++;
    return i;
}

static void view_write_floor(struct json_writer *writer, const struct view_fit *fit,
                             const struct cycle *cycle, uint64_t requests)
{
    size_t place = view_judged_place(fit, cycle);
    bool judged = place < fit->series->n;
    json_write_object(writer, NULL);
    view_write_time(writer, "t_s", cycle->floor_ns);
    json_write_u64(writer, "requests", requests);
    json_write_i64(writer, "bytes", indicators_floor(&cycle->floor).total_bytes);
    json_write_u64(writer, "start", cycle->start);
    json_write_text(writer, "kind", cycle_kind_name(cycle->kind));
    json_write_bool(writer, "judged", judged);
    if (judged && fit->present) {
        double off = fit->series->requests[place] - fit->middle;
        double low = fit->middle_bytes + fit->low * off;
        double high = fit->middle_bytes + fit->high * off;
        json_write_decimal(writer, "fit_bytes", fit->middle_bytes + fit->slope * off, 0);
        json_write_decimal(writer, "low_bytes", fmin(low, high), 0);
        json_write_decimal(writer, "high_bytes", fmax(low, high), 0);
    }
    json_write_close_object(writer);
}

size_t view_first_judged(const struct record *record)
{
    struct evidence evidence;
    evidence_gather(record->timeline, &record->question, &evidence);
    return evidence.series.n > 0 ? (size_t)(evidence.series.cycle[0] - record->timeline->cycles)
                                 : 0;
}

void view_write_floors(struct json_writer *writer, const struct record *record)
{
    const struct timeline *timeline = record->timeline;
    const struct verdict_growth *growth = &record->verdict.growth;
    struct evidence evidence;
    struct view_fit fit;
    uint64_t requests = 0;
    evidence_gather(timeline, &record->question, &evidence);
    view_find_fit(&evidence, &fit);
    json_write_array(writer, "floors");
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        requests += load_counts_completed(&cycle->counts);
        if (cycle->complete && indicators_floor(&cycle->floor).present)
            view_write_floor(writer, &fit, cycle, requests);
    }
    json_write_close_array(writer);
    if (!growth->present)
        return;
    json_write_object(writer, "slope");
    json_write_decimal(writer, "estimate", growth->estimate, 2);
    json_write_decimal(writer, "low", growth->low, 2);
    json_write_decimal(writer, "high", growth->high, 2);
    if (record->verdict.by_heap)
        json_write_text(writer, "of", "heap");
    json_write_close_object(writer);
}

#include "view/view_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Over less time, a few more or less make a rate of nothing or of anything. */
#define VIEW_INTERVAL_LEAST_NS (20 * NSEC_PER_MSEC)

void view_gathering_done(struct view_gathering *gathering)
{
    free(gathering->breaks);
    free(gathering->points);
}

int view_gathering_begin(struct view_gathering *gathering)
{
    const struct timeline *timeline = gathering->record->timeline;
    gathering->breaks = calloc(timeline->n_marks + 1, sizeof(*gathering->breaks));
    if (gathering->breaks == NULL)
        return error_out_of_memory(gathering->err);
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        bool others = mark->kind == MARK_PHASE && strcmp(mark->text, TIMELINE_PHASE_OTHERS) == 0;
        if (mark->kind == MARK_START || others)
            gathering->breaks[gathering->n_breaks++] = mark->t_ns;
    }
    return 0;
}

bool view_is_broken(const struct view_gathering *gathering, size_t *place, nsec_t from_ns,
                    nsec_t to_ns)
{
    while (*place < gathering->n_breaks && gathering->breaks[*place] <= from_ns)
        ++*place;
    return *place < gathering->n_breaks && gathering->breaks[*place] <= to_ns;
}

int view_add_point(struct view_gathering *gathering, double t_s, double value)
{
    if (gathering->n == gathering->capacity) {
        size_t capacity = gathering->capacity > 0 ? 2 * gathering->capacity : 1024;
        struct chart_point *grown = reallocarray(gathering->points, capacity, sizeof(*grown));
        if (grown == NULL)
            return error_out_of_memory(gathering->err);
        gathering->points = grown;
        gathering->capacity = capacity;
    }
    gathering->points[gathering->n++] = (struct chart_point){t_s, value};
    return 0;
}

int view_add_gap(struct view_gathering *gathering)
{
    return gathering->n == 0 ? 0 : view_add_point(gathering, NAN, NAN);
}

void view_rate_begin(struct view_rate *rate, nsec_t t_ns, uint64_t total)
{
    rate->from_ns = rate->to_ns = t_ns;
    rate->from_total = rate->to_total = total;
    rate->has_point = false;
}

int view_rate_add(struct view_gathering *gathering, struct view_rate *rate, nsec_t t_ns,
                  uint64_t total)
{
    if (t_ns <= rate->to_ns)
        return 0;
    bool goes_on = rate->has_point && t_ns - rate->to_ns < VIEW_INTERVAL_LEAST_NS;
    if (!goes_on) {
        rate->from_ns = rate->to_ns;
        rate->from_total = rate->to_total;
    }
    rate->to_ns = t_ns;
    rate->to_total = total;
    double passed_s = (double)(t_ns - rate->from_ns) / VIEW_SECOND;
    double value = (double)(total - rate->from_total) * rate->per_s / passed_s;
    if (goes_on)
        gathering->n--;
    rate->has_point = true;
    return view_add_point(gathering, (double)t_ns / VIEW_SECOND, fmin(value, rate->most));
}

/* Of neighbours that have one value, the first and the last are enough. */
static size_t view_drop_repeats(struct chart_thinned *points, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool repeats = kept > 1 && !points[i].after_gap && !points[kept - 1].after_gap &&
                       points[kept - 1].point.y >= points[i].point.y &&
                       points[kept - 1].point.y <= points[i].point.y &&
                       points[kept - 2].point.y >= points[i].point.y &&
                       points[kept - 2].point.y <= points[i].point.y;
        if (repeats)
            kept--;
        points[kept++] = points[i];
    }
    return kept;
}

int view_end_series(struct view_gathering *gathering, struct view_series series)
{
    struct view_series_list *list = gathering->list;
    size_t n = gathering->n;
    bool any = false;
    for (size_t i = 0; i < n && !any; i++)
        any = chart_is_drawn(&gathering->points[i]);
    gathering->n = 0;
    if (!any || list->n == VIEW_SERIES_MAX)
        return 0;
    double end_s = (double)gathering->record->duration_ns / VIEW_SECOND;
    unsigned stretches = series.main ? gathering->fineness.main : gathering->fineness.others;
    const struct chart_columns columns = {.per_unit = end_s > 0 ? stretches / end_s : 0,
                                          .n = stretches};
    size_t room = 2 * (size_t)stretches + 2;
    /* What fits need not be thinned. */
    bool fits = n <= room;
    series.points = calloc(room, sizeof(*series.points));
    if (series.points == NULL)
        return error_out_of_memory(gathering->err);
    if (fits) {
        for (size_t i = 0; i < n; i++) {
            bool after_gap = i == 0 || !chart_is_drawn(&gathering->points[i - 1]);
            if (chart_is_drawn(&gathering->points[i]))
                series.points[series.n++] = (struct chart_thinned){gathering->points[i], after_gap};
        }
    } else {
        series.n = chart_thin(gathering->points, n, &columns, series.points);
        series.thinned = true;
    }
    series.n = view_drop_repeats(series.points, series.n);
    list->items[list->n++] = series;
    return 0;
}

#include "verdict/figures.h"
#include "verdict/indicators.h"
#include "view/view_parts.h"

#define VIEW_SECOND ((double)NSEC_PER_SEC)

static void view_write_latency(struct json_writer *writer, const char *key, nsec_t latency_ns)
{
    if (latency_ns >= 0)
        json_write_decimal(writer, key, (double)latency_ns / VIEW_SECOND, 6);
}

/* When a part of a cycle ended; it did not when that is before its begin. */
static void view_write_point(struct json_writer *writer, const char *key, const struct cycle *cycle,
                             nsec_t t_ns)
{
    if (t_ns >= cycle->begin_ns)
        view_write_time(writer, key, t_ns);
}

static void view_write_cycle(struct json_writer *writer, const struct cycle *cycle)
{
    int64_t settled_bytes = 0;
    struct floor_parts floor = indicators_floor(&cycle->floor);
    json_write_object(writer, NULL);
    json_write_text(writer, "kind", cycle_kind_name(cycle->kind));
    if (cycle->folded > 0)
        json_write_u64(writer, "cycles", cycle_count(cycle));
    json_write_u64(writer, "start", cycle->start);
    json_write_u64(writer, "requests", cycle->requests);
    json_write_u64(writer, "completed", load_counts_completed(&cycle->counts));
    json_write_u64(writer, "answered", cycle->counts.ok);
    json_write_u64(writer, "concurrency", cycle->concurrency);
    json_write_bool(writer, "complete", cycle->complete);
    view_write_time(writer, "begin_s", cycle->begin_ns);
    view_write_point(writer, "load_end_s", cycle, cycle->load_end_ns);
    if (cycle->folded > 0)
        view_write_time(writer, "load_s", cycle_load_ns(cycle));
    view_write_point(writer, "settled_s", cycle, cycle->settled_ns);
    view_write_point(writer, "floor_s", cycle, cycle->floor_ns);
    if (cycle->peak_bytes != SURVEY_ABSENT)
        json_write_u64(writer, "peak_bytes", cycle->peak_bytes);
    if (cycle->complete && floor.present)
        json_write_i64(writer, "floor_bytes", floor.total_bytes);
    if (cycle->complete && indicators_footprint(&cycle->settled, &settled_bytes))
        json_write_i64(writer, "settled_bytes", settled_bytes);
    json_write_u64(writer, "oom_kills", cycle->oom_kills);
    view_write_latency(writer, "latency_p50_s", cycle->latency_p50_ns);
    view_write_latency(writer, "latency_p99_s", cycle->latency_p99_ns);
    json_write_close_object(writer);
}

void view_write_cycles(struct json_writer *writer, const struct record *record)
{
    json_write_array(writer, "cycles");
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        view_write_cycle(writer, &record->timeline->cycles[i]);
    json_write_close_array(writer);
}

void view_write_figures(struct json_writer *writer, const struct record *record)
{
    static const struct {
        const char *key;
        double divisor;
        enum figure figure;
        unsigned decimals;
    } members[] = {
        {"growth_bytes_per_request", 1, FIGURE_GROWTH, 2},
        {"floor_bytes", 1, FIGURE_FLOOR, 0},
        {"peak_bytes", 1, FIGURE_PEAK, 0},
        {"retained_bytes", 1, FIGURE_RETAINED, 0},
        {"requests_per_s", 1, FIGURE_RATE, 3},
        {"latency_p50_s", VIEW_SECOND, FIGURE_P50, 6},
        {"latency_p99_s", VIEW_SECOND, FIGURE_P99, 6},
        {"cpu_s_per_request", VIEW_SECOND, FIGURE_CPU, 9},
        {"requests_to_kill", 1, FIGURE_KILLED, 0},
        {"threads_count", 1, FIGURE_THREADS, 0},
        {"descriptors_count", 1, FIGURE_DESCRIPTORS, 0},
    };
    struct figures figures;
    figures_of_run(record->timeline, &record->question, &record->verdict, &figures);
    json_write_object(writer, "figures");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (figures_has(&figures, members[i].figure))
            json_write_decimal(writer, members[i].key,
                               figures.value[members[i].figure] / members[i].divisor,
                               members[i].decimals);
    json_write_u64(writer, "oom_kills", indicators_oom_kills(record->timeline));
    json_write_u64(writer, "restarts", record->starts > 0 ? record->starts - 1 : 0);
    json_write_close_object(writer);
}

static void view_write_points(struct json_writer *writer, const struct view_series *series)
{
    /* A gap is a null between two points; it has a time of its own. */
    json_write_row(writer, "t_s");
    for (size_t i = 0; i < series->n; i++) {
        double t_s = series->points[i].point.x;
        if (i > 0 && series->points[i].after_gap)
            json_write_decimal(writer, NULL, (series->points[i - 1].point.x + t_s) / 2, 4);
        json_write_decimal(writer, NULL, t_s, 4);
    }
    json_write_close_array(writer);
    json_write_row(writer, "v");
    for (size_t i = 0; i < series->n; i++) {
        if (i > 0 && series->points[i].after_gap)
            json_write_text(writer, NULL, NULL);
        json_write_decimal(writer, NULL, series->points[i].point.y, series->decimals);
    }
    json_write_close_array(writer);
}

void view_write_series(struct json_writer *writer, const struct record *record,
                       const struct view_series_list *list)
{
    json_write_array(writer, "series");
    for (size_t i = 0; i < list->n; i++) {
        const struct view_series *series = &list->items[i];
        json_write_object(writer, NULL);
        json_write_text(writer, "key", series->key);
        json_write_text(writer, "name", series->name);
        json_write_text(writer, "panel", series->panel);
        json_write_text(writer, "unit", series->unit);
        json_write_bool(writer, "on", series->on);
        if (series->apart)
            json_write_bool(writer, "points", true);
        view_write_points(writer, series);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
    const struct view_series *shown = view_series_find(list, "current_bytes");
    if (shown == NULL)
        shown = view_series_find(list, "rss_bytes");
    json_write_object(writer, "samples");
    json_write_u64(writer, "n", record->timeline->n_memory);
    /* A value that stays is drawn as its two ends, and nothing is left out by that. */
    json_write_u64(writer, "shown",
                   shown != NULL && shown->thinned ? shown->n : record->timeline->n_memory);
    json_write_close_object(writer);
}

#include "view/picture_memory.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/chart_thin.h"
#include "verdict/floor_fit.h"

/* Beyond, lines across would be all there is to see; the crosses stay. */
#define MEMORY_EVENTS_MAX 24
/* The last moments of an instance. */
#define MEMORY_LAST_NS (NSEC_PER_SEC / 2)
/* A part that is never more than this share of all is not worth a line. */
#define MEMORY_PART_MIN   0.03
#define MEMORY_POINTS_MAX 2900
/* What a letter of a phase's name takes. */
#define MEMORY_LETTER 6.4

struct chart_series *picture_chart_add(struct picture_chart *chart, struct picture_points points,
                                       double unit)
{
    bool any = false;
    for (size_t i = 0; i < points.n; i++) {
        points.points[i].y /= unit;
        any = any || chart_is_drawn(&points.points[i]);
    }
    if (!any || chart->chart.n_series == PICTURE_SERIES_MAX)
        return NULL;
    struct chart_series *series = &chart->series[chart->chart.n_series++];
    *series =
        (struct chart_series){.points = points.points, .n = points.n, .dots = CHART_DOTS_NONE};
    chart->chart.series = chart->series;
    return series;
}

/* The highest of all that is to be drawn, in bytes. */
static double memory_highest(const struct record *record)
{
    double highest = 0;
    const struct timeline *timeline = record->timeline;
    for (size_t i = 0; i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        uint64_t bytes =
            memory_sample_get(sample, MEMORY_CURRENT, memory_sample_get(sample, MEMORY_RSS, 0));
        highest = fmax(highest, (double)bytes);
    }
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct floor_parts floor = indicators_floor(&timeline->cycles[i].floor);
        if (floor.present)
            highest = fmax(highest, (double)floor.total_bytes);
    }
    return highest;
}

/* A series of the run's, if there is any; NULL: there is none. */
static struct chart_series *memory_add(struct picture_data *data, const char *key,
                                       const struct units_scale *scale, struct picture_chart *chart)
{
    const char *name = NULL;
    struct picture_points points = picture_series(data, key, &name);
    struct chart_series *series = picture_chart_add(chart, points, scale->divisor);
    if (series != NULL)
        series->name = name;
    return series;
}

static double memory_highest_of(const struct chart_series *series)
{
    double highest = 0;
    for (size_t i = 0; i < series->n; i++)
        if (chart_is_drawn(&series->points[i]))
            highest = fmax(highest, series->points[i].y);
    return highest;
}

/* Which parts of the memory tell most, beside the private one. */
static void memory_add_parts(struct picture_data *data, const struct units_scale *scale,
                             struct picture_chart *chart)
{
    static const struct {
        const char *key;
        enum cause cause;
        unsigned look;
    } parts[] = {
        {"kernel_bytes", CAUSE_SOCKETS, CHART_LOOK(CHART_PINK, 3)},
        {"sock_bytes", CAUSE_SOCKETS, CHART_LOOK(CHART_GREEN, 4)},
        {"kernel_bytes", CAUSE_KERNEL, CHART_LOOK(CHART_PINK, 3)},
        {"sock_bytes", CAUSE_KERNEL, CHART_LOOK(CHART_GREEN, 4)},
        {"kernel_bytes", CAUSE_THREADS, CHART_LOOK(CHART_PINK, 3)},
        {"kernel_bytes", CAUSE_FILES, CHART_LOOK(CHART_PINK, 3)},
        {"shmem_bytes", CAUSE_SHMEM, CHART_LOOK(CHART_GREEN, 4)},
        {"file_bytes", CAUSE_PAGE_CACHE, CHART_LOOK(CHART_ORANGE, 3)},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (parts[i].cause != data->record->verdict.cause)
            continue;
        struct chart_series *part = memory_add(data, parts[i].key, scale, chart);
        if (part == NULL)
            continue;
        if (memory_highest_of(part) < MEMORY_PART_MIN * memory_highest_of(&chart->series[0])) {
            chart->chart.n_series--;
            continue;
        }
        part->look = parts[i].look;
        part->thin = true;
    }
    /* Where the heap's own numbers have the growth, and the floor has not. */
    if (!data->record->verdict.by_heap)
        return;
    struct chart_series *heap = memory_add(data, "heap_in_use_bytes", scale, chart);
    if (heap == NULL)
        return;
    heap->look = CHART_LOOK(CHART_ORANGE, 3);
    heap->dots = CHART_DOTS_ALL;
    heap->thin = true;
}

static void memory_add_samples(struct picture_data *data, const struct units_scale *scale,
                               struct picture_chart *chart)
{
    bool by_process = indicators_is_by_process(data->record->timeline);
    struct chart_series *held =
        memory_add(data, by_process ? "rss_bytes" : "current_bytes", scale, chart);
    if (held != NULL) {
        held->look = CHART_LOOK(CHART_BLUE, 0);
        held->filled = true;
    }
    struct chart_series *anon = memory_add(data, "anon_bytes", scale, chart);
    if (anon != NULL) {
        anon->look = CHART_LOOK(CHART_SKY, 1);
        anon->thin = true;
    }
    memory_add_parts(data, scale, chart);
}

/* Every floor, as steps: it holds until the next one is read. */
static void memory_add_floors(struct picture_data *data, const struct units_scale *scale,
                              struct picture_chart *chart)
{
    const struct timeline *timeline = data->record->timeline;
    struct picture_points points = picture_points_new(data, 2 * timeline->n_cycles);
    unsigned start = 0;
    for (size_t i = 0; points.points != NULL && i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        const struct floor_parts floor = indicators_floor(&cycle->floor);
        if (!cycle->complete || !floor.present || cycle->floor_ns <= 0)
            continue;
        if (cycle->start != start && points.n > 0)
            points.points[points.n++] = (struct chart_point){NAN, NAN};
        start = cycle->start;
        points.points[points.n++] =
            (struct chart_point){picture_seconds(cycle->floor_ns), (double)floor.total_bytes};
    }
    struct chart_series *floors = picture_chart_add(chart, points, scale->divisor);
    if (floors == NULL)
        return;
    floors->name = "floor: what cannot be taken back";
    floors->title = "floor";
    floors->look = CHART_LOOK(CHART_BLACK, 0);
    floors->thin = true;
    floors->steps = true;
    floors->dots = CHART_DOTS_ALL;
}

/* The line through the floors that were judged, and how sure it is. */
static void memory_add_fit(struct picture_data *data, const struct floor_fit *fit,
                           const struct units_scale *scale, struct picture_chart *chart)
{
    struct picture_points line = picture_points_new(data, fit->n);
    struct picture_points low = picture_points_new(data, fit->n);
    double *high = arena_alloc(data->arena, (fit->n + 1) * sizeof(*high));
    char slope[UNITS_TEXT_MAX];
    if (line.points == NULL || low.points == NULL || high == NULL) {
        data->failed = true;
        return;
    }
    for (size_t i = 0; i < fit->n; i++) {
        const struct floor_fit_point *point = &fit->points[i];
        double t_s = picture_seconds(point->cycle->floor_ns);
        line.points[line.n++] = (struct chart_point){t_s, point->fit_bytes};
        low.points[low.n] = (struct chart_point){t_s, point->low_bytes / scale->divisor};
        high[low.n++] = point->high_bytes / scale->divisor;
    }
    struct chart_series *series = picture_chart_add(chart, line, scale->divisor);
    if (series == NULL)
        return;
    const char *name = "floors, fitted";
    /* Of what does not grow with work, the slope is noise. */
    const struct verdict *verdict = &data->record->verdict;
    if (verdict->kind == VERDICT_LEAK && !verdict->has_time_rate && !verdict->by_heap)
        name = arena_printf(data->arena, "floors, fitted: %s%s per request",
                            fit->slope > 0 ? "+" : "", units_format_bytes(fit->slope, slope));
    data->failed = data->failed || name == NULL;
    series->name = name;
    series->look = CHART_LOOK(CHART_VERMILLION, 0);
    chart->ribbon = (struct chart_ribbon){
        .name = "its 95 % band", .look = 2, .low = low.points, .high = high, .n = low.n};
    chart->chart.ribbons = &chart->ribbon;
    chart->chart.n_ribbons = 1;
}

/* Where the instance stood when it was killed: at its last moments, unless nobody looked at them;
 * then the highest that was seen of it. */
static bool memory_at_kill(const struct timeline *timeline, nsec_t start_ns, nsec_t kill_ns,
                           struct chart_point *ret)
{
    struct chart_point last = {0};
    struct chart_point highest = {0};
    for (size_t i = 0; i < timeline->n_memory && timeline->memory[i].t_ns <= kill_ns; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        double bytes = (double)memory_sample_get(sample, MEMORY_CURRENT,
                                                 memory_sample_get(sample, MEMORY_RSS, 0));
        if (sample->t_ns < start_ns)
            continue;
        if (bytes >= highest.y)
            highest = (struct chart_point){picture_seconds(kill_ns), bytes};
        if (sample->t_ns > kill_ns - MEMORY_LAST_NS && bytes >= last.y)
            last = (struct chart_point){picture_seconds(sample->t_ns), bytes};
    }
    *ret = last.y > highest.y / 2 ? last : highest;
    return ret->y > 0;
}

static void memory_add_event(struct picture_chart *chart, const char *name, const struct mark *mark,
                             unsigned look)
{
    bool named = false;
    for (size_t i = 0; i < chart->chart.n_events; i++)
        named = named || chart->events[i].look == look;
    chart->events[chart->chart.n_events++] =
        (struct chart_event){.name = named ? NULL : name,
                             .title = mark->text[0] != '\0' ? mark->text : name,
                             .x = picture_seconds(mark->t_ns),
                             .look = look};
}

/* Kills as crosses, with a line across where they are few; and where it was started again. Several
 * kills of one start are one. */
static void memory_add_kills(struct picture_data *data, const struct units_scale *scale,
                             struct picture_chart *chart)
{
    const struct timeline *timeline = data->record->timeline;
    struct picture_points kills = picture_points_new(data, timeline->n_marks);
    chart->events = arena_alloc(data->arena, (timeline->n_marks + 1) * sizeof(*chart->events));
    if (kills.points == NULL || chart->events == NULL) {
        data->failed = true;
        return;
    }
    nsec_t start_ns = 0;
    bool alive = true;
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        if (mark->kind == MARK_START) {
            if (mark->value > 0)
                memory_add_event(chart, "started again", mark, 1);
            start_ns = mark->t_ns;
            alive = true;
        } else if (mark->kind == MARK_OOM_KILL && alive) {
            alive = false;
            kills.n += memory_at_kill(timeline, start_ns, mark->t_ns, &kills.points[kills.n]);
        }
    }
    if (chart->chart.n_events > MEMORY_EVENTS_MAX)
        chart->chart.n_events = 0;
    chart->chart.events = chart->events;
    struct chart_series *series = picture_chart_add(chart, kills, scale->divisor);
    if (series == NULL)
        return;
    series->name = "killed for memory";
    series->look = CHART_LOOK(CHART_BLACK, 0);
    series->crosses = true;
}

static const char *memory_phase(struct picture_data *data, const struct cycle *cycle,
                                unsigned number, double width)
{
    static const char *const names[CYCLE_KIND_MAX_] = {
        [CYCLE_READY] = "ready",     [CYCLE_WARMUP] = "warm-up", [CYCLE_REPEAT] = "repeat",
        [CYCLE_SOLO] = "solo",       [CYCLE_SAFE] = "safe",      [CYCLE_ABOVE] = "above",
        [CYCLE_TRIM] = "trim",       [CYCLE_REST] = "rest",      [CYCLE_RECLAIM] = "reclaim",
        [CYCLE_SQUEEZE] = "squeeze", [CYCLE_DRIVE] = "drive"};
    if (cycle->kind != CYCLE_MEASURE)
        return names[cycle->kind];
    const char *word = number < 10 && width < 7 * MEMORY_LETTER + 4 ? "" : "cycle ";
    word = number >= 10 && width < 8 * MEMORY_LETTER + 4 ? "" : word;
    const char *name = arena_printf(data->arena, "%s%u", word, number);
    data->failed = data->failed || name == NULL;
    return name;
}

/* The load of each cycle is shaded; its name stands over all of it. */
static void memory_add_phases(struct picture_data *data, double plot_width,
                              struct picture_chart *chart)
{
    const struct timeline *timeline = data->record->timeline;
    double pixels_per_s = data->end_s > 0 ? plot_width / data->end_s : 0;
    size_t n = timeline->n_cycles;
    chart->spans = arena_alloc(data->arena, (2 * n + 1) * sizeof(*chart->spans));
    unsigned number = 0;
    if (chart->spans == NULL) {
        data->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        double from_s = picture_seconds(cycle->begin_ns);
        double to_s = picture_cycle_end(data, i);
        bool measures = cycle->kind == CYCLE_MEASURE;
        number += measures;
        const char *name = memory_phase(data, cycle, number, pixels_per_s * (to_s - from_s));
        chart->spans[i] = (struct chart_span){.title = name,
                                              .from = from_s,
                                              .to = picture_load_end(data, i),
                                              .look = measures                      ? 1
                                                      : cycle->kind < CYCLE_MEASURE ? 0
                                                                                    : 2};
        if (cycle->kind == CYCLE_READY)
            chart->spans[i].look = CHART_SPAN_CLEAR;
        chart->spans[n + i] = (struct chart_span){
            .label = name, .from = from_s, .to = to_s, .look = CHART_SPAN_CLEAR};
    }
    chart->n_shaded = n;
    chart->chart.spans = chart->spans;
    chart->chart.n_spans = 2 * n;
}

void picture_memory_chart(struct picture_data *data, double plot_width, struct picture_chart *ret)
{
    const struct record *record = data->record;
    struct floor_fit fit;
    char limit[UNITS_TEXT_MAX];
    bool limited = record->question.limit_bytes != UINT64_MAX;
    double highest = memory_highest(record);
    const struct units_scale scale = units_scale_bytes(highest);
    const char *label = arena_printf(data->arena, "memory, %s", scale.name);
    data->failed = data->failed || label == NULL;
    *ret = (struct picture_chart){
        .chart = {.title = "", .y_label = label, .points_max = MEMORY_POINTS_MAX}};
    memory_add_phases(data, plot_width, ret);
    memory_add_samples(data, &scale, ret);
    floor_fit(record->timeline, &record->question, &fit);
    if (fit.has_line)
        memory_add_fit(data, &fit, &scale, ret);
    memory_add_floors(data, &scale, ret);
    memory_add_kills(data, &scale, ret);
    if (!limited)
        return;
    const char *name = arena_printf(
        data->arena, "limit %s", units_format_bytes((double)record->question.limit_bytes, limit));
    data->failed = data->failed || name == NULL;
    ret->rule = (struct chart_rule){.name = name,
                                    .y = (double)record->question.limit_bytes / scale.divisor};
    ret->chart.rules = &ret->rule;
    ret->chart.n_rules = 1;
}

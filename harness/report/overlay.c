#include "report/overlay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/line_text.h"
#include "verdict/indicators.h"

/* Of a name, in a tooltip: there may be hundreds of them. */
#define OVERLAY_NAME_COLUMNS 40

/* Both before units are chosen: nanoseconds or requests, and bytes. */
static const struct chart_point overlay_gap = {NAN, NAN};

void overlay_free(struct overlay *overlay)
{
    for (size_t i = 0; overlay != NULL && i < OVERLAY_SERIES_MAX; i++)
        free(overlay->points[i]);
    free(overlay);
}

struct overlay *overlay_new(void)
{
    return calloc(1, sizeof(struct overlay));
}

/* A series with room for so many points; NULL when there is no memory, or no room in the chart. */
static struct chart_series *overlay_add(struct overlay *overlay, size_t room)
{
    if (overlay->n == OVERLAY_SERIES_MAX)
        return NULL;
    struct chart_point *points = calloc(room + 1, sizeof(*points));
    if (points == NULL)
        return NULL;
    overlay->points[overlay->n] = points;
    struct chart_series *series = &overlay->series[overlay->n++];
    *series = (struct chart_series){.points = points, .title = overlay->title[overlay->n - 1]};
    return series;
}

/* The tooltip of the series added last: "race, repeat 2". The text made harmless here is escaped
 * when it is written, so both see to what is from outside. */
static void overlay_title(struct overlay *overlay, const char *name, const char *what,
                          size_t repeat)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
    line_text_shorten(name, OVERLAY_NAME_COLUMNS, LINE_TEXT_UTF8, &text, NULL);
    buffer_printf(&text, NULL, "%s %zu", what, repeat);
    snprintf(overlay->title[overlay->n - 1], OVERLAY_TITLE_MAX, "%s", buffer_text(&text));
}

static void overlay_point(struct overlay *overlay, struct chart_series *series,
                          struct chart_point point)
{
    overlay->points[series - overlay->series][series->n++] = point;
}

/* When a turn of this run ended, as far as its cycle tells. */
static nsec_t overlay_turn_end(const struct cycle *cycle)
{
    nsec_t end_ns = cycle->begin_ns;
    end_ns = cycle->load_end_ns > end_ns ? cycle->load_end_ns : end_ns;
    end_ns = cycle->settled_ns > end_ns ? cycle->settled_ns : end_ns;
    return cycle->floor_ns > end_ns ? cycle->floor_ns : end_ns;
}

static bool overlay_bytes(const struct memory_sample *sample, double *ret)
{
    if (memory_sample_has(sample, MEMORY_CURRENT))
        *ret = (double)memory_sample_get(sample, MEMORY_CURRENT, 0);
    else if (memory_sample_has(sample, MEMORY_RSS))
        *ret = (double)memory_sample_get(sample, MEMORY_RSS, 0);
    else
        return false;
    return true;
}

/* Where the time of a run's own turns has come to. */
struct overlay_clock {
    const struct timeline *timeline;
    size_t cycle;     /* the turn that is going on, or the next one */
    nsec_t before_ns; /* the turns that are over, summed */
};

/* A time of the run as time of its own turns; false: it was others' turn. Times must not fall. A
 * run without cycles has its time for itself. */
static bool overlay_own_time(struct overlay_clock *clock, nsec_t t_ns, double *ret_ns)
{
    const struct timeline *timeline = clock->timeline;
    while (clock->cycle < timeline->n_cycles &&
           t_ns > overlay_turn_end(&timeline->cycles[clock->cycle])) {
        const struct cycle *over = &timeline->cycles[clock->cycle++];
        clock->before_ns += overlay_turn_end(over) - over->begin_ns;
    }
    *ret_ns = (double)(timeline->n_cycles > 0 ? clock->before_ns : t_ns);
    if (timeline->n_cycles == 0)
        return true;
    if (clock->cycle == timeline->n_cycles || t_ns < timeline->cycles[clock->cycle].begin_ns)
        return false;
    *ret_ns += (double)(t_ns - timeline->cycles[clock->cycle].begin_ns);
    return true;
}

static unsigned overlay_start(const struct overlay_clock *clock)
{
    return clock->cycle < clock->timeline->n_cycles ? clock->timeline->cycles[clock->cycle].start
                                                    : 0;
}

/* What was held at each sample of its own turns; a gap where it was started anew. */
static void overlay_samples(struct overlay *overlay, struct chart_series *series,
                            const struct timeline *timeline)
{
    struct overlay_clock clock = {.timeline = timeline};
    unsigned start = 0;
    for (size_t i = 0; i < timeline->n_memory; i++) {
        struct chart_point point;
        if (!overlay_own_time(&clock, timeline->memory[i].t_ns, &point.x) ||
            !overlay_bytes(&timeline->memory[i], &point.y))
            continue;
        if (overlay_start(&clock) != start && series->n > 0)
            overlay_point(overlay, series, overlay_gap);
        start = overlay_start(&clock);
        overlay_point(overlay, series, point);
    }
}

/* What led to a kill: how high it stood, and when it last did. */
static bool overlay_before_kill(const struct timeline *timeline, nsec_t start_ns, nsec_t kill_ns,
                                struct chart_point *ret)
{
    double highest = 0;
    double bytes = 0;
    nsec_t fell_ns = kill_ns;
    for (size_t i = 0; i < timeline->n_memory && timeline->memory[i].t_ns <= kill_ns; i++)
        if (timeline->memory[i].t_ns >= start_ns && overlay_bytes(&timeline->memory[i], &bytes))
            highest = bytes > highest ? bytes : highest;
    for (size_t i = 0; i < timeline->n_memory && timeline->memory[i].t_ns <= kill_ns; i++)
        if (timeline->memory[i].t_ns >= start_ns && overlay_bytes(&timeline->memory[i], &bytes) &&
            bytes >= highest / 2)
            fell_ns = timeline->memory[i].t_ns;
    struct overlay_clock clock = {.timeline = timeline};
    /* Between two turns: at the end of the one before. */
    overlay_own_time(&clock, fell_ns, &ret->x);
    ret->y = highest;
    return highest > 0;
}

/* A cross at each kill; the kernel may count several processes, and starts are what ended. */
static void overlay_kills(struct overlay *overlay, struct chart_series *series,
                          const struct timeline *timeline)
{
    nsec_t start_ns = 0;
    bool alive = true;
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        struct chart_point point;
        if (mark->kind == MARK_START) {
            start_ns = mark->t_ns;
            alive = true;
        } else if (mark->kind == MARK_OOM_KILL && alive) {
            alive = false;
            if (overlay_before_kill(timeline, start_ns, mark->t_ns, &point))
                overlay_point(overlay, series, point);
        }
    }
}

/* The floors of the run's own cycles, each behind the requests that were completed till then. */
static void overlay_cycles(struct overlay *overlay, struct chart_series *series,
                           const struct timeline *timeline, enum cycle_kind from)
{
    double requests = 0;
    unsigned start = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        const struct floor_parts floor = indicators_floor(&cycle->floor);
        requests += (double)load_counts_completed(&cycle->counts);
        if (!cycle->complete || !floor.present || cycle->kind > CYCLE_REPEAT || cycle->kind < from)
            continue;
        if (cycle->start != start && series->n > 0)
            overlay_point(overlay, series, overlay_gap);
        start = cycle->start;
        overlay_point(overlay, series,
                      (struct chart_point){.x = requests, .y = (double)floor.total_bytes});
    }
}

/* The line of a repeat, without points; NULL: out of memory, or of room. */
static struct chart_series *overlay_add_line(struct overlay *overlay, size_t n_points,
                                             const struct overlay_look *look)
{
    struct chart_series *line = overlay_add(overlay, n_points);
    if (line == NULL)
        return NULL;
    line->name = look->named ? look->name : NULL;
    line->look = look->look;
    line->thin = look->thin;
    overlay_title(overlay, look->name, ", repeat", look->repeat + 1);
    return line;
}

bool overlay_add_footprint(struct overlay *overlay, const struct timeline *timeline,
                           const struct overlay_look *look)
{
    struct chart_series *line = overlay_add_line(overlay, 2 * timeline->n_memory, look);
    if (line == NULL)
        return false;
    overlay_samples(overlay, line, timeline);
    struct chart_series *kills = overlay_add(overlay, timeline->n_marks);
    if (kills == NULL)
        return false;
    kills->crosses = true;
    kills->look = look->look;
    overlay_title(overlay, look->name, ": killed for memory, repeat", look->repeat + 1);
    overlay_kills(overlay, kills, timeline);
    return true;
}

bool overlay_add_floors(struct overlay *overlay, const struct timeline *timeline,
                        const struct overlay_look *look)
{
    struct chart_series *line = overlay_add_line(overlay, 2 * timeline->n_cycles, look);
    if (line == NULL)
        return false;
    overlay_cycles(overlay, line, timeline, look->from);
    return true;
}

/* From bytes and the unit of x to what the labels say. */
static void overlay_scale(struct overlay *overlay, struct units_scale x)
{
    double largest = 0;
    for (size_t i = 0; i < overlay->n; i++)
        for (size_t k = 0; k < overlay->series[i].n; k++)
            largest = fmax(largest, overlay->points[i][k].y);
    const struct units_scale y = units_scale_bytes(largest);
    for (size_t i = 0; i < overlay->n; i++) {
        for (size_t k = 0; k < overlay->series[i].n; k++) {
            overlay->points[i][k].x /= x.divisor;
            overlay->points[i][k].y /= y.divisor;
        }
    }
    for (size_t i = 0; i < overlay->n_rules; i++)
        overlay->rules[i].y /= y.divisor;
    for (size_t i = 0; i < overlay->n_bands; i++) {
        overlay->bands[i].low /= y.divisor;
        overlay->bands[i].high /= y.divisor;
    }
    snprintf(overlay->y_label, sizeof(overlay->y_label), "%s", y.name);
}

static double overlay_largest_x(const struct overlay *overlay)
{
    double largest = 0;
    for (size_t i = 0; i < overlay->n; i++)
        for (size_t k = 0; k < overlay->series[i].n; k++)
            largest = fmax(largest, overlay->points[i][k].x);
    return largest;
}

static struct chart overlay_chart(const struct overlay *overlay)
{
    return (struct chart){.title = "",
                          .x_label = overlay->x_label,
                          .y_label = overlay->y_label,
                          .series = overlay->series,
                          .n_series = overlay->n,
                          .rules = overlay->rules,
                          .n_rules = overlay->n_rules,
                          .bands = overlay->bands,
                          .n_bands = overlay->n_bands,
                          .close_up = overlay->close_up,
                          .points_max = overlay->points_max};
}

void overlay_add_limit(struct overlay *overlay, double limit_bytes, const char *of)
{
    size_t k = 0;
    while (k < overlay->n_rules && overlay->rules[k].y != limit_bytes)
        k++;
    if (k == OVERLAY_RULES_MAX)
        return;
    overlay->n_rules += k == overlay->n_rules;
    overlay->rules[k] = (struct chart_rule){.name = overlay->rule[k], .y = limit_bytes};
    size_t length = strlen(overlay->rule_of[k]);
    snprintf(overlay->rule_of[k] + length, OVERLAY_TITLE_MAX - length, "%s%.80s",
             length > 0 ? ", " : "", of);
}

static void overlay_name_limits(struct overlay *overlay)
{
    char text[UNITS_TEXT_MAX];
    bool several = overlay->n_rules > 1;
    for (size_t k = 0; k < overlay->n_rules; k++)
        snprintf(overlay->rule[k], OVERLAY_TITLE_MAX, "limit %s%s%.200s",
                 units_format_bytes(overlay->rules[k].y, text), several ? " of " : "",
                 several ? overlay->rule_of[k] : "");
}

struct chart overlay_footprint_chart(struct overlay *overlay)
{
    struct units_scale x = units_scale_duration(overlay_largest_x(overlay));
    snprintf(overlay->x_label, sizeof(overlay->x_label), "%s, %s",
             overlay->x_name != NULL ? overlay->x_name : "time in its own turns", x.name);
    overlay_name_limits(overlay);
    overlay_scale(overlay, x);
    return overlay_chart(overlay);
}

struct chart overlay_floors_chart(struct overlay *overlay)
{
    snprintf(overlay->x_label, sizeof(overlay->x_label), "completed requests");
    overlay_name_limits(overlay);
    overlay_scale(overlay, units_scale_count(1));
    return overlay_chart(overlay);
}

void overlay_write_footprint(struct html_writer *writer, struct overlay *overlay, const char *title)
{
    struct chart chart = overlay_footprint_chart(overlay);
    chart.title = title;
    chart_svg_write(writer, &chart);
}

void overlay_write_floors(struct html_writer *writer, struct overlay *overlay, const char *title)
{
    struct chart chart = overlay_floors_chart(overlay);
    chart.title = title;
    chart_svg_write(writer, &chart);
}

void overlay_out_of_memory(struct html_writer *writer)
{
    error_out_of_memory(&writer->error);
    writer->failed = true;
}

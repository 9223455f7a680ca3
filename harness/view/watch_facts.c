#include "view/watch_facts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"

#define LABEL_COLUMNS 9U
/* Fewer columns leave no room for lines of blocks. */
#define SPARKLINE_COLUMNS_MIN 60U
#define SPARKLINE_CELLS_MAX   48U
#define FACTS_TEXT_COLUMNS    50U
#define HELD_POINTS           4U
#define FLOORS_SHOWN_MAX      16U
#define PHASE_COLUMNS         14U
#define BAR_CELLS_MAX         40U

/* A row of facts is drawn by a function of this type, behind its label. */
struct watch_fact {
    const char *label;
    void (*draw)(const struct watch_run *run, struct watch_pen *pen);
    int series;    /* enum watch_series; -1: none */
    unsigned rank; /* those of the lowest ranks stay when there is no room for all */
};

static const char *watch_dot(const struct watch_pen *pen)
{
    return watch_grid_sign(pen->grid, " · ", " | ");
}

void watch_bar(struct watch_pen *pen, unsigned cells, double share, enum watch_tone tone)
{
    double filled = isnan(share) ? 0 : fmin(fmax(share, 0), 1) * cells;
    for (unsigned i = 0; i < cells; i++) {
        bool full = (double)i + 0.5 < filled;
        watch_pen_text(pen, full ? tone : WATCH_DIM,
                       full ? watch_grid_sign(pen->grid, "█", "#")
                            : watch_grid_sign(pen->grid, "░", "."));
    }
}

static double watch_amount(const struct watch_point *point, enum watch_series series)
{
    switch (series) {
    case WATCH_SERIES_MEMORY:
        return point->highest_bytes;
    case WATCH_SERIES_RATE:
        return point->rate_per_s;
    case WATCH_SERIES_LATENCY:
        return point->latency_p99_ns;
    case WATCH_SERIES_THREADS:
        return point->threads;
    case WATCH_SERIES_DESCRIPTORS:
        return point->descriptors;
    case WATCH_SERIES_STALLED:
        return point->stalled_share;
    }
    return NAN;
}

/* The highest amount of the points from one to before another; NAN: none is known. A word that
 * comes late leaves points without anything: what was known just before them holds. */
static double watch_highest(const struct watch_run *run, enum watch_series series, unsigned from,
                            unsigned to)
{
    double highest = NAN;
    for (unsigned i = from; i < to; i++)
        highest = fmax(highest, watch_amount(&run->points[i], series));
    for (unsigned i = from; isnan(highest) && i > 0 && from - i < HELD_POINTS; i--)
        highest = watch_amount(&run->points[i - 1], series);
    return highest;
}

void watch_sparkline(const struct watch_run *run, enum watch_series series, unsigned cells,
                     double top, struct watch_pen *pen)
{
    /* Never the whole height of a row: lines above each other stay apart. */
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇"};
    static const char *const letters[] = {"_", ".", ":", "-", "=", "+", "*"};
    const unsigned levels = ARRAY_LENGTH(blocks);
    unsigned n = run->n_points;
    if (isnan(top))
        top = watch_highest(run, series, 0, n);
    for (unsigned cell = 0; cell < cells; cell++) {
        /* A cell for each point while there are fewer than cells. */
        unsigned from = n <= cells ? cell : (unsigned)((uint64_t)cell * n / cells);
        unsigned to = n <= cells ? cell + 1 : (unsigned)((uint64_t)(cell + 1) * n / cells);
        double highest = to <= n ? watch_highest(run, series, from, to) : NAN;
        if (isnan(highest)) {
            watch_pen_text(pen, WATCH_PLAIN, " ");
            continue;
        }
        double share = top > 0 ? highest / top : 0;
        unsigned level = share >= 1 ? levels - 1 : (unsigned)(fmax(share, 0) * levels);
        watch_pen_text(pen, WATCH_INNER, watch_grid_sign(pen->grid, blocks[level], letters[level]));
    }
}

static void watch_fact_requests(const struct watch_run *run, struct watch_pen *pen)
{
    const struct load_sample *load = &run->now.load;
    const struct load_counts *counts = &load->counts;
    char text[UNITS_TEXT_MAX];
    if (load->t_ns == 0) {
        watch_pen_text(pen, WATCH_DIM, "none yet");
        return;
    }
    if (isnan(run->rate_per_s)) {
        watch_pen_text(pen, WATCH_DIM, "at rest");
    } else {
        struct units_scale scale = units_scale_count(run->rate_per_s);
        watch_pen_format(pen, WATCH_BOLD, "%s/s",
                         units_format_scaled(run->rate_per_s, &scale, text));
    }
    uint64_t completed = load_counts_completed(counts);
    uint64_t failed = completed - counts->ok;
    watch_pen_format(pen, WATCH_PLAIN, "%s%s in all", watch_dot(pen),
                     units_format_count(completed, text));
    watch_pen_format(pen, failed > 0 ? WATCH_BAD : WATCH_PLAIN, "%s%s failed", watch_dot(pen),
                     units_format_count(failed, text));
    if (!isnan(run->rate_per_s))
        watch_pen_format(pen, WATCH_PLAIN, "%s%s in flight", watch_dot(pen),
                         units_format_count(load->in_flight, text));
}

static void watch_fact_latency(const struct watch_run *run, struct watch_pen *pen)
{
    const struct load_sample *load = &run->now.load;
    char p50[UNITS_TEXT_MAX];
    char p99[UNITS_TEXT_MAX];
    if (isnan(run->rate_per_s) || load->latency_p50_ns < 0 || load->latency_p99_ns < 0) {
        watch_pen_text(pen, WATCH_DIM, load->t_ns == 0 ? "none yet" : "at rest");
        return;
    }
    units_format_duration(load->latency_p50_ns, p50);
    units_format_duration(load->latency_p99_ns, p99);
    watch_pen_format(pen, WATCH_PLAIN, "p50 %s%sp99 %s", p50, watch_dot(pen), p99);
}

static void watch_fact_count(uint64_t count, const char *one, const char *many,
                             struct watch_pen *pen)
{
    char text[UNITS_TEXT_MAX];
    if (count == SURVEY_ABSENT)
        watch_pen_text(pen, WATCH_DIM, "not known");
    else
        watch_pen_format(pen, WATCH_PLAIN, "%s %s", units_format_count(count, text),
                         count == 1 ? one : many);
}

static void watch_fact_threads(const struct watch_run *run, struct watch_pen *pen)
{
    watch_fact_count(run->now.threads, "thread", "threads", pen);
}

static void watch_fact_descriptors(const struct watch_run *run, struct watch_pen *pen)
{
    if (run->n_floors == 0) {
        watch_pen_text(pen, WATCH_DIM, "counted at the first floor");
        return;
    }
    watch_fact_count(run->now.descriptors, "descriptor", "descriptors", pen);
    if (run->now.descriptors != SURVEY_ABSENT)
        watch_pen_text(pen, WATCH_DIM, " open at the last floor");
}

static void watch_fact_stalls(const struct watch_run *run, struct watch_pen *pen)
{
    if (isnan(run->some_share) || isnan(run->full_share))
        watch_pen_text(pen, WATCH_DIM, "not known");
    else
        watch_pen_format(pen, WATCH_PLAIN, "some %.1f %%%sfull %.1f %%", 100 * run->some_share,
                         watch_dot(pen), 100 * run->full_share);
    if (run->n_kills > 0)
        watch_pen_format(pen, WATCH_KILL, "%s%u OOM kill%s", watch_dot(pen), run->n_kills,
                         run->n_kills == 1 ? "" : "s");
    if (run->now.starts > 1)
        watch_pen_format(pen, WATCH_WARN, "%s%u restart%s", watch_dot(pen), run->now.starts - 1,
                         run->now.starts == 2 ? "" : "s");
}

/* The floors of the start that runs now, as many of the last ones as fit: "5.7 > 9.8 > 14.3 MiB".
 */
static void watch_fact_floors(const struct watch_run *run, struct watch_pen *pen)
{
    char texts[FLOORS_SHOWN_MAX][UNITS_TEXT_MAX];
    const char *arrow = watch_grid_sign(pen->grid, " → ", " > ");
    unsigned first = run->n_floors;
    while (first > 0 && run->floors[first - 1].start == run->floors[run->n_floors - 1].start)
        first--;
    if (first == run->n_floors) {
        watch_pen_text(pen, WATCH_DIM, "none yet");
        return;
    }
    double highest = 0;
    for (unsigned i = first; i < run->n_floors; i++)
        highest = fmax(highest, (double)run->floors[i].bytes);
    const struct units_scale scale = units_scale_bytes(highest);
    unsigned room = (pen->end < pen->grid->columns ? pen->end : pen->grid->columns) - pen->column;
    unsigned used = (unsigned)strlen(scale.name) + 1 + 3;
    unsigned shown = 0;
    for (unsigned i = run->n_floors; i-- > first && shown < FLOORS_SHOWN_MAX; shown++) {
        units_format_scaled((double)run->floors[i].bytes, &scale, texts[shown]);
        used += (unsigned)strlen(texts[shown]) + (shown > 0 ? 3 : 0);
        if (used > room)
            break;
    }
    if (shown < run->n_floors - first)
        watch_pen_text(pen, WATCH_DIM, watch_grid_sign(pen->grid, "… ", "~ "));
    for (unsigned i = shown; i-- > 0;) {
        watch_pen_text(pen, i == 0 ? WATCH_BOLD : WATCH_FLOOR, texts[i]);
        watch_pen_text(pen, WATCH_DIM, i > 0 ? arrow : " ");
    }
    watch_pen_text(pen, WATCH_PLAIN, scale.name);
}

/* As in the closing block: the estimate, and its interval. */
static void watch_fact_growth(const struct watch_run *run, struct watch_pen *pen)
{
    struct trend trend;
    char estimate[UNITS_TEXT_MAX];
    char low[UNITS_TEXT_MAX];
    char high[UNITS_TEXT_MAX];
    if (watch_growth(run, &trend) != 0) {
        watch_pen_text(pen, WATCH_DIM, "after two cycles");
        return;
    }
    watch_pen_format(pen, trend.low > 0 ? WATCH_WARN : WATCH_PLAIN, "%s%s per request",
                     trend.slope >= 0 ? "+" : "", units_format_bytes(trend.slope, estimate));
    watch_pen_format(pen, WATCH_DIM, " (95 %%: %s to %s)", units_format_bytes(trend.low, low),
                     units_format_bytes(trend.high, high));
}

static void watch_fact_verdict(const struct watch_run *run, struct watch_pen *pen)
{
    struct watch_eta eta = watch_eta(run);
    char about[UNITS_TEXT_MAX];
    char at_most[UNITS_TEXT_MAX];
    if (eta.at_most_ns < 0) {
        watch_pen_text(pen, WATCH_DIM, "when the service is ready, and was measured");
        return;
    }
    units_format_duration(eta.at_most_ns, at_most);
    if (eta.about_ns >= 0)
        watch_pen_format(pen, WATCH_BOLD, "in about %s",
                         units_format_duration(eta.about_ns, about));
    else if (run->now.cycle >= run->now.cycles_min)
        watch_pen_text(pen, WATCH_BOLD, "any moment");
    else
        watch_pen_format(pen, WATCH_BOLD, "after %u cycles", run->now.cycles_min);
    watch_pen_format(pen, WATCH_PLAIN, ", in %s at most", at_most);
}

static const struct watch_fact watch_facts[WATCH_FACTS_ROWS] = {
    {"requests", watch_fact_requests, WATCH_SERIES_RATE, 3},
    {"latency", watch_fact_latency, WATCH_SERIES_LATENCY, 4},
    {"threads", watch_fact_threads, WATCH_SERIES_THREADS, 6},
    {"files", watch_fact_descriptors, WATCH_SERIES_DESCRIPTORS, 7},
    {"stalled", watch_fact_stalls, WATCH_SERIES_STALLED, 5},
    {"floor", watch_fact_floors, -1, 2},
    {"growth", watch_fact_growth, -1, 1},
    {"verdict", watch_fact_verdict, -1, 0},
};

void watch_facts_draw(const struct watch_run *run, const struct watch_area *area,
                      struct watch_grid *grid)
{
    unsigned cells = 0;
    if (area->columns >= SPARKLINE_COLUMNS_MIN)
        cells = area->columns - LABEL_COLUMNS - FACTS_TEXT_COLUMNS;
    cells = cells < SPARKLINE_CELLS_MAX ? cells : SPARKLINE_CELLS_MAX;
    unsigned row = area->row;
    for (size_t i = 0; i < ARRAY_LENGTH(watch_facts); i++) {
        const struct watch_fact *fact = &watch_facts[i];
        if (fact->rank >= area->rows)
            continue;
        struct watch_pen pen = watch_pen_at(grid, row++, area->column);
        pen.end = area->column + area->columns;
        watch_pen_text(&pen, WATCH_DIM, fact->label);
        pen.column = area->column + LABEL_COLUMNS;
        if (fact->series >= 0 && cells > 0) {
            double top = fact->series == WATCH_SERIES_STALLED ? 1 : NAN;
            watch_sparkline(run, (enum watch_series)fact->series, cells, top, &pen);
            pen.column += 2;
        }
        fact->draw(run, &pen);
    }
}

void watch_phase_draw(const struct watch_run *run, const struct watch_area *area,
                      struct watch_grid *grid)
{
    const struct run_progress *now = &run->now;
    struct watch_pen pen = watch_pen_at(grid, area->row, area->column);
    pen.end = area->column + area->columns;
    watch_pen_format(&pen, WATCH_BOLD, "%-*s", (int)PHASE_COLUMNS, run->phase);
    if (now->requests_goal > 0) {
        unsigned cells = area->columns / 4 < BAR_CELLS_MAX ? area->columns / 4 : BAR_CELLS_MAX;
        watch_bar(&pen, cells, (double)now->requests / (double)now->requests_goal, WATCH_MEMORY);
        watch_pen_format(&pen, WATCH_PLAIN, " %" PRIu64 " of %" PRIu64 " requests", now->requests,
                         now->requests_goal);
    }
    char text[96];
    snprintf(text, sizeof(text), "%u of %u to %u cycles done", now->cycle, now->cycles_min,
             now->cycles_max);
    unsigned columns = (unsigned)strlen(text);
    if (pen.column + 2 + columns > pen.end)
        return;
    pen.column = pen.end - columns;
    watch_pen_text(&pen, WATCH_DIM, text);
}

#include "view/picture_panels.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/chart_thin.h"

#define PANEL_POINTS_MAX 560
/* For such a share of some stretch of time something waited for memory: that is worth a panel. */
#define PANEL_STALLS_MIN 0.03
#define PANEL_PERCENT    0.01
/* What is more than so many times as high as this share of all points is cut… */
#define PANEL_USUAL 0.95
#define PANEL_CUT   3
#define PANEL_ABOVE 1.5 /* …there */
/* Fewer than this share of the most are not worth a line. */
#define PANEL_FEW 0.05

/* In the order in which they are shown. */
enum panel {
    PANEL_COUNTS,
    PANEL_HEAP,
    PANEL_LAZY,
    PANEL_STALLS,
    PANEL_RATE,
    PANEL_LATENCY,
    PANEL_MAX_
};

static double panel_highest(const struct picture_points *points)
{
    double highest = 0;
    for (size_t i = 0; i < points->n; i++)
        if (chart_is_drawn(&points->points[i]))
            highest = fmax(highest, points->points[i].y);
    return highest;
}

static void panel_line(struct picture_chart *panel, struct picture_points points, double unit,
                       const char *name, unsigned look)
{
    struct chart_series *series = picture_chart_add(panel, points, unit);
    if (series == NULL)
        return;
    series->name = name;
    series->look = look;
    series->thin = true;
}

static void panel_dots(struct picture_chart *panel)
{
    for (size_t i = 0; i < panel->chart.n_series; i++)
        panel->series[i].dots = CHART_DOTS_ALL;
}

/* Which descriptors there are most of, and what else there are not few of beside them. */
static void panel_descriptors(struct picture_data *data, struct picture_chart *panel)
{
    static const struct {
        const char *name;
        enum survey_field field;
        enum chart_color color;
    } kinds[] = {{"sockets", SURVEY_FD_SOCKET, CHART_BLUE},
                 {"files", SURVEY_FD_FILE, CHART_ORANGE},
                 {"pipes", SURVEY_FD_PIPE, CHART_GREEN},
                 {"others", SURVEY_FD_ANON_INODE, CHART_PINK}};
    struct picture_points points[ARRAY_LENGTH(kinds)];
    double highest = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        points[i] = picture_survey(data, kinds[i].field);
        highest = fmax(highest, panel_highest(&points[i]));
    }
    panel->chart.y_label = "open descriptors";
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (panel_highest(&points[i]) > highest * PANEL_FEW)
            panel_line(panel, points[i], 1, kinds[i].name, CHART_LOOK(kinds[i].color, (unsigned)i));
}

/* Things that are counted at each survey, where they are the cause. */
static void panel_counts(struct picture_data *data, struct picture_chart *panel)
{
    enum cause cause = data->record->verdict.cause;
    if (cause == CAUSE_THREADS) {
        panel->chart.y_label = "threads";
        panel_line(panel, picture_series(data, "threads_count", NULL), 1, NULL,
                   CHART_LOOK(CHART_BLUE, 0));
    } else if (cause == CAUSE_MAPPINGS) {
        panel->chart.y_label = "mappings";
        panel_line(panel, picture_survey(data, SURVEY_MAPPINGS), 1, NULL,
                   CHART_LOOK(CHART_BLUE, 0));
    } else if (cause == CAUSE_SOCKETS || cause == CAUSE_FILES || cause == CAUSE_KERNEL) {
        panel_descriptors(data, panel);
    }
    panel_dots(panel);
}

/* What the service's allocator said of itself, where that is the point. */
static void panel_heap(struct picture_data *data, struct picture_chart *panel)
{
    enum cause cause = data->record->verdict.cause;
    if (cause != CAUSE_HEAP && cause != CAUSE_ALLOCATOR && cause != CAUSE_FRAGMENTATION)
        return;
    struct picture_points in_use = picture_survey(data, SURVEY_HEAP_IN_USE);
    struct picture_points unused = picture_survey(data, SURVEY_HEAP_FREE);
    const struct units_scale scale =
        units_scale_bytes(fmax(panel_highest(&in_use), panel_highest(&unused)));
    const char *label = arena_printf(data->arena, "heap, %s", scale.name);
    data->failed = data->failed || label == NULL;
    panel->chart.y_label = label;
    panel_line(panel, in_use, scale.divisor, "in use", CHART_LOOK(CHART_BLUE, 0));
    panel_line(panel, unused, scale.divisor, "free, with the allocator",
               CHART_LOOK(CHART_ORANGE, 1));
    panel_dots(panel);
}

/* Pages that the kernel may take back, but has not taken yet. */
static void panel_lazy(struct picture_data *data, struct picture_chart *panel)
{
    struct picture_points lazy = picture_survey(data, SURVEY_LAZY_FREE);
    double highest = panel_highest(&lazy);
    if (data->record->verdict.cause != CAUSE_MADV_FREE || highest <= 0)
        return;
    const struct units_scale scale = units_scale_bytes(highest);
    const char *label = arena_printf(data->arena, "lazily freed, %s", scale.name);
    data->failed = data->failed || label == NULL;
    panel->chart.y_label = label;
    panel_line(panel, lazy, scale.divisor, NULL, CHART_LOOK(CHART_BLUE, 0));
    panel_dots(panel);
}

static void panel_stalls(struct picture_data *data, struct picture_chart *panel)
{
    struct picture_points some = picture_series(data, "psi_some_share", NULL);
    struct picture_points full = picture_series(data, "psi_full_share", NULL);
    if (panel_highest(&some) < PANEL_STALLS_MIN && panel_highest(&full) < PANEL_STALLS_MIN)
        return;
    panel->chart.y_label = "stalled, % of time";
    panel_line(panel, some, PANEL_PERCENT, "some (PSI)", CHART_LOOK(CHART_SKY, 0));
    panel_line(panel, full, PANEL_PERCENT, "full", CHART_LOOK(CHART_VERMILLION, 0));
}

static int panel_compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* A height above which there is next to nothing; the highest, when that is not far above. When a
 * service is killed all its requests end at once, and such a rate would flatten all others. */
static double panel_usual(struct picture_data *data, const struct picture_points *points)
{
    double highest = panel_highest(points);
    double *values = arena_alloc(data->arena, (points->n + 1) * sizeof(*values));
    size_t n = 0;
    if (values == NULL) {
        data->failed = true;
        return highest;
    }
    for (size_t i = 0; i < points->n; i++)
        if (chart_is_drawn(&points->points[i]))
            values[n++] = points->points[i].y;
    if (n == 0)
        return highest;
    qsort(values, n, sizeof(*values), panel_compare);
    double usual = values[(size_t)(PANEL_USUAL * (double)(n - 1))];
    return usual > 0 && highest > PANEL_CUT * usual ? PANEL_ABOVE * usual : highest;
}

static void panel_rate(struct picture_data *data, struct picture_chart *panel)
{
    struct picture_points rate = picture_series(data, "rate_per_s", NULL);
    double highest = panel_highest(&rate);
    double usual = panel_usual(data, &rate);
    panel->chart.y_label = "requests/s";
    if (usual < highest) {
        const char *label = arena_printf(data->arena, "requests/s (cut: once %.0f)", highest);
        data->failed = data->failed || label == NULL;
        panel->chart.y_label = label;
    }
    for (size_t i = 0; i < rate.n; i++)
        rate.points[i].y = rate.points[i].y > usual ? usual : rate.points[i].y;
    panel_line(panel, rate, 1, NULL, CHART_LOOK(CHART_GREEN, 0));
}

static void panel_latency(struct picture_data *data, struct picture_chart *panel)
{
    struct picture_points p50 = picture_series(data, "p50_s", NULL);
    struct picture_points p99 = picture_series(data, "p99_s", NULL);
    const struct units_scale scale =
        units_scale_duration(NSEC_PER_SEC * fmax(panel_highest(&p50), panel_highest(&p99)));
    double unit_s = scale.divisor / NSEC_PER_SEC;
    const char *label = arena_printf(data->arena, "latency, %s", scale.name);
    data->failed = data->failed || label == NULL;
    panel->chart.y_label = label;
    panel_line(panel, p99, unit_s, "p99", CHART_LOOK(CHART_ORANGE, 0));
    panel_line(panel, p50, unit_s, "p50", CHART_LOOK(CHART_BLUE, 0));
}

unsigned picture_panels(struct picture_data *data, struct picture_chart *ret)
{
    static void (*const fill[PANEL_MAX_])(struct picture_data *, struct picture_chart *) = {
        [PANEL_COUNTS] = panel_counts, [PANEL_HEAP] = panel_heap, [PANEL_LAZY] = panel_lazy,
        [PANEL_STALLS] = panel_stalls, [PANEL_RATE] = panel_rate, [PANEL_LATENCY] = panel_latency};
    unsigned n = 0;
    for (unsigned i = 0; i < PANEL_MAX_ && n < PICTURE_PANELS_MAX; i++) {
        ret[n] = (struct picture_chart){.chart = {.title = "", .points_max = PANEL_POINTS_MAX}};
        fill[i](data, &ret[n]);
        n += ret[n].chart.n_series > 0;
    }
    return n;
}

#include "view/watch_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"

/* The amounts' names, and the axis. */
#define LABEL_COLUMNS 9
/* A limit of which not even this share was in use is not drawn: there would be little else to see
 * than the way to it. */
#define LIMIT_IN_SIGHT 0.125
/* What lies above the limit's line, for it to be a line and crosses to be on it. */
#define ABOVE_LIMIT 1.06
#define ABOVE_ALL   1.25
#define KIB_BYTES   1024.0
#define ROWS_A_TICK 3U
#define TICKS_MAX   6U
/* Fewer columns have no room for five times. */
#define PARTS_COLUMNS_MIN 50U
/* Points further apart than this many stretches are not joined. */
#define GAP_POINTS 20U

/* From amounts to dots. */
struct watch_scale {
    struct watch_grid *grid;
    unsigned x0, y0, width, height; /* in dots; y0 is the top */
    double seconds, bytes;          /* at the far ends of the axes */
};

double watch_chart_seconds(double seconds)
{
    static const double ends[] = {5,    10,   15,    20,    30,    45,    60,    90,    120,
                                  180,  300,  450,   600,   900,   1200,  1800,  2700,  3600,
                                  5400, 7200, 10800, 14400, 21600, 28800, 43200, 64800, 86400};
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        if (seconds < ends[i])
            return ends[i];
    return (floor(seconds / 86400) + 1) * 86400;
}

/* The first of 1, 2, 5, 10, 20… of a unit (KiB, MiB…) that is not less. */
static double watch_round_bytes(double bytes)
{
    static const double steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500};
    double unit = KIB_BYTES;
    while (bytes > 500 * unit)
        unit *= KIB_BYTES;
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++)
        if (steps[i] * unit >= bytes)
            return steps[i] * unit;
    return 500 * unit;
}

double watch_chart_bytes(double highest_bytes, double limit_bytes)
{
    if (isnan(highest_bytes) && isnan(limit_bytes))
        return KIB_BYTES * KIB_BYTES;
    if (!isnan(limit_bytes) &&
        (isnan(highest_bytes) || highest_bytes >= LIMIT_IN_SIGHT * limit_bytes))
        return fmax(limit_bytes, highest_bytes) * ABOVE_LIMIT;
    return watch_round_bytes(highest_bytes * ABOVE_ALL);
}

static double watch_limit(const struct watch_run *run)
{
    return run->now.limit_bytes == UINT64_MAX ? NAN : (double)run->now.limit_bytes;
}

static unsigned watch_x(const struct watch_scale *scale, double seconds)
{
    double at = seconds / scale->seconds * scale->width;
    return scale->x0 + (at < scale->width - 1 ? (unsigned)fmax(at, 0) : scale->width - 1);
}

static unsigned watch_y(const struct watch_scale *scale, double bytes)
{
    double up = bytes / scale->bytes * (scale->height - 1) + 0.5;
    up = fmin(fmax(up, 0), scale->height - 1);
    return scale->y0 + scale->height - 1 - (unsigned)up;
}

static void watch_upright(const struct watch_scale *scale, unsigned x, unsigned from, unsigned to,
                          enum watch_tone tone)
{
    unsigned top = from < to ? from : to;
    unsigned bottom = from < to ? to : from;
    for (unsigned y = top; y <= bottom; y++)
        watch_grid_dot(scale->grid, x, y, tone);
}

static double watch_seconds(nsec_t t_ns)
{
    return (double)t_ns / (double)NSEC_PER_SEC;
}

/* The middle of a point's stretch of time. */
static double watch_point_seconds(const struct watch_run *run, unsigned index)
{
    return ((double)index + 0.5) * watch_seconds(run->point_ns);
}

/* From one point to the next: a line, without a hole where it is steep. */
static void watch_join(const struct watch_scale *scale, unsigned x0, unsigned y0, unsigned x1,
                       unsigned y1)
{
    unsigned before = y0;
    for (unsigned x = x0 + 1; x <= x1; x++) {
        double share = (double)(x - x0) / (double)(x1 - x0);
        unsigned y = (unsigned)lround((double)y0 + ((double)y1 - (double)y0) * share);
        unsigned from = before < y ? before + 1 : (before > y ? before - 1 : before);
        watch_upright(scale, x, from, y, WATCH_MEMORY);
        before = y;
    }
}

static void watch_draw_memory(const struct watch_run *run, const struct watch_scale *scale)
{
    unsigned last = 0;
    bool joined = false;
    for (unsigned i = 0; i < run->n_points; i++) {
        const struct watch_point *point = &run->points[i];
        if (isnan(point->highest_bytes)) {
            joined = joined && point->joined;
            continue;
        }
        unsigned x = watch_x(scale, watch_point_seconds(run, i));
        if (joined && point->joined && i - last <= GAP_POINTS)
            watch_join(scale, watch_x(scale, watch_point_seconds(run, last)),
                       watch_y(scale, run->points[last].last_bytes), x,
                       watch_y(scale, point->first_bytes));
        watch_upright(scale, x, watch_y(scale, point->highest_bytes),
                      watch_y(scale, point->lowest_bytes), WATCH_MEMORY);
        last = i;
        joined = true;
    }
}

/* Every other dot, as a light shade: what is in front of it can be seen. */
static void watch_shade(const struct watch_scale *scale, unsigned x, double bytes)
{
    unsigned bottom = scale->y0 + scale->height - 1;
    for (unsigned y = watch_y(scale, bytes); y <= bottom; y++)
        if ((x + y) % 2 == 0)
            watch_grid_dot(scale->grid, x, y, WATCH_INNER);
}

static void watch_draw_inner(const struct watch_run *run, const struct watch_scale *scale)
{
    unsigned last = 0;
    bool known = false;
    for (unsigned i = 0; i < run->n_points; i++) {
        const struct watch_point *point = &run->points[i];
        if (isnan(point->inner_bytes)) {
            known = known && point->joined && i - last <= GAP_POINTS;
            continue;
        }
        unsigned end = watch_x(scale, watch_point_seconds(run, i));
        bool joined = known && point->joined;
        unsigned begin = joined ? watch_x(scale, watch_point_seconds(run, last)) : end;
        for (unsigned x = begin + 1; x < end; x++) {
            double share = (double)(x - begin) / (double)(end - begin);
            double before = run->points[last].inner_bytes;
            watch_shade(scale, x, before + (point->inner_bytes - before) * share);
        }
        watch_shade(scale, end, point->inner_bytes);
        last = i;
        known = true;
    }
}

/* When the floor ceases to be the last one known: at the next one, or when that start ended. */
static double watch_floor_end(const struct watch_run *run, unsigned index)
{
    const struct run_floor *floor = &run->floors[index];
    nsec_t end_ns = run->now.elapsed_ns;
    if (index + 1 < run->n_floors)
        end_ns = run->floors[index + 1].t_ns;
    if (index + 1 == run->n_floors || run->floors[index + 1].start != floor->start)
        for (unsigned i = run->n_kills; i-- > 0;)
            if (run->kills[i].t_ns > floor->t_ns && run->kills[i].t_ns < end_ns)
                end_ns = run->kills[i].t_ns;
    return watch_seconds(end_ns);
}

static void watch_draw_floors(const struct watch_run *run, const struct watch_scale *scale)
{
    for (unsigned i = 0; i < run->n_floors; i++) {
        const struct run_floor *floor = &run->floors[i];
        unsigned y = watch_y(scale, (double)floor->bytes);
        unsigned begin = watch_x(scale, watch_seconds(floor->t_ns));
        unsigned end = watch_x(scale, watch_floor_end(run, i));
        for (unsigned x = begin; x <= end; x++)
            watch_grid_dot(scale->grid, x, y, WATCH_FLOOR);
        if (i > 0 && run->floors[i - 1].start == floor->start)
            watch_upright(scale, begin, watch_y(scale, (double)run->floors[i - 1].bytes), y,
                          WATCH_FLOOR);
    }
}

static void watch_draw_kills(const struct watch_run *run, const struct watch_scale *scale)
{
    for (unsigned i = 0; i < run->n_kills; i++) {
        const struct watch_kill *kill = &run->kills[i];
        double bytes = isnan(kill->bytes) ? watch_limit(run) : kill->bytes;
        if (isnan(bytes))
            continue;
        struct watch_pen pen = watch_pen_at(scale->grid, watch_y(scale, bytes) / 4,
                                            watch_x(scale, watch_seconds(kill->t_ns)) / 2);
        watch_pen_text(&pen, WATCH_KILL, watch_grid_sign(scale->grid, "✗", "x"));
    }
}

/* A line of the limit wherever nothing else is; or, when it is far above, where it is. */
static void watch_draw_limit(const struct watch_run *run, const struct watch_area *plot,
                             const struct watch_scale *scale)
{
    double limit = watch_limit(run);
    char text[UNITS_TEXT_MAX];
    if (isnan(limit))
        return;
    if (limit > scale->bytes) {
        units_format_bytes(limit, text);
        unsigned columns = (unsigned)strlen(text) + 17;
        struct watch_pen pen =
            watch_pen_at(scale->grid, plot->row,
                         plot->column + plot->columns - (columns < plot->columns ? columns : 0));
        if (columns < plot->columns)
            watch_pen_format(&pen, WATCH_LIMIT, "%s limit %s, far up",
                             watch_grid_sign(scale->grid, "↑", "^"), text);
        return;
    }
    unsigned row = watch_y(scale, limit) / 4;
    for (unsigned column = plot->column; column < plot->column + plot->columns; column++) {
        struct watch_pen pen = watch_pen_at(scale->grid, row, column);
        if (watch_grid_is_blank(scale->grid, row, column))
            watch_pen_text(&pen, WATCH_LIMIT, watch_grid_sign(scale->grid, "╌", "-"));
    }
}

/* How much it is now, beside the last point. */
static void watch_draw_now(const struct watch_run *run, const struct watch_area *plot,
                           const struct watch_scale *scale)
{
    char text[UNITS_TEXT_MAX];
    if (run->now.memory_bytes == SURVEY_ABSENT || run->n_points == 0)
        return;
    double bytes = (double)run->now.memory_bytes;
    units_format_bytes(bytes, text);
    unsigned row = watch_y(scale, bytes) / 4;
    unsigned column = watch_x(scale, watch_point_seconds(run, run->n_points - 1)) / 2 + 2;
    if (column + strlen(text) > plot->column + plot->columns)
        return;
    struct watch_pen pen = watch_pen_at(scale->grid, row, column);
    watch_pen_text(&pen, WATCH_BOLD, text);
}

/* A label that ends just before the axis. */
static void watch_label(const struct watch_area *plot, struct watch_grid *grid, unsigned row,
                        enum watch_tone tone, const char *text)
{
    size_t length = strlen(text);
    struct watch_pen pen = watch_pen_at(
        grid, row, plot->column - 1 - (length < LABEL_COLUMNS ? (unsigned)length : LABEL_COLUMNS));
    pen.end = plot->column - 1;
    watch_pen_text(&pen, tone, text);
}

static void watch_draw_amounts(const struct watch_run *run, const struct watch_area *plot,
                               const struct watch_scale *scale)
{
    char text[UNITS_TEXT_MAX];
    double limit = watch_limit(run);
    bool limited = !isnan(limit) && limit <= scale->bytes;
    unsigned limit_row = limited ? watch_y(scale, limit) / 4 : UINT32_MAX;
    unsigned ticks = plot->rows / ROWS_A_TICK > 0 ? plot->rows / ROWS_A_TICK : 1;
    ticks = ticks < TICKS_MAX ? ticks : TICKS_MAX;
    double step = watch_round_bytes(scale->bytes / ticks);
    struct units_scale units = units_scale_bytes(step);
    for (unsigned row = plot->row; row < plot->row + plot->rows; row++) {
        struct watch_pen pen = watch_pen_at(scale->grid, row, plot->column - 1);
        watch_pen_text(&pen, WATCH_DIM, watch_grid_sign(scale->grid, "│", "|"));
    }
    for (unsigned tick = 1; tick * step <= scale->bytes; tick++) {
        double bytes = tick * step;
        unsigned row = watch_y(scale, bytes) / 4;
        if (limited && (row == limit_row || row == limit_row + 1))
            continue;
        struct watch_pen pen = watch_pen_at(scale->grid, row, plot->column - 1);
        watch_pen_text(&pen, WATCH_DIM, watch_grid_sign(scale->grid, "┤", "+"));
        snprintf(text, sizeof(text), "%g %s", bytes / units.divisor, units.name);
        watch_label(plot, scale->grid, row, WATCH_DIM, text);
    }
    if (limited) {
        struct watch_pen pen = watch_pen_at(scale->grid, limit_row, plot->column - 1);
        watch_pen_text(&pen, WATCH_DIM, watch_grid_sign(scale->grid, "┤", "+"));
        units = units_scale_bytes(limit);
        snprintf(text, sizeof(text), "%.4g %s", limit / units.divisor, units.name);
        watch_label(plot, scale->grid, limit_row, WATCH_LIMIT, text);
    }
}

/* "15 s", "2 min", "1.5 h". */
static const char *watch_time_text(double seconds, char *text, size_t size)
{
    if (seconds < 120)
        snprintf(text, size, "%g s", seconds);
    else if (seconds < 7200)
        snprintf(text, size, "%g min", seconds / 60);
    else
        snprintf(text, size, "%g h", seconds / 3600);
    return text;
}

static void watch_draw_times(const struct watch_area *plot, const struct watch_scale *scale)
{
    char text[32];
    unsigned row = plot->row + plot->rows;
    struct watch_pen pen = watch_pen_at(scale->grid, row, plot->column - 1);
    watch_pen_text(&pen, WATCH_DIM, watch_grid_sign(scale->grid, "└", "+"));
    for (unsigned i = 0; i < plot->columns; i++)
        watch_pen_text(&pen, WATCH_DIM, watch_grid_sign(scale->grid, "─", "-"));
    /* Where axes end is made of 5 or of 3 of something round. */
    bool thirds = fmod(scale->seconds, 45) == 0 || scale->seconds >= 3600;
    unsigned parts = thirds || plot->columns < PARTS_COLUMNS_MIN ? 3 : 5;
    for (unsigned i = 1; i <= parts; i++) {
        double seconds = scale->seconds * i / parts;
        watch_time_text(seconds, text, sizeof(text));
        unsigned length = (unsigned)strlen(text) + 2;
        unsigned middle = plot->column + plot->columns * i / parts;
        unsigned begin = i < parts ? middle - length / 2 : middle - length + 1;
        pen = watch_pen_at(scale->grid, row, begin);
        watch_pen_format(&pen, WATCH_DIM, " %s%s", text, i < parts ? " " : "");
    }
}

void watch_chart_draw(const struct watch_run *run, const struct watch_area *area,
                      struct watch_grid *grid)
{
    if (area->columns < WATCH_CHART_COLUMNS_MIN || area->rows < WATCH_CHART_ROWS_MIN ||
        area->row + area->rows > grid->rows || area->column + area->columns > grid->columns)
        return;
    const struct watch_area plot = {
        .column = area->column + LABEL_COLUMNS + 1,
        .row = area->row,
        .columns = area->columns - LABEL_COLUMNS - 1,
        .rows = area->rows - 1,
    };
    const struct watch_scale scale = {
        .grid = grid,
        .x0 = 2 * plot.column,
        .y0 = 4 * plot.row,
        .width = 2 * plot.columns,
        .height = 4 * plot.rows,
        .seconds = watch_chart_seconds(watch_seconds(run->now.elapsed_ns)),
        .bytes = watch_chart_bytes(run->highest_bytes, watch_limit(run)),
    };
    watch_draw_amounts(run, &plot, &scale);
    watch_draw_times(&plot, &scale);
    watch_draw_inner(run, &scale);
    watch_draw_memory(run, &scale);
    watch_draw_floors(run, &scale);
    watch_draw_now(run, &plot, &scale);
    watch_draw_limit(run, &plot, &scale);
    watch_draw_kills(run, &scale);
}

static void watch_legend_entry(struct watch_pen *pen, enum watch_tone tone, const char *sign,
                               const char *name)
{
    watch_pen_text(pen, tone, sign);
    watch_pen_format(pen, WATCH_DIM, " %s", name);
    pen->column += 3;
}

void watch_chart_legend(const struct watch_run *run, struct watch_pen *pen)
{
    const struct watch_grid *grid = pen->grid;
    const struct memory_sample seen = {.present = run->seen};
    bool by_process =
        !memory_sample_has(&seen, MEMORY_CURRENT) && memory_sample_has(&seen, MEMORY_RSS);
    bool has_working_set = memory_sample_has(&seen, MEMORY_INACTIVE_FILE);
    bool has_inner = has_working_set || memory_sample_has(&seen, MEMORY_ANON);
    watch_legend_entry(pen, WATCH_MEMORY, watch_grid_sign(grid, "⠤⠔⠒", "***"),
                       by_process ? "rss" : "memory");
    if (has_inner)
        watch_legend_entry(pen, WATCH_INNER, watch_grid_sign(grid, "⢕⢕⢕", ":::"),
                           has_working_set ? "working set" : "anonymous");
    if (run->n_floors > 0)
        watch_legend_entry(pen, WATCH_FLOOR, watch_grid_sign(grid, "⣀⡤⠤", "==="), "floor");
    if (run->now.limit_bytes != UINT64_MAX)
        watch_legend_entry(pen, WATCH_LIMIT, watch_grid_sign(grid, "╌╌╌", "---"), "limit");
    if (run->n_kills > 0)
        watch_legend_entry(pen, WATCH_KILL, watch_grid_sign(grid, "✗", "x"), "OOM-killed");
}

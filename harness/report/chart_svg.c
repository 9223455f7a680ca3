#include "report/chart_svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "report/chart_thin.h"
#include "report/line_text.h"

/* Of the viewBox; about a pixel each on a page. */
#define CHART_WIDTH      800
#define CHART_LEFT       56
#define CHART_RIGHT      16
#define CHART_TOP        30
#define CHART_PLOT       270 /* height of what is between the axes */
#define CHART_BELOW      44  /* ticks and the label of the axis */
#define CHART_LEGEND_ROW 20
#define CHART_COLUMNS    (CHART_WIDTH - CHART_LEFT - CHART_RIGHT)

/* Over all series: a chart takes some 100 KB at most. */
#define CHART_POINTS_MAX  10000
#define CHART_DOTS_MAX    300
#define CHART_CROSSES_MAX 200
/* The least columns a series has, however many there are. */
#define CHART_COLUMNS_MIN 8

/* A close-up has at least so much of the highest value below the lines, and if these take more than
 * so much of it, it is none. */
#define CHART_CLOSE_UP_LEAST 0.02
#define CHART_CLOSE_UP_MOST  0.6

#define CHART_NAME_COLUMNS   48
#define CHART_NAME_BYTES_MAX ((size_t)64 * 1024)
#define CHART_LETTER         6.6 /* what a letter takes */
#define CHART_COLORS         7
#define CHART_DASHES         5 /* and 7 have no common factor: 35 looks */

/* Where values are on the paper. */
struct chart_frame {
    struct html_writer *writer;
    const struct chart *chart;
    double x_min, x_max, y_min, y_max;
    double y_lowest;       /* of all that is there */
    bool close_up;         /* the axis begins near that, not at 0 */
    double x_step, y_step; /* from tick to tick */
    size_t points;         /* of all series */
};

void chart_svg_style(struct html_writer *writer)
{
    static const char *const light[CHART_COLORS] = {"#000000", "#d55e00", "#0072b2", "#009e73",
                                                    "#e69f00", "#cc79a7", "#56b4e9"};
    html_put(writer, ".chart{--ink:#333;--rule:#b00020;--grid:#e3e3e3");
    for (unsigned i = 0; i < CHART_COLORS; i++)
        html_printf(writer, ";--s%u:%s", i, light[i]);
    /* Black and the darkest blue are hard to see on black; the others are as they were. */
    html_put(writer, "}\n@media screen and (prefers-color-scheme:dark){.chart{--ink:#ccc;"
                     "--rule:#ff6b7a;--grid:#33363c;--s0:#f2f2f2;--s2:#2b94d6}}\n"
                     ".chart{display:block;width:100%;height:auto;min-width:640px}\n"
                     ".chart text{font:12px system-ui,sans-serif;fill:var(--ink)}\n"
                     ".chart .grid{stroke:var(--grid);fill:none}"
                     ".chart .axis{stroke:var(--ink);fill:none}\n"
                     ".chart .rule{stroke:var(--rule);stroke-width:1.5;stroke-dasharray:2 3;"
                     "fill:none}\n"
                     ".chart .line{fill:none;stroke-width:2;stroke-linejoin:round;"
                     "stroke-linecap:round}\n"
                     ".chart .band{stroke:none;opacity:.2}.chart .b0{fill:var(--s3)}"
                     ".chart .b1{fill:var(--s2);opacity:.35}\n"
                     ".chart .thin{stroke-width:1.2;opacity:.8}.chart .cross{stroke-width:2.5}\n"
                     ".chart .line:hover{stroke-width:3.5;opacity:1}\n");
    for (unsigned i = 0; i < CHART_COLORS; i++)
        html_printf(writer, ".chart .s%u{stroke:var(--s%u)}.chart .f%u{fill:var(--s%u)}\n", i, i, i,
                    i);
    html_put(writer, ".chart .d1{stroke-dasharray:8 4}.chart .d2{stroke-dasharray:2 4}"
                     ".chart .d3{stroke-dasharray:10 4 2 4}.chart .d4{stroke-dasharray:14 5}\n");
}

/* 1, 2 or 5 times a power of ten: about so many steps to the range. */
static double chart_step(double range, double steps)
{
    double raw = range / steps;
    double power = pow(10, floor(log10(raw)));
    double rest = raw / power;
    return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

/* Where 0 is so far below that differences would be some pixels only, the axis begins elsewhere. */
static void chart_look_closely(struct chart_frame *frame)
{
    double range = frame->y_max - frame->y_lowest;
    double below = fmax(0.1 * range, CHART_CLOSE_UP_LEAST * frame->y_max);
    frame->close_up = frame->chart->close_up && frame->y_lowest - below > 0 &&
                      range < CHART_CLOSE_UP_MOST * frame->y_max;
    if (frame->close_up)
        frame->y_min = frame->y_lowest - below;
}

/* What the axes reach over: all points from zero on, and the rules near them. */
static void chart_measure(struct chart_frame *frame)
{
    const struct chart *chart = frame->chart;
    for (size_t i = 0; i < chart->n_series; i++) {
        for (size_t k = 0; k < chart->series[i].n; k++) {
            const struct chart_point *point = &chart->series[i].points[k];
            if (!chart_is_drawn(point))
                continue;
            frame->points++;
            frame->x_min = fmin(frame->x_min, point->x);
            frame->x_max = fmax(frame->x_max, point->x);
            frame->y_min = fmin(frame->y_min, point->y);
            frame->y_max = fmax(frame->y_max, point->y);
            frame->y_lowest = fmin(frame->y_lowest, point->y);
        }
    }
    double near = 2.5 * frame->y_max;
    for (size_t i = 0; i < chart->n_rules; i++)
        if (chart->rules[i].y > frame->y_max && chart->rules[i].y <= near)
            frame->y_max = chart->rules[i].y;
    for (size_t i = 0; i < chart->n_bands; i++) {
        if (chart->bands[i].high > frame->y_max && chart->bands[i].high <= near)
            frame->y_max = chart->bands[i].high;
        frame->y_lowest = fmin(frame->y_lowest, chart->bands[i].low);
    }
    chart_look_closely(frame);
    if (frame->x_max <= frame->x_min)
        frame->x_max = frame->x_min + 1;
    if (frame->y_max <= frame->y_min)
        frame->y_max = frame->y_min + 1;
    frame->y_step = chart_step(frame->y_max - frame->y_min, 7);
    frame->x_step = chart_step(frame->x_max - frame->x_min, 8);
    frame->y_max += 0.04 * (frame->y_max - frame->y_min);
    frame->y_min = frame->y_min < 0 || frame->close_up
                       ? floor(frame->y_min / frame->y_step) * frame->y_step
                       : 0;
}

static double chart_x(const struct chart_frame *frame, double x)
{
    return CHART_LEFT + CHART_COLUMNS * ((x - frame->x_min) / (frame->x_max - frame->x_min));
}

static double chart_y(const struct chart_frame *frame, double y)
{
    return CHART_TOP + CHART_PLOT * (1 - (y - frame->y_min) / (frame->y_max - frame->y_min));
}

/* To a tenth of a pixel, and without a zero behind the point. */
static double chart_round(double at)
{
    return round(at * 10) / 10;
}

/* "0", "0.25", "12,000": with the decimals that the step has. */
static const char *chart_number(double value, double step, char *text)
{
    double decimals = step < 1 ? fmin(-floor(log10(step) + 1e-9), 9) : 0;
    struct units_scale scale = {.divisor = 1, .name = "", .decimals = (int)decimals};
    if (fabs(value) < step / 2)
        value = 0;
    if (fabs(value) >= 1e7) {
        snprintf(text, UNITS_TEXT_MAX, "%.4g", value);
        return text;
    }
    return units_format_scaled(value, &scale, text);
}

static void chart_axes(const struct chart_frame *frame)
{
    struct html_writer *writer = frame->writer;
    char text[UNITS_TEXT_MAX];
    const int right = CHART_WIDTH - CHART_RIGHT;
    const int bottom = CHART_TOP + CHART_PLOT;
    for (int i = 0; i < 20; i++) {
        double value = (ceil(frame->y_min / frame->y_step - 1e-9) + i) * frame->y_step;
        double y = chart_round(chart_y(frame, value));
        if (value > frame->y_max)
            break;
        html_printf(writer, "<path class=\"grid\" d=\"M%d %gH%d\"/>", CHART_LEFT, y, right);
        html_printf(writer, "<text x=\"%d\" y=\"%g\" text-anchor=\"end\">%s</text>\n",
                    CHART_LEFT - 7, y + 4, chart_number(value, frame->y_step, text));
    }
    for (int i = 0; i < 20; i++) {
        double value = (ceil(frame->x_min / frame->x_step - 1e-9) + i) * frame->x_step;
        double x = chart_round(chart_x(frame, value));
        if (value > frame->x_max * (1 + 1e-9))
            break;
        html_printf(writer, "<path class=\"axis\" d=\"M%g %dv5\"/>", x, bottom);
        html_printf(writer, "<text x=\"%g\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x,
                    bottom + 18, chart_number(value, frame->x_step, text));
    }
    html_printf(writer, "<path class=\"axis\" d=\"M%d %dH%d\"/>", CHART_LEFT, bottom, right);
    html_printf(writer, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", right, bottom + 38);
    html_text(writer, frame->chart->x_label);
    html_put(writer, "</text>");
    html_printf(writer, "<text x=\"%d\" y=\"%d\">", 4, CHART_TOP - 14);
    html_text(writer, frame->chart->y_label);
    html_put(writer, frame->close_up ? " (not from 0)</text>\n" : "</text>\n");
}

static void chart_title(struct html_writer *writer, const struct chart_series *series)
{
    const char *title = series->title != NULL ? series->title : series->name;
    if (title == NULL)
        return;
    html_put(writer, "<title>");
    html_text(writer, title);
    html_put(writer, "</title>");
}

static void chart_line(const struct chart_frame *frame, const struct chart_series *series,
                       const struct chart_thinned *points, size_t n)
{
    struct html_writer *writer = frame->writer;
    html_printf(writer, "<path class=\"line%s s%u d%u\" d=\"", series->thin ? " thin" : "",
                series->look % CHART_COLORS, series->look % CHART_DASHES);
    for (size_t i = 0; i < n; i++) {
        bool alone = points[i].after_gap && (i + 1 == n || points[i + 1].after_gap);
        html_printf(writer, "%s%g %g%s", points[i].after_gap ? "M" : "L",
                    chart_round(chart_x(frame, points[i].point.x)),
                    chart_round(chart_y(frame, points[i].point.y)), alone ? "h0" : "");
    }
    html_put(writer, "\">");
    chart_title(writer, series);
    html_put(writer, "</path>\n");
}

/* Points that are few enough to be looked at one by one. */
static void chart_dots(const struct chart_frame *frame, const struct chart_series *series)
{
    struct html_writer *writer = frame->writer;
    char x[UNITS_TEXT_MAX];
    char y[UNITS_TEXT_MAX];
    for (size_t i = 0; i < series->n; i++) {
        const struct chart_point *point = &series->points[i];
        if (!chart_is_drawn(point))
            continue;
        html_printf(writer, "<circle class=\"f%u\" cx=\"%g\" cy=\"%g\" r=\"%s\"><title>",
                    series->look % CHART_COLORS, chart_round(chart_x(frame, point->x)),
                    chart_round(chart_y(frame, point->y)), series->thin ? "2.2" : "3");
        html_text_printf(writer, "%s: %s %s; %s: %s", series->title != NULL ? series->title : "",
                         chart_number(point->y, frame->y_step / 100, y), frame->chart->y_label,
                         frame->chart->x_label, chart_number(point->x, frame->x_step / 100, x));
        html_put(writer, "</title></circle>\n");
    }
}

static void chart_crosses(const struct chart_frame *frame, const struct chart_series *series)
{
    struct html_writer *writer = frame->writer;
    for (size_t i = 0; i < series->n && i < CHART_CROSSES_MAX; i++) {
        if (!chart_is_drawn(&series->points[i]))
            continue;
        html_printf(writer, "<path class=\"line cross s%u\" d=\"M%g %gl10 10m0 -10l-10 10\">",
                    series->look % CHART_COLORS,
                    chart_round(chart_x(frame, series->points[i].x) - 5),
                    chart_round(chart_y(frame, series->points[i].y) - 5));
        chart_title(writer, series);
        html_put(writer, "</path>\n");
    }
}

static bool chart_shows(const struct chart_frame *frame, const struct chart_rule *rule)
{
    return rule->y >= frame->y_min && rule->y <= frame->y_max;
}

static void chart_rules(const struct chart_frame *frame)
{
    for (size_t i = 0; i < frame->chart->n_rules; i++) {
        const struct chart_rule *rule = &frame->chart->rules[i];
        if (!chart_shows(frame, rule))
            continue;
        html_printf(frame->writer, "<path class=\"rule\" d=\"M%d %gH%d\"><title>", CHART_LEFT,
                    chart_round(chart_y(frame, rule->y)), CHART_WIDTH - CHART_RIGHT);
        html_text(frame->writer, rule->name);
        html_put(frame->writer, "</title></path>\n");
    }
}

static void chart_bands(const struct chart_frame *frame)
{
    for (size_t i = 0; i < frame->chart->n_bands; i++) {
        const struct chart_band *band = &frame->chart->bands[i];
        double low = fmax(band->low, frame->y_min);
        double high = fmin(band->high, frame->y_max);
        if (!(low <= high))
            continue;
        double top = chart_round(chart_y(frame, high));
        /* However little lies between: it is there. */
        double bottom = fmax(chart_round(chart_y(frame, low)), top + 1);
        html_printf(frame->writer, "<path class=\"band b%u\" d=\"M%d %gH%dV%gH%d\"><title>",
                    band->look, CHART_LEFT, top, CHART_WIDTH - CHART_RIGHT, bottom, CHART_LEFT);
        html_text(frame->writer, band->name);
        html_put(frame->writer, "</title></path>\n");
    }
}

/* Where the next entry of the legend goes. */
struct chart_legend {
    struct html_writer *writer; /* NULL: only measure */
    double x;
    unsigned row;
};

static void chart_legend_entry(struct chart_legend *legend, const char *name, const char *shape,
                               const char *look)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CHART_NAME_BYTES_MAX);
    line_text_shorten(name, CHART_NAME_COLUMNS, LINE_TEXT_UTF8, &text, NULL);
    double width = 34 + CHART_LETTER * (double)line_text_columns(buffer_text(&text)) + 18;
    if (legend->x > CHART_LEFT && legend->x + width > CHART_WIDTH) {
        legend->x = CHART_LEFT;
        legend->row++;
    }
    if (legend->writer != NULL) {
        int y = CHART_TOP + CHART_PLOT + CHART_BELOW + CHART_LEGEND_ROW * (int)legend->row + 12;
        html_printf(legend->writer, "<path class=\"%s\" d=\"M%g %d%s\"/>", look,
                    chart_round(legend->x), y - 4, shape);
        html_printf(legend->writer, "<text x=\"%g\" y=\"%d\">", chart_round(legend->x + 34), y);
        html_text(legend->writer, buffer_text(&text));
        html_put(legend->writer, "</text>\n");
    }
    legend->x += width;
}

/* Append the legend, in which an arrow says that a rule is above (or, without a writer, only
 * measure it); returns how many rows it has. */
static unsigned chart_legend(const struct chart_frame *frame, struct html_writer *writer)
{
    const struct chart *chart = frame->chart;
    struct chart_legend legend = {.writer = writer, .x = CHART_LEFT};
    char look[64];
    for (size_t i = 0; i < chart->n_series; i++) {
        const struct chart_series *series = &chart->series[i];
        if (series->name == NULL)
            continue;
        snprintf(look, sizeof(look), series->crosses ? "line cross s%u" : "line s%u d%u",
                 series->look % CHART_COLORS, series->look % CHART_DASHES);
        chart_legend_entry(&legend, series->name,
                           series->crosses ? "m9 -5l10 10m0 -10l-10 10" : "h28", look);
    }
    for (size_t i = 0; i < chart->n_bands; i++) {
        snprintf(look, sizeof(look), "band b%u", chart->bands[i].look);
        chart_legend_entry(&legend, chart->bands[i].name, "m0 -4h28v8h-28", look);
    }
    for (size_t i = 0; i < chart->n_rules; i++) {
        const struct chart_rule *rule = &chart->rules[i];
        bool shown = chart_shows(frame, rule);
        chart_legend_entry(&legend, rule->name, shown ? "h28" : "m10 4v-9l-4 5m4 -5l4 5",
                           shown ? "rule" : "axis");
    }
    return legend.x > CHART_LEFT ? legend.row + 1 : 0;
}

static void chart_series(const struct chart_frame *frame, const struct chart_series *series,
                         const struct chart_columns *columns)
{
    if (series->crosses) {
        chart_crosses(frame, series);
        return;
    }
    struct chart_thinned *points = calloc(2 * (size_t)columns->n + 2, sizeof(*points));
    if (points == NULL) {
        frame->writer->failed = true;
        error_out_of_memory(&frame->writer->error);
        return;
    }
    size_t n = chart_thin(series->points, series->n, columns, points);
    if (n > 0)
        chart_line(frame, series, points, n);
    if (n > 0 && frame->points <= CHART_DOTS_MAX)
        chart_dots(frame, series);
    free(points);
}

void chart_svg_write(struct html_writer *writer, const struct chart *chart)
{
    struct chart_frame frame = {.writer = writer, .chart = chart, .y_lowest = CHART_VALUE_MAX};
    chart_measure(&frame);
    unsigned legend_rows = chart_legend(&frame, NULL);
    size_t points_max = chart->points_max > 0 ? chart->points_max : CHART_POINTS_MAX;
    size_t columns = points_max / 2 / (chart->n_series > 0 ? chart->n_series : 1);
    columns = columns < CHART_COLUMNS ? columns : CHART_COLUMNS;
    columns = columns > CHART_COLUMNS_MIN ? columns : CHART_COLUMNS_MIN;
    const struct chart_columns thin = {.x0 = frame.x_min,
                                       .per_unit = (double)columns / (frame.x_max - frame.x_min),
                                       .n = (unsigned)columns};
    html_printf(writer,
                "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                "viewBox=\"0 0 %d %d\" aria-label=\"",
                CHART_WIDTH,
                CHART_TOP + CHART_PLOT + CHART_BELOW + CHART_LEGEND_ROW * (int)legend_rows + 6);
    html_text(writer, chart->title);
    html_put(writer, "\">\n");
    chart_bands(&frame);
    chart_axes(&frame);
    chart_rules(&frame);
    for (size_t i = 0; i < chart->n_series; i++)
        chart_series(&frame, &chart->series[i], &thin);
    if (frame.points == 0)
        html_printf(writer,
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">nothing was measured</text>\n",
                    CHART_LEFT + CHART_COLUMNS / 2, CHART_TOP + CHART_PLOT / 2);
    chart_legend(&frame, writer);
    html_put(writer, "</svg>\n");
}

#include "report/chart_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "report/chart_frame.h"
#include "report/chart_thin.h"
#include "report/line_text.h"

/* Over all series: a chart takes some 100 KB at most. */
#define PLOT_POINTS_MAX  10000
#define PLOT_DOTS_MAX    300
#define PLOT_CROSSES_MAX 200
#define PLOT_SPANS_MAX   600
#define PLOT_EVENTS_MAX  200
/* The least columns a series has, however many there are. */
#define PLOT_COLUMNS_MIN 8

#define PLOT_NAME_COLUMNS   48
#define PLOT_NAME_BYTES_MAX ((size_t)64 * 1024)
#define PLOT_LETTER         6.6 /* what a letter takes */
#define PLOT_LABEL_LETTER   6.2 /* in the label of a span, at the most */

static void plot_title(struct html_writer *writer, const char *title)
{
    if (title == NULL)
        return;
    html_put(writer, "<title>");
    html_text(writer, title);
    html_put(writer, "</title>");
}

static double plot_right(const struct chart_frame *frame)
{
    return frame->place->left + frame->place->width;
}

static double plot_bottom(const struct chart_frame *frame)
{
    return frame->place->top + frame->place->height;
}

static void plot_y_axis(const struct chart_frame *frame, struct html_writer *writer)
{
    char text[UNITS_TEXT_MAX];
    for (int i = 0; i < 20; i++) {
        double value = (ceil(frame->y_min / frame->y_step - 1e-9) + i) * frame->y_step;
        double y = chart_frame_y(frame, value);
        if (value > frame->y_max)
            break;
        html_printf(writer, "<path class=\"grid\" d=\"M%g %gH%g\"/>", frame->place->left, y,
                    plot_right(frame));
        html_printf(writer, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%s</text>\n",
                    frame->place->left - 7, y + 4, chart_frame_number(value, frame->y_step, text));
    }
}

static void plot_x_axis(const struct chart_frame *frame, struct html_writer *writer)
{
    const struct chart_place *place = frame->place;
    char text[UNITS_TEXT_MAX];
    double bottom = plot_bottom(frame);
    for (int i = 0; i < 20; i++) {
        double value = (ceil(frame->x_min / frame->x_step - 1e-9) + i) * frame->x_step;
        double x = chart_frame_x(frame, value);
        if (value > frame->x_max * (1 + 1e-9))
            break;
        html_printf(writer, "<path class=\"axis\" d=\"M%g %gv%d\"/>", x, bottom,
                    place->plain_axis ? 3 : 5);
        if (!place->plain_axis)
            html_printf(writer, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%s</text>\n", x,
                        bottom + 18, chart_frame_tick(frame, value, text));
    }
    html_printf(writer, "<path class=\"axis\" d=\"M%g %gH%g\"/>", place->left, bottom,
                plot_right(frame));
    if (!place->plain_axis) {
        html_printf(writer, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">", plot_right(frame),
                    bottom + 38);
        html_text(writer, frame->chart->x_label);
        html_put(writer, "</text>");
    }
}

static void plot_axes(const struct chart_frame *frame, struct html_writer *writer)
{
    plot_y_axis(frame, writer);
    plot_x_axis(frame, writer);
    html_printf(writer, "<text x=\"%g\" y=\"%g\">", frame->place->left - 52,
                frame->place->top - 14);
    html_text(writer, frame->chart->y_label);
    html_put(writer, frame->close_up ? " (not from 0)</text>\n" : "</text>\n");
}

/* What is drawn of a series, from point to point; `filled`: with the way down to the axis. */
static void plot_path(const struct chart_frame *frame, const struct chart_series *series,
                      const struct chart_thinned *points, size_t n, bool filled,
                      struct html_writer *writer)
{
    double bottom = plot_bottom(frame);
    for (size_t i = 0; i < n; i++) {
        bool begins = points[i].after_gap;
        bool ends = i + 1 == n || points[i + 1].after_gap;
        double x = chart_frame_x(frame, points[i].point.x);
        double y = chart_frame_y(frame, points[i].point.y);
        if (begins && filled)
            html_printf(writer, "M%g %gV%g", x, bottom, y);
        else if (series->steps && !begins)
            html_printf(writer, "H%gV%g", x, y);
        else
            html_printf(writer, "%s%g %g%s", begins ? "M" : "L", x, y, begins && ends ? "h0" : "");
        if (ends && filled)
            html_printf(writer, "V%g", bottom);
    }
}

static void plot_line(const struct chart_frame *frame, const struct chart_series *series,
                      const struct chart_thinned *points, size_t n, struct html_writer *writer)
{
    unsigned color = series->look % CHART_COLOR_MAX_;
    if (series->filled) {
        html_printf(writer, "<path class=\"area f%u\" d=\"", color);
        plot_path(frame, series, points, n, true, writer);
        html_put(writer, "\"/>\n");
    }
    html_printf(writer, "<path class=\"line%s s%u d%u\" d=\"", series->thin ? " thin" : "", color,
                series->look % CHART_DASHES);
    plot_path(frame, series, points, n, false, writer);
    html_put(writer, "\">");
    plot_title(writer, series->title != NULL ? series->title : series->name);
    html_put(writer, "</path>\n");
}

/* Points that are few enough to be looked at one by one. */
static void plot_dots(const struct chart_frame *frame, const struct chart_series *series,
                      struct html_writer *writer)
{
    char x[UNITS_TEXT_MAX];
    char y[UNITS_TEXT_MAX];
    const char *title = series->title != NULL ? series->title : "";
    for (size_t i = 0; i < series->n; i++) {
        const struct chart_point *point = &series->points[i];
        if (!chart_is_drawn(point))
            continue;
        html_printf(writer, "<circle class=\"f%u\" cx=\"%g\" cy=\"%g\" r=\"%s\"><title>",
                    series->look % CHART_COLOR_MAX_, chart_frame_x(frame, point->x),
                    chart_frame_y(frame, point->y), series->thin ? "2.2" : "3");
        html_text_printf(writer, "%s: %s %s; %s: %s", title,
                         chart_frame_number(point->y, frame->y_step / 100, y),
                         frame->chart->y_label, frame->chart->x_label,
                         chart_frame_number(point->x, frame->x_step / 100, x));
        html_put(writer, "</title></circle>\n");
    }
}

static void plot_crosses(const struct chart_frame *frame, const struct chart_series *series,
                         struct html_writer *writer)
{
    for (size_t i = 0; i < series->n && i < PLOT_CROSSES_MAX; i++) {
        if (!chart_is_drawn(&series->points[i]))
            continue;
        html_printf(writer, "<path class=\"line cross s%u\" d=\"M%g %gl10 10m0 -10l-10 10\">",
                    series->look % CHART_COLOR_MAX_, chart_frame_x(frame, series->points[i].x) - 5,
                    chart_frame_y(frame, series->points[i].y) - 5);
        plot_title(writer, series->title != NULL ? series->title : series->name);
        html_put(writer, "</path>\n");
    }
}

static void plot_rules(const struct chart_frame *frame, struct html_writer *writer)
{
    for (size_t i = 0; i < frame->chart->n_rules; i++) {
        const struct chart_rule *rule = &frame->chart->rules[i];
        if (!chart_frame_shows(frame, rule->y))
            continue;
        html_printf(writer, "<path class=\"rule\" d=\"M%g %gH%g\">", frame->place->left,
                    chart_frame_y(frame, rule->y), plot_right(frame));
        plot_title(writer, rule->name);
        html_put(writer, "</path>\n");
    }
}

static void plot_bands(const struct chart_frame *frame, struct html_writer *writer)
{
    for (size_t i = 0; i < frame->chart->n_bands; i++) {
        const struct chart_band *band = &frame->chart->bands[i];
        double low = fmax(band->low, frame->y_min);
        double high = fmin(band->high, frame->y_max);
        if (!(low <= high))
            continue;
        double top = chart_frame_y(frame, high);
        /* However little lies between: it is there. */
        double bottom = fmax(chart_frame_y(frame, low), top + 1);
        html_printf(writer, "<path class=\"band b%u\" d=\"M%g %gH%gV%gH%g\">", band->look,
                    frame->place->left, top, plot_right(frame), bottom, frame->place->left);
        plot_title(writer, band->name);
        html_put(writer, "</path>\n");
    }
}

/* A height within the axes: what lies beyond is cut off. */
static double plot_cut(const struct chart_frame *frame, double y)
{
    return chart_frame_y(frame, fmax(fmin(y, frame->y_max), frame->y_min));
}

static bool plot_ribbon_has(const struct chart_ribbon *ribbon, size_t i)
{
    const struct chart_point high = {.x = ribbon->low[i].x, .y = ribbon->high[i]};
    return chart_is_drawn(&ribbon->low[i]) && chart_is_drawn(&high);
}

/* There along the upper line, back along the lower one. */
static void plot_ribbons(const struct chart_frame *frame, struct html_writer *writer)
{
    for (size_t i = 0; i < frame->chart->n_ribbons; i++) {
        const struct chart_ribbon *ribbon = &frame->chart->ribbons[i];
        const char *move = "M";
        html_printf(writer, "<path class=\"band b%u\" d=\"", ribbon->look);
        for (size_t k = 0; k < ribbon->n; k++) {
            if (!plot_ribbon_has(ribbon, k))
                continue;
            html_printf(writer, "%s%g %g", move, chart_frame_x(frame, ribbon->low[k].x),
                        plot_cut(frame, ribbon->high[k]));
            move = "L";
        }
        for (size_t k = ribbon->n; k-- > 0;)
            if (plot_ribbon_has(ribbon, k))
                html_printf(writer, "L%g %g", chart_frame_x(frame, ribbon->low[k].x),
                            plot_cut(frame, ribbon->low[k].y));
        html_put(writer, "\">");
        plot_title(writer, ribbon->name);
        html_put(writer, "</path>\n");
    }
}

static void plot_span_label(const struct chart_frame *frame, const struct chart_span *span,
                            double left, double right, struct html_writer *writer)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PLOT_NAME_BYTES_MAX);
    if (span->label == NULL)
        return;
    line_text_shorten(span->label, PLOT_NAME_COLUMNS, LINE_TEXT_UTF8, &text, NULL);
    if (PLOT_LABEL_LETTER * (double)line_text_columns(buffer_text(&text)) + 4 > right - left)
        return;
    html_printf(writer, "<text class=\"small\" x=\"%g\" y=\"%g\" text-anchor=\"middle\">",
                (left + right) / 2, frame->place->top - 3);
    html_text(writer, buffer_text(&text));
    html_put(writer, "</text>\n");
}

static void plot_spans(const struct chart_frame *frame, struct html_writer *writer)
{
    double bottom = plot_bottom(frame);
    for (size_t i = 0; i < frame->chart->n_spans && i < PLOT_SPANS_MAX; i++) {
        const struct chart_span *span = &frame->chart->spans[i];
        double from = fmax(span->from, frame->x_min);
        double to = fmin(span->to, frame->x_max);
        if (!(from < to))
            continue;
        double left = chart_frame_x(frame, from);
        double right = chart_frame_x(frame, to);
        if (span->look < CHART_SPAN_CLEAR) {
            html_printf(writer, "<path class=\"span p%u\" d=\"M%g %gH%gV%gH%g\">", span->look, left,
                        frame->place->top, right, bottom, left);
            plot_title(writer, span->title);
            html_put(writer, "</path>\n");
        }
        plot_span_label(frame, span, left, right, writer);
    }
}

static void plot_events(const struct chart_frame *frame, struct html_writer *writer)
{
    for (size_t i = 0; i < frame->chart->n_events && i < PLOT_EVENTS_MAX; i++) {
        const struct chart_event *event = &frame->chart->events[i];
        if (!(event->x >= frame->x_min && event->x <= frame->x_max))
            continue;
        html_printf(writer, "<path class=\"event e%u\" d=\"M%g %gV%g\">", event->look,
                    chart_frame_x(frame, event->x), frame->place->top, plot_bottom(frame));
        plot_title(writer, event->title);
        html_put(writer, "</path>\n");
    }
}

/* Into how many columns each series is thinned. */
static size_t plot_columns(const struct chart *chart, const struct chart_place *place)
{
    size_t points_max = chart->points_max > 0 ? chart->points_max : PLOT_POINTS_MAX;
    size_t columns = points_max / 2 / (chart->n_series > 0 ? chart->n_series : 1);
    size_t pixels = (size_t)place->width;
    columns = columns < pixels ? columns : pixels;
    return columns > PLOT_COLUMNS_MIN ? columns : PLOT_COLUMNS_MIN;
}

static void plot_series(const struct chart_frame *frame, const struct chart_series *series,
                        struct html_writer *writer)
{
    if (series->crosses) {
        plot_crosses(frame, series, writer);
        return;
    }
    size_t n_columns = plot_columns(frame->chart, frame->place);
    const struct chart_columns columns = {.x0 = frame->x_min,
                                          .per_unit =
                                              (double)n_columns / (frame->x_max - frame->x_min),
                                          .n = (unsigned)n_columns};
    CLEANUP(freep) struct chart_thinned *points = calloc(2 * n_columns + 2, sizeof(*points));
    if (points == NULL) {
        writer->failed = true;
        error_out_of_memory(&writer->error);
        return;
    }
    size_t n = chart_thin(series->points, series->n, &columns, points);
    bool few = series->dots == CHART_DOTS_FEW && frame->points <= PLOT_DOTS_MAX;
    if (n > 0)
        plot_line(frame, series, points, n, writer);
    if (n > 0 && (few || (series->dots == CHART_DOTS_ALL && series->n <= PLOT_DOTS_MAX)))
        plot_dots(frame, series, writer);
}

void chart_plot(struct html_writer *writer, const struct chart *chart,
                const struct chart_place *place)
{
    struct chart_frame frame;
    chart_frame_init(&frame, chart, place);
    plot_spans(&frame, writer);
    plot_bands(&frame, writer);
    plot_axes(&frame, writer);
    plot_events(&frame, writer);
    plot_rules(&frame, writer);
    plot_ribbons(&frame, writer);
    for (size_t i = 0; i < chart->n_series; i++)
        plot_series(&frame, &chart->series[i], writer);
    if (frame.points == 0)
        html_printf(writer,
                    "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">nothing was measured</text>\n",
                    place->left + place->width / 2, place->top + place->height / 2);
}

/* Where the next entry of the legend goes. */
struct plot_legend {
    struct html_writer *writer; /* NULL: only measure */
    double left, right, top;
    double x;
    unsigned row;
};

static void plot_legend_entry(struct plot_legend *legend, const char *name, const char *shape,
                              const char *look)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PLOT_NAME_BYTES_MAX);
    line_text_shorten(name, PLOT_NAME_COLUMNS, LINE_TEXT_UTF8, &text, NULL);
    double width = 34 + PLOT_LETTER * (double)line_text_columns(buffer_text(&text)) + 18;
    if (legend->x > legend->left && legend->x + width > legend->right) {
        legend->x = legend->left;
        legend->row++;
    }
    if (legend->writer != NULL) {
        double y = legend->top + CHART_LEGEND_ROW * legend->row + 12;
        double x = round(legend->x * 10) / 10;
        html_printf(legend->writer, "<path class=\"%s\" d=\"M%g %g%s\"/>", look, x, y - 4, shape);
        html_printf(legend->writer, "<text x=\"%g\" y=\"%g\">", x + 34, y);
        html_text(legend->writer, buffer_text(&text));
        html_put(legend->writer, "</text>\n");
    }
    legend->x += width;
}

static void plot_legend_series(struct plot_legend *legend, const struct chart_series *series)
{
    char look[64];
    unsigned color = series->look % CHART_COLOR_MAX_;
    if (series->name == NULL)
        return;
    if (series->crosses)
        snprintf(look, sizeof(look), "line cross s%u", color);
    else
        snprintf(look, sizeof(look), "line s%u d%u", color, series->look % CHART_DASHES);
    const char *line = series->steps ? "m0 4h14v-8h14" : "h28";
    plot_legend_entry(legend, series->name, series->crosses ? "m9 -5l10 10m0 -10l-10 10" : line,
                      look);
}

/* The bands and what is like them. */
static void plot_legend_fills(struct plot_legend *legend, const struct chart *chart)
{
    char look[64];
    for (size_t i = 0; i < chart->n_bands; i++) {
        snprintf(look, sizeof(look), "band b%u", chart->bands[i].look);
        plot_legend_entry(legend, chart->bands[i].name, "m0 -4h28v8h-28", look);
    }
    for (size_t i = 0; i < chart->n_ribbons; i++) {
        snprintf(look, sizeof(look), "band b%u", chart->ribbons[i].look);
        plot_legend_entry(legend, chart->ribbons[i].name, "m0 -4h28v8h-28", look);
    }
}

unsigned chart_plot_legend(struct html_writer *writer, const struct chart *chart,
                           const struct chart_place *place, double top)
{
    struct chart_frame frame;
    struct plot_legend legend = {.writer = writer,
                                 .left = place->left,
                                 .right = place->left + place->width + 16,
                                 .top = top,
                                 .x = place->left};
    chart_frame_init(&frame, chart, place);
    for (size_t i = 0; i < chart->n_series; i++)
        plot_legend_series(&legend, &chart->series[i]);
    plot_legend_fills(&legend, chart);
    for (size_t i = 0; i < chart->n_rules; i++) {
        bool shown = chart_frame_shows(&frame, chart->rules[i].y);
        plot_legend_entry(&legend, chart->rules[i].name, shown ? "h28" : "m10 4v-9l-4 5m4 -5l4 5",
                          shown ? "rule" : "axis");
    }
    for (size_t i = 0; i < chart->n_events; i++) {
        char look[64];
        snprintf(look, sizeof(look), "event e%u", chart->events[i].look);
        if (chart->events[i].name != NULL)
            plot_legend_entry(&legend, chart->events[i].name, "m14 -6v13", look);
    }
    return legend.x > place->left ? legend.row + 1 : 0;
}

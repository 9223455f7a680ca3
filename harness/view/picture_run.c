#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "view/picture_panels.h"
#include "view/picture_runs.h"

#define RUN_MEMORY_HEIGHT 230
#define RUN_PANEL_HEIGHT  62
#define RUN_PANEL_GAP     36
#define RUN_LABEL_WIDTH   130 /* what the unit takes, at the most */
#define RUN_TITLE_MAX     512
#define RUN_FOOT_MAX      ((size_t)4096)

static void run_words(struct picture_canvas *canvas, const struct picture_words *words,
                      const char *subject)
{
    picture_heading(canvas, words->verdict, words->tone, subject);
    picture_paragraph(canvas, PICTURE_TEXT_SENTENCE, words->sentence);
    picture_paragraph(canvas, PICTURE_TEXT_SOFT, words->cause);
    picture_paragraph(canvas, PICTURE_TEXT_SOFT, words->process);
    picture_paragraph(canvas, PICTURE_TEXT_SOFT, words->effect);
}

/* How it was measured. */
static int run_foot(struct picture_canvas *canvas, const struct record *record, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(RUN_FOOT_MAX);
    const struct record_lines lines = {.record = record, .utf8 = true};
    buffer_append_text(&text, "leakcage " LEAKCAGE_VERSION, NULL);
    if (record_headline_write(&lines, &text, err) < 0)
        return -1;
    if (record->sample_hz > 0)
        buffer_printf(&text, NULL, " · %u samples/s", record->sample_hz);
    canvas->y += 8;
    picture_paragraph(canvas, PICTURE_TEXT_FOOT, buffer_text(&text));
    return 0;
}

/* The place of the next chart on the shared time axis. */
static struct chart_place run_place(const struct picture_canvas *canvas, double height,
                                    const struct picture_data *data)
{
    return (struct chart_place){.left = PICTURE_LEFT,
                                .top = canvas->y + CHART_PLACE_ABOVE,
                                .width = PICTURE_PLOT,
                                .height = height,
                                .has_range = data->end_s > 0,
                                .x_max = data->end_s,
                                .plain_axis = true};
}

/* The names of a panel's lines stand beside its unit. */
static void run_panel_legend(struct picture_canvas *canvas, const struct chart *chart,
                             const struct chart_place *place)
{
    struct chart_place row = *place;
    row.left += RUN_LABEL_WIDTH;
    row.width -= RUN_LABEL_WIDTH;
    chart_plot_legend(&canvas->writer, chart, &row, place->top - 26);
}

static void run_charts(struct picture_canvas *canvas, struct picture_chart *memory,
                       struct picture_chart *panels, unsigned n_panels,
                       const struct picture_data *data)
{
    canvas->y += 10;
    struct chart_place place = run_place(canvas, RUN_MEMORY_HEIGHT, data);
    unsigned rows = chart_plot_legend(&canvas->writer, &memory->chart, &place, canvas->y);
    canvas->y += rows * CHART_LEGEND_ROW + 2;
    for (unsigned i = 0; i <= n_panels; i++) {
        struct chart *chart = i == 0 ? &memory->chart : &panels[i - 1].chart;
        place = run_place(canvas, i == 0 ? RUN_MEMORY_HEIGHT : RUN_PANEL_HEIGHT, data);
        place.plain_axis = i < n_panels;
        chart->x_is_time = true;
        chart->x_label = chart_time_label(data->end_s);
        if (i > 0) {
            run_panel_legend(canvas, chart, &place);
            chart->spans = memory->spans;
            chart->n_spans = memory->n_shaded;
            chart->events = memory->chart.events;
            chart->n_events = memory->chart.n_events;
        }
        chart_plot(&canvas->writer, chart, &place);
        canvas->y = place.top + place.height +
                    (i < n_panels ? RUN_PANEL_GAP - CHART_PLACE_ABOVE : CHART_PLACE_BELOW);
    }
}

int picture_run(struct picture_canvas *canvas, const struct view_input *input, struct error *err)
{
    const struct record *record = input->runs[0].record;
    CLEANUP(picture_data_done) struct picture_data data;
    struct picture_chart memory;
    struct picture_chart panels[PICTURE_PANELS_MAX];
    struct picture_words words;
    char title[RUN_TITLE_MAX];
    if (picture_data_init(&data, record, err) < 0 || picture_words_of(record, &words, err) < 0)
        return -1;
    picture_memory_chart(&data, PICTURE_PLOT, &memory);
    unsigned n_panels = picture_panels(&data, panels);
    if (data.failed)
        return error_out_of_memory(err);
    run_words(canvas, &words, view_title(input, title, sizeof(title)));
    run_charts(canvas, &memory, panels, n_panels, &data);
    return run_foot(canvas, record, err);
}

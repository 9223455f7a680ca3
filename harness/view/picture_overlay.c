#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/overlay.h"
#include "view/picture_runs.h"

/* Of more runs than these, the others are only counted. */
#define OVERLAY_SAID_MAX  8
#define OVERLAY_DRAWN_MAX 24
#define OVERLAY_FEW       6
#define OVERLAY_NAMED_MAX 3
#define OVERLAY_HEIGHT    190
#define OVERLAY_POINTS    3000
#define OVERLAY_MORE_MAX  128
#define OVERLAY_NAME_MAX  512
#define OVERLAY_FOOT_MAX  ((size_t)4096)

static void overlay_freep(struct overlay **overlay)
{
    overlay_free(*overlay);
}

static int overlay_said(struct picture_canvas *canvas, const struct view_input *input,
                        struct error *err)
{
    struct picture_words words;
    char more[OVERLAY_MORE_MAX];
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(OVERLAY_FOOT_MAX);
    for (size_t i = 0; i < input->n_runs && i < OVERLAY_SAID_MAX; i++) {
        if (picture_words_of(input->runs[i].record, &words, err) < 0)
            return -1;
        buffer_clear(&line);
        buffer_printf(&line, NULL, "%s: %s", input->runs[i].record->id, words.sentence);
        picture_paragraph_of(canvas, words.verdict, words.tone, buffer_text(&line));
    }
    if (input->n_runs > OVERLAY_SAID_MAX) {
        snprintf(more, sizeof(more), "and %zu more", input->n_runs - OVERLAY_SAID_MAX);
        picture_paragraph(canvas, PICTURE_TEXT_SOFT, more);
    }
    if (input->n_runs > OVERLAY_DRAWN_MAX) {
        snprintf(more, sizeof(more), "%d of %zu are drawn", OVERLAY_DRAWN_MAX, input->n_runs);
        picture_paragraph(canvas, PICTURE_TEXT_SOFT, more);
    }
    return 0;
}

/* What is common to all of them, of where they were measured. */
static void overlay_foot(struct picture_canvas *canvas, const struct view_input *input)
{
    const struct record *first = input->runs[0].record;
    bool same_driver = true;
    bool same_kernel = true;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(OVERLAY_FOOT_MAX);
    for (size_t i = 1; i < input->n_runs; i++) {
        const struct record *record = input->runs[i].record;
        same_driver = same_driver && strcmp(record->driver, first->driver) == 0;
        same_kernel = same_kernel && strcmp(record->kernel, first->kernel) == 0;
    }
    buffer_append_text(&text, "leakcage " LEAKCAGE_VERSION, NULL);
    if (same_driver)
        buffer_printf(&text, NULL, " · driver %s", first->driver);
    if (same_driver && same_kernel)
        buffer_printf(&text, NULL, " (%s%s%s)", first->kernel, first->accel[0] != '\0' ? ", " : "",
                      first->accel);
    buffer_append_text(&text, " · floors: what the kernel could not take back after each cycle",
                       NULL);
    canvas->y += 8;
    picture_paragraph(canvas, PICTURE_TEXT_FOOT, buffer_text(&text));
}

/* All of them, by the one or the other; NULL: out of memory. The caller owns it. */
static struct overlay *overlay_of(const struct view_input *input, bool floors)
{
    struct overlay *overlay = overlay_new();
    if (overlay == NULL)
        return NULL;
    overlay->points_max = OVERLAY_POINTS;
    for (size_t i = 0; i < input->n_runs && i < OVERLAY_DRAWN_MAX; i++) {
        const struct record *record = input->runs[i].record;
        const struct overlay_look look = {.name = record->id,
                                          .named = true,
                                          .look = (unsigned)i,
                                          .thin = input->n_runs > OVERLAY_FEW};
        bool (*add)(struct overlay *, const struct timeline *, const struct overlay_look *) =
            floors ? overlay_add_floors : overlay_add_footprint;
        if (!add(overlay, record->timeline, &look)) {
            overlay_free(overlay);
            return NULL;
        }
        if (!floors && record->question.limit_bytes != UINT64_MAX)
            overlay_add_limit(overlay, (double)record->question.limit_bytes, record->id);
    }
    return overlay;
}

static void overlay_draw(struct picture_canvas *canvas, const struct chart *chart, bool has_legend)
{
    struct chart_place place = {
        .left = PICTURE_LEFT, .width = PICTURE_PLOT, .height = OVERLAY_HEIGHT};
    canvas->y += 8;
    if (has_legend)
        canvas->y +=
            CHART_LEGEND_ROW * chart_plot_legend(&canvas->writer, chart, &place, canvas->y);
    place.top = canvas->y + CHART_PLACE_ABOVE;
    chart_plot(&canvas->writer, chart, &place);
    canvas->y = place.top + place.height + CHART_PLACE_BELOW;
}

/* Few runs are named. */
static void overlay_heading(struct picture_canvas *canvas, const struct view_input *input)
{
    char title[OVERLAY_NAME_MAX];
    CLEANUP(buffer_done) struct buffer names = BUFFER_INIT(OVERLAY_FOOT_MAX);
    if (input->title == NULL && input->n_runs <= OVERLAY_NAMED_MAX)
        for (size_t i = 0; i < input->n_runs; i++)
            buffer_printf(&names, NULL, "%s%s", i > 0 ? " · " : "", input->runs[i].record->id);
    else
        buffer_append_text(&names, view_title(input, title, sizeof(title)), NULL);
    picture_heading(canvas, NULL, RECORD_TONE_PLAIN, buffer_text(&names));
}

int picture_overlay(struct picture_canvas *canvas, const struct view_input *input,
                    struct error *err)
{
    CLEANUP(overlay_freep) struct overlay *held = overlay_of(input, false);
    CLEANUP(overlay_freep) struct overlay *floors = overlay_of(input, true);
    char held_label[OVERLAY_NAME_MAX];
    char floors_label[OVERLAY_NAME_MAX];
    if (held == NULL || floors == NULL)
        return error_out_of_memory(err);
    overlay_heading(canvas, input);
    if (overlay_said(canvas, input, err) < 0)
        return -1;
    held->x_name = "time from the first cycle on";
    struct chart chart = overlay_footprint_chart(held);
    snprintf(held_label, sizeof(held_label), "memory, %s", chart.y_label);
    chart.y_label = held_label;
    overlay_draw(canvas, &chart, true);
    chart = overlay_floors_chart(floors);
    snprintf(floors_label, sizeof(floors_label), "floors, %s", chart.y_label);
    chart.y_label = floors_label;
    overlay_draw(canvas, &chart, false);
    overlay_foot(canvas, input);
    return 0;
}

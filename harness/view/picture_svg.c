#include "view/picture_svg.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "view/picture_runs.h"

#define PICTURE_TITLE_MAX 512

/* What there is to see, in words. */
static int picture_describe(const struct view_input *input, struct buffer *out, struct error *err)
{
    struct picture_words words;
    for (size_t i = 0; i < input->n_runs && out->length < 2048; i++) {
        if (picture_words_of(input->runs[i].record, &words, err) < 0)
            return -1;
        if (input->n_runs > 1)
            buffer_printf(out, NULL, "%s: ", input->runs[i].record->id);
        buffer_append_text(out, words.described, NULL);
    }
    return 0;
}

int picture_svg_write(const struct view_input *input, struct buffer *out, struct error *err)
{
    CLEANUP(picture_canvas_done) struct picture_canvas canvas;
    CLEANUP(buffer_done) struct buffer described = BUFFER_INIT(16384);
    char title[PICTURE_TITLE_MAX];
    char full[2 * PICTURE_TITLE_MAX];
    picture_canvas_begin(&canvas);
    if (input->n_runs == 0)
        return error_set(err, ERROR_USAGE, "a picture of no run: expected one result at least");
    int status = input->n_runs == 1 ? picture_run(&canvas, input, err)
                                    : picture_overlay(&canvas, input, err);
    if (status < 0 || picture_describe(input, &described, err) < 0)
        return -1;
    snprintf(full, sizeof(full), "leakcage: %s", view_title(input, title, sizeof(title)));
    return picture_canvas_end(&canvas, full, buffer_text(&described), out, err);
}

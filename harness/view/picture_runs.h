#pragma once
/* What pictures say and show of one run, and of several together. Private to pictures. */
#include "view/picture_canvas.h"
#include "view/view_input.h"

/* Draw one run: verdict, memory over time, panels, how it was measured. -1: out of memory. */
int picture_run(struct picture_canvas *canvas, const struct view_input *input, struct error *err);

/* Draw several: a line each, what they held, and their floors, laid over each other. -1: out of
 * memory. */
int picture_overlay(struct picture_canvas *canvas, const struct view_input *input,
                    struct error *err);

/* What a record says, as far as a picture has room for it: texts are truncated. */
struct picture_words {
    char verdict[32];
    enum record_tone tone;
    char sentence[512]; /* behind the verdict's word, or the error */
    char cause[512];
    char process[256];
    char effect[256];
    char described[2048]; /* all of it, for those who cannot see */
};

/* Fill the words of a record. */
int picture_words_of(const struct record *record, struct picture_words *ret, struct error *err);

#pragma once
/* A picture in the making: from top to bottom, text and charts; how high it is turns out at the
 * end. Private to pictures. */
#include "report/chart_plot.h"
#include "report/html_text.h"
#include "report/record_lines.h"

/* Of the viewBox. */
#define PICTURE_WIDTH 880
#define PICTURE_EDGE  20
/* Where the axes of its charts are. */
#define PICTURE_LEFT (PICTURE_EDGE + 48)
#define PICTURE_PLOT (PICTURE_WIDTH - PICTURE_LEFT - PICTURE_EDGE)

struct picture_canvas {
    struct html_writer writer; /* of the body */
    struct buffer body;        /* owned */
    double y;                  /* so far it is filled */
};

/* How a paragraph looks. */
enum picture_text { PICTURE_TEXT_SENTENCE, PICTURE_TEXT_SOFT, PICTURE_TEXT_FOOT };

/* An empty canvas, to be released by picture_canvas_done(), which is fit for CLEANUP. */
void picture_canvas_begin(struct picture_canvas *canvas);
void picture_canvas_done(struct picture_canvas *canvas);

/* The first line: a word in its tone (NULL: none), and whom it is about. */
void picture_heading(struct picture_canvas *canvas, const char *word, enum record_tone tone,
                     const char *subject);

/* A paragraph of text from outside, in as many lines as it takes, but no more than fit for a
 * picture. Before it, where there is one, a word in its tone. */
void picture_paragraph(struct picture_canvas *canvas, enum picture_text look, const char *text);
void picture_paragraph_of(struct picture_canvas *canvas, const char *word, enum record_tone tone,
                          const char *text);

/* Append the document: `title` and `description` are for those who cannot see it. -1 with the
 * first failure. */
int picture_canvas_end(struct picture_canvas *canvas, const char *title, const char *description,
                       struct buffer *out, struct error *err);

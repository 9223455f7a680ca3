#pragma once
/* A grid of short texts that is laid out for a terminal's width, or as a Markdown table.
 *
 * The first `heads` rows and the first `labels` columns say what the others are. What is wider than
 * the terminal comes in bands, one below the other, each with the labels again. Texts are harmless
 * (line_text.h) already. */
#include <stdbool.h>

#include "base/buffer.h"
#include "report/table.h"

#define GRID_MAX      24
#define GRID_TEXT_MAX 256

enum grid_tone {
    GRID_PLAIN,
    GRID_GOOD,
    GRID_BAD,
    GRID_WARN,
    GRID_BOLD,
    GRID_DIM,
};

struct grid_cell {
    char text[GRID_TEXT_MAX]; /* "": nothing stands there */
    enum grid_tone tone;
    bool marked; /* a `*` behind it */
};

struct grid {
    unsigned rows, columns; /* with heads and labels */
    unsigned heads, labels;
    struct grid_cell cell[GRID_MAX][GRID_MAX]; /* [row][column] */
};

/* Rows become columns. */
void grid_turn(struct grid *grid);

/* In how many bands it comes at this width (0: one). */
unsigned grid_bands(const struct grid *grid, unsigned width);

/* How many lines that takes. */
unsigned grid_lines(const struct grid *grid, unsigned width);

/* Append it: TABLE_TERMINAL by `style`, indented by two. */
int grid_write(const struct grid *grid, enum table_format format,
               const struct terminal_style *style, struct buffer *out, struct error *err);

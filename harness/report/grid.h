#pragma once
/* A grid of short texts that is laid out for a terminal's width, or as a Markdown table.
 *
 * The first `heads` rows and the first `labels` columns say what the others are. What is wider than
 * the terminal comes in bands, one below the other, each with the labels again. Texts are harmless
 * (line_text.h) already. */
#include <stdbool.h>

#include "base/buffer.h"
#include "report/table.h"

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

/* What a column takes. */
struct grid_width {
    unsigned columns;
    bool marked;
};

struct grid {
    unsigned rows, columns; /* with heads and labels */
    unsigned heads, labels;
    bool labels_left; /* all labels are aligned left, and are columns of their own in Markdown; else
                         the first is, and the second is the unit of it */
    bool turned;
    unsigned rows_max, columns_max;
    struct grid_cell *cells;   /* owned; see grid_at() */
    struct grid_width *widths; /* owned; of the columns, when they were measured */
};

/* An empty one with room for so many; NULL when out of memory. The caller owns it. */
struct grid *grid_new(unsigned rows_max, unsigned columns_max);
void grid_free(struct grid *grid);   /* NULL is fine */
void grid_freep(struct grid **grid); /* for CLEANUP */

/* Without rows and columns again, every cell empty. */
void grid_clear(struct grid *grid);

/* A cell. Those of a row lie side by side until the grid is turned. */
struct grid_cell *grid_at(const struct grid *grid, unsigned row, unsigned column);

/* Rows become columns. */
void grid_turn(struct grid *grid);

/* In how many bands it comes at this width (0: one). */
unsigned grid_bands(struct grid *grid, unsigned width);

/* How many lines that takes. */
unsigned grid_lines(struct grid *grid, unsigned width);

/* What begins text of this tone; "" where there is no colour, and nothing to end then. */
const char *grid_tone_code(const struct terminal_style *style, enum grid_tone tone);

/* Append it: TABLE_TERMINAL by `style`, indented by two. */
int grid_write(struct grid *grid, enum table_format format, const struct terminal_style *style,
               struct buffer *out, struct error *err);

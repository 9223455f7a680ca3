#pragma once
/* The live view's sheet: cells of one character and one tone each, and its way to the terminal.
 *
 * Pure: nothing here knows a terminal. Text that is put there is text: control characters, broken
 * UTF-8 and what turns the direction of writing become '?', and what is beyond the edge is cut. A
 * cell may hold dots in place of a character, two beside and four above each other, as braille has
 * them: of several tones the one that comes last in enum watch_tone is the cell's, and where a
 * floor is there is nothing else. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

#define WATCH_COLUMNS_MAX 400
#define WATCH_ROWS_MAX    160

/* What is drawn with dots comes in the order in which it covers what is below. */
enum watch_tone {
    WATCH_PLAIN,
    WATCH_DIM,
    WATCH_BOLD,
    WATCH_INNER,  /* memory that is not page cache */
    WATCH_MEMORY, /* all of it */
    WATCH_FLOOR,
    WATCH_LIMIT,
    WATCH_KILL,
    WATCH_GOOD,
    WATCH_BAD,
    WATCH_WARN,
    WATCH_TONES_
};

struct watch_cell {
    char text[5];   /* one character; "": a blank, or dots */
    bool continues; /* the right half of the wide character before it */
    uint8_t dots;   /* as braille numbers them: U+2800 + dots */
    uint8_t tone;
};

struct watch_grid {
    struct watch_cell *cells; /* owned; row by row */
    unsigned columns, rows;
    bool utf8;
};

/* Where text goes next; it is cut before column `end`. */
struct watch_pen {
    struct watch_grid *grid;
    unsigned row, column, end;
};

/* An empty sheet of this size; one that is larger than the bounds above gets them. The cells of
 * before are gone. */
int watch_grid_reset(struct watch_grid *grid, unsigned columns, unsigned rows, bool utf8,
                     struct error *err);
void watch_grid_done(struct watch_grid *grid); /* for CLEANUP */

/* A pen in that row, from the column to the right edge. */
struct watch_pen watch_pen_at(struct watch_grid *grid, unsigned row, unsigned column);

/* Write at the pen and move it on. Outside of the sheet nothing is done. */
void watch_pen_text(struct watch_pen *pen, enum watch_tone tone, const char *text);
void watch_pen_format(struct watch_pen *pen, enum watch_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many columns this text takes. */
unsigned watch_grid_width(const char *text);

/* The character for a terminal that has it, or the ASCII one: both literals. */
const char *watch_grid_sign(const struct watch_grid *grid, const char *utf8, const char *ascii);

/* A dot: x from 0 to 2 * columns - 1, y from 0 (at the top) to 4 * rows - 1. */
void watch_grid_dot(struct watch_grid *grid, unsigned x, unsigned y, enum watch_tone tone);

/* Is there nothing in that cell? Outside of the sheet: false. */
bool watch_grid_is_blank(const struct watch_grid *grid, unsigned row, unsigned column);

/* The sheet as lines of text, without blanks at their ends. */
int watch_grid_text(const struct watch_grid *grid, struct buffer *out, struct error *err);

/* What makes `after` of a terminal that shows `before` (NULL, or another size: of whatever it
 * shows): the rows that differ, as ECMA-48 has it. Nothing when none does. */
int watch_grid_difference(const struct watch_grid *before, const struct watch_grid *after,
                          bool color, struct buffer *out, struct error *err);

#include "report/grid.h"

#include <stdlib.h>
#include <string.h>

#include "report/line_text.h"

#define GRID_INDENT 2
#define GRID_GAP    2
#define GRID_MARK   2 /* " *" */

struct grid *grid_new(unsigned rows_max, unsigned columns_max)
{
    size_t cells = (size_t)rows_max * columns_max;
    unsigned most = rows_max > columns_max ? rows_max : columns_max;
    struct grid *grid = calloc(1, sizeof(*grid));
    if (grid == NULL)
        return NULL;
    grid->cells = calloc(cells, sizeof(*grid->cells));
    grid->widths = calloc(most, sizeof(*grid->widths));
    grid->rows_max = rows_max;
    grid->columns_max = columns_max;
    if (grid->cells != NULL && grid->widths != NULL)
        return grid;
    grid_free(grid);
    return NULL;
}

void grid_free(struct grid *grid)
{
    if (grid == NULL)
        return;
    free(grid->cells);
    free(grid->widths);
    free(grid);
}

void grid_freep(struct grid **grid)
{
    grid_free(*grid);
}

void grid_clear(struct grid *grid)
{
    memset(grid->cells, 0, (size_t)grid->rows_max * grid->columns_max * sizeof(*grid->cells));
    grid->rows = grid->columns = grid->heads = grid->labels = 0;
    grid->labels_left = grid->turned = false;
}

struct grid_cell *grid_at(const struct grid *grid, unsigned row, unsigned column)
{
    size_t place = grid->turned ? (size_t)column * grid->columns_max + row
                                : (size_t)row * grid->columns_max + column;
    return &grid->cells[place];
}

void grid_turn(struct grid *grid)
{
    unsigned rows = grid->rows;
    unsigned heads = grid->heads;
    grid->rows = grid->columns;
    grid->columns = rows;
    grid->heads = grid->labels;
    grid->labels = heads;
    grid->turned = !grid->turned;
}

/* The columns of text in each column of the grid, and whether there are marks in it. */
static void grid_measure(struct grid *grid)
{
    for (unsigned column = 0; column < grid->columns; column++) {
        struct grid_width *width = &grid->widths[column];
        *width = (struct grid_width){0};
        for (unsigned row = 0; row < grid->rows; row++) {
            const struct grid_cell *cell = grid_at(grid, row, column);
            unsigned columns = (unsigned)line_text_columns(cell->text);
            width->columns = columns > width->columns ? columns : width->columns;
            width->marked = width->marked || cell->marked;
        }
    }
}

static unsigned grid_taken(const struct grid *grid, unsigned column)
{
    const struct grid_width *width = &grid->widths[column];
    return width->columns + (width->marked ? GRID_MARK : 0) + GRID_GAP;
}

/* The column behind the band that begins with `first`. */
static unsigned grid_band_end(const struct grid *grid, unsigned first, unsigned width)
{
    unsigned taken = GRID_INDENT;
    for (unsigned column = 0; column < grid->labels; column++)
        taken += grid_taken(grid, column);
    unsigned end = first;
    for (; end < grid->columns; end++) {
        taken += grid_taken(grid, end);
        if (width > 0 && end > first && taken - GRID_GAP > width)
            break;
    }
    return end;
}

unsigned grid_bands(struct grid *grid, unsigned width)
{
    unsigned bands = 0;
    grid_measure(grid);
    for (unsigned first = grid->labels; first < grid->columns; bands++)
        first = grid_band_end(grid, first, width);
    return bands;
}

unsigned grid_lines(struct grid *grid, unsigned width)
{
    unsigned bands = grid_bands(grid, width);
    return bands * (grid->rows + 1);
}

const char *grid_tone_code(const struct terminal_style *style, enum grid_tone tone)
{
    static const char *const codes[] = {
        [GRID_PLAIN] = "",          [GRID_GOOD] = "\033[1;32m", [GRID_BAD] = "\033[1;31m",
        [GRID_WARN] = "\033[1;33m", [GRID_BOLD] = "\033[1m",    [GRID_DIM] = "\033[2m",
    };
    return style->color ? codes[tone] : "";
}

/* A cell; spaces are left for the next one, so that no line ends with any. */
static void grid_put(const struct grid *grid, unsigned row, unsigned column,
                     const struct terminal_style *style, unsigned *spaces, struct buffer *out)
{
    const struct grid_cell *cell = grid_at(grid, row, column);
    bool marked = grid->widths[column].marked;
    unsigned pad = grid->widths[column].columns - (unsigned)line_text_columns(cell->text);
    bool left = column < grid->labels && (column == 0 || grid->heads > 1 || grid->labels_left);
    unsigned before = *spaces + (left ? 0 : pad);
    *spaces = (left ? pad : 0) + (marked && !cell->marked ? GRID_MARK : 0) + GRID_GAP;
    if (cell->text[0] == '\0') {
        *spaces += before;
        return;
    }
    const char *code = grid_tone_code(style, cell->tone);
    buffer_printf(out, NULL, "%*s%s%s%s%s", (int)before, "", code, cell->text,
                  cell->marked ? " *" : "", code[0] != '\0' ? "\033[0m" : "");
}

static int grid_write_band(const struct grid *grid, unsigned first, unsigned end,
                           const struct terminal_style *style, struct buffer *out,
                           struct error *err)
{
    for (unsigned row = 0; row < grid->rows; row++) {
        unsigned spaces = GRID_INDENT;
        for (unsigned column = 0; column < grid->labels; column++)
            grid_put(grid, row, column, style, &spaces, out);
        for (unsigned column = first; column < end; column++)
            grid_put(grid, row, column, style, &spaces, out);
        if (buffer_append_text(out, "\n", err) < 0)
            return -1;
    }
    return 0;
}

/* In Markdown one label leads a row: a second one follows it as "floor (MiB)". */
static void grid_markdown_label(const struct grid *grid, unsigned row, struct buffer *out)
{
    buffer_append_text(out, grid_at(grid, row, 0)->text, NULL);
    for (unsigned column = 1; column < grid->labels; column++)
        if (grid_at(grid, row, column)->text[0] != '\0')
            buffer_printf(out, NULL, " (%s)", grid_at(grid, row, column)->text);
}

static int grid_write_markdown(const struct grid *grid, struct buffer *out, struct error *err)
{
    unsigned first = grid->labels_left ? 1 : grid->labels; /* the column behind the label */
    for (unsigned row = 0; row < grid->rows; row++) {
        buffer_append_text(out, "| ", NULL);
        if (grid->labels_left)
            buffer_append_text(out, grid_at(grid, row, 0)->text, NULL);
        else
            grid_markdown_label(grid, row, out);
        for (unsigned column = first; column < grid->columns; column++) {
            const struct grid_cell *cell = grid_at(grid, row, column);
            const char *bold = cell->marked ? "**" : "";
            buffer_printf(out, NULL, " | %s%s%s%s", bold, cell->text, bold,
                          cell->marked ? " \\*" : "");
        }
        buffer_append_text(out, " |\n", NULL);
        if (row != 0)
            continue;
        buffer_append_text(out, "| ---", NULL);
        for (unsigned column = first; column < grid->columns; column++)
            buffer_append_text(out, column < grid->labels ? " | ---" : " | ---:", NULL);
        buffer_append_text(out, " |\n", NULL);
    }
    return buffer_append_text(out, "", err);
}

int grid_write(struct grid *grid, enum table_format format, const struct terminal_style *style,
               struct buffer *out, struct error *err)
{
    if (format == TABLE_MARKDOWN)
        return grid_write_markdown(grid, out, err);
    grid_measure(grid);
    unsigned first = grid->labels;
    while (first < grid->columns) {
        unsigned end = grid_band_end(grid, first, style->width);
        if (first > grid->labels)
            buffer_append_text(out, "\n", NULL);
        if (grid_write_band(grid, first, end, style, out, err) < 0)
            return -1;
        first = end;
    }
    return 0;
}

#include "report/grid.h"

#include <string.h>

#include "report/line_text.h"

#define GRID_INDENT 2
#define GRID_GAP    2
#define GRID_MARK   2 /* " *" */

void grid_turn(struct grid *grid)
{
    for (unsigned row = 0; row < GRID_MAX; row++) {
        for (unsigned column = row + 1; column < GRID_MAX; column++) {
            struct grid_cell cell = grid->cell[row][column];
            grid->cell[row][column] = grid->cell[column][row];
            grid->cell[column][row] = cell;
        }
    }
    unsigned rows = grid->rows;
    unsigned heads = grid->heads;
    grid->rows = grid->columns;
    grid->columns = rows;
    grid->heads = grid->labels;
    grid->labels = heads;
}

/* The columns of text in a column of the grid, with the marks that are in it. */
static unsigned grid_width(const struct grid *grid, unsigned column, bool *ret_marked)
{
    unsigned width = 0;
    *ret_marked = false;
    for (unsigned row = 0; row < grid->rows; row++) {
        unsigned columns = (unsigned)line_text_columns(grid->cell[row][column].text);
        width = columns > width ? columns : width;
        *ret_marked = *ret_marked || grid->cell[row][column].marked;
    }
    return width;
}

static unsigned grid_taken(const struct grid *grid, unsigned column)
{
    bool marked = false;
    unsigned width = grid_width(grid, column, &marked);
    return width + (marked ? GRID_MARK : 0) + GRID_GAP;
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

unsigned grid_bands(const struct grid *grid, unsigned width)
{
    unsigned bands = 0;
    for (unsigned first = grid->labels; first < grid->columns; bands++)
        first = grid_band_end(grid, first, width);
    return bands;
}

unsigned grid_lines(const struct grid *grid, unsigned width)
{
    unsigned bands = grid_bands(grid, width);
    return bands * (grid->rows + 1);
}

static const char *grid_tone_code(const struct terminal_style *style, enum grid_tone tone)
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
    const struct grid_cell *cell = &grid->cell[row][column];
    bool marked = false;
    unsigned width = grid_width(grid, column, &marked);
    unsigned pad = width - (unsigned)line_text_columns(cell->text);
    bool left = column < grid->labels && (column == 0 || grid->heads > 1);
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
    buffer_append_text(out, grid->cell[row][0].text, NULL);
    for (unsigned column = 1; column < grid->labels; column++)
        if (grid->cell[row][column].text[0] != '\0')
            buffer_printf(out, NULL, " (%s)", grid->cell[row][column].text);
}

static int grid_write_markdown(const struct grid *grid, struct buffer *out, struct error *err)
{
    for (unsigned row = 0; row < grid->rows; row++) {
        buffer_append_text(out, "| ", NULL);
        grid_markdown_label(grid, row, out);
        for (unsigned column = grid->labels; column < grid->columns; column++) {
            const struct grid_cell *cell = &grid->cell[row][column];
            const char *bold = cell->marked ? "**" : "";
            buffer_printf(out, NULL, " | %s%s%s%s", bold, cell->text, bold,
                          cell->marked ? " \\*" : "");
        }
        buffer_append_text(out, " |\n", NULL);
        if (row != 0)
            continue;
        buffer_append_text(out, "| ---", NULL);
        for (unsigned column = grid->labels; column < grid->columns; column++)
            buffer_append_text(out, " | ---:", NULL);
        buffer_append_text(out, " |\n", NULL);
    }
    return buffer_append_text(out, "", err);
}

int grid_write(const struct grid *grid, enum table_format format,
               const struct terminal_style *style, struct buffer *out, struct error *err)
{
    if (format == TABLE_MARKDOWN)
        return grid_write_markdown(grid, out, err);
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

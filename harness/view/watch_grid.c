#include "view/watch_grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define PEN_TEXT_MAX 1024

/* A range of characters, ends included. */
struct watch_range {
    uint32_t first, last;
};

int watch_grid_reset(struct watch_grid *grid, unsigned columns, unsigned rows, bool utf8,
                     struct error *err)
{
    columns = columns < WATCH_COLUMNS_MAX ? columns : WATCH_COLUMNS_MAX;
    rows = rows < WATCH_ROWS_MAX ? rows : WATCH_ROWS_MAX;
    size_t n = (size_t)columns * rows;
    if (grid->cells == NULL || n != (size_t)grid->columns * grid->rows) {
        struct watch_cell *cells = realloc(grid->cells, (n > 0 ? n : 1) * sizeof(*cells));
        if (cells == NULL)
            return error_out_of_memory(err);
        grid->cells = cells;
    }
    memset(grid->cells, 0, n * sizeof(*grid->cells));
    grid->columns = columns;
    grid->rows = rows;
    grid->utf8 = utf8;
    return 0;
}

void watch_grid_done(struct watch_grid *grid)
{
    free(grid->cells);
    *grid = (struct watch_grid){.cells = NULL};
}

static bool watch_in(uint32_t character, const struct watch_range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

/* The character at `text`, and its length in bytes; what is no UTF-8 is a '?' of one byte. */
static uint32_t watch_decode(const char *text, size_t *ret_length)
{
    size_t length = utf8_length(text);
    *ret_length = length > 0 ? length : 1;
    return length > 0 ? utf8_point(text, length) : '?';
}

/* What a terminal would obey, or what would change the order in which others stand. */
static bool watch_is_unsafe(uint32_t character)
{
    static const struct watch_range ranges[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfff0, 0xfffb}, {0xe0000, 0x10ffff},
    };
    return watch_in(character, ranges, ARRAY_LENGTH(ranges));
}

/* Columns: 0 of what is put onto the character before it, 2 of East Asian ones and pictures. */
static unsigned watch_columns_of(uint32_t character)
{
    static const struct watch_range none[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
        {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
        {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
    };
    static const struct watch_range two[] = {
        {0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
        {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x231a, 0x231b}, {0x23e9, 0x23ec}, {0x1f000, 0x1faff}, {0x20000, 0x3fffd},
    };
    if (watch_in(character, none, ARRAY_LENGTH(none)))
        return 0;
    return watch_in(character, two, ARRAY_LENGTH(two)) ? 2 : 1;
}

unsigned watch_grid_width(const char *text)
{
    unsigned columns = 0;
    size_t length = 0;
    for (; *text != '\0'; text += length) {
        uint32_t character = watch_decode(text, &length);
        columns += watch_is_unsafe(character) ? 1 : watch_columns_of(character);
    }
    return columns;
}

const char *watch_grid_sign(const struct watch_grid *grid, const char *utf8, const char *ascii)
{
    return grid->utf8 ? utf8 : ascii;
}

struct watch_pen watch_pen_at(struct watch_grid *grid, unsigned row, unsigned column)
{
    return (struct watch_pen){.grid = grid, .row = row, .column = column, .end = grid->columns};
}

static struct watch_cell *watch_cell_at(const struct watch_grid *grid, unsigned row,
                                        unsigned column)
{
    if (row >= grid->rows || column >= grid->columns)
        return NULL;
    return &grid->cells[(size_t)row * grid->columns + column];
}

void watch_pen_text(struct watch_pen *pen, enum watch_tone tone, const char *text)
{
    size_t length = 0;
    unsigned end = pen->end < pen->grid->columns ? pen->end : pen->grid->columns;
    if (pen->row >= pen->grid->rows)
        return;
    for (; *text != '\0'; text += length) {
        uint32_t character = watch_decode(text, &length);
        const char *shown = text;
        size_t shown_length = length;
        unsigned columns = watch_columns_of(character);
        if (columns == 0 && !watch_is_unsafe(character))
            continue;
        if (character == '?' || watch_is_unsafe(character) ||
            (character >= 0x80 && !pen->grid->utf8)) {
            shown = "?";
            shown_length = 1;
            columns = 1;
        }
        if (pen->column + columns > end)
            return;
        struct watch_cell *cell = watch_cell_at(pen->grid, pen->row, pen->column);
        *cell = (struct watch_cell){.tone = (uint8_t)tone};
        memcpy(cell->text, shown, shown_length);
        if (columns == 2)
            cell[1] = (struct watch_cell){.continues = true, .tone = (uint8_t)tone};
        pen->column += columns;
    }
}

void watch_pen_format(struct watch_pen *pen, enum watch_tone tone, const char *format, ...)
{
    char text[PEN_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    watch_pen_text(pen, tone, text);
}

void watch_grid_dot(struct watch_grid *grid, unsigned x, unsigned y, enum watch_tone tone)
{
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    struct watch_cell *cell = watch_cell_at(grid, y / 4, x / 2);
    if (cell == NULL || cell->text[0] != '\0' || cell->continues)
        return;
    if (cell->tone == WATCH_FLOOR && tone != WATCH_FLOOR)
        return;
    if (tone == WATCH_FLOOR && cell->tone != WATCH_FLOOR)
        cell->dots = 0;
    cell->dots |= bits[y % 4][x % 2];
    if (cell->tone < tone)
        cell->tone = (uint8_t)tone;
}

bool watch_grid_is_blank(const struct watch_grid *grid, unsigned row, unsigned column)
{
    const struct watch_cell *cell = watch_cell_at(grid, row, column);
    return cell != NULL && cell->text[0] == '\0' && !cell->continues && cell->dots == 0;
}

/* The character that a cell shows, into text[5]. */
static const char *watch_cell_text(const struct watch_cell *cell, bool utf8, char *text)
{
    static const char letters[WATCH_TONES_] = {
        [WATCH_INNER] = ':', [WATCH_MEMORY] = '*', [WATCH_FLOOR] = '=', [WATCH_LIMIT] = '-'};
    if (cell->continues)
        return "";
    if (cell->text[0] != '\0')
        return cell->text;
    if (cell->dots == 0)
        return " ";
    if (utf8) {
        text[0] = (char)0xe2;
        text[1] = (char)(0xa0 | cell->dots >> 6);
        text[2] = (char)(0x80 | (cell->dots & 0x3f));
        text[3] = '\0';
    } else {
        text[0] = letters[cell->tone] != '\0' ? letters[cell->tone] : '*';
        text[1] = '\0';
    }
    return text;
}

/* How many cells of the row are to be shown: those behind are blank. */
static unsigned watch_row_length(const struct watch_grid *grid, unsigned row)
{
    unsigned length = grid->columns;
    while (length > 0 && watch_grid_is_blank(grid, row, length - 1))
        length--;
    return length;
}

int watch_grid_text(const struct watch_grid *grid, struct buffer *out, struct error *err)
{
    char text[5];
    for (unsigned row = 0; row < grid->rows; row++) {
        unsigned length = watch_row_length(grid, row);
        for (unsigned column = 0; column < length; column++)
            (void)buffer_append_text(
                out, watch_cell_text(watch_cell_at(grid, row, column), grid->utf8, text), NULL);
        if (buffer_append_text(out, "\n", err) < 0)
            return -1;
    }
    return 0;
}

static int watch_row_write(const struct watch_grid *grid, unsigned row, bool color,
                           struct buffer *out, struct error *err)
{
    static const char *const codes[WATCH_TONES_] = {
        [WATCH_PLAIN] = "",         [WATCH_DIM] = "\033[2m",     [WATCH_BOLD] = "\033[1m",
        [WATCH_INNER] = "\033[34m", [WATCH_MEMORY] = "\033[96m", [WATCH_FLOOR] = "\033[93m",
        [WATCH_LIMIT] = "\033[31m", [WATCH_KILL] = "\033[1;91m", [WATCH_GOOD] = "\033[1;32m",
        [WATCH_BAD] = "\033[1;31m", [WATCH_WARN] = "\033[1;33m",
    };
    char text[5];
    uint8_t tone = WATCH_PLAIN;
    unsigned length = watch_row_length(grid, row);
    (void)buffer_printf(out, NULL, "\033[%u;1H", row + 1);
    for (unsigned column = 0; column < length; column++) {
        const struct watch_cell *cell = watch_cell_at(grid, row, column);
        bool is_blank = cell->text[0] == '\0' && cell->dots == 0;
        if (color && !is_blank && cell->tone != tone) {
            if (tone != WATCH_PLAIN)
                (void)buffer_append_text(out, "\033[0m", NULL);
            (void)buffer_append_text(out, codes[cell->tone], NULL);
            tone = cell->tone;
        }
        (void)buffer_append_text(out, watch_cell_text(cell, grid->utf8, text), NULL);
    }
    return buffer_printf(out, err, "%s%s", tone != WATCH_PLAIN ? "\033[0m" : "",
                         length < grid->columns ? "\033[K" : "");
}

int watch_grid_difference(const struct watch_grid *before, const struct watch_grid *after,
                          bool color, struct buffer *out, struct error *err)
{
    bool whole = before == NULL || before->columns != after->columns ||
                 before->rows != after->rows || before->utf8 != after->utf8;
    size_t row_bytes = after->columns * sizeof(struct watch_cell);
    if (whole && buffer_append_text(out, "\033[0m\033[2J", err) < 0)
        return -1;
    for (unsigned row = 0; row < after->rows; row++) {
        if (!whole &&
            memcmp(watch_cell_at(before, row, 0), watch_cell_at(after, row, 0), row_bytes) == 0)
            continue;
        if (whole && watch_row_length(after, row) == 0)
            continue;
        if (watch_row_write(after, row, color, out, err) < 0)
            return -1;
    }
    return 0;
}

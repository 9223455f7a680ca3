#include "report/gate_grid.h"

#include <stdio.h>

#include "base/cleanup.h"

#define GATE_GRID_LABELS 3 /* status, case, verdict */
#define GATE_LINE_MAX    ((size_t)16 * 1024)

/* What takes few columns can still be many bytes. It is cut between characters, and not behind an
 * escape, which would be one of what follows. */
static void gate_grid_fit(struct buffer *text)
{
    if (text->length < GRID_TEXT_MAX)
        return;
    size_t end = GRID_TEXT_MAX - 1;
    while (end > 0 && ((unsigned char)text->data[end] & 0xc0) == 0x80)
        end--;
    while (end > 0 && text->data[end - 1] == '\\')
        end--;
    text->data[end] = '\0';
}

static void gate_grid_set(struct grid_cell *cell, const char *text, enum line_text_form form)
{
    CLEANUP(buffer_done) struct buffer buffer = BUFFER_INIT(GATE_LINE_MAX);
    line_text_shorten(text, GATE_NAME_COLUMNS_MAX, form, &buffer, NULL);
    gate_grid_fit(&buffer);
    snprintf(cell->text, sizeof(cell->text), "%s", buffer_text(&buffer));
}

static void gate_grid_head(const struct gate_report *report, struct grid *grid,
                           enum line_text_form form)
{
    static const char *const labels[GATE_GRID_LABELS] = {"status", "case", "verdict"};
    for (unsigned i = 0; i < GATE_GRID_LABELS; i++)
        gate_grid_set(grid_at(grid, 0, i), labels[i], form);
    grid->rows = grid->heads = 1;
    grid->columns = grid->labels = GATE_GRID_LABELS;
    grid->labels_left = true;
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++)
        if (gate_has_column(report, (enum gate_figure)k))
            gate_grid_set(grid_at(grid, 0, grid->columns++), gate_heading((enum gate_figure)k),
                          form);
    for (unsigned i = 0; i < grid->columns; i++)
        grid_at(grid, 0, i)->tone = GRID_DIM;
}

static void gate_grid_row(const struct gate_report *report, const struct gate_report_case *one,
                          struct grid *grid, enum line_text_form form)
{
    char text[GATE_TEXT_MAX];
    struct grid_cell *cell = grid_at(grid, grid->rows++, 0);
    gate_grid_set(cell, gate_case_status_names[one->status], form);
    cell->tone = gate_status_tone(one->status);
    cell++;
    gate_grid_set(cell, one->id, form);
    cell->tone = gate_is_noteworthy(one) ? GRID_BOLD : GRID_PLAIN;
    cell++;
    gate_grid_set(cell, gate_verdict_text(one, text), form);
    cell->tone = gate_verdict_tone(one);
    cell->marked = cell->tone == GRID_BAD;
    cell++;
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++) {
        struct gate_cell figure;
        if (!gate_has_column(report, (enum gate_figure)k))
            continue;
        gate_cell_of(one, (enum gate_figure)k, &figure);
        gate_grid_set(cell, figure.text, form);
        cell->tone = figure.tone;
        cell->marked = figure.marked;
        cell++;
    }
}

struct grid *gate_grid_new(const struct gate_report *report,
                           const struct gate_report_case *const *cases, size_t n,
                           enum line_text_form form)
{
    struct grid *grid = grid_new((unsigned)n + 1, GATE_GRID_LABELS + GATE_FIGURE_MAX_);
    if (grid == NULL)
        return NULL;
    gate_grid_head(report, grid, form);
    for (size_t i = 0; i < n; i++)
        gate_grid_row(report, cases[i], grid, form);
    return grid;
}

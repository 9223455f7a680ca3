#include "view/watch_several.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "view/watch_facts.h"

#define NAME_COLUMNS_MAX 40U
#define NAME_COLUMNS_MIN 12U
#define BAR_CELLS        12U
#define SPARKLINE_CELLS  24U
#define VERDICT_COLUMNS  12U
#define CAUSE_COLUMNS    13U
#define DURATION_COLUMNS 9U
/* From here on there is room for a line of blocks of each run's memory. */
#define SPARKLINE_COLUMNS_MIN 120U

/* Columns of names: as wide as the widest, within bounds. */
static unsigned watch_names(const struct watch_state *state, unsigned columns)
{
    unsigned widest = NAME_COLUMNS_MIN;
    unsigned most = columns / 3 < NAME_COLUMNS_MAX ? columns / 3 : NAME_COLUMNS_MAX;
    for (unsigned i = 0; i < state->n_runs; i++)
        widest = watch_grid_width(state->runs[i]->id) > widest
                     ? watch_grid_width(state->runs[i]->id)
                     : widest;
    for (unsigned i = 0; i < state->n_done_kept; i++)
        widest = watch_grid_width(state->done[i].id) > widest ? watch_grid_width(state->done[i].id)
                                                              : widest;
    return widest < most ? widest : most;
}

/* A column of text, and where the next one begins. */
static void watch_column(struct watch_pen *pen, enum watch_tone tone, unsigned columns,
                         const char *text)
{
    struct watch_pen part = *pen;
    part.end = pen->column + columns < pen->end ? pen->column + columns : pen->end;
    watch_pen_text(&part, tone, text);
    pen->column += columns + 1;
}

static void watch_run_row(const struct watch_run *run, unsigned names, struct watch_pen *pen)
{
    const struct run_progress *now = &run->now;
    char text[160];
    char amount[UNITS_TEXT_MAX];
    bool known = now->memory_bytes != SURVEY_ABSENT;
    bool limited = now->limit_bytes != UINT64_MAX;
    double limit = limited ? (double)now->limit_bytes : NAN;
    watch_column(pen, WATCH_BOLD, names, run->id);
    if (pen->end >= SPARKLINE_COLUMNS_MIN) {
        watch_sparkline(run, WATCH_SERIES_MEMORY, SPARKLINE_CELLS, limit, pen);
        pen->column++;
    }
    if (limited) {
        double share = known ? (double)now->memory_bytes / limit : 0;
        watch_bar(pen, BAR_CELLS, share, share > 0.9 ? WATCH_BAD : WATCH_MEMORY);
        pen->column++;
    } else {
        pen->column += BAR_CELLS + 1;
    }
    snprintf(text, sizeof(text), "%9s",
             known ? units_format_bytes((double)now->memory_bytes, amount) : "");
    watch_column(pen, WATCH_PLAIN, 9, text);
    pen->column++;
    snprintf(text, sizeof(text), "%.40s", now->phase);
    watch_column(pen, WATCH_PLAIN, 12, text);
    snprintf(text, sizeof(text), "%8s", units_format_duration(now->elapsed_ns, amount));
    watch_column(pen, WATCH_DIM, DURATION_COLUMNS, text);
    if (run->n_kills > 0)
        watch_pen_format(pen, WATCH_KILL, "%s%u ", watch_grid_sign(pen->grid, "✗", "x"),
                         run->n_kills);
    if (now->requests_goal > 0)
        watch_pen_format(pen, WATCH_DIM, "%" PRIu64 "/%" PRIu64, now->requests, now->requests_goal);
}

unsigned watch_several_draw(const struct watch_state *state, const struct watch_area *area,
                            struct watch_grid *grid)
{
    unsigned names = watch_names(state, area->columns);
    unsigned rows = 0;
    for (; rows < state->n_runs && rows < area->rows; rows++) {
        struct watch_pen pen = watch_pen_at(grid, area->row + rows, area->column);
        pen.end = area->column + area->columns;
        bool last = rows + 1 == area->rows && rows + 1 < state->n_runs;
        if (last)
            watch_pen_format(&pen, WATCH_DIM, "and %u more", state->n_runs - rows);
        else
            watch_run_row(state->runs[rows], names, &pen);
    }
    return rows;
}

static enum watch_tone watch_done_tone(const struct watch_done *done)
{
    if (!done->judged)
        return WATCH_BAD;
    return done->kind == VERDICT_CLEAN  ? WATCH_GOOD
           : done->kind == VERDICT_LEAK ? WATCH_BAD
                                        : WATCH_WARN;
}

void watch_done_draw(const struct watch_state *state, const struct watch_area *area,
                     struct watch_grid *grid)
{
    unsigned names = watch_names(state, area->columns);
    char text[UNITS_TEXT_MAX + 8];
    for (unsigned row = 0; row < state->n_done_kept && row < area->rows; row++) {
        const struct watch_done *done = &state->done[state->n_done_kept - 1 - row];
        struct watch_pen pen = watch_pen_at(grid, area->row + row, area->column);
        pen.end = area->column + area->columns;
        watch_column(&pen, WATCH_PLAIN, names, done->id);
        watch_column(&pen, watch_done_tone(done), VERDICT_COLUMNS, done->verdict);
        watch_column(&pen, WATCH_PLAIN, CAUSE_COLUMNS, done->cause);
        snprintf(text, sizeof(text), "%8s", done->duration);
        watch_column(&pen, WATCH_DIM, DURATION_COLUMNS, text);
        watch_pen_text(&pen, WATCH_PLAIN, done->growth);
    }
}

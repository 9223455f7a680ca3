#include "view/watch_screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "view/watch_facts.h"
#include "view/watch_several.h"

#define MARGIN_COLUMNS 1U
/* From here on there are blank rows between the parts. */
#define ROOMY_ROWS 30U
/* A chart need not be higher than this part of its width. */
#define CHART_COLUMNS_A_ROW 4U
#define DONE_ROWS_MAX       16U
#define CHART_ROWS_GOOD     14U

/* The rows that are left, from the top. */
struct watch_layout {
    struct watch_grid *grid;
    unsigned row, end;
    bool roomy;
};

static const char *watch_dot(const struct watch_grid *grid)
{
    return watch_grid_sign(grid, " · ", " | ");
}

/* So many rows, or as many as there are. */
static struct watch_area watch_take(struct watch_layout *layout, unsigned rows)
{
    unsigned left = layout->end - layout->row;
    struct watch_area area = {
        .column = MARGIN_COLUMNS,
        .row = layout->row,
        .columns = layout->grid->columns > 2 * MARGIN_COLUMNS
                       ? layout->grid->columns - 2 * MARGIN_COLUMNS
                       : 0,
        .rows = rows < left ? rows : left,
    };
    layout->row += area.rows;
    return area;
}

static void watch_leave_blank(struct watch_layout *layout)
{
    if (layout->roomy)
        (void)watch_take(layout, 1);
}

/* At the right end of a row, unless something is there already. */
static void watch_put_right(const struct watch_area *area, unsigned used, enum watch_tone tone,
                            const char *text, struct watch_grid *grid)
{
    unsigned columns = watch_grid_width(text);
    if (used + 2 + columns > area->column + area->columns)
        return;
    struct watch_pen pen = watch_pen_at(grid, area->row, area->column + area->columns - columns);
    watch_pen_text(&pen, tone, text);
}

/* "3 of 12 done"; "" when there is but one run. */
static void watch_tally(const struct watch_state *state, char *text, size_t size)
{
    *text = '\0';
    if (state->n_planned > 1)
        snprintf(text, size, "%zu of %zu done", state->n_done, state->n_planned);
}

static void watch_headline(const struct watch_state *state, const struct watch_run *run,
                           struct watch_layout *layout)
{
    struct watch_area area = watch_take(layout, 1);
    if (area.rows == 0)
        return;
    struct watch_grid *grid = layout->grid;
    struct watch_pen pen = watch_pen_at(grid, area.row, area.column);
    char text[160];
    char amount[UNITS_TEXT_MAX];
    pen.end = area.column + area.columns;
    watch_pen_text(&pen, WATCH_BOLD, run != NULL ? run->id : state->title);
    if (run != NULL && run->now.limit_bytes == UINT64_MAX)
        watch_pen_format(&pen, WATCH_PLAIN, "%sno limit", watch_dot(grid));
    else if (run != NULL)
        watch_pen_format(&pen, WATCH_PLAIN, "%slimit %s", watch_dot(grid),
                         units_format_bytes((double)run->now.limit_bytes, amount));
    if (state->driver[0] != '\0')
        watch_pen_format(&pen, WATCH_PLAIN, "%sdriver %s", watch_dot(grid), state->driver);
    watch_tally(state, text, sizeof(text));
    if (run != NULL) {
        size_t length = strlen(text);
        snprintf(text + length, sizeof(text) - length, "%s%s", length > 0 ? watch_dot(grid) : "",
                 units_format_duration(run->now.elapsed_ns, amount));
    }
    watch_put_right(&area, pen.column, WATCH_PLAIN, text, grid);
}

/* The last row: which keys there are, and what the view is doing. */
static void watch_keys(const struct watch_state *state, struct watch_grid *grid)
{
    const struct watch_area area = {.column = MARGIN_COLUMNS,
                                    .row = grid->rows - 1,
                                    .columns = grid->columns - 2 * MARGIN_COLUMNS,
                                    .rows = 1};
    struct watch_pen pen = watch_pen_at(grid, area.row, area.column);
    if (state->stopping) {
        watch_pen_text(&pen, WATCH_WARN, "stopping");
        watch_pen_text(&pen, WATCH_PLAIN, ": what goes on is recorded as interrupted");
        return;
    }
    watch_pen_text(&pen, WATCH_BOLD, "q");
    watch_pen_text(&pen, WATCH_DIM, " stop   ");
    watch_pen_text(&pen, WATCH_BOLD, "p");
    watch_pen_text(&pen, WATCH_DIM, state->paused ? " go on" : " hold the picture");
    if (state->paused)
        watch_put_right(&area, pen.column, WATCH_WARN, "held: the run goes on", grid);
}

/* What something else has printed, above the keys; all of it comes after the view. */
static void watch_note(const struct watch_state *state, struct watch_layout *layout)
{
    if (state->note[0] == '\0' || layout->end <= layout->row)
        return;
    struct watch_pen pen = watch_pen_at(layout->grid, --layout->end, MARGIN_COLUMNS);
    pen.end = layout->grid->columns - MARGIN_COLUMNS;
    watch_pen_text(&pen, WATCH_WARN, watch_grid_sign(layout->grid, "▸ ", "> "));
    watch_pen_text(&pen, WATCH_PLAIN, state->note);
}

static void watch_waiting(const struct watch_state *state, struct watch_layout *layout)
{
    char text[UNITS_TEXT_MAX];
    struct watch_area area = watch_take(layout, 2);
    if (area.rows < 2)
        return;
    struct watch_pen pen = watch_pen_at(layout->grid, area.row + 1, area.column);
    watch_pen_format(&pen, WATCH_PLAIN, "%s ",
                     strcmp(state->driver, "vm") == 0 ? "the guest starts" : "the next run starts");
    watch_pen_text(&pen, WATCH_DIM, units_format_duration(state->waited_ns, text));
}

/* How many rows of those that are done are shown below `rows` rows of others. */
static unsigned watch_done_rows(const struct watch_state *state, unsigned left, unsigned others)
{
    unsigned most = left > others + 1 ? left - others - 1 : 0;
    unsigned rows = state->n_done_kept < DONE_ROWS_MAX ? state->n_done_kept : DONE_ROWS_MAX;
    return rows < most ? rows : most;
}

static void watch_draw_done(const struct watch_state *state, unsigned rows,
                            struct watch_layout *layout)
{
    if (rows == 0)
        return;
    (void)watch_take(layout, 1);
    struct watch_area area = watch_take(layout, rows);
    watch_done_draw(state, &area, layout->grid);
}

static void watch_one(const struct watch_state *state, const struct watch_run *run,
                      struct watch_layout *layout)
{
    struct watch_area area = watch_take(layout, 1);
    if (area.rows > 0)
        watch_phase_draw(run, &area, layout->grid);
    watch_leave_blank(layout);
    unsigned left = layout->end - layout->row;
    unsigned blanks = layout->roomy ? 2 : 0;
    unsigned facts = WATCH_FACTS_ROWS;
    if (left < facts + blanks + 1 + WATCH_CHART_ROWS_MIN)
        facts = left / 2 < facts ? left / 2 : facts;
    unsigned done = watch_done_rows(state, left, facts + blanks + 1 + CHART_ROWS_GOOD);
    unsigned below = facts + blanks + (done > 0 ? done + 1 : 0);
    unsigned chart = left > below + 1 ? left - below - 1 : 0;
    unsigned highest = layout->grid->columns / CHART_COLUMNS_A_ROW;
    chart = chart < highest ? chart : highest;
    if (chart >= WATCH_CHART_ROWS_MIN) {
        area = watch_take(layout, 1);
        struct watch_pen pen = watch_pen_at(layout->grid, area.row, area.column);
        pen.end = area.column + area.columns;
        watch_chart_legend(run, &pen);
        area = watch_take(layout, chart);
        watch_chart_draw(run, &area, layout->grid);
        watch_leave_blank(layout);
    }
    area = watch_take(layout, facts);
    watch_facts_draw(run, &area, layout->grid);
    watch_draw_done(state, done, layout);
}

static void watch_many(const struct watch_state *state, struct watch_layout *layout)
{
    (void)watch_take(layout, 1);
    unsigned left = layout->end - layout->row;
    struct watch_area area = watch_take(layout, left);
    unsigned rows = watch_several_draw(state, &area, layout->grid);
    layout->row = area.row + rows;
    left = layout->end - layout->row;
    unsigned most = left > 1 ? left - 1 : 0;
    watch_draw_done(state, state->n_done_kept < most ? state->n_done_kept : most, layout);
}

void watch_screen_draw(const struct watch_state *state, struct watch_grid *grid)
{
    if (grid->columns <= 2 * MARGIN_COLUMNS || grid->rows < 2)
        return;
    struct watch_layout layout = {
        .grid = grid, .row = 0, .end = grid->rows - 1, .roomy = grid->rows >= ROOMY_ROWS};
    watch_keys(state, grid);
    watch_note(state, &layout);
    bool one = !state->several && state->latest != NULL;
    const struct watch_run *run = one ? state->latest : NULL;
    watch_headline(state, run, &layout);
    if (one) {
        watch_one(state, run, &layout);
    } else {
        if (state->n_runs == 0)
            watch_waiting(state, &layout);
        watch_many(state, &layout);
    }
}

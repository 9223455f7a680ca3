#pragma once
/* The live view as a whole: what is known in, a sheet out. Pure.
 *
 * One run at a time: headline, where it stands, chart, what was measured, the floors and what grows
 * by them, how long until a verdict. Several at a time: a row each. Below, where there is room, how
 * the last ones ended. What there is no room for is left out, from the least of it on; the last row
 * says which keys there are. */
#include "view/watch_grid.h"
#include "view/watch_state.h"

/* A terminal of this size at least has room for all that is said of one run. */
#define WATCH_SCREEN_COLUMNS_MIN 80U
#define WATCH_SCREEN_ROWS_MIN    24U

/* Draw into the sheet, which is one of the terminal's size and empty. */
void watch_screen_draw(const struct watch_state *state, struct watch_grid *grid);

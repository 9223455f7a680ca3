#pragma once
/* The live view's rows of several runs: those that go on, a row each, and how the last ones ended.
 * Pure. */
#include "view/watch_chart.h"

/* Of each run that goes on its name, memory, phase and time, as far as the area goes. Returns the
 * rows that it took. */
unsigned watch_several_draw(const struct watch_state *state, const struct watch_area *area,
                            struct watch_grid *grid);

/* How the last ones ended, the latest first, as far as the area goes. */
void watch_done_draw(const struct watch_state *state, const struct watch_area *area,
                     struct watch_grid *grid);

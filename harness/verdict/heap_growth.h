#pragma once
/* Growth inside a heap: what the service's own numbers say where the floor cannot.
 *
 * A collected heap may hold its whole size from the start (AlwaysPreTouch, -Xms = -Xmx), or reach
 * it and stay there: a leak within it moves no floor until it is full. And such a heap may grow
 * while nothing of it is kept. What is in use in it, read at every floor, tells both; but only when
 * it holds no garbage: the runtime was asked to collect first, or has no garbage at all (malloc).
 * The question says whether that is so (verdict_question.heap_is_exact). */
#include "verdict/growth.h"
#include "verdict/verdict.h"

/* Do these two floors, and so the numbers between them, stand for a heap that grew with nothing of
 * the growth in use? Then the floor's rise is no leak, or not yet. */
bool heap_growth_is_reserve(const struct floor_series *floors);

/* The same floors with what the heap has in use in the place of what they hold; false: some floor
 * has no such number. */
bool heap_growth_series(const struct floor_series *floors, struct floor_series *ret);

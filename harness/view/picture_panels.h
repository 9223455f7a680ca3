#pragma once
/* The small charts below a run's memory, on the same time axis: those that tell something about
 * this run, most of all about its cause. Private to pictures. */
#include "view/picture_memory.h"

#define PICTURE_PANELS_MAX 3

/* Fill them, from top to bottom; returns how many there are. */
unsigned picture_panels(struct picture_data *data, struct picture_chart *ret);

#pragma once
/* What is to be seen: runs, each with the folder that it is stored in, where its log and the
 * profiles that it has collected are. Everything is borrowed. */
#include <stddef.h>

#include "scenario/record.h"

struct view_run {
    const struct record *record;
    const char *dir; /* the result's folder; NULL: it is not stored */
};

struct view_input {
    const struct view_run *runs; /* in the order in which they are shown */
    size_t n_runs;
    const char *title; /* of the page or the picture; NULL: by the runs */
};

/* The title: the input's own, or the one run's id, or "N runs". Returns text. */
const char *view_title(const struct view_input *input, char *text, size_t size);

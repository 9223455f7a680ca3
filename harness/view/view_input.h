#pragma once
/* What is to be seen: runs, each with the folder that it is stored in, where its log and the
 * profiles that it has collected are. Everything is borrowed. */
#include <stddef.h>

#include "scenario/record_files.h"

struct view_input {
    const struct stored_record *runs; /* in the order in which they are shown */
    size_t n_runs;
    const char *title; /* of the page or the picture; NULL: by the runs */
};

/* The title: the input's own, or the one run's id, or "N runs". Returns text. */
const char *view_title(const struct view_input *input, char *text, size_t size);

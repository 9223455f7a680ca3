#pragma once
/* One line that says where things stand. Pure. */
#include "report/terminal.h"
#include "run/run.h"

/* How many runs there are, and how many are done; `all` 0: not known. */
struct progress_tally {
    size_t done;
    size_t all;
};

/* One run: phase, requests, memory against the limit, time. Without a line end; at most
 * style->width columns when that is not 0. */
int progress_write(const struct run_progress *progress, const struct terminal_style *style,
                   struct buffer *out, struct error *err);

/* Several at a time: how many are done, and of each its phase and memory. As above. */
int progress_write_several(const struct run_progress *runs, unsigned n,
                           const struct progress_tally *tally, const struct terminal_style *style,
                           struct buffer *out);

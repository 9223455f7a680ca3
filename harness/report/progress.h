#pragma once
/* One line that says where a run stands: phase, requests, memory against the limit, time. Pure. */
#include "report/terminal.h"
#include "run/run.h"

/* Without a line end; at most style->width columns when that is not 0. */
int progress_write(const struct run_progress *progress, const struct terminal_style *style,
                   struct buffer *out, struct error *err);

#pragma once
/* What a person sees: the closing block of a run, and a line of progress while it goes on.
 *
 * Pure: a record in, text out; colours and width are arguments. */
#include "base/buffer.h"
#include "scenario/record.h"

struct terminal_style {
    bool color;
    bool utf8;      /* sparklines and arrows; plain ASCII otherwise */
    unsigned width; /* columns; 0: do not care */
    bool explains;  /* an explanation comes behind the block, and is not the next thing to do */
};

/* The closing block: headline, memory, floor, verdict, cause, effect, held in, next.
 * `results_dir` is where the record is stored, as the user would type it; NULL: it is not. */
int terminal_write_record(const struct record *record, const char *results_dir,
                          const struct terminal_style *style, struct buffer *out,
                          struct error *err);

/* One line per record, aligned: for several runs at once. */
int terminal_write_summary(const struct record *const *records, size_t n_records,
                           const struct terminal_style *style, struct buffer *out,
                           struct error *err);

#pragma once
/* The memory of a run in one line of blocks, and below it a mark wherever the service ended: the
 * saw-tooth of a service that is killed and started again. Pure. */
#include "report/terminal.h"

/* "▁▂▃█" of the memory samples, `cells` characters wide, scaled from 0 to `top_bytes`. While
 * nothing runs, between an end and the next start, it is at the bottom. */
int sparkline_write(const struct timeline *timeline, unsigned cells, double top_bytes,
                    const struct terminal_style *style, struct buffer *out, struct error *err);

/* Is there anything to mark, and a failure that memory did not cause among it? */
bool sparkline_has_ends(const struct record *record);
bool sparkline_has_failures(const struct record *record);

/* The marks in a line of the same cells: kills for memory, and '!' for other ends. */
int sparkline_write_ends(const struct record *record, unsigned cells,
                         const struct terminal_style *style, struct buffer *out, struct error *err);

/* What marks a kill; a literal. */
const char *sparkline_kill_mark(const struct terminal_style *style);

#pragma once
/* The timelines of runs as one table for pandas, R, a spreadsheet, a database or gnuplot: CSV as
 * RFC 4180 has it, UTF-8, one header row, always the same columns.
 *
 * A row is one reading, or one thing that happened, at its time; the column `row` says which:
 *   memory   what the kernel said of the cgroup (every tick; all of it now and then)
 *   load     how requests have ended so far, and latencies since the row before
 *   settled  what a cycle's survey found at rest, and
 *   floor    after all was reclaimed: floor_bytes, threads, descriptors
 *   mark     mark, mark_value, mark_text: phases, starts, exits, kills
 * Rows of a run follow each other in order of time, runs in the order given. What was not read is
 * an empty cell, never 0. On every row are run, scenario, variant, build, allocator, t_s (since the
 * run's start), unix_s (empty where it is not known when it began), start, phase, cycle (the row of
 * cycles.csv, from 0, while one is under way), cycle_kind and limit_bytes, so that rows can be
 * chosen, grouped and drawn without joining.
 *
 * Text that a spreadsheet would take for a formula (=, +, -, @ at its begin) gets a ' in front;
 * control characters and what is not UTF-8 come out as U+FFFD. Pure. */
#include "base/buffer.h"
#include "export/export_run.h"

/* Append the table to `out`. */
int export_csv_write(const struct stored_record *runs, size_t n, struct buffer *out,
                     struct error *err);

/* Append a field of text, harmless in a spreadsheet, and the comma behind it. */
void export_csv_text(struct buffer *out, const char *text);

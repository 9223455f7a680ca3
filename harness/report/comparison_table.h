#pragma once
/* The table of a comparison, for a terminal and in Markdown: a row per figure and a column per
 * variant, so that one reads across; where that does not fit the width, a row per variant. Then how
 * many times the first variant's figure each is, the one sentence, and what qualifies it: repeats,
 * confidence, failed and skipped variants, notes.
 *
 * A row has one unit, so that its numbers compare by eye. A difference that is claimed has a `*`
 * (and is bold, in colour by whether it is for the worse). What was not measured is "-", never 0.
 *
 * Pure: the same report gives the same text. */
#include "base/buffer.h"
#include "report/comparison_report.h"
#include "report/table.h"

/* Append the report to `out`. `style` is of TABLE_TERMINAL; its width 0: as wide as it comes. */
int comparison_table_write(const struct comparison_report *report, enum table_format format,
                           const struct terminal_style *style, struct buffer *out,
                           struct error *err);

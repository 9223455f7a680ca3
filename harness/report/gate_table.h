#pragma once
/* A gate on a terminal and in Markdown.
 *
 * On a terminal: a row per case, what fails the gate first; where a row does not fit the width, a
 * list. Of many cases that passed with nothing to tell only the names follow. Then why each of the
 * others did not pass and what is to be done, the one sentence, how sure it is, and what was not
 * run. Every case is named in full somewhere, so that a log can be searched for it.
 *
 * In Markdown, for the summary of a CI job: the sentence is the headline; what passed folds when it
 * is much; below GATE_MARKDOWN_BYTES_MAX, so that GitHub takes it (1 MiB for a step, of which
 * others may want some): rows that do not fit are counted, what failed the gate is first.
 *
 * What regressed has a `*` (in colour: it is red), what was not measured is "-", never 0. Pure: the
 * same report gives the same text. */
#include "base/buffer.h"
#include "report/gate_report.h"
#include "report/table.h"

#define GATE_MARKDOWN_BYTES_MAX ((size_t)900 * 1000)

/* Append the report to `out`. `style` is of TABLE_TERMINAL; its width 0: as wide as it comes. */
int gate_table_write(const struct gate_report *report, enum table_format format,
                     const struct terminal_style *style, struct buffer *out, struct error *err);

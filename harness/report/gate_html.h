#pragma once
/* A gate as one HTML file that needs nothing else: the sentence, the table of all cases, and of
 * each that has something to tell (of all, when they are few) why, and two charts (gate_overlay.h).
 *
 * No script, no network; light and dark as the reader's system is; below 400 KB: where there is
 * not room for everything, charts of cases that passed are left out first, then those of others,
 * then rows of cases that passed, and the page says so. Whatever comes from names and logs is text
 * in it, whatever it holds. */
#include "base/buffer.h"
#include "report/gate_report.h"

/* What the file is at most, whatever is in the report. */
#define GATE_HTML_BYTES_MAX ((size_t)400 * 1000)

/* Append the whole document to `out`. */
int gate_html_write(const struct gate_report *report, struct buffer *out, struct error *err);

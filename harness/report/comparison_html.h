#pragma once
/* A comparison as one HTML file that needs nothing else: the sentence, the table, and two charts
 * laid over each other: what each variant held over the time of its own turns, and every repeat's
 * floors against completed requests.
 *
 * No script, no network; light and dark as the reader's system is; below 400 KB. Whatever comes
 * from names and logs is text in it, whatever it holds. */
#include "base/buffer.h"
#include "report/comparison_report.h"

/* What the file is at most, whatever is in the report. */
#define COMPARISON_HTML_BYTES_MAX ((size_t)400 * 1000)

/* Append the whole document to `out`. */
int comparison_html_write(const struct comparison_report *report, struct buffer *out,
                          struct error *err);

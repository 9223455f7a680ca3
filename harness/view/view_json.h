#pragma once
/* View data: what a page needs to draw runs, as JSON ("leakcage.view/1").
 *
 * It holds all that people want to see of a run and nothing that they do not: series thinned to
 * what a screen can show, no peak of them lost, and numbers with the digits that mean anything.
 * Times are seconds since the run's start, amounts in the unit of their key; what was not measured
 * is left out, or null in a series. Texts of others are texts: whoever shows them escapes them. */
#include "view/view_input.h"

#include "base/buffer.h"
#include "base/error.h"

/* A timeline with more samples than the harness itself keeps is drawn finer. */
#define VIEW_SAMPLES_USUAL 65536
#define VIEW_STRETCHES     2000
#define VIEW_STRETCHES_MAX 4000

/* What the series of a run take at most, of a usual one and of a large one; and those of all runs
 * of a page together. */
#define VIEW_SERIES_BYTES       ((size_t)108 * 1024)
#define VIEW_SERIES_BYTES_LARGE ((size_t)2560 * 1024)
#define VIEW_SERIES_BYTES_ALL   ((size_t)3584 * 1024)

/* The same of the flame graphs of a run, and of all. */
#define VIEW_FLAMES_BYTES     ((size_t)36 * 1024)
#define VIEW_FLAMES_BYTES_ALL ((size_t)512 * 1024)

/* Append the data of the runs. A folder that cannot be read is an error; one without a log or
 * without profiles is none. */
int view_json_write(const struct view_input *input, struct buffer *out, struct error *err);

#pragma once
/* timeline.csv and cycles.csv: write a timeline and read it back unchanged, so that any run can be
 * judged again, anywhere.
 *
 * timeline.csv has one row per sample or mark in order of time; its second column says which
 * ("memory", "load", "mark"); it has a column for RSS only where samples have one, which are of
 * processes without a cgroup. cycles.csv has one row per cycle; the surveys' fields carry the
 * prefixes settled_ and floor_, lists are "name=count;name=count" with percent-escapes. A
 * cycles.csv of an older version may lack fields of surveys; they are absent then. */
#include "base/buffer.h"
#include "base/error.h"
#include "timeline/timeline.h"

/* Append the file's text to `out`. */
int timeline_csv_write(const struct timeline *timeline, struct buffer *out, struct error *err);
int cycles_csv_write(const struct timeline *timeline, struct buffer *out, struct error *err);

/* Add what the text holds to an empty timeline. The text is changed. `name` is for errors. */
int timeline_csv_read(const char *name, char *text, struct timeline *timeline, struct error *err);
int cycles_csv_read(const char *name, char *text, struct timeline *timeline, struct error *err);

#pragma once
/* The two charts of a comparison, its variants laid over each other.
 *
 *   footprint  what each variant's first repeat held (memory.current; without a cgroup RSS) over
 *              the time of its own turns: variants take turns cycle by cycle, and what passes
 *              between is no time of theirs. With the limit, and crosses where it was killed.
 *   floors     every repeat's floors against the requests that it had completed; a start anew is a
 *              line anew */
#include "report/comparison_report.h"
#include "report/html_text.h"

/* Append the <svg>; the writer keeps the failure. */
void comparison_overlay_footprint(struct html_writer *writer,
                                  const struct comparison_report *report);
void comparison_overlay_floors(struct html_writer *writer, const struct comparison_report *report);

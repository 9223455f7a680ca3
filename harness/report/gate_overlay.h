#pragma once
/* The two charts of a gated case: its repeats laid over each other, with those of the baseline
 * where they ran (--against), and what the baseline's runs had and what may be added to it as
 * bands.
 *
 *   footprint  what each repeat held over the time of its own turns, and the bands of the peak
 *   floors     of each repeat against the requests that it had completed, and those of the floor */
#include "report/gate_report.h"
#include "report/html_text.h"

/* Is there anything to draw? */
bool gate_overlay_has_charts(const struct gate_report_case *one);

/* Append the <svg>, with so many points at most; the writer keeps the failure. */
void gate_overlay_footprint(struct html_writer *writer, const struct gate_report_case *one,
                            size_t points_max);
void gate_overlay_floors(struct html_writer *writer, const struct gate_report_case *one,
                         size_t points_max);

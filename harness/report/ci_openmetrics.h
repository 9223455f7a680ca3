#pragma once
/* OpenMetrics 1.0 text: a family of gauges for each number, and beside it one for its baseline and
 * one for what may be added to that (leakcage_floor_bytes, leakcage_floor_baseline_bytes,
 * leakcage_floor_allowed_bytes): the unit is the last part of the name, as the specification wants
 * it. leakcage_case_status has a sample for each status, 1 where it is the case's;
 * leakcage_case_verdict has the verdict and the cause as labels. Labels: scenario, variant, build,
 * allocator, run; one that is empty is left out.
 *
 * The same text is the older Prometheus format 0.0.4, which node_exporter's textfile collector and
 * the push gateway read: their parser (expfmt of prometheus/common) takes "# UNIT" and "# EOF" for
 * comments. That holds because every family is a gauge (0.0.4 has no stateset and no info, and one
 * unknown type loses the whole file), no help has a quote or a backslash (the formats escape them
 * differently), and there are no timestamps, which the textfile collector refuses. The collector
 * wants the file to be called *.prom, and to appear by a rename.
 *
 * Pure. */
#include "base/buffer.h"
#include "report/ci_report.h"
#include "report/ci_text.h"

/* Append the text to `out`. Numbers that are not finite are left out. */
int ci_openmetrics_write(const struct ci_report *report, struct buffer *out, struct error *err);

/* The families of the cases alone, without what stands before and after them. A case with `unix_ms`
 * has that as the timestamp of its samples. The writer keeps the failure. */
void ci_openmetrics_families(struct ci_writer *writer, const struct ci_report *report);

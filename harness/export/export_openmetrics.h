#pragma once
/* The timelines of runs as OpenMetrics 1.0 text, each sample with its time on the wall clock: for
 * backfilling a Prometheus (promtool tsdb create-blocks-from openmetrics) and what reads that.
 *
 *   leakcage_memory_*_bytes, leakcage_tasks, leakcage_requests_in_flight     gauges
 *   leakcage_requests_total{result}, leakcage_memory_pressure_seconds_total{stall},
 *   leakcage_cpu_seconds_total, leakcage_oom_kills_total, leakcage_memory_events_total{event}, …
 *                                                     counters; they begin anew with each start
 *   leakcage_floor_bytes, leakcage_threads, leakcage_descriptors, leakcage_limit_bytes,
 *   leakcage_latency_p50_seconds, leakcage_latency_p99_seconds, leakcage_starts
 *                                     what ci_openmetrics.h says once of a run, as it went on
 *   leakcage_case_status, leakcage_case_verdict, leakcage_growth_bytes_per_request and the other
 *   figures                           as ci_openmetrics.h says them, at the end of the run
 *
 * Labels are those of ci_openmetrics.h. Times are to the millisecond, and of one series no two are
 * the same. A value that stands is repeated once a second, not at every sample: the steps are the
 * same. The textfile collector refuses timestamps: these files are not for it. Pure. */
#include "base/buffer.h"
#include "export/export_run.h"

/* Append the text to `out`. ERROR_USAGE names a run of which it is not known when it began, and how
 * that can be said: a date that is guessed would be in somebody's database for good. */
int export_openmetrics_write(const struct stored_record *runs, size_t n, struct buffer *out,
                             struct error *err);

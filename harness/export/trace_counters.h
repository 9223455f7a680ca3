#pragma once
/* The counters of a trace: what a step of a run's walk says of them. A counter is written where it
 * changes, for viewers draw steps. Private to export_trace. */
#include "base/json_writer.h"
#include "export/export_run.h"

#define TRACE_COUNTERS_MAX 16

/* What was written last of a run. */
struct trace_counters {
    unsigned pid;
    bool has_last[TRACE_COUNTERS_MAX];
    double last[TRACE_COUNTERS_MAX][3];
    struct memory_sample stalled; /* the last that told stalls; t_ns 0: none */
};

/* Before the first step of the run. */
void trace_counters_begin(struct trace_counters *counters, unsigned pid);

/* The limit, from the run's start on. */
void trace_counters_limit(struct json_writer *writer, struct trace_counters *counters,
                          uint64_t limit_bytes);

/* All that there were as they stood last, at the end of the run: some viewers draw a counter only
 * up to the last time that it was written. */
void trace_counters_end(struct json_writer *writer, struct trace_counters *counters, nsec_t end_ns);

/* Write what the step changes. */
void trace_counters_step(struct json_writer *writer, struct trace_counters *counters,
                         const struct export_step *at);

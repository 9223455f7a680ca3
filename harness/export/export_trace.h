#pragma once
/* The timelines of runs as trace events in JSON, for ui.perfetto.dev and chrome://tracing ("Trace
 * Event Format", the object form).
 *
 * Each run is a process, from its own start on: runs can be held side by side. Its threads are
 *   service  a slice for each start of the service, until it ended; an arrow leads from an end to
 *            the start that followed it
 *   phases   what was going on: "warm-up", "cycle 3", "the others' turn"
 *   cycles   a slice for each cycle with its figures, and in it load, settle and reclaim
 * Instants are kills, ends, starts and disturbances, and samples that came late; counters memory
 * (in use, by kind, working set, floor, limit), requests per second, latency, the share of time
 * lost to memory pressure, threads and descriptors. A counter is written where it changes.
 *
 * Events of a process are in order of time, in microseconds. Pure. */
#include "base/buffer.h"
#include "export/export_run.h"

/* Append the document to `out`. */
int export_trace_write(const struct stored_record *runs, size_t n, struct buffer *out,
                       struct error *err);

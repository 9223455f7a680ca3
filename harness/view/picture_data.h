#pragma once
/* What a run looked like over time as points of a chart: seconds since its start, and amounts in
 * base units (bytes, seconds, 1/s, %, counts). Where nothing ran, or it was others' turn, there is
 * a gap. Private to pictures. */
#include "base/arena.h"
#include "report/chart_svg.h"
#include "scenario/record.h"

struct picture_data {
    const struct record *record; /* borrowed */
    struct arena *arena;         /* borrowed; points are its */
    double end_s;                /* of the run */
    bool failed;                 /* out of memory: series are not whole */
};

/* Points in the making; `points` has as much room as was asked for. */
struct picture_points {
    struct chart_point *points;
    size_t n;
};

/* The data of this run. */
struct picture_data picture_data_of(const struct record *record, struct arena *arena);

/* Room for so many points; without memory the data has failed, and nothing may be added. */
struct picture_points picture_points_new(struct picture_data *data, size_t room);

/* A field of memory samples, or two of them together (MEMORY_FIELD_MAX_: it is one). */
struct picture_points picture_memory(struct picture_data *data, enum memory_field field,
                                     enum memory_field more);

/* The share of time that processes waited for memory, in %: of a counter of microseconds. */
struct picture_points picture_stalls(struct picture_data *data, enum memory_field field);

/* Requests completed per second, as steps, under the load of each cycle. */
struct picture_points picture_rate(struct picture_data *data);

/* The median, or the 99th percentile, of latencies, in nanoseconds. */
struct picture_points picture_latency(struct picture_data *data, bool p99);

/* A field of surveys, when settled and at the floor of each cycle. */
struct picture_points picture_survey(struct picture_data *data, enum survey_field field);

/* When a cycle ended, and when its load did, as far as it tells: a cycle that was cut short ends
 * with its instance. */
nsec_t picture_cycle_end(const struct timeline *timeline, size_t cycle, nsec_t run_end_ns);
nsec_t picture_load_end(const struct timeline *timeline, size_t cycle, nsec_t run_end_ns);

#include "export/trace_counters.h"

#include <string.h>

#include "export/trace_events.h"
#include "verdict/indicators.h"

#define SERIES_MAX 3

enum trace_counter {
    COUNTER_CURRENT,
    COUNTER_PARTS,
    COUNTER_WORKING_SET,
    COUNTER_RSS,
    COUNTER_LIMIT,
    COUNTER_FLOOR,
    COUNTER_PRESSURE,
    COUNTER_TASKS,
    COUNTER_RATE,
    COUNTER_IN_FLIGHT,
    COUNTER_LATENCY,
    COUNTER_THREADS,
    COUNTER_DESCRIPTORS,
    COUNTER_MAX_
};
_Static_assert(COUNTER_MAX_ <= TRACE_COUNTERS_MAX, "too many counters");

/* A counter's name has its unit; its series are drawn on top of each other. */
static const struct {
    const char *name;
    const char *series[SERIES_MAX];
} counters_info[COUNTER_MAX_] = {
    [COUNTER_CURRENT] = {"memory.current (bytes)", {"bytes"}},
    [COUNTER_PARTS] = {"memory by kind (bytes)", {"anon", "file", "kernel"}},
    [COUNTER_WORKING_SET] = {"working set (bytes)", {"bytes"}},
    [COUNTER_RSS] = {"RSS of its processes (bytes)", {"bytes"}},
    [COUNTER_LIMIT] = {"memory limit (bytes)", {"bytes"}},
    [COUNTER_FLOOR] = {"floor (bytes)", {"bytes"}},
    [COUNTER_PRESSURE] = {"memory pressure (% of the time)", {"some", "full"}},
    [COUNTER_TASKS] = {"tasks", {"count"}},
    [COUNTER_RATE] = {"requests per second", {"completed"}},
    [COUNTER_IN_FLIGHT] = {"requests in flight", {"count"}},
    [COUNTER_LATENCY] = {"latency (ms)", {"p50", "p99"}},
    [COUNTER_THREADS] = {"threads", {"count"}},
    [COUNTER_DESCRIPTORS] = {"descriptors", {"count"}},
};

void trace_counters_begin(struct trace_counters *counters, unsigned pid)
{
    *counters = (struct trace_counters){.pid = pid};
}

static bool trace_is_last(const struct trace_counters *counters, enum trace_counter counter,
                          const double *values)
{
    if (!counters->has_last[counter])
        return false;
    for (unsigned i = 0; i < SERIES_MAX; i++)
        if (values[i] < counters->last[counter][i] || values[i] > counters->last[counter][i])
            return false;
    return true;
}

static void trace_write_counter(struct json_writer *writer, unsigned pid,
                                enum trace_counter counter, nsec_t t_ns, const double *values)
{
    trace_event_open(writer, "C", pid, 0, t_ns);
    json_write_text(writer, "name", counters_info[counter].name);
    json_write_object(writer, "args");
    for (unsigned i = 0; i < SERIES_MAX && counters_info[counter].series[i] != NULL; i++)
        json_write_double(writer, counters_info[counter].series[i], values[i]);
    json_write_close_object(writer);
    json_write_close_object(writer);
}

/* Of a counter with fewer series, the values behind them are 0. */
static void trace_count(struct json_writer *writer, struct trace_counters *counters,
                        enum trace_counter counter, nsec_t t_ns, const double *values)
{
    if (trace_is_last(counters, counter, values))
        return;
    counters->has_last[counter] = true;
    memcpy(counters->last[counter], values, sizeof(counters->last[counter]));
    trace_write_counter(writer, counters->pid, counter, t_ns, values);
}

static void trace_count_one(struct json_writer *writer, struct trace_counters *counters,
                            enum trace_counter counter, nsec_t t_ns, double value)
{
    const double values[SERIES_MAX] = {value};
    trace_count(writer, counters, counter, t_ns, values);
}

void trace_counters_limit(struct json_writer *writer, struct trace_counters *counters,
                          uint64_t limit_bytes)
{
    if (limit_bytes != UINT64_MAX)
        trace_count_one(writer, counters, COUNTER_LIMIT, 0, (double)limit_bytes);
}

void trace_counters_end(struct json_writer *writer, struct trace_counters *counters, nsec_t end_ns)
{
    for (unsigned i = 0; i < COUNTER_MAX_; i++)
        if (counters->has_last[i])
            trace_write_counter(writer, counters->pid, (enum trace_counter)i, end_ns,
                                counters->last[i]);
}

/* The share of the time since the last sample that told of stalls; totals begin anew with a
 * cgroup. */
static void trace_count_pressure(struct json_writer *writer, struct trace_counters *counters,
                                 const struct memory_sample *sample)
{
    static const enum memory_field fields[] = {MEMORY_PSI_SOME, MEMORY_PSI_FULL};
    const struct memory_sample *before = &counters->stalled;
    double values[SERIES_MAX] = {0};
    if (!memory_sample_has(sample, MEMORY_PSI_SOME) || !memory_sample_has(sample, MEMORY_PSI_FULL))
        return;
    bool goes_on = before->t_ns > 0 && sample->t_ns > before->t_ns;
    for (unsigned i = 0; i < 2 && goes_on; i++) {
        goes_on = sample->value[fields[i]] >= before->value[fields[i]];
        double stalled_us = (double)sample->value[fields[i]] - (double)before->value[fields[i]];
        values[i] = stalled_us * (double)NSEC_PER_USEC / (double)(sample->t_ns - before->t_ns);
        values[i] = values[i] < 1 ? 100 * values[i] : 100;
    }
    if (goes_on)
        trace_count(writer, counters, COUNTER_PRESSURE, sample->t_ns, values);
    counters->stalled = *sample;
}

static void trace_count_memory(struct json_writer *writer, struct trace_counters *counters,
                               const struct memory_sample *sample)
{
    static const struct {
        enum trace_counter counter;
        enum memory_field field;
    } singles[] = {
        {COUNTER_CURRENT, MEMORY_CURRENT}, {COUNTER_RSS, MEMORY_RSS}, {COUNTER_TASKS, MEMORY_PIDS}};
    for (unsigned i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
        if (memory_sample_has(sample, singles[i].field))
            trace_count_one(writer, counters, singles[i].counter, sample->t_ns,
                            (double)sample->value[singles[i].field]);
    if (memory_sample_has(sample, MEMORY_ANON) && memory_sample_has(sample, MEMORY_FILE) &&
        memory_sample_has(sample, MEMORY_KERNEL)) {
        const double parts[SERIES_MAX] = {(double)sample->value[MEMORY_ANON],
                                          (double)sample->value[MEMORY_FILE],
                                          (double)sample->value[MEMORY_KERNEL]};
        trace_count(writer, counters, COUNTER_PARTS, sample->t_ns, parts);
    }
    uint64_t working_set = 0;
    if (export_working_set(sample, &working_set))
        trace_count_one(writer, counters, COUNTER_WORKING_SET, sample->t_ns, (double)working_set);
    trace_count_pressure(writer, counters, sample);
}

static void trace_count_load(struct json_writer *writer, struct trace_counters *counters,
                             const struct export_step *at)
{
    const struct load_sample *load = at->load;
    double rate = 0;
    if (export_rate(at->before, load, &rate))
        trace_count_one(writer, counters, COUNTER_RATE, at->t_ns, rate);
    trace_count_one(writer, counters, COUNTER_IN_FLIGHT, at->t_ns, (double)load->in_flight);
    if (load->latency_p50_ns < 0 || load->latency_p99_ns < 0)
        return;
    const double latencies[SERIES_MAX] = {(double)load->latency_p50_ns / (double)NSEC_PER_MSEC,
                                          (double)load->latency_p99_ns / (double)NSEC_PER_MSEC};
    trace_count(writer, counters, COUNTER_LATENCY, at->t_ns, latencies);
}

static void trace_count_survey(struct json_writer *writer, struct trace_counters *counters,
                               const struct export_step *at)
{
    uint64_t descriptors = 0;
    if (survey_has(at->survey, SURVEY_THREADS))
        trace_count_one(writer, counters, COUNTER_THREADS, at->t_ns,
                        (double)at->survey->value[SURVEY_THREADS]);
    if (export_descriptors(at->survey, &descriptors))
        trace_count_one(writer, counters, COUNTER_DESCRIPTORS, at->t_ns, (double)descriptors);
    if (at->kind != EXPORT_FLOOR)
        return;
    struct floor_parts floor = indicators_floor(at->survey);
    if (floor.present)
        trace_count_one(writer, counters, COUNTER_FLOOR, at->t_ns, (double)floor.total_bytes);
}

void trace_counters_step(struct json_writer *writer, struct trace_counters *counters,
                         const struct export_step *at)
{
    if (at->memory != NULL)
        trace_count_memory(writer, counters, at->memory);
    else if (at->load != NULL)
        trace_count_load(writer, counters, at);
    else if (at->survey != NULL)
        trace_count_survey(writer, counters, at);
}

#include "export/export_series.h"

#include <stdio.h>
#include <string.h>

#include "verdict/indicators.h"

#define SERIES_UNIT_BYTES "_bytes"

static bool series_memory(const struct export_step *at, unsigned field, uint64_t *ret)
{
    const struct memory_sample *sample = at->memory;
    if (at->survey != NULL)
        sample = &at->survey->memory;
    if (sample == NULL || !memory_sample_has(sample, (enum memory_field)field))
        return false;
    *ret = sample->value[field];
    return true;
}

static bool series_working_set(const struct export_step *at, unsigned field, uint64_t *ret)
{
    (void)field;
    return at->memory != NULL && export_working_set(at->memory, ret);
}

enum series_load {
    SERIES_STARTED,
    SERIES_OK,
    SERIES_OTHER_STATUS,
    SERIES_REFUSED,
    SERIES_RESET,
    SERIES_TIMED_OUT,
    SERIES_FAILED,
    SERIES_IN_FLIGHT,
    SERIES_P50,
    SERIES_P99,
};

static bool series_load(const struct export_step *at, unsigned field, uint64_t *ret)
{
    const struct load_sample *load = at->load;
    if (load == NULL)
        return false;
    const int64_t values[] = {
        [SERIES_STARTED] = (int64_t)load->counts.started,
        [SERIES_OK] = (int64_t)load->counts.ok,
        [SERIES_OTHER_STATUS] = (int64_t)load->counts.other_status,
        [SERIES_REFUSED] = (int64_t)load->counts.refused,
        [SERIES_RESET] = (int64_t)load->counts.reset,
        [SERIES_TIMED_OUT] = (int64_t)load->counts.timed_out,
        [SERIES_FAILED] = (int64_t)load->counts.failed,
        [SERIES_IN_FLIGHT] = (int64_t)load->in_flight,
        [SERIES_P50] = load->latency_p50_ns,
        [SERIES_P99] = load->latency_p99_ns,
    };
    *ret = values[field] >= 0 ? (uint64_t)values[field] : 0;
    return values[field] >= 0;
}

static bool series_floor(const struct export_step *at, unsigned field, uint64_t *ret)
{
    (void)field;
    if (at->kind != EXPORT_FLOOR)
        return false;
    struct floor_parts floor = indicators_floor(at->survey);
    *ret = floor.present && floor.total_bytes >= 0 ? (uint64_t)floor.total_bytes : 0;
    return floor.present && floor.total_bytes >= 0;
}

static bool series_threads(const struct export_step *at, unsigned field, uint64_t *ret)
{
    if (at->survey == NULL || !survey_has(at->survey, (enum survey_field)field))
        return false;
    *ret = at->survey->value[field];
    return true;
}

static bool series_descriptors(const struct export_step *at, unsigned field, uint64_t *ret)
{
    (void)field;
    return at->survey != NULL && export_descriptors(at->survey, ret);
}

static bool series_starts(const struct export_step *at, unsigned field, uint64_t *ret)
{
    (void)field;
    *ret = (uint64_t)at->start + 1;
    return at->mark != NULL && at->mark->kind == MARK_START;
}

#define SERIES_US 1000000
#define SERIES_NS 1000000000

/* Gauges, then counters; a family's series in a row. Those that ci_openmetrics.h has too are helped
 * by the same words. */
static const struct export_series series[] = {
    {"leakcage_memory_working_set_bytes", "gauge", "bytes",
     "Memory in use without the page cache that was not used lately", NULL, NULL, 1,
     series_working_set, 0},
    {"leakcage_tasks", "gauge", NULL, "Threads of all its processes", NULL, NULL, 1, series_memory,
     MEMORY_PIDS},
    {"leakcage_floor_bytes", "gauge", "bytes", "What is in use at rest, after all was reclaimed",
     NULL, NULL, 1, series_floor, 0},
    {"leakcage_threads", "gauge", NULL, "Threads after the load", NULL, NULL, 1, series_threads,
     SURVEY_THREADS},
    {"leakcage_descriptors", "gauge", NULL, "Open files, sockets and pipes after the load", NULL,
     NULL, 1, series_descriptors, 0},
    {"leakcage_starts", "gauge", NULL, "How often the service was started", NULL, NULL, 1,
     series_starts, 0},
    {"leakcage_requests_in_flight", "gauge", NULL, "Requests that are not answered yet", NULL, NULL,
     1, series_load, SERIES_IN_FLIGHT},
    {"leakcage_latency_p50_seconds", "gauge", "seconds", "Median latency of a request", NULL, NULL,
     SERIES_NS, series_load, SERIES_P50},
    {"leakcage_latency_p99_seconds", "gauge", "seconds", "99th percentile of latency", NULL, NULL,
     SERIES_NS, series_load, SERIES_P99},
    {"leakcage_requests_started", "counter", NULL, "Requests that were sent", NULL, NULL, 1,
     series_load, SERIES_STARTED},
#define RESULT(name, field)                                                                    \
    {                                                                                          \
        "leakcage_requests", "counter", NULL, "Requests by how they ended", "result", name, 1, \
            series_load, field                                                                 \
    }
    RESULT("ok", SERIES_OK),
    RESULT("other_status", SERIES_OTHER_STATUS),
    RESULT("refused", SERIES_REFUSED),
    RESULT("reset", SERIES_RESET),
    RESULT("timed_out", SERIES_TIMED_OUT),
    RESULT("failed", SERIES_FAILED),
#define PRESSURE(name, field)                                                              \
    {                                                                                      \
        "leakcage_memory_pressure_seconds", "counter", "seconds",                          \
            "Time in which some or all of it waited for memory", "stall", name, SERIES_US, \
            series_memory, field                                                           \
    }
    PRESSURE("some", MEMORY_PSI_SOME),
    PRESSURE("full", MEMORY_PSI_FULL),
    {"leakcage_cpu_seconds", "counter", "seconds", "Processor time", NULL, NULL, SERIES_US,
     series_memory, MEMORY_CPU_USAGE},
    {"leakcage_cpu_throttled_seconds", "counter", "seconds", "Time in which its quota held it back",
     NULL, NULL, SERIES_US, series_memory, MEMORY_CPU_THROTTLED},
    {"leakcage_oom_kills", "counter", NULL, "Processes that were killed for memory", NULL, NULL, 1,
     series_memory, MEMORY_EVENTS_OOM_KILL},
#define EVENT(name, field)                                                                      \
    {                                                                                           \
        "leakcage_memory_events", "counter", NULL, "Events of memory.events", "event", name, 1, \
            series_memory, field                                                                \
    }
    EVENT("high", MEMORY_EVENTS_HIGH),
    EVENT("max", MEMORY_EVENTS_MAX),
    EVENT("oom", MEMORY_EVENTS_OOM),
    EVENT("oom_group_kill", MEMORY_EVENTS_OOM_GROUP_KILL),
    {"leakcage_page_faults", "counter", NULL, "Page faults", NULL, NULL, 1, series_memory,
     MEMORY_PGFAULT},
    {"leakcage_major_page_faults", "counter", NULL, "Page faults that had to read from a disk",
     NULL, NULL, 1, series_memory, MEMORY_PGMAJFAULT},
    {"leakcage_scanned_pages", "counter", "pages",
     "Pages that the kernel looked at to reclaim them", NULL, NULL, 1, series_memory,
     MEMORY_PGSCAN},
    {"leakcage_reclaimed_pages", "counter", "pages", "Pages that the kernel took back", NULL, NULL,
     1, series_memory, MEMORY_PGSTEAL},
    {"leakcage_refaulted_file_pages", "counter", "pages",
     "Pages of files that were read again soon after they had been reclaimed", NULL, NULL, 1,
     series_memory, MEMORY_REFAULT_FILE},
};
#define SERIES_COUNT (sizeof(series) / sizeof(series[0]))

#define NAME(name, column, file, key) "leakcage_memory_" column,
static const char *const memory_families[] = {MEMORY_FIELDS(NAME)};
#undef NAME
/* The memory field of the n-th gauge of bytes; MEMORY_FIELD_MAX: there are fewer. */
static unsigned series_memory_field(size_t n)
{
    for (unsigned i = 0; i < MEMORY_FIELD_MAX; i++) {
        const char *column = memory_field_info[i].column;
        size_t length = strlen(column);
        size_t end = strlen(SERIES_UNIT_BYTES);
        if (length > end && strcmp(column + length - end, SERIES_UNIT_BYTES) == 0 && n-- == 0)
            return i;
    }
    return MEMORY_FIELD_MAX;
}

size_t export_series_count(void)
{
    size_t n = 0;
    while (series_memory_field(n) < MEMORY_FIELD_MAX)
        n++;
    return n + SERIES_COUNT;
}

void export_series_at(size_t index, struct export_series *ret)
{
    unsigned field = series_memory_field(index);
    if (field == MEMORY_FIELD_MAX) {
        *ret = series[index - (export_series_count() - SERIES_COUNT)];
        return;
    }
    *ret = (struct export_series){
        .family = memory_families[field],
        .type = "gauge",
        .unit = "bytes",
        .help = "Memory by the name that the kernel has for it in memory.stat and beside it",
        .divisor = 1,
        .read = series_memory,
        .field = field,
    };
}

#include "verdict/figures.h"

#include <string.h>

#include "verdict/indicators.h"
#include "verdict/trend.h"

#define KIB 1024.0

/* What a difference must be at the least to be worth a word (share of it, amount). A peak is of
 * memory.current, which counts what each CPU holds in stock (64 pages); floors move by some pages
 * of late arenas and slab; a tail of latencies is the machine's as much as the service's. */
#define FIGURE_GROWTH_LEAST   0.05, 1
#define FIGURE_FLOOR_LEAST    0.02, 64 * KIB
#define FIGURE_PEAK_LEAST     0.03, 256 * KIB
#define FIGURE_RETAINED_LEAST 0.05, 128 * KIB
#define FIGURE_RATE_LEAST     0.03, 0.1
#define FIGURE_P50_LEAST      0.05, 20e3
#define FIGURE_P99_LEAST      0.10, 50e3
#define FIGURE_CPU_LEAST      0.03, 1e3
#define FIGURE_KILLED_LEAST   0.05, 2

#define FIGURE_THREADS_LEAST     0.02, 1
#define FIGURE_DESCRIPTORS_LEAST 0.02, 1

const struct figure_info figure_info[] = {
#define X(name, key, heading, worse) {key, heading, (worse) != 0, FIGURE_##name##_LEAST},
    FIGURES(X)
#undef X
};

/* The first measuring cycles of a start, as many as every run has at least. */
struct figures_window {
    unsigned start;
    size_t n;
    size_t index[INDICATORS_POINTS_MAX]; /* of the timeline's cycles */
};

static void figures_find_window(const struct timeline *timeline,
                                const struct verdict_question *question, struct figures_window *ret)
{
    struct floor_series series;
    size_t points_min = question->cycles_min > 4 ? question->cycles_min + 1 : 5; /* as judged */
    indicators_floor_series(timeline, points_min, &series);
    ret->start = series.start;
    ret->n = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (ret->n == question->cycles_min || ret->n == INDICATORS_POINTS_MAX)
            break;
        if (cycle->start == ret->start && cycle->kind == CYCLE_MEASURE && cycle->complete)
            ret->index[ret->n++] = i;
    }
}

static void figures_of_memory(const struct timeline *timeline, const struct figures_window *window,
                              struct figures *ret)
{
    const struct cycle *last = &timeline->cycles[window->index[window->n - 1]];
    struct floor_parts floor = indicators_floor(&last->floor);
    if (floor.present)
        figures_set(ret, FIGURE_FLOOR, (double)floor.total_bytes);

    for (size_t i = 0; i < window->n; i++) {
        uint64_t peak_bytes = timeline->cycles[window->index[i]].peak_bytes;
        if (peak_bytes == SURVEY_ABSENT)
            continue;
        if (!figures_has(ret, FIGURE_PEAK) || (double)peak_bytes > ret->value[FIGURE_PEAK])
            figures_set(ret, FIGURE_PEAK, (double)peak_bytes);
    }

    int64_t before = 0;
    int64_t after = 0;
    for (size_t i = 0; i < window->index[0]; i++) {
        const struct cycle *ready = &timeline->cycles[i];
        if (ready->start == window->start && ready->kind == CYCLE_READY && ready->complete &&
            indicators_footprint(&ready->settled, &before) &&
            indicators_footprint(&last->settled, &after))
            figures_set(ret, FIGURE_RETAINED, (double)(after - before));
    }
}

static void figures_of_counts(const struct timeline *timeline, const struct figures_window *window,
                              struct figures *ret)
{
    const struct survey *floor = &timeline->cycles[window->index[window->n - 1]].floor;
    if (survey_has(floor, SURVEY_THREADS))
        figures_set(ret, FIGURE_THREADS, (double)floor->value[SURVEY_THREADS]);
    uint64_t descriptors = survey_descriptors(floor);
    if (descriptors != SURVEY_ABSENT)
        figures_set(ret, FIGURE_DESCRIPTORS, (double)descriptors);
}

static void figures_set_median(struct figures *ret, enum figure figure, double *values, size_t n)
{
    if (n > 0)
        figures_set(ret, figure, trend_median(values, n));
}

static void figures_of_load(const struct timeline *timeline, const struct figures_window *window,
                            struct figures *ret)
{
    double p50_ns[INDICATORS_POINTS_MAX];
    double p99_ns[INDICATORS_POINTS_MAX];
    size_t n_p50 = 0;
    size_t n_p99 = 0;
    double completed = 0;
    nsec_t load_ns = 0;
    for (size_t i = 0; i < window->n; i++) {
        const struct cycle *cycle = &timeline->cycles[window->index[i]];
        completed += (double)load_counts_completed(&cycle->counts);
        load_ns += cycle_load_ns(cycle);
        if (cycle->latency_p50_ns >= 0)
            p50_ns[n_p50++] = (double)cycle->latency_p50_ns;
        if (cycle->latency_p99_ns >= 0)
            p99_ns[n_p99++] = (double)cycle->latency_p99_ns;
    }
    if (completed > 0 && load_ns > 0)
        figures_set(ret, FIGURE_RATE, completed * NSEC_PER_SEC / (double)load_ns);
    figures_set_median(ret, FIGURE_P50, p50_ns, n_p50);
    figures_set_median(ret, FIGURE_P99, p99_ns, n_p99);
}

/* Of one cycle: from its first reading, when its turn has come, until it has settled. False: that
 * was not read. */
static bool figures_cpu_of_cycle(const struct timeline *timeline, const struct cycle *cycle,
                                 double *ret_us)
{
    const struct memory_sample *settled = &cycle->settled.memory;
    size_t i = 0;
    while (i < timeline->n_memory && (timeline->memory[i].t_ns < cycle->begin_ns ||
                                      !memory_sample_has(&timeline->memory[i], MEMORY_CPU_USAGE)))
        i++;
    if (i == timeline->n_memory || timeline->memory[i].t_ns >= cycle->load_end_ns ||
        !memory_sample_has(settled, MEMORY_CPU_USAGE))
        return false;
    *ret_us = (double)settled->value[MEMORY_CPU_USAGE] -
              (double)timeline->memory[i].value[MEMORY_CPU_USAGE];
    return *ret_us >= 0;
}

static void figures_of_cpu(const struct timeline *timeline, const struct figures_window *window,
                           struct figures *ret)
{
    double sum_us = 0;
    double completed = 0;
    for (size_t i = 0; i < window->n; i++) {
        double cpu_us = 0;
        if (!figures_cpu_of_cycle(timeline, &timeline->cycles[window->index[i]], &cpu_us))
            return;
        sum_us += cpu_us;
        completed += (double)load_counts_completed(&timeline->cycles[window->index[i]].counts);
    }
    if (completed > 0)
        figures_set(ret, FIGURE_CPU, sum_us * 1000 / completed);
}

static void figures_of_kill(const struct timeline *timeline, struct figures *ret)
{
    double completed = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->start != timeline->cycles[0].start)
            return;
        completed += (double)load_counts_completed(&cycle->counts);
        if (cycle->complete || cycle->oom_kills == 0)
            continue;
        if (!cycle_kind_provokes(cycle->kind))
            figures_set(ret, FIGURE_KILLED, completed);
        return;
    }
}

void figures_of_run(const struct timeline *timeline, const struct verdict_question *question,
                    const struct verdict *verdict, struct figures *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (verdict->growth.present)
        figures_set(ret, FIGURE_GROWTH, verdict->growth.estimate);
    figures_of_kill(timeline, ret);

    struct figures_window window;
    figures_find_window(timeline, question, &window);
    if (window.n == 0)
        return;
    figures_of_memory(timeline, &window, ret);
    figures_of_counts(timeline, &window, ret);
    figures_of_load(timeline, &window, ret);
    figures_of_cpu(timeline, &window, ret);
}

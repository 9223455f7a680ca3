#include "explain/floors.h"

#include <string.h>

#include "verdict/evidence.h"

static bool explain_floor_is_there(const struct cycle *cycle)
{
    return cycle->complete && indicators_floor(&cycle->floor).present;
}

/* Floors before the window: back to the end of the warm-up, not into it, for what warms up grows
 * whatever becomes of it. */
static size_t explain_floors_before(const struct floor_series *series,
                                    const struct timeline *timeline,
                                    const struct cycle **ret_cycles)
{
    size_t n = 0;
    const struct cycle *first = series->cycle[0];
    if (first->kind != CYCLE_MEASURE)
        return 0;
    for (const struct cycle *cycle = first; cycle > timeline->cycles && n < EXPLAIN_BEFORE_MAX;) {
        cycle--;
        if (cycle->start != first->start ||
            (cycle->kind != CYCLE_MEASURE && cycle->kind != CYCLE_WARMUP))
            break;
        if (explain_floor_is_there(cycle))
            ret_cycles[n++] = cycle;
        if (cycle->kind == CYCLE_WARMUP)
            break;
    }
    return n;
}

/* Requests completed behind the floor of `from`, up to that of `to`. */
static double explain_floors_work(const struct cycle *from, const struct cycle *to)
{
    double requests = 0;
    for (const struct cycle *cycle = from + 1; cycle <= to; cycle++)
        requests += (double)load_counts_completed(&cycle->counts);
    return requests;
}

static void explain_floors_add(struct explain_floors *floors, const struct cycle *cycle,
                               const struct cycle *zero)
{
    struct explain_floor *floor = &floors->items[floors->n++];
    floor->cycle = cycle;
    floor->row = (size_t)(cycle - floors->record->timeline->cycles);
    if (floors->by_time)
        floor->x = (double)(cycle->floor_ns - zero->floor_ns) / NSEC_PER_SEC;
    else if (cycle >= zero)
        floor->x = explain_floors_work(zero, cycle);
    else
        floor->x = -explain_floors_work(cycle, zero);
}

/* The slope of values of the judged floors. */
static double explain_floors_rate(const struct explain_floors *floors, const double *values)
{
    double x[EXPLAIN_JUDGED_MAX + EXPLAIN_BEFORE_MAX];
    for (size_t i = 0; i < floors->n; i++)
        x[i] = floors->items[i].x;
    const struct in_step_series series = {
        .x = x, .y = values, .n = floors->n, .n_before = floors->n_before};
    return in_step_slope(&series);
}

static void explain_floors_add_area(struct explain_floors *floors, const char *name,
                                    const double *values)
{
    floors->areas[floors->n_areas++] = (struct explanation_area){
        .name = name, .measured_rate = explain_floors_rate(floors, values)};
}

static void explain_floors_measure(struct explain_floors *floors)
{
    double user[EXPLAIN_JUDGED_MAX + EXPLAIN_BEFORE_MAX];
    double shared[EXPLAIN_JUDGED_MAX + EXPLAIN_BEFORE_MAX];
    double kernel[EXPLAIN_JUDGED_MAX + EXPLAIN_BEFORE_MAX];
    double total[EXPLAIN_JUDGED_MAX + EXPLAIN_BEFORE_MAX];
    for (size_t i = 0; i < floors->n; i++) {
        const struct survey *survey = &floors->items[i].cycle->floor;
        struct floor_parts parts = indicators_floor(survey);
        user[i] = (double)parts.user_bytes;
        shared[i] = (double)parts.shmem_bytes;
        kernel[i] = (double)parts.kernel_bytes;
        total[i] =
            floors->by_heap ? (double)survey->value[SURVEY_HEAP_IN_USE] : (double)parts.total_bytes;
    }
    floors->measured_rate = explain_floors_rate(floors, total);
    if (floors->by_heap) {
        explain_floors_add_area(floors, "heap", total);
        return;
    }
    explain_floors_add_area(floors, "anonymous", user);
    explain_floors_add_area(floors, "shared", shared);
    explain_floors_add_area(floors, "kernel", kernel);
}

void explain_floors_of(const struct record *record, bool by_time, struct explain_floors *ret)
{
    struct evidence evidence;
    const struct cycle *before[EXPLAIN_BEFORE_MAX];
    *ret = (struct explain_floors){.record = record, .by_time = by_time};
    evidence_gather(record->timeline, &record->question, &evidence);
    const struct floor_series *series = &evidence.series;
    if (series->n < 2)
        return;
    ret->by_heap = evidence.by_heap;
    ret->by_doubling = evidence.growth.by_doubling;
    const struct cycle *zero = series->cycle[0];
    ret->n_before = explain_floors_before(series, record->timeline, before);
    for (size_t i = ret->n_before; i-- > 0;)
        explain_floors_add(ret, before[i], zero);
    size_t judged = series->n < EXPLAIN_JUDGED_MAX ? series->n : EXPLAIN_JUDGED_MAX;
    for (size_t i = 0; i < judged; i++)
        explain_floors_add(ret, series->cycle[i * (series->n - 1) / (judged - 1)], zero);
    ret->requests = explain_floors_work(zero, series->cycle[series->n - 1]);
    explain_floors_measure(ret);
}

bool explain_floors_memory_rate(const struct explain_floors *floors, enum memory_field field,
                                double *ret_rate)
{
    double values[EXPLAIN_JUDGED_MAX + EXPLAIN_BEFORE_MAX] = {0};
    for (size_t i = floors->n_before; i < floors->n; i++) {
        const struct memory_sample *memory = &floors->items[i].cycle->floor.memory;
        if (!memory_sample_has(memory, field))
            return false;
        values[i] = (double)memory->value[field];
    }
    *ret_rate = explain_floors_rate(floors, values);
    return floors->n > floors->n_before;
}

bool explain_floors_survey_rate(const struct explain_floors *floors, enum survey_field field,
                                double *ret_rate)
{
    double values[EXPLAIN_JUDGED_MAX + EXPLAIN_BEFORE_MAX] = {0};
    for (size_t i = floors->n_before; i < floors->n; i++) {
        const struct survey *survey = &floors->items[i].cycle->floor;
        if (!survey_has(survey, field))
            return false;
        values[i] = (double)survey->value[field];
    }
    *ret_rate = explain_floors_rate(floors, values);
    return floors->n > floors->n_before;
}

struct explanation_area *explain_floors_area(struct explain_floors *floors, const char *name)
{
    for (unsigned i = 0; i < floors->n_areas; i++)
        if (strcmp(floors->areas[i].name, name) == 0)
            return &floors->areas[i];
    return NULL;
}

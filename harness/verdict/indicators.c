#include "verdict/indicators.h"

#include <string.h>

/* All kernel memory but page tables and reclaimable slab. `kernel` (since 5.18) also counts pages
 * that have no line of their own: pipes, fragments in sockets' queues. Before it, the sum of the
 * lines there are. */
static int64_t indicators_kernel(const struct memory_sample *memory)
{
    uint64_t sock = memory_sample_get(memory, MEMORY_SOCK, 0);
    if (memory_sample_has(memory, MEMORY_KERNEL))
        return (int64_t)(memory->value[MEMORY_KERNEL] + sock) -
               (int64_t)memory_sample_get(memory, MEMORY_PAGETABLES, 0) -
               (int64_t)memory_sample_get(memory, MEMORY_SLAB_RECLAIMABLE, 0);
    return (int64_t)(memory->value[MEMORY_SLAB_UNRECLAIMABLE] + sock +
                     memory_sample_get(memory, MEMORY_KERNEL_STACK, 0) +
                     memory_sample_get(memory, MEMORY_PERCPU, 0) +
                     memory_sample_get(memory, MEMORY_VMALLOC, 0));
}

struct floor_parts indicators_floor(const struct survey *survey)
{
    struct floor_parts parts = {0};
    const struct memory_sample *memory = &survey->memory;
    if (!memory_sample_has(memory, MEMORY_SLAB_UNRECLAIMABLE))
        return parts;

    if (survey_has(survey, SURVEY_PSS_ANON)) {
        parts.user_bytes = (int64_t)survey->value[SURVEY_PSS_ANON];
        if (survey_has(survey, SURVEY_LAZY_FREE))
            parts.user_bytes -= (int64_t)survey->value[SURVEY_LAZY_FREE];
    } else if (memory_sample_has(memory, MEMORY_ANON)) {
        /* No right to look into the processes: the cgroup's own count. Lazily freed pages are in
         * `anon` but no longer on the anonymous lists. */
        parts.user_bytes = (int64_t)memory->value[MEMORY_ANON];
    } else {
        return parts;
    }

    parts.shmem_bytes = (int64_t)memory_sample_get(memory, MEMORY_SHMEM, 0);
    parts.kernel_bytes = indicators_kernel(memory);
    if (survey_has(survey, SURVEY_TIME_WAIT))
        parts.kernel_bytes -= (int64_t)survey->value[SURVEY_TIME_WAIT] * TIME_WAIT_BYTES;
    parts.total_bytes = parts.user_bytes + parts.shmem_bytes + parts.kernel_bytes;
    parts.present = true;
    return parts;
}

bool indicators_footprint(const struct survey *survey, int64_t *ret_bytes)
{
    const struct memory_sample *memory = &survey->memory;
    if (!memory_sample_has(memory, MEMORY_ANON) || !memory_sample_has(memory, MEMORY_FILE))
        return false;
    uint64_t kernel = memory_sample_has(memory, MEMORY_KERNEL)
                          ? memory->value[MEMORY_KERNEL] + memory_sample_get(memory, MEMORY_SOCK, 0)
                          : memory_sample_get(memory, MEMORY_SLAB_UNRECLAIMABLE, 0);
    *ret_bytes = (int64_t)(memory->value[MEMORY_ANON] + memory->value[MEMORY_FILE] + kernel);
    return true;
}

/* The floor just before cycle `index`: that of the nearest complete cycle of the same start. */
static const struct cycle *indicators_cycle_before(const struct timeline *timeline, size_t index)
{
    unsigned start = timeline->cycles[index].start;
    while (index-- > 0) {
        const struct cycle *cycle = &timeline->cycles[index];
        if (cycle->start != start)
            break;
        if (cycle->complete && indicators_floor(&cycle->floor).present)
            return cycle;
    }
    return NULL;
}

/* The series of one start of the service. */
static void indicators_series_of_start(const struct timeline *timeline, unsigned start,
                                       struct floor_series *ret)
{
    ret->start = start;
    ret->n = 0;
    double requests = 0;
    for (size_t i = 0; i < timeline->n_cycles && ret->n < INDICATORS_POINTS_MAX; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->start != start || cycle->kind != CYCLE_MEASURE || !cycle->complete)
            continue;
        struct floor_parts parts = indicators_floor(&cycle->floor);
        if (!parts.present)
            continue;
        if (ret->n == 0) {
            const struct cycle *before = indicators_cycle_before(timeline, i);
            if (before == NULL)
                continue;
            ret->requests[0] = 0;
            ret->floor_bytes[0] = (double)indicators_floor(&before->floor).total_bytes;
            ret->cycle[0] = before;
            ret->n = 1;
        }
        requests += (double)load_counts_completed(&cycle->counts);
        ret->requests[ret->n] = requests;
        ret->floor_bytes[ret->n] = (double)parts.total_bytes;
        ret->cycle[ret->n] = cycle;
        ret->n++;
    }
}

void indicators_floor_series(const struct timeline *timeline, struct floor_series *ret)
{
    ret->n = 0;
    ret->start = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        unsigned start = timeline->cycles[i].start;
        if (i > 0 && start == timeline->cycles[i - 1].start)
            continue;
        struct floor_series series;
        indicators_series_of_start(timeline, start, &series);
        if (series.n > ret->n)
            *ret = series;
    }
}

const struct cycle *indicators_last_cycle(const struct timeline *timeline, enum cycle_kind kind)
{
    for (size_t i = timeline->n_cycles; i-- > 0;)
        if (timeline->cycles[i].kind == kind && timeline->cycles[i].complete)
            return &timeline->cycles[i];
    return NULL;
}

bool indicators_peak(const struct timeline *timeline, unsigned kinds, uint64_t *ret_bytes)
{
    bool seen = false;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if ((kinds >> cycle->kind & 1) == 0 || cycle->peak_bytes == SURVEY_ABSENT)
            continue;
        if (!seen || cycle->peak_bytes > *ret_bytes)
            *ret_bytes = cycle->peak_bytes;
        seen = true;
    }
    return seen;
}

bool indicators_unreclaimable_peak(const struct timeline *timeline, uint64_t *ret_bytes)
{
    bool seen = false;
    uint64_t cache = 0;
    for (size_t i = 0; i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        if (memory_sample_has(sample, MEMORY_FILE)) {
            uint64_t file = sample->value[MEMORY_FILE];
            uint64_t shmem = memory_sample_get(sample, MEMORY_SHMEM, 0);
            cache = file > shmem ? file - shmem : 0;
            cache += memory_sample_get(sample, MEMORY_SLAB_RECLAIMABLE, 0);
        }
        if (!memory_sample_has(sample, MEMORY_CURRENT))
            continue;
        uint64_t current = sample->value[MEMORY_CURRENT];
        uint64_t held = current > cache ? current - cache : 0;
        if (!seen || held > *ret_bytes)
            *ret_bytes = held;
        seen = true;
    }
    return seen;
}

struct load_counts indicators_counts(const struct timeline *timeline)
{
    struct load_counts sum = {0};
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct load_counts *counts = &timeline->cycles[i].counts;
        sum.started += counts->started;
        sum.ok += counts->ok;
        sum.other_status += counts->other_status;
        sum.refused += counts->refused;
        sum.reset += counts->reset;
        sum.timed_out += counts->timed_out;
        sum.failed += counts->failed;
    }
    return sum;
}

uint64_t indicators_oom_kills(const struct timeline *timeline)
{
    uint64_t kills = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++)
        if (timeline->cycles[i].oom_kills > 0)
            kills++;
    return kills;
}

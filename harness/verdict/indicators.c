#include "verdict/indicators.h"

#include <limits.h>
#include <string.h>

#include "base/whole.h"
/* What one huge page moves a floor by. */
#define HUGE_PAGE_BYTES (2.0 * 1024 * 1024)

/* All kernel memory but page tables and reclaimable slab. `kernel` (since 5.18) also counts pages
 * that have no line of their own: pipes, fragments in sockets' queues. Before it, the sum of the
 * lines there are. */
static int64_t indicators_kernel(const struct memory_sample *memory)
{
    uint64_t sock = memory_sample_get(memory, MEMORY_SOCK, 0);
    if (memory_sample_has(memory, MEMORY_KERNEL))
        return whole_signed(memory->value[MEMORY_KERNEL] + sock) -
               whole_signed(memory_sample_get(memory, MEMORY_PAGETABLES, 0)) -
               whole_signed(memory_sample_get(memory, MEMORY_SLAB_RECLAIMABLE, 0));
    return whole_signed(memory->value[MEMORY_SLAB_UNRECLAIMABLE] + sock +
                        memory_sample_get(memory, MEMORY_KERNEL_STACK, 0) +
                        memory_sample_get(memory, MEMORY_PERCPU, 0) +
                        memory_sample_get(memory, MEMORY_VMALLOC, 0));
}

/* The floor of processes alone: nothing is known of it when one of them would not tell. */
static struct floor_parts indicators_floor_of_processes(const struct survey *survey)
{
    static const struct {
        enum survey_field field;
        double bytes;
    } held[] = {
        {SURVEY_THREADS, THREAD_BYTES}, {SURVEY_FD_SOCKET, SOCKET_BYTES},
        {SURVEY_FD_PIPE, PIPE_BYTES},   {SURVEY_FD_FILE, FILE_BYTES},
        {SURVEY_FD_DEVICE, FILE_BYTES}, {SURVEY_FD_ANON_INODE, FILE_BYTES},
        {SURVEY_FD_OTHER, FILE_BYTES},
    };
    struct floor_parts parts = {0};
    if (!survey_has(survey, SURVEY_PSS_ANON) || !survey_has(survey, SURVEY_PSS_SHMEM))
        return parts;
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        if (!survey_has(survey, held[i].field))
            return parts;
        double bytes = (double)survey->value[held[i].field] * held[i].bytes;
        parts.kernel_bytes += whole_signed(whole_of(bytes));
    }
    parts.kernel_counted = true;
    parts.user_bytes = whole_signed(survey->value[SURVEY_PSS_ANON]);
    if (survey_has(survey, SURVEY_LAZY_FREE))
        parts.user_bytes -= whole_signed(survey->value[SURVEY_LAZY_FREE]);
    parts.shmem_bytes = whole_signed(survey->value[SURVEY_PSS_SHMEM]);
    parts.total_bytes = parts.user_bytes + parts.shmem_bytes + parts.kernel_bytes;
    parts.present = true;
    return parts;
}

struct floor_parts indicators_floor(const struct survey *survey)
{
    struct floor_parts parts = {0};
    const struct memory_sample *memory = &survey->memory;
    if (memory->present == 0)
        return indicators_floor_of_processes(survey);
    if (!memory_sample_has(memory, MEMORY_SLAB_UNRECLAIMABLE))
        return parts;

    if (survey_has(survey, SURVEY_PSS_ANON)) {
        parts.user_bytes = whole_signed(survey->value[SURVEY_PSS_ANON]);
        if (survey_has(survey, SURVEY_LAZY_FREE))
            parts.user_bytes -= whole_signed(survey->value[SURVEY_LAZY_FREE]);
    } else if (memory_sample_has(memory, MEMORY_ANON)) {
        /* No right to look into the processes: the cgroup's own count. Lazily freed pages are in
         * `anon` but no longer on the anonymous lists. */
        parts.user_bytes = whole_signed(memory->value[MEMORY_ANON]);
    } else {
        return parts;
    }

    parts.shmem_bytes = whole_signed(memory_sample_get(memory, MEMORY_SHMEM, 0));
    parts.kernel_bytes = indicators_kernel(memory);
    if (survey_has(survey, SURVEY_TIME_WAIT))
        parts.kernel_bytes -= whole_signed(survey->value[SURVEY_TIME_WAIT]) * TIME_WAIT_BYTES;
    parts.total_bytes = parts.user_bytes + parts.shmem_bytes + parts.kernel_bytes;
    parts.present = true;
    return parts;
}

bool indicators_footprint(const struct survey *survey, int64_t *ret_bytes)
{
    const struct memory_sample *memory = &survey->memory;
    if (memory->present == 0 && survey_has(survey, SURVEY_RSS)) {
        *ret_bytes = whole_signed(survey->value[SURVEY_RSS]);
        return true;
    }
    if (!memory_sample_has(memory, MEMORY_ANON) || !memory_sample_has(memory, MEMORY_FILE))
        return false;
    uint64_t kernel = memory_sample_has(memory, MEMORY_KERNEL)
                          ? memory->value[MEMORY_KERNEL] + memory_sample_get(memory, MEMORY_SOCK, 0)
                          : memory_sample_get(memory, MEMORY_SLAB_UNRECLAIMABLE, 0);
    *ret_bytes = whole_signed(memory->value[MEMORY_ANON] + memory->value[MEMORY_FILE] + kernel);
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

/* What the floor holds in huge pages. */
static uint64_t indicators_huge(const struct cycle *cycle)
{
    return survey_has(&cycle->floor, SURVEY_ANON_HUGE) ? cycle->floor.value[SURVEY_ANON_HUGE] : 0;
}

static void indicators_add_point(struct floor_series *series, double requests,
                                 const struct cycle *cycle)
{
    if (series->n == INDICATORS_POINTS_MAX)
        return;
    series->requests[series->n] = requests;
    series->floor_bytes[series->n] = (double)indicators_floor(&cycle->floor).total_bytes;
    series->cycle[series->n] = cycle;
    if (series->n > 0)
        series->folded += cycle->folded;
    series->n++;
    if (indicators_huge(cycle) != indicators_huge(series->cycle[0]))
        series->noise_bytes = HUGE_PAGE_BYTES;
}

double indicators_hiding_bytes(const struct floor_series *series)
{
    for (size_t i = 0; i < series->n; i++)
        if (indicators_huge(series->cycle[i]) > 0)
            return HUGE_PAGE_BYTES;
    return 0;
}

bool indicators_is_size(uint64_t requests, uint64_t size)
{
    uint64_t off = requests > size ? requests - size : size - requests;
    return off * 4 <= size;
}

/* The window that begins with cycle `index`, which is a measuring one. Returns where it ends. */
static size_t indicators_window(const struct timeline *timeline, size_t index,
                                struct floor_series *ret)
{
    const struct cycle *first = &timeline->cycles[index];
    const struct cycle *before = indicators_cycle_before(timeline, index);
    ret->start = first->start;
    ret->n = 0;
    ret->folded = 0;
    ret->noise_bytes = 0;
    if (before != NULL)
        indicators_add_point(ret, 0, before);
    double requests = 0;
    for (; index < timeline->n_cycles; index++) {
        const struct cycle *cycle = &timeline->cycles[index];
        if (cycle->start != first->start || cycle->kind != CYCLE_MEASURE ||
            !indicators_is_size(cycle_size(cycle), cycle_size(first)))
            break;
        if (!cycle->complete || !indicators_floor(&cycle->floor).present)
            continue;
        if (ret->n > 0)
            requests += (double)load_counts_completed(&cycle->counts);
        indicators_add_point(ret, requests, cycle);
    }
    return index;
}

void indicators_floor_series(const struct timeline *timeline, size_t points_min,
                             struct floor_series *ret)
{
    ret->n = 0;
    ret->folded = 0;
    ret->start = 0;
    ret->window = 0;
    ret->noise_bytes = 0;
    struct floor_series series = {.start = UINT_MAX};
    for (size_t i = 0; i < timeline->n_cycles;) {
        if (timeline->cycles[i].kind != CYCLE_MEASURE) {
            i++;
            continue;
        }
        series.window = series.start == timeline->cycles[i].start ? series.window + 1 : 0;
        i = indicators_window(timeline, i, &series);
        if (series.n + series.folded >= points_min ||
            series.n + series.folded > ret->n + ret->folded)
            *ret = series;
    }
}

void indicators_floor_series_before(const struct timeline *timeline,
                                    const struct floor_series *series, struct floor_series *ret)
{
    ret->start = series->start;
    ret->window = series->window > 0 ? series->window - 1 : 0;
    ret->n = 0;
    ret->folded = 0;
    ret->noise_bytes = 0;
    for (size_t i = 0; i < timeline->n_cycles;) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (series->n < 2 || cycle == series->cycle[1])
            return;
        if (cycle->kind == CYCLE_MEASURE && cycle->start == series->start)
            i = indicators_window(timeline, i, ret);
        else
            i++;
    }
}

void indicators_floor_history(const struct timeline *timeline, unsigned start,
                              struct floor_series *ret)
{
    ret->start = start;
    ret->window = 0;
    ret->n = 0;
    ret->folded = 0;
    ret->noise_bytes = 0;
    double requests = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->start != start)
            continue;
        if (cycle_kind_provokes(cycle->kind) || cycle->kind == CYCLE_TRIM)
            break;
        if (ret->n > 0)
            requests += (double)load_counts_completed(&cycle->counts);
        if (cycle->complete && indicators_floor(&cycle->floor).present)
            indicators_add_point(ret, requests, cycle);
    }
}

const struct cycle *indicators_last_cycle(const struct timeline *timeline, enum cycle_kind kind)
{
    for (size_t i = timeline->n_cycles; i-- > 0;)
        if (timeline->cycles[i].kind == kind && timeline->cycles[i].complete)
            return &timeline->cycles[i];
    return NULL;
}

bool indicators_is_by_process(const struct timeline *timeline)
{
    return timeline->n_memory > 0 && memory_sample_has(&timeline->memory[0], MEMORY_RSS);
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
        if (timeline->cycles[i].oom_kills > 0 && !cycle_kind_provokes(timeline->cycles[i].kind))
            kills++;
    return kills;
}

/* What is held at the peak: kills and stalls come from it, and from nothing that can be dropped. */
#include "verdict/indicators.h"

/* So many lazily freed pages, taken back under load, are no stale count of an earlier reclaim. */
#define HELD_TAKEN_MIN_PAGES 256

/* Where the samples end that the load alone made. */
static nsec_t held_provoked_ns(const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->n_cycles; i++)
        if (cycle_kind_provokes(timeline->cycles[i].kind))
            return timeline->cycles[i].begin_ns;
    return NSEC_NEVER;
}

static uint64_t held_cache(const struct memory_sample *sample)
{
    uint64_t file = sample->value[MEMORY_FILE];
    uint64_t shmem = memory_sample_get(sample, MEMORY_SHMEM, 0);
    return file > shmem ? file - shmem : 0;
}

/* Anonymous pages on the lists of file pages: freed with MADV_FREE, and some of them perhaps in use
 * again, which the kernel sees when it comes to take them. */
static uint64_t held_lazy(const struct memory_sample *sample)
{
    uint64_t on_lists = memory_sample_get(sample, MEMORY_INACTIVE_FILE, 0) +
                        memory_sample_get(sample, MEMORY_ACTIVE_FILE, 0);
    uint64_t cache = held_cache(sample);
    return on_lists > cache ? on_lists - cache : 0;
}

static uint64_t held_taken(const struct survey *survey)
{
    return memory_sample_get(&survey->memory, MEMORY_PGLAZYFREED, UINT64_MAX);
}

/* Did the kernel take lazily freed pages back under the load of this cycle (of any: NULL), and not
 * when it was asked to? Then the limit was met by them; else they may have been in use again. */
static bool held_gives_way(const struct timeline *timeline, const struct cycle *cycle)
{
    for (size_t i = 1; i < timeline->n_cycles; i++) {
        const struct cycle *now = &timeline->cycles[i];
        uint64_t before = held_taken(&timeline->cycles[i - 1].floor);
        uint64_t after = held_taken(&now->settled);
        bool counts = cycle == NULL ? !cycle_kind_provokes(now->kind) : now == cycle;
        if (counts && before != UINT64_MAX && after != UINT64_MAX && now->requests > 0 &&
            after >= before + HELD_TAKEN_MIN_PAGES)
            return true;
    }
    return false;
}

/* The lazily freed pages at the first full sample from this one on; 0: there is none. */
static uint64_t held_lazy_after(const struct timeline *timeline, size_t from)
{
    for (size_t i = from; i < timeline->n_memory; i++)
        if (memory_sample_has(&timeline->memory[i], MEMORY_FILE))
            return held_lazy(&timeline->memory[i]);
    return 0;
}

bool indicators_unreclaimable_peak(const struct timeline *timeline, const struct cycle *cycle,
                                   uint64_t *ret_bytes)
{
    nsec_t from_ns = cycle != NULL ? cycle->begin_ns : 0;
    nsec_t until_ns = cycle != NULL ? cycle->load_end_ns : held_provoked_ns(timeline);
    bool gives_way = held_gives_way(timeline, cycle);
    bool seen = false;
    uint64_t cache = 0;
    uint64_t lazy = 0;
    for (size_t i = 0; i < timeline->n_memory && timeline->memory[i].t_ns <= until_ns; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        if (memory_sample_has(sample, MEMORY_FILE)) {
            cache = held_cache(sample) + memory_sample_get(sample, MEMORY_SLAB_RECLAIMABLE, 0);
            lazy = held_lazy(sample);
        }
        if (!memory_sample_has(sample, MEMORY_CURRENT) || sample->t_ns < from_ns)
            continue;
        uint64_t droppable = cache;
        if (gives_way) { /* they come and go between full samples */
            uint64_t after = held_lazy_after(timeline, i);
            droppable += after > lazy ? after : lazy;
        }
        uint64_t current = sample->value[MEMORY_CURRENT];
        uint64_t held = current > droppable ? current - droppable : 0;
        if (!seen || held > *ret_bytes)
            *ret_bytes = held;
        seen = true;
    }
    return seen;
}

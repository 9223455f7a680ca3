#include "timeline/timeline.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const mark_kind_names[MARK_KIND_MAX_] = {
    [MARK_PHASE] = "phase", [MARK_LATE_TICK] = "late-tick", [MARK_OOM_KILL] = "oom-kill",
    [MARK_EXIT] = "exit",   [MARK_START] = "start",         [MARK_DISTURBANCE] = "disturbance",
};

const char *mark_kind_name(enum mark_kind kind)
{
    return mark_kind_names[kind];
}

bool mark_kind_from_name(const char *name, enum mark_kind *ret)
{
    for (unsigned i = 0; i < MARK_KIND_MAX_; i++) {
        if (strcmp(mark_kind_names[i], name) != 0)
            continue;
        *ret = (enum mark_kind)i;
        return true;
    }
    return false;
}

/* The load is looked at twenty times a second at most: so many samples less of it will do. */
#define LOAD_SHARE 16

int timeline_new(size_t samples_max, struct timeline **ret, struct error *err)
{
    struct timeline *timeline = calloc(1, sizeof(*timeline));
    if (timeline == NULL)
        return error_out_of_memory(err);
    timeline->max_memory = samples_max;
    timeline->max_load = samples_max > LOAD_SHARE ? samples_max / LOAD_SHARE : samples_max;
    timeline->max_cycles = TIMELINE_CYCLES_KEPT;
    timeline->thinned = 1;
    timeline->cycles_in_one = 1;
    *ret = timeline;
    return 0;
}

void timeline_free(struct timeline *timeline)
{
    if (timeline == NULL)
        return;
    free(timeline->memory);
    free(timeline->load);
    free(timeline->marks);
    free(timeline->cycles);
    free(timeline);
}

void timeline_freep(struct timeline **timeline)
{
    timeline_free(*timeline);
}

/* Room for one more element of `size` bytes, up to `max` of them. */
static int timeline_grow(void **array, size_t *capacity, size_t max, size_t size, struct error *err)
{
    size_t wanted = *capacity > 0 ? 2 * *capacity : 64;
    if (wanted > max)
        wanted = max;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL)
        return error_out_of_memory(err);
    *array = grown;
    *capacity = wanted;
    return 0;
}

/* What is in use: without a cgroup that is what the processes have resident. */
static uint64_t memory_sample_weight(const struct memory_sample *sample)
{
    return memory_sample_get(sample, MEMORY_CURRENT, memory_sample_get(sample, MEMORY_RSS, 0));
}

/* Of every two neighbours, keep the one with more memory in use. */
static void timeline_thin_memory(struct timeline *timeline)
{
    size_t kept = 0;
    for (size_t i = 0; i < timeline->n_memory; i += 2) {
        size_t best = i;
        if (i + 1 < timeline->n_memory && memory_sample_weight(&timeline->memory[i + 1]) >
                                              memory_sample_weight(&timeline->memory[i]))
            best = i + 1;
        timeline->memory[kept++] = timeline->memory[best];
    }
    timeline->n_memory = kept;
    if (timeline->thinned <= UINT_MAX / 2)
        timeline->thinned *= 2;
}

static int timeline_order_error(struct error *err, const char *what, nsec_t t_ns, nsec_t last_ns)
{
    return error_set(err, ERROR_INTERNAL, "a %s at %lld ns follows one at %lld ns", what,
                     (long long)t_ns, (long long)last_ns);
}

int timeline_add_memory(struct timeline *timeline, const struct memory_sample *sample,
                        struct error *err)
{
    size_t n = timeline->n_memory;
    if (n > 0 && sample->t_ns < timeline->memory[n - 1].t_ns)
        return timeline_order_error(err, "memory sample", sample->t_ns,
                                    timeline->memory[n - 1].t_ns);
    if (n == timeline->max_memory)
        timeline_thin_memory(timeline);
    else if (n == timeline->capacity_memory &&
             timeline_grow((void **)&timeline->memory, &timeline->capacity_memory,
                           timeline->max_memory, sizeof(*sample), err) < 0)
        return -1;
    timeline->memory[timeline->n_memory++] = *sample;
    return 0;
}

/* One sample in place of two: totals are the later one's, latencies the longer. */
static struct load_sample timeline_join_load(const struct load_sample *earlier,
                                             const struct load_sample *later)
{
    struct load_sample joined = *later;
    if (earlier->latency_p50_ns > joined.latency_p50_ns)
        joined.latency_p50_ns = earlier->latency_p50_ns;
    if (earlier->latency_p99_ns > joined.latency_p99_ns)
        joined.latency_p99_ns = earlier->latency_p99_ns;
    return joined;
}

int timeline_add_load(struct timeline *timeline, const struct load_sample *sample,
                      struct error *err)
{
    size_t n = timeline->n_load;
    if (n > 0 && sample->t_ns < timeline->load[n - 1].t_ns)
        return timeline_order_error(err, "load sample", sample->t_ns, timeline->load[n - 1].t_ns);
    if (n == timeline->max_load) {
        for (size_t i = 0; i < n / 2; i++)
            timeline->load[i] =
                timeline_join_load(&timeline->load[2 * i], &timeline->load[2 * i + 1]);
        timeline->n_load = n / 2;
    } else if (n == timeline->capacity_load &&
               timeline_grow((void **)&timeline->load, &timeline->capacity_load, timeline->max_load,
                             sizeof(*sample), err) < 0) {
        return -1;
    }
    timeline->load[timeline->n_load++] = *sample;
    return 0;
}

/* The marks between a cycle and the next one: the first of them, and (*ret_end) the one after. */
static size_t timeline_marks_between(const struct timeline *timeline, const struct cycle *earlier,
                                     const struct cycle *later, size_t *ret_end)
{
    size_t end = timeline->n_marks;
    while (end > 0 && timeline->marks[end - 1].t_ns > later->begin_ns)
        end--;
    size_t first = end;
    while (first > 0 && timeline->marks[first - 1].t_ns >= earlier->floor_ns)
        first--;
    *ret_end = end;
    return first;
}

/* Does this cycle go into the row of the one before it? Not when others had a turn between them. */
static bool timeline_can_fold(const struct timeline *timeline, const struct cycle *earlier,
                              const struct cycle *later)
{
    if (cycle_count(earlier) + cycle_count(later) > timeline->cycles_in_one ||
        !cycle_can_fold(earlier, later))
        return false;
    size_t end = 0;
    for (size_t i = timeline_marks_between(timeline, earlier, later, &end); i < end; i++)
        if (timeline->marks[i].kind == MARK_PHASE &&
            strcmp(timeline->marks[i].text, TIMELINE_PHASE_OTHERS) == 0)
            return false;
    return true;
}

/* Fold them, and have the phase of the earlier one go on. */
static void timeline_fold(struct timeline *timeline, struct cycle *earlier,
                          const struct cycle *later)
{
    size_t end = 0;
    size_t kept = timeline_marks_between(timeline, earlier, later, &end);
    for (size_t i = kept; i < timeline->n_marks; i++)
        if (i >= end || timeline->marks[i].kind != MARK_PHASE)
            timeline->marks[kept++] = timeline->marks[i];
    timeline->n_marks = kept;
    cycle_fold(earlier, later);
}

/* Of every two neighbours that are alike, make one; and of those that follow. */
static void timeline_fold_all(struct timeline *timeline)
{
    struct cycle *cycles = timeline->cycles;
    size_t kept = 0;
    if (timeline->cycles_in_one <= UINT_MAX / 2)
        timeline->cycles_in_one *= 2;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        if (kept > 0 && timeline_can_fold(timeline, &cycles[kept - 1], &cycles[i]))
            timeline_fold(timeline, &cycles[kept - 1], &cycles[i]);
        else if (kept++ != i)
            cycles[kept - 1] = cycles[i];
    }
    timeline->n_cycles = kept;
}

int timeline_add_cycle(struct timeline *timeline, const struct cycle *cycle, struct error *err)
{
    size_t n = timeline->n_cycles;
    if (n > 0 && cycle->begin_ns < timeline->cycles[n - 1].begin_ns)
        return timeline_order_error(err, "cycle", cycle->begin_ns,
                                    timeline->cycles[n - 1].begin_ns);
    if (n > 0 && timeline_can_fold(timeline, &timeline->cycles[n - 1], cycle)) {
        timeline_fold(timeline, &timeline->cycles[n - 1], cycle);
        return 0;
    }
    if (n >= timeline->max_cycles)
        timeline_fold_all(timeline);
    n = timeline->n_cycles;
    if (n == TIMELINE_CYCLES_MAX)
        return error_set(err, ERROR_INTERNAL, "more than %d cycles that differ",
                         TIMELINE_CYCLES_MAX);
    if (n == timeline->capacity_cycles &&
        timeline_grow((void **)&timeline->cycles, &timeline->capacity_cycles, TIMELINE_CYCLES_MAX,
                      sizeof(*cycle), err) < 0)
        return -1;
    timeline->cycles[timeline->n_cycles++] = *cycle;
    return 0;
}

void timeline_add_mark(struct timeline *timeline, nsec_t t_ns, enum mark_kind kind, uint64_t value,
                       const char *text)
{
    bool is_vital = kind == MARK_OOM_KILL || kind == MARK_EXIT;
    size_t bound = is_vital ? 2 * (size_t)TIMELINE_MARKS_MAX : TIMELINE_MARKS_MAX;
    if (kind == MARK_LATE_TICK) /* there is a count of them; the phases must find room */
        bound = TIMELINE_MARKS_MAX / 2;
    if (timeline->n_marks >= bound)
        return;
    if (timeline->n_marks == timeline->capacity_marks &&
        timeline_grow((void **)&timeline->marks, &timeline->capacity_marks,
                      2 * (size_t)TIMELINE_MARKS_MAX, sizeof(struct mark), NULL) < 0)
        return;
    struct mark *mark = &timeline->marks[timeline->n_marks++];
    *mark = (struct mark){.t_ns = t_ns, .kind = kind, .value = value};
    snprintf(mark->text, sizeof(mark->text), "%s", text != NULL ? text : "");
}

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

static const char *const cycle_kind_names[CYCLE_KIND_MAX_] = {
    [CYCLE_READY] = "ready",     [CYCLE_WARMUP] = "warm-up",  [CYCLE_MEASURE] = "measure",
    [CYCLE_REPEAT] = "repeat",   [CYCLE_SOLO] = "solo",       [CYCLE_SAFE] = "safe",
    [CYCLE_ABOVE] = "above",     [CYCLE_TRIM] = "trim",       [CYCLE_REST] = "rest",
    [CYCLE_RECLAIM] = "reclaim", [CYCLE_SQUEEZE] = "squeeze", [CYCLE_DRIVE] = "drive",
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

const char *cycle_kind_name(enum cycle_kind kind)
{
    return cycle_kind_names[kind];
}

bool cycle_kind_from_name(const char *name, enum cycle_kind *ret)
{
    for (unsigned i = 0; i < CYCLE_KIND_MAX_; i++) {
        if (strcmp(cycle_kind_names[i], name) != 0)
            continue;
        *ret = (enum cycle_kind)i;
        return true;
    }
    return false;
}

int timeline_new(size_t samples_max, struct timeline **ret, struct error *err)
{
    struct timeline *timeline = calloc(1, sizeof(*timeline));
    if (timeline == NULL)
        return error_out_of_memory(err);
    timeline->max_memory = samples_max;
    timeline->max_load = samples_max;
    timeline->thinned = 1;
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

int timeline_add_load(struct timeline *timeline, const struct load_sample *sample,
                      struct error *err)
{
    size_t n = timeline->n_load;
    if (n > 0 && sample->t_ns < timeline->load[n - 1].t_ns)
        return timeline_order_error(err, "load sample", sample->t_ns, timeline->load[n - 1].t_ns);
    if (n == timeline->max_load) {
        /* Totals: any one of two neighbours will do. */
        for (size_t i = 0; i < n / 2; i++)
            timeline->load[i] = timeline->load[2 * i + 1];
        timeline->n_load = n / 2;
    } else if (n == timeline->capacity_load &&
               timeline_grow((void **)&timeline->load, &timeline->capacity_load, timeline->max_load,
                             sizeof(*sample), err) < 0) {
        return -1;
    }
    timeline->load[timeline->n_load++] = *sample;
    return 0;
}

int timeline_add_cycle(struct timeline *timeline, const struct cycle *cycle, struct error *err)
{
    size_t n = timeline->n_cycles;
    if (n > 0 && cycle->begin_ns < timeline->cycles[n - 1].begin_ns)
        return timeline_order_error(err, "cycle", cycle->begin_ns,
                                    timeline->cycles[n - 1].begin_ns);
    if (n == TIMELINE_CYCLES_MAX)
        return error_set(err, ERROR_INTERNAL, "more than %d cycles", TIMELINE_CYCLES_MAX);
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

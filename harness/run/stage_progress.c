#include "run/stage.h"
#include "verdict/indicators.h"

#define PROGRESS_INTERVAL_NS (100 * NSEC_PER_MSEC)

/* The last floor that was read; whether its parts are all known or not, it says what is open. */
static void stage_last_floor(const struct timeline *timeline, struct run_progress *progress)
{
    for (size_t i = timeline->n_cycles; i-- > 0;) {
        const struct cycle *cycle = &timeline->cycles[i];
        struct floor_parts parts = indicators_floor(&cycle->floor);
        if (!cycle->complete || !parts.present)
            continue;
        progress->descriptors = survey_descriptors(&cycle->floor);
        progress->floor = (struct run_floor){
            .present = true,
            .kind = cycle->kind,
            .start = cycle->start,
            .t_ns = cycle->floor_ns,
            .bytes = parts.total_bytes,
        };
        for (size_t k = 0; k < i; k++)
            progress->floor.index += cycle_count(&timeline->cycles[k]);
        progress->floor.index += timeline->cycles[i].folded;
        for (size_t k = 0; k <= i; k++)
            if (timeline->cycles[k].start == cycle->start)
                progress->floor.requests += load_counts_completed(&timeline->cycles[k].counts);
        return;
    }
}

/* What was seen of the instance and of the load so far. */
static void stage_fill_progress(const struct stage *stage, struct run_progress *progress)
{
    const struct timeline *timeline = stage->timeline;
    const struct memory_sample *seen = sampler_seen(stage->sampler);
    progress->memory.t_ns = seen->t_ns;
#define X(name)                                 \
    if (memory_sample_has(seen, MEMORY_##name)) \
        memory_sample_set(&progress->memory, MEMORY_##name, seen->value[MEMORY_##name]);
    RUN_PROGRESS_FIELDS(X)
#undef X
    progress->threads = memory_sample_get(seen, MEMORY_PIDS, SURVEY_ABSENT);
    if (timeline->n_load > 0)
        progress->load = timeline->load[timeline->n_load - 1];
    for (size_t i = 0; i < timeline->n_cycles; i++)
        progress->oom_kills += timeline->cycles[i].oom_kills;
    stage_last_floor(timeline, progress);
}

void stage_show_progress(struct stage *stage, bool force)
{
    const struct run_observer *observer = stage->context->observer;
    nsec_t now_ns = clock_now_ns();
    if (observer == NULL || observer->progress == NULL ||
        (!force && now_ns < stage->next_progress_ns))
        return;
    stage->next_progress_ns = now_ns + PROGRESS_INTERVAL_NS;

    struct run_progress progress = {
        .id = stage->spec->id,
        .phase = stage->phase,
        .cycle = stage->measured,
        .cycles_max = stage->spec->settings.cycles,
        .requests = stage->phase_requests,
        .requests_goal = stage->phase_goal,
        .memory_bytes = sampler_current(stage->sampler),
        .highest_bytes = sampler_take_highest(stage->sampler),
        .limit_bytes = stage->record->question.limit_bytes,
        .elapsed_ns = now_ns - stage->origin_ns,
        .budget_ns = stage->spec->settings.budget_ns,
        .cycles_min = stage->spec->settings.cycles_min,
        .starts = stage->record->starts,
        .descriptors = SURVEY_ABSENT,
    };
    stage_fill_progress(stage, &progress);
    observer->progress(observer->context, &progress);
}

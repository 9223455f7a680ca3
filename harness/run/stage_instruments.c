/* Instruments over the life of a stage's instance: they are there from before its start until it
 * was stopped, and what they cost is no part of what is measured. */
#include "run/stage.h"

/* Without any, nothing of this happens. */
static bool stage_has_instruments(const struct stage *stage)
{
    return stage->instruments != NULL;
}

/* What is to be known of the instance. */
static struct instrument_target stage_instrument_target(const struct stage *stage)
{
    const struct driver *driver = stage->context->driver;
    return (struct instrument_target){
        .cgroup_dir = driver->cgroup_dir != NULL ? driver->cgroup_dir(stage->instance) : NULL,
        .url = driver->endpoint(stage->instance, 0),
        .processes = stage->has_processes ? &stage->processes : NULL,
    };
}

/* The run's budget is for the run. */
static void stage_leave_out(struct stage *stage, nsec_t begin_ns)
{
    if (stage->deadline_ns != NSEC_NEVER)
        stage->deadline_ns += clock_now_ns() - begin_ns;
    sampler_resume(stage->sampler);
}

const struct run_spec *stage_begin_instruments(struct stage *stage)
{
    const struct run_instruments *table = stage->context->instruments;
    struct error err = {.kind = ERROR_NONE};
    if (table == NULL || stage->spec->settings.instruments == 0)
        return stage->spec;
    stage->instrument_site = (struct instrument_site){
        .spec = stage->spec, .files = &stage->context->files, .record = stage->record};
    if (table->begin(&stage->instrument_site, &stage->instruments, &err) < 0) {
        stage->instruments = NULL;
        record_warn(stage->record, "there are no instruments: %.160s", err.text);
        return stage->spec;
    }
    stage->instruments_started = false;
    stage->instrumented = *stage->spec;
    stage->instrumented.settings.service.env = table->environment(stage->instruments);
    return &stage->instrumented;
}

void stage_placed_instruments(void *context, const char *cgroup_dir)
{
    struct stage *stage = context;
    const struct instrument_target target = {.cgroup_dir = cgroup_dir};
    if (!stage_has_instruments(stage))
        return;
    stage->instruments_started = true;
    stage->context->instruments->started(stage->instruments, &target);
}

void stage_start_instruments(struct stage *stage)
{
    if (!stage_has_instruments(stage) || stage->instruments_started)
        return;
    const struct instrument_target target = stage_instrument_target(stage);
    stage->context->instruments->started(stage->instruments, &target);
}

void stage_ready_instruments(struct stage *stage)
{
    if (!stage_has_instruments(stage))
        return;
    nsec_t begin_ns = clock_now_ns();
    const struct instrument_target target = stage_instrument_target(stage);
    stage->context->instruments->ready(stage->instruments, &target);
    stage_leave_out(stage, begin_ns);
}

void stage_settled_instruments(struct stage *stage)
{
    if (!stage_has_instruments(stage) || stage->context->instruments->settled == NULL)
        return;
    nsec_t begin_ns = clock_now_ns();
    stage->context->instruments->settled(stage->instruments);
    stage_leave_out(stage, begin_ns);
}

void stage_floor_instruments(struct stage *stage)
{
    if (!stage_has_instruments(stage))
        return;
    nsec_t begin_ns = clock_now_ns();
    stage->context->instruments->floor(stage->instruments, stage->timeline->n_cycles);
    stage_leave_out(stage, begin_ns);
}

void stage_end_instruments(struct stage *stage)
{
    if (!stage_has_instruments(stage))
        return;
    stage->context->instruments->end(stage->instruments);
    stage->instruments = NULL;
}

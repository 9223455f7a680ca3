#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "run/kernel_files.h"
#include "run/stage.h"
#include "verdict/indicators.h"

/* A cycle's load may take so long; a service that thrashes makes no progress for minutes. */
#define CYCLE_BOUND_NS (30 * NSEC_PER_SEC)
/* Runs of a program that is interpreted take half a second each in an emulated guest; and how long
 * a function takes is for those to say who set its budget. */
#define CYCLE_OF_OTHERS_BOUND_NS (120 * NSEC_PER_SEC)
/* A probe that may thrash is meant to take a tenth of that. */
#define PROBE_BOUND_NS     (10 * NSEC_PER_SEC)
#define BATCH_END_BOUND_NS (20 * NSEC_PER_SEC)
/* The rest after a load lasts until memory stands still, at most so many times the settle time;
 * after cycles on end that did not come to rest, it is not waited for so long. */
static const unsigned settle_bound_times[] = {8, 3, 1};
/* "Stands still": three readings within this. */
#define SETTLE_STILL_BYTES 8192
#define SETTLE_LOOK_NS     (40 * NSEC_PER_MSEC)
#define RECLAIM_BOUND_NS   (3 * NSEC_PER_SEC)
#define SQUEEZE_BOUND_NS   (5 * NSEC_PER_SEC)
/* What is killed for memory is gone after so long, also where processors are scarce. */
#define KILLED_BOUND_NS (5 * NSEC_PER_SEC)
/* After a collection memory stands still, or for so long it is waited for. */
#define COLLECT_BOUND_NS (1 * NSEC_PER_SEC)
/* Cycles go without reclaim when more of its own files than this is mapped (see cycle.h). */
#define RECLAIM_MAPPED_MAX_BYTES ((uint64_t)12 << 20)

/* Counters at the begin of a cycle, to tell what happened within it. */
struct cycle_start {
    uint64_t oom_kills, events_max, events_high, psi_full_us, peak_bytes;
    uint64_t ooms; /* how often there was no more under its limit; SURVEY_ABSENT: not known */
};

static int cycle_look(struct stage *stage, struct cycle_start *ret, struct error *err)
{
    struct memory_sample sample;
    int status = sampler_read_full(stage->sampler, &sample, err);
    if (status != 0)
        return status;
    ret->oom_kills = memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 0);
    ret->ooms = memory_sample_get(&sample, MEMORY_EVENTS_OOM, SURVEY_ABSENT);
    ret->events_max = memory_sample_get(&sample, MEMORY_EVENTS_MAX, 0);
    ret->events_high = memory_sample_get(&sample, MEMORY_EVENTS_HIGH, 0);
    ret->psi_full_us = memory_sample_get(&sample, MEMORY_PSI_FULL, 0);
    ret->peak_bytes = memory_sample_get(&sample, MEMORY_PEAK, SURVEY_ABSENT);
    return 0;
}

/* Killed, and not at its own limit: the kernel chose it because the machine, or a group above, had
 * no more memory. Of what we did not put under a limit ourselves it cannot be told. */
static bool cycle_killed_above(const struct stage *stage, const struct cycle_start *before,
                               const struct cycle_start *now)
{
    const struct settings *settings = &stage->spec->settings;
    return now->oom_kills > before->oom_kills && before->ooms != SURVEY_ABSENT &&
           now->ooms == before->ooms && settings->attach == NULL && settings->image == NULL;
}

/* What the counters say happened since `before`; also after the instance was killed, for its
 * cgroup is still there. */
static int cycle_close_counters(struct stage *stage, const struct cycle_start *before,
                                struct cycle *cycle, struct error *err)
{
    struct cycle_start now;
    int status = cycle_look(stage, &now, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    cycle->oom_kills = now.oom_kills - before->oom_kills;
    cycle->events_max = now.events_max - before->events_max;
    cycle->events_high = now.events_high - before->events_high;
    cycle->psi_full_us = now.psi_full_us - before->psi_full_us;

    /* The kernel's own high mark catches peaks between two samples, but only the highest ever. */
    uint64_t peak = 0;
    if (sampler_peak(stage->sampler, &peak))
        cycle->peak_bytes = peak;
    if (now.peak_bytes != SURVEY_ABSENT && now.peak_bytes > before->peak_bytes)
        cycle->peak_bytes = now.peak_bytes;
    if (cycle->oom_kills > 0)
        timeline_add_mark(stage->timeline, stage_now_ns(stage), MARK_OOM_KILL, now.oom_kills, "");
    stage->killed_above = cycle_killed_above(stage, before, &now);
    return 0;
}

/* The batch is over, or will be at once: it was stopped, or its time was up. Its thread may have to
 * wait for a processor, though. */
static void cycle_await_generator(struct stage *stage)
{
    struct pollfd over = {.fd = generator_fd(stage->generator), .events = POLLIN};
    nsec_t deadline_ns = clock_now_ns() + BATCH_END_BOUND_NS;
    while (poll(&over, 1, clock_poll_timeout_ms(clock_now_ns(), deadline_ns)) < 0 && errno == EINTR)
        continue;
}

/* How long a cycle's load may take. */
static nsec_t cycle_bound_ns(const struct stage *stage, enum cycle_kind kind)
{
    if (stage->load_target != NULL || stage->spec->settings.load.calls)
        return CYCLE_OF_OTHERS_BOUND_NS;
    return cycle_kind_provokes(kind) ? PROBE_BOUND_NS : CYCLE_BOUND_NS;
}

/* Offer the load. 1: the instance is gone. */
static int cycle_load(struct stage *stage, struct cycle *cycle, struct error *err)
{
    nsec_t now_ns = clock_now_ns();
    struct load_sample so_far;
    generator_sample(stage->generator, now_ns - stage->origin_ns, &so_far);
    stage->requests_before = load_counts_completed(&so_far.counts);

    nsec_t deadline_ns = now_ns + cycle_bound_ns(stage, cycle->kind);
    if (deadline_ns > stage->deadline_ns)
        deadline_ns = stage->deadline_ns > now_ns ? stage->deadline_ns : now_ns + NSEC_PER_SEC;
    if (generator_begin(stage->generator, cycle->requests, cycle->concurrency, deadline_ns, err) <
        0)
        return -1;

    int status = stage_wait(stage, deadline_ns + NSEC_PER_SEC, true, err);
    struct batch_result batch;
    if (status != 0)
        generator_stop(stage->generator);
    cycle_await_generator(stage);
    if (generator_finish(stage->generator, &batch, status < 0 ? NULL : err) < 0)
        return -1;
    cycle->counts = batch.counts;
    cycle->deadline_hit = batch.deadline_hit;
    snprintf(stage->trouble, sizeof(stage->trouble), "%s", batch.trouble);
    cycle->latency_p50_ns = batch.latency_p50_ns;
    cycle->latency_p99_ns = batch.latency_p99_ns;
    return status;
}

/* Anonymous and kernel memory of one reading: what has to stand still. Without a cgroup: what is
 * resident. */
static uint64_t cycle_moving_bytes(const struct memory_sample *sample)
{
    if (memory_sample_has(sample, MEMORY_RSS))
        return sample->value[MEMORY_RSS];
    return memory_sample_get(sample, MEMORY_ANON, 0) +
           memory_sample_get(sample, MEMORY_KERNEL_STACK, 0) +
           memory_sample_get(sample, MEMORY_SLAB_UNRECLAIMABLE, 0) +
           memory_sample_get(sample, MEMORY_SOCK, 0) + memory_sample_get(sample, MEMORY_SHMEM, 0);
}

/* Until three readings agree, or so long. 1: the instance is gone. */
static int cycle_await_still(struct stage *stage, nsec_t bound_ns, bool *ret_still,
                             uint64_t *ret_bytes, struct error *err)
{
    int status = 0;
    uint64_t last = UINT64_MAX;
    unsigned still = 0;
    /* On a machine that is busy elsewhere time flies: three looks there are in any case. */
    for (unsigned looks = 0; status == 0 && still < 2 && (looks < 3 || clock_now_ns() < bound_ns);
         looks++) {
        struct memory_sample sample;
        status = sampler_read_full(stage->sampler, &sample, err);
        if (status != 0)
            return status;
        uint64_t now = cycle_moving_bytes(&sample);
        bool stands =
            last != UINT64_MAX && (now > last ? now - last : last - now) <= SETTLE_STILL_BYTES;
        still = stands ? still + 1 : 0;
        last = now;
        if (still < 2)
            status = stage_wait(stage, clock_now_ns() + SETTLE_LOOK_NS, false, err);
    }
    *ret_still = still >= 2;
    *ret_bytes = last;
    return status;
}

/* Rest for the settle time, then until memory stands still. 1: the instance is gone. */
static int cycle_settle(struct stage *stage, struct cycle *cycle, uint64_t *ret_bytes,
                        struct error *err)
{
    nsec_t settle_ns = stage->spec->settings.settle_ns;
    unsigned times = settle_bound_times[stage->restless < 2 ? stage->restless : 2];
    nsec_t bound_ns = clock_now_ns() + times * settle_ns + 3 * SETTLE_LOOK_NS;
    int status = stage_wait(stage, clock_now_ns() + settle_ns, false, err);
    if (status == 0)
        status = cycle_await_still(stage, bound_ns, &cycle->came_to_rest, ret_bytes, err);
    stage->restless = cycle->came_to_rest ? 0 : stage->restless + 1;
    return status;
}

/* What the service's allocator says, where it can be asked. Once a cycle, before anything is read
 * and well before the floor, in every cycle alike: the answer takes memory too, and has to be gone
 * again. No answer is no reason to end the run. 1: the instance is gone. */
static int cycle_ask_allocator(struct stage *stage, struct allocator *ret, struct error *err)
{
    *ret = ALLOCATOR_ABSENT;
    if (stage->allocator == NULL)
        return 0;
    struct error failure = {.kind = ERROR_NONE};
    bool failed = allocator_ask(stage->allocator, ret, &failure) < 0;
    sampler_resume(stage->sampler);
    int status = stage_wait(stage, clock_now_ns() + SETTLE_LOOK_NS, false, err);
    if (status == 0 && failed && !stage->allocator_failed) {
        stage->allocator_failed = true;
        record_warn(stage->record, "the allocator's numbers are missing: %.140s", failure.text);
    }
    return status;
}

static int cycle_survey(struct stage *stage, const struct allocator *allocator, struct survey *ret,
                        struct error *err)
{
    int status = stage->context->driver->survey(stage->instance, ret, err);
    if (status == 0) {
        ret->t_ns = stage_now_ns(stage);
        allocator_note(allocator, ret);
    }
    return status;
}

/* Have garbage collected, now that what stays up without it is known; then what is in use of the
 * heap is what is kept. A failure is said once, and costs that floor's number. 1: it is gone. */
static int cycle_collect(struct stage *stage, uint64_t settled_bytes, struct allocator *ret,
                         struct cycle *cycle, struct error *err)
{
    struct error failure = {.kind = ERROR_NONE};
    uint64_t bytes = 0;
    bool still = false;
    bool failed = stage_ask(stage, stage->gc, ret, &failure) < 0;
    int status = cycle_await_still(stage, clock_now_ns() + COLLECT_BOUND_NS, &still, &bytes, err);
    if (status != 0)
        return status;
    if (!failed) {
        cycle->collected_bytes = settled_bytes > bytes ? settled_bytes - bytes : 0;
        return stage->allocator != NULL ? cycle_ask_allocator(stage, ret, err) : 0;
    }
    *ret = ALLOCATOR_ABSENT;
    if (!stage->gc_failed)
        record_warn(stage->record, "garbage was not collected before a floor: %.140s",
                    failure.text);
    stage->gc_failed = true;
    return 0;
}

/* Reclaim and survey what is left. 1: the instance is gone. */
static int cycle_reclaim(struct stage *stage, const struct allocator *allocator,
                         struct cycle *cycle, struct error *err)
{
    int status = stage->context->driver->reclaim(stage->instance, clock_now_ns() + RECLAIM_BOUND_NS,
                                                 &cycle->reclaimed_bytes, err);
    if (status < 0)
        return -1;
    cycle->reclaimed = status == 0;
    cycle->floor_ns = stage_now_ns(stage);
    status = cycle_survey(stage, allocator, &cycle->floor, err);
    sampler_resume(stage->sampler);
    return status;
}

int stage_squeeze(struct stage *stage, uint64_t bytes, struct squeeze_result *ret,
                  struct error *err)
{
    int status = stage->context->driver->squeeze(stage->instance, bytes,
                                                 clock_now_ns() + SQUEEZE_BOUND_NS, ret, err);
    sampler_resume(stage->sampler);
    return status;
}

/* Another process takes all the room under the limit, and more. 1: it was killed for that. */
static int cycle_squeeze(struct stage *stage, const struct allocator *allocator,
                         struct cycle *cycle, struct error *err)
{
    uint64_t limit_bytes = stage->spec->settings.limit_bytes;
    uint64_t used_bytes = memory_sample_get(&cycle->settled.memory, MEMORY_CURRENT, 0);
    uint64_t room_bytes = limit_bytes > used_bytes ? limit_bytes - used_bytes : 0;
    struct squeeze_result result;
    int status = stage_squeeze(stage, room_bytes + stage->squeeze_bytes, &result, err);
    if (status < 0)
        return -1;
    cycle->floor_ns = stage_now_ns(stage);
    if (status == 1) /* cannot be done here: nothing was learned, and nothing happened */
        return cycle_survey(stage, allocator, &cycle->floor, err);
    uint64_t before = memory_sample_get(&result.before, MEMORY_CURRENT, 0);
    uint64_t after = memory_sample_get(&result.after, MEMORY_CURRENT, before);
    if (result.finished || result.oom_killed)
        cycle->squeeze_bytes = result.touched_bytes;
    cycle->reclaimed_bytes = result.oom_killed
                                 ? (int64_t)(result.touched_bytes + before - limit_bytes)
                                 : (int64_t)(before - after);
    return result.oom_killed ? 1 : cycle_survey(stage, allocator, &cycle->floor, err);
}

/* Does the service map so much of its own files that reclaim would slow it down? */
static bool cycle_is_dear_to_reclaim(const struct survey *survey)
{
    return memory_sample_get(&survey->memory, MEMORY_FILE_MAPPED, 0) > RECLAIM_MAPPED_MAX_BYTES;
}

/* Rest, survey, reclaim, survey. 1: the instance is gone. */
static int cycle_measure(struct stage *stage, struct cycle *cycle, struct error *err)
{
    struct allocator allocator = ALLOCATOR_ABSENT;
    uint64_t settled_bytes = 0;
    bool collects = stage->gc != NULL && cycle->kind != CYCLE_SQUEEZE;
    int status = cycle_settle(stage, cycle, &settled_bytes, err);
    if (status == 0 && !collects)
        status = cycle_ask_allocator(stage, &allocator, err);
    if (status != 0)
        return status;
    cycle->settled_ns = stage_now_ns(stage);
    status = cycle_survey(stage, &allocator, &cycle->settled, err);
    if (status != 0)
        return status;
    if (cycle->kind == CYCLE_SQUEEZE)
        return cycle_squeeze(stage, &allocator, cycle, err);
    if (cycle->kind == CYCLE_READY && cycle_is_dear_to_reclaim(&cycle->settled))
        stage->record->question.can_reclaim = false;

    if (collects)
        status = cycle_collect(stage, settled_bytes, &allocator, cycle, err);
    if (status != 0)
        return status;
    if (cycle->kind != CYCLE_RECLAIM && !stage->record->question.can_reclaim) {
        cycle->floor_ns = collects ? stage_now_ns(stage) : cycle->settled_ns;
        if (collects)
            return cycle_survey(stage, &allocator, &cycle->floor, err);
        cycle->floor = cycle->settled;
        sampler_resume(stage->sampler);
        return 0;
    }
    stage_settled_instruments(stage);
    return cycle_reclaim(stage, &allocator, cycle, err);
}

static void cycle_init(const struct stage *stage, enum cycle_kind kind, uint64_t requests,
                       struct cycle *cycle)
{
    memset(cycle, 0, sizeof(*cycle));
    cycle->kind = kind;
    cycle->start = stage->start;
    cycle->requests = requests;
    cycle->concurrency = requests == 0 ? 0 : kind == CYCLE_SOLO ? 1 : stage->concurrency;
    cycle->begin_ns = stage_now_ns(stage);
    cycle->peak_bytes = SURVEY_ABSENT;
    cycle->squeeze_bytes = SURVEY_ABSENT;
    cycle->collected_bytes = SURVEY_ABSENT;
    cycle->latency_p50_ns = -1;
    cycle->latency_p99_ns = -1;
    survey_init(&cycle->settled);
    survey_init(&cycle->floor);
}

/* All of it was killed for memory, and yet it is there: a process takes its time to die where
 * processors are scarce. What is read of it now would pass for a service at rest. 1: it is gone. */
static int cycle_await_killed(struct stage *stage, const struct cycle *cycle, struct error *err)
{
    const struct settings *settings = &stage->spec->settings;
    if (cycle->oom_kills == 0 || !settings->oom_group || settings->attach != NULL)
        return 0;
    return stage_wait(stage, clock_now_ns() + KILLED_BOUND_NS, false, err);
}

/* Killed while it was measured? What was read of it then is not that of a service at rest. 1: it is
 * gone. */
static int cycle_check_alive(struct stage *stage, const struct cycle_start *before,
                             struct cycle *cycle, struct error *err)
{
    struct cycle_start now;
    int status = cycle_look(stage, &now, err);
    if (status != 0 || now.oom_kills - before->oom_kills == cycle->oom_kills)
        return status;
    cycle->oom_kills = now.oom_kills - before->oom_kills;
    status = cycle_await_killed(stage, cycle, err);
    if (status == 0)
        timeline_add_mark(stage->timeline, stage_now_ns(stage), MARK_OOM_KILL, now.oom_kills, "");
    return status;
}

/* What is known before a cycle. Who was killed since the one before, while others had the turn or
 * something was asked of it, is killed in this one. 1: the instance is gone. */
static int cycle_open_counters(struct stage *stage, struct cycle_start *ret, struct error *err)
{
    int status = cycle_look(stage, ret, err);
    if (status == 0 && stage->has_kills && stage->known_kills < ret->oom_kills) {
        ret->oom_kills = stage->known_kills;
        ret->ooms = SURVEY_ABSENT;
    }
    stage->has_kills = false;
    sampler_reset_peak(stage->sampler);
    return status;
}

/* Load (unless there is none), then the measurements. 1: the instance is gone. */
static int cycle_perform(struct stage *stage, const struct cycle_start *before, struct cycle *cycle,
                         struct error *err)
{
    int status = 0;
    if (cycle->requests > 0)
        status = cycle_load(stage, cycle, err);
    cycle->load_end_ns = stage_now_ns(stage);
    if (status < 0)
        return -1;
    if (cycle_close_counters(stage, before, cycle, err) < 0)
        return -1;
    if (status == 0)
        status = cycle_await_killed(stage, cycle, err);
    if (status == 0)
        status = cycle_measure(stage, cycle, err);
    if (status == 0)
        status = cycle_check_alive(stage, before, cycle, err);
    if (status == 0 && stage->spec->settings.n_collect > 0) {
        collector_fetch(&stage->collector, stage->timeline->n_cycles, stage->record);
        sampler_resume(stage->sampler);
    }
    if (status == 0)
        stage_floor_instruments(stage);
    /* Gone while at rest: killed for memory even then? */
    if (status == 1 && cycle_close_counters(stage, before, cycle, err) < 0)
        return -1;
    stage->has_kills = true;
    stage->known_kills = before->oom_kills + cycle->oom_kills;
    return status;
}

int stage_run_cycle(struct stage *stage, enum cycle_kind kind, uint64_t requests, struct error *err)
{
    CLEANUP(freep) struct cycle *cycle = malloc(sizeof(*cycle));
    if (cycle == NULL)
        return error_out_of_memory(err);
    cycle_init(stage, kind, requests, cycle);
    struct cycle_start before;
    int status = cycle_open_counters(stage, &before, err);
    if (status == 0)
        status = cycle_perform(stage, &before, cycle, err);
    if (status < 0)
        return -1;
    cycle->complete = status == 0;
    if (cycle->complete && kind == CYCLE_MEASURE)
        stage->measured++;
    if (cycle->complete) {
        const struct driver *driver = stage->context->driver;
        kernel_files_note(driver->cgroup_dir != NULL ? driver->cgroup_dir(stage->instance) : NULL,
                          cycle, stage->record);
    }
    return timeline_add_cycle(stage->timeline, cycle, err);
}

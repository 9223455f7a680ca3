#include "run/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bounded_log.h"
#include "base/units.h"
#include "run/host.h"
#include "run/restart.h"
#include "run/stage.h"
#include "run/turns.h"

/* How long the rest probe waits: for memory to be given back, or to see it grow without load. */
#define REST_PROBE_NS        (3 * NSEC_PER_SEC)
#define REST_PROBE_GROWTH_NS (1 * NSEC_PER_SEC)
/* After a kill, the next start does the same work in more cycles than a verdict needs, for a
 * warm-up and the one that is killed are not judged. */
#define CYCLES_SPARE       4
#define CYCLE_REQUESTS_MIN 5
/* The work of a runtime with a collected heap: of a warm-up, in pieces, for so long; of a cycle, as
 * much as is done in that time, within bounds. */
#define HEAP_WARMUP_PIECE 125
#define HEAP_WARMUP_NS    (6 * NSEC_PER_SEC)
#define HEAP_CYCLE_S      2.0
#define HEAP_CYCLE_MIN    100
#define HEAP_WORK_TIMES   4U

static int run_bring_up(struct stage *stage, struct error *err);

/* The instance is gone in the middle of a cycle: killed for memory, to be started again, or the
 * end. */
static int run_explain_end(struct stage *stage, struct error *err)
{
    int status = restart_explain_end(stage, err);
    if (status <= 0)
        return status;
    return restart_wait(stage, err) < 0 ? -1 : run_bring_up(stage, err);
}

/* Was nothing ever answered, for as long as a cycle may take, and memory is not what it waits for?
 * Then it will not be. A JIT compiler may be too slow at first. */
static bool run_is_silent(const struct stage *stage, const struct cycle *cycle)
{
    const struct verdict_question *question = &stage->record->question;
    if (stage->load_target != NULL || stage->spec->settings.load.calls ||
        question->heap_has_garbage || question->heap_is_collected || cycle->events_max > 0)
        return false;
    const struct timeline *timeline = stage->timeline;
    for (size_t i = 0; i < timeline->n_cycles; i++)
        if (timeline->cycles[i].counts.ok + timeline->cycles[i].counts.other_status > 0)
            return false;
    return true;
}

/* A service that answers nothing but errors is not tested at all. */
static int run_check_answers(struct stage *stage, const struct cycle *cycle, struct error *err)
{
    const struct load_counts *counts = &cycle->counts;
    uint64_t completed = load_counts_completed(counts);
    if (!cycle->complete || completed == 0 || counts->ok * 2 >= completed ||
        (cycle->deadline_hit && !run_is_silent(stage, cycle)))
        return 0;
    if (stage->spec->settings.load.calls)
        return stage_service_error(
            stage, err, "only %llu of %llu calls returned 0 (%llu another value, %llu hung)",
            (unsigned long long)counts->ok, (unsigned long long)completed,
            (unsigned long long)counts->other_status, (unsigned long long)counts->timed_out);
    if (stage->load_target != NULL) {
        char text[240];
        snprintf(text, sizeof(text),
                 "only %llu of %llu runs of the load's command ended with exit status 0 (%llu with "
                 "another, %llu timed out, %llu failed)",
                 (unsigned long long)counts->ok, (unsigned long long)completed,
                 (unsigned long long)counts->other_status, (unsigned long long)counts->timed_out,
                 (unsigned long long)counts->failed);
        return stage_load_error(stage, text, err);
    }
    return stage_service_error(
        stage, err,
        "only %llu of %llu requests were answered with 2xx (%llu other status, %llu refused, "
        "%llu reset, %llu timed out, %llu failed)%s%s",
        (unsigned long long)counts->ok, (unsigned long long)completed,
        (unsigned long long)counts->other_status, (unsigned long long)counts->refused,
        (unsigned long long)counts->reset, (unsigned long long)counts->timed_out,
        (unsigned long long)counts->failed,
        stage->trouble[0] != '\0' ? "; the first of the others: " : "", stage->trouble);
}

/* A cycle with load. The instance may be gone afterwards; that is for verdict_next() to see. */
static int run_load_cycle(struct stage *stage, enum cycle_kind kind, uint64_t requests,
                          struct error *err)
{
    char phase[64];
    if (kind == CYCLE_MEASURE)
        snprintf(phase, sizeof(phase), "cycle %u", stage->measured + 1);
    else
        snprintf(phase, sizeof(phase), "%s%s", kind == CYCLE_WARMUP ? "" : "probe ",
                 cycle_kind_name(kind));
    stage_enter_phase(stage, phase, requests);
    if (stage_run_cycle(stage, kind, requests, err) < 0)
        return -1;
    const struct cycle *cycle = &stage->timeline->cycles[stage->timeline->n_cycles - 1];
    return cycle->complete ? run_check_answers(stage, cycle, err) : run_explain_end(stage, err);
}

/* Is it for us to say how much work a runtime with a collected heap is given? Not when the scenario
 * does. */
static bool run_chooses_work(const struct stage *stage)
{
    const struct verdict_question *question = &stage->record->question;
    const struct settings *settings = &stage->spec->settings;
    struct settings usual;
    settings_defaults(&usual);
    return (question->heap_has_garbage || question->heap_is_collected) && stage->start == 0 &&
           settings->cycle_requests == usual.cycle_requests &&
           settings->warmup_requests == usual.warmup_requests;
}

/* A heap with garbage in it has floors as uneven as its young generation is large, and warms up for
 * long: so it gets more of a warm-up, and then cycles of more work. Where garbage is collected
 * before every floor it is the time that is short: a JIT compiler is slow at first. */
static int run_warm_heap_up(struct stage *stage, struct error *err)
{
    struct record *record = stage->record;
    const struct timeline *timeline = stage->timeline;
    bool uneven = record->question.heap_has_garbage;
    uint64_t most = stage->cycle_requests * HEAP_WORK_TIMES;
    uint64_t warm = uneven ? most : stage->cycle_requests;
    uint64_t least = uneven ? stage->cycle_requests : HEAP_CYCLE_MIN;
    nsec_t until_ns = clock_now_ns() + HEAP_WARMUP_NS;
    const struct cycle *last = NULL;
    uint64_t done = 0;
    do {
        if (run_load_cycle(stage, CYCLE_WARMUP, HEAP_WARMUP_PIECE, err) < 0)
            return -1;
        last = &timeline->cycles[timeline->n_cycles - 1];
        done += HEAP_WARMUP_PIECE;
    } while (done < warm && last->complete && clock_now_ns() < until_ns);

    double seconds = (double)(last->load_end_ns - last->begin_ns) / NSEC_PER_SEC;
    double requests = HEAP_CYCLE_S * (double)load_counts_completed(&last->counts) / seconds;
    requests = fmin(fmax(requests, (double)least), (double)most);
    stage->cycle_requests = record->question.cycle_requests = (uint64_t)requests;
    return 0;
}

/* Start the service, look at it before any load, warm it up. */
static int run_bring_up(struct stage *stage, struct error *err)
{
    stage->has_kills = false;
    while (stage_start_instance(stage, err) < 0)
        if (restart_explain_start(stage, err) < 0 || restart_wait(stage, err) < 0)
            return -1;
    if (!stage->record->has_ready) {
        stage->record->has_ready = true;
        stage->record->ready_ns = stage_now_ns(stage);
        stage->deadline_ns = clock_now_ns() + stage->spec->settings.budget_ns;
    }
    stage_enter_phase(stage, "ready", 0);
    if (stage_run_cycle(stage, CYCLE_READY, 0, err) < 0)
        return -1;
    if (!stage->timeline->cycles[stage->timeline->n_cycles - 1].complete)
        return run_explain_end(stage, err);

    uint64_t warmup = stage->spec->settings.warmup_requests;
    if (stage->start > 0 && warmup > stage->cycle_requests)
        warmup = stage->cycle_requests;
    if (run_chooses_work(stage))
        return run_warm_heap_up(stage, err);
    return warmup > 0 ? run_load_cycle(stage, CYCLE_WARMUP, warmup, err) : 0;
}

/* Requests completed since the last start of the service. */
static uint64_t run_requests_of_start(const struct stage *stage)
{
    uint64_t requests = 0;
    for (size_t i = 0; i < stage->timeline->n_cycles; i++)
        if (stage->timeline->cycles[i].start == stage->start)
            requests += load_counts_completed(&stage->timeline->cycles[i].counts);
    return requests;
}

/* The instance was killed: start it again. */
static int run_start_again(struct stage *stage, struct error *err)
{
    return restart_wait(stage, err) < 0 ? -1 : run_bring_up(stage, err);
}

/* Start it again with smaller cycles, so that floors are seen before the next kill, and with one
 * request at a time if that is what tells a leak from pressure. */
static int run_restart(struct stage *stage, bool solo, struct error *err)
{
    uint64_t requests =
        run_requests_of_start(stage) / (stage->spec->settings.cycles_min + CYCLES_SPARE);
    if (requests < CYCLE_REQUESTS_MIN)
        requests = CYCLE_REQUESTS_MIN;
    if (requests < stage->cycle_requests)
        stage->cycle_requests = requests;
    if (solo)
        stage->concurrency = 1;
    return run_start_again(stage, err);
}

/* A cycle without load; an instance that does not live to its end is explained. */
static int run_probe(struct stage *stage, enum cycle_kind kind, struct error *err)
{
    if (stage_run_cycle(stage, kind, 0, err) < 0)
        return -1;
    const struct cycle *cycle = &stage->timeline->cycles[stage->timeline->n_cycles - 1];
    return cycle->complete ? 0 : run_explain_end(stage, err);
}

static int run_probe_trim(struct stage *stage, struct error *err)
{
    stage_enter_phase(stage, "probe trim", 0);
    if (stage_ask(stage, stage->spec->settings.trim, NULL, err) < 0) {
        record_warn(stage->record, "the trim probe failed: %.120s", err->text);
        *err = (struct error){0};
        stage->record->question.can_trim = false;
        return 0;
    }
    return run_probe(stage, CYCLE_TRIM, err);
}

static int run_probe_rest(struct stage *stage, bool brief, struct error *err)
{
    stage_enter_phase(stage, "probe rest", 0);
    nsec_t rest_ns = brief || stage->restless > 0 ? REST_PROBE_GROWTH_NS : REST_PROBE_NS;
    if (stage_wait(stage, clock_now_ns() + rest_ns, false, err) < 0)
        return -1;
    return run_probe(stage, CYCLE_REST, err);
}

/* Work once more, so that what stays up is up, and let another process need the room. */
static int run_probe_squeeze(struct stage *stage, uint64_t bytes, struct error *err)
{
    stage->squeeze_bytes = bytes;
    return run_load_cycle(stage, CYCLE_SQUEEZE, stage->cycle_requests, err);
}

/* The same work at another concurrency, to see whether the limit bears it. The probe before may
 * have killed the instance. */
static int run_probe_concurrency(struct stage *stage, enum cycle_kind kind,
                                 const struct verdict_action *action, struct error *err)
{
    const struct timeline *timeline = stage->timeline;
    stage->concurrency = 1; /* of the warm-up: it must not be the one that is killed */
    if (timeline->cycles[timeline->n_cycles - 1].oom_kills > 0 && run_start_again(stage, err) < 0)
        return -1;
    if (timeline->cycles[timeline->n_cycles - 1].oom_kills > 0)
        return 0;
    stage->concurrency = action->concurrency;
    return run_load_cycle(stage, kind, action->requests, err);
}

/* A measuring cycle, or one with more work; from then on that is a cycle's work. */
static int run_measure(struct stage *stage, uint64_t requests, struct error *err)
{
    if (requests > 0)
        stage->cycle_requests = requests;
    return run_load_cycle(stage, CYCLE_MEASURE, stage->cycle_requests, err);
}

/* Do what was decided. */
static int run_step(struct stage *stage, const struct verdict_action *action, struct error *err)
{
    switch (action->step) {
    case VERDICT_STEP_CYCLE:
        return run_measure(stage, action->requests, err);
    case VERDICT_STEP_REPEAT:
        return run_load_cycle(stage, CYCLE_REPEAT, action->requests, err);
    case VERDICT_STEP_RECLAIM:
        stage_enter_phase(stage, "probe reclaim", 0);
        return run_probe(stage, CYCLE_RECLAIM, err);
    case VERDICT_STEP_TRIM:
        return run_probe_trim(stage, err);
    case VERDICT_STEP_REST:
        return run_probe_rest(stage, action->brief, err);
    case VERDICT_STEP_SOLO:
        return run_load_cycle(stage, CYCLE_SOLO, action->requests, err);
    case VERDICT_STEP_SAFE:
        return run_probe_concurrency(stage, CYCLE_SAFE, action, err);
    case VERDICT_STEP_ABOVE:
        return run_probe_concurrency(stage, CYCLE_ABOVE, action, err);
    case VERDICT_STEP_SQUEEZE:
        return run_probe_squeeze(stage, action->bytes, err);
    case VERDICT_STEP_DRIVE:
        return run_load_cycle(stage, CYCLE_DRIVE, action->requests, err);
    case VERDICT_STEP_RESTART:
        return run_restart(stage, false, err);
    case VERDICT_STEP_RESTART_SOLO:
        return run_restart(stage, true, err);
    case VERDICT_STEP_DONE:
        break;
    }
    return 0;
}

/* Let the others have their turns. The run's clock goes on, for the instance lives on: what it does
 * meanwhile is growth by the clock. Its budget stands still, and what happens to the machine is
 * none of its business. A kill meanwhile is one of the next cycle. */
static int run_pass_turn(struct stage *stage, struct error *err)
{
    struct turns_seat *seat = stage->context->seat;
    if (seat == NULL || turns_is_alone(seat))
        return 0;
    if (sampler_read_full(stage->sampler, NULL, err) < 0)
        return -1;
    timeline_add_mark(stage->timeline, stage_now_ns(stage), MARK_PHASE, 0, TIMELINE_PHASE_OTHERS);

    struct host_state host;
    nsec_t waited_ns = 0;
    host_look(&host);
    int status = turns_pass(seat, &waited_ns, err);
    host_leave_out(&host, &stage->host);
    stage->record->waited_ns += waited_ns;
    stage->deadline_ns += waited_ns;
    sampler_resume(stage->sampler);
    return status;
}

/* Is there work before what is measured in this step? Then the others go first. What is measured
 * without any follows upon the load before, as it does in a run that is alone: memory that is given
 * back late would be given back meanwhile. Only growth by the clock is seen best over a long time.
 */
static bool run_step_can_wait(const struct verdict_action *action)
{
    return action->step != VERDICT_STEP_RECLAIM && action->step != VERDICT_STEP_TRIM &&
           (action->step != VERDICT_STEP_REST || action->brief);
}

/* The verdict is reached; the first time counts. */
static void run_note_decision(struct stage *stage)
{
    if (stage->record->has_decided)
        return;
    stage->record->has_decided = true;
    stage->record->decided_ns = stage_now_ns(stage) - stage->record->waited_ns;
}

/* Step after step until the verdict is in or the time is up. */
static int run_protocol(struct stage *stage, struct error *err)
{
    struct record *record = stage->record;
    if (run_bring_up(stage, err) < 0)
        return -1;
    for (;;) {
        struct verdict_action action = verdict_next(stage->timeline, &record->question);
        if (action.step == VERDICT_STEP_DONE)
            break;
        if (run_step_can_wait(&action) && run_pass_turn(stage, err) < 0)
            return -1;
        if (clock_now_ns() >= stage->deadline_ns) {
            record->termination = TERMINATION_BUDGET;
            break;
        }
        if (action.step == VERDICT_STEP_DRIVE) /* which adds kills, and nothing to the verdict */
            run_note_decision(stage);
        if (run_step(stage, &action, err) < 0)
            return -1;
    }
    run_note_decision(stage);
    const struct timeline *timeline = stage->timeline;
    const struct cycle *last = &timeline->cycles[timeline->n_cycles - 1];
    if (last->oom_kills > 0 && !cycle_kind_provokes(last->kind))
        record->termination = TERMINATION_OOM_KILLED;
    return 0;
}

static enum termination run_termination_of_error(enum error_kind kind)
{
    switch (kind) {
    case ERROR_SERVICE:
        return TERMINATION_SERVICE_FAILED;
    case ERROR_INTERRUPTED:
        return TERMINATION_INTERRUPTED;
    default:
        return TERMINATION_DRIVER_FAILED;
    }
}

/* A service that prints without end: what is not kept of it is said. */
static void run_tell_log(const char *log_path, struct record *record)
{
    char amount[UNITS_TEXT_MAX];
    uint64_t bytes = log_path != NULL ? bounded_log_left_out(log_path) : 0;
    if (bytes > 0)
        record_warn(record,
                    "%s of what the service printed are left out of service.log: the first %zu MiB "
                    "and the last %zu MiB are kept",
                    units_format_bytes((double)bytes, amount), BOUNDED_LOG_HEAD_BYTES >> 20,
                    BOUNDED_LOG_TAIL_BYTES >> 20);
}

void run_execute(const struct run_context *context, const struct run_spec *spec,
                 struct record *record)
{
    struct stage stage = {
        .context = context,
        .spec = spec,
        .record = record,
        .timeline = record->timeline,
        .origin_ns = clock_now_ns(),
        .deadline_ns = NSEC_NEVER,
        .concurrency = spec->settings.load.concurrency,
        .cycle_requests = spec->settings.cycle_requests,
    };
    record->started_unix_ms = clock_wall_ms();
    /* What is kept of a floor has its cycle's number. */
    if (spec->settings.n_collect > 0 || spec->settings.instruments != 0)
        record->timeline->max_cycles = TIMELINE_CYCLES_MAX;
    backoff_init(&stage.backoff, spec->settings.restart.time_scale);
    host_describe(record, &spec->settings);
    host_look(&stage.host);
    snprintf(record->driver, sizeof(record->driver), "%s", context->driver->name);
    record->termination = TERMINATION_DECIDED;

    if (sampler_new(context->driver, record->timeline, spec->settings.sample_hz, stage.origin_ns,
                    &stage.sampler, &record->error) < 0 ||
        run_protocol(&stage, &record->error) < 0)
        record->termination = run_termination_of_error(record->error.kind);

    stage_stop_instance(&stage);
    run_tell_log(context->files.log_path, record);
    sampler_free(stage.sampler);
    record->duration_ns = stage_now_ns(&stage);
    host_compare(&stage.host, record);
    record_judge(record);
}

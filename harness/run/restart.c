#include "run/restart.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/units.h"

/* A service that fails for another cause than memory is started again so often; Kubernetes would go
 * on for ever. */
#define FAILURES_MAX 3

/* How often the waiting is shown, and the user's wish to stop looked for. */
#define WAIT_SLICE_NS (50 * NSEC_PER_MSEC)

#define SIGNAL_EXIT_CODE 128

/* Kubernetes' reason: OOMKilled is what was killed, and because of its memory. */
static enum end_reason restart_reason(const struct instance_state *state, uint64_t oom_kills)
{
    bool killed = state->main_ended && state->main_end.signaled &&
                  state->main_end.status == SIGKILL && oom_kills > 0;
    /* Its parent is the engine, which may have started it again before it could be asked. */
    if (!state->main_ended && state->engine.present)
        killed = oom_kills > 0 && (!state->engine.has_exit_code ||
                                   state->engine.exit_code == SIGNAL_EXIT_CODE + SIGKILL);
    if (killed || (state->engine.present && state->engine.oom_killed))
        return END_OOM_KILLED;
    bool completed = state->main_ended && !state->main_end.signaled && state->main_end.status == 0;
    return completed ? END_COMPLETED : END_ERROR;
}

void restart_note_end(struct stage *stage, const struct instance_state *state)
{
    struct memory_sample sample = {.t_ns = 0};
    struct run_end end = {
        .start = stage->start,
        .t_ns = stage_now_ns(stage),
        .has_exit_code = state->main_ended,
        .engine = state->engine,
    };
    if (stage->context->driver->read(stage->instance, true, &sample, NULL) == 0)
        end.oom_kills = memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 0);
    end.reason = restart_reason(state, end.oom_kills);
    if (state->main_ended)
        end.exit_code = state->main_end.status + (state->main_end.signaled ? SIGNAL_EXIT_CODE : 0);
    else if (state->engine.present && state->engine.has_exit_code) {
        end.has_exit_code = true;
        end.exit_code = state->engine.exit_code;
    }
    if (record_has_backoff(stage->record))
        end.backoff_ns = backoff_wait(&stage->backoff, end.t_ns);
    stage->restart_ns = stage->origin_ns + end.t_ns + end.backoff_ns;
    stage->backoff_ns = end.backoff_ns;
    record_add_end(stage->record, &end);
}

int restart_wait(struct stage *stage, struct error *err)
{
    stage_stop_instance(stage);
    stage->start++;
    stage->measured = 0;
    if (!record_has_backoff(stage->record) || clock_now_ns() >= stage->restart_ns)
        return 0;

    char phase[64];
    nsec_t begin_ns = clock_now_ns();
    snprintf(phase, sizeof(phase), "back-off %.3g s", (double)stage->backoff_ns / NSEC_PER_SEC);
    stage_enter_phase(stage, phase, 0);
    for (nsec_t now_ns = begin_ns; now_ns < stage->restart_ns; now_ns = clock_now_ns()) {
        nsec_t look_ns = now_ns + WAIT_SLICE_NS;
        if (interrupt_count() > 0)
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        clock_sleep_until(look_ns < stage->restart_ns ? look_ns : stage->restart_ns);
        stage_show_progress(stage, false);
    }
    if (stage->deadline_ns != NSEC_NEVER)
        stage->deadline_ns += clock_now_ns() - begin_ns;
    return 0;
}

/* Is a service that failed like this started again? What it says otherwise goes into text. */
static bool restart_is_due(struct stage *stage, bool completed, char *text, size_t size)
{
    text[0] = '\0';
    enum restart_policy policy = stage->record->restart.policy;
    if (policy == RESTART_AT_ONCE)
        return false;
    if (policy == RESTART_NEVER || (policy == RESTART_ON_FAILURE && completed)) {
        snprintf(text, size, ", and is not started again (restart policy %s)",
                 policy == RESTART_NEVER ? "never" : "on-failure");
        return false;
    }
    if (stage->failures++ < FAILURES_MAX)
        return true;
    snprintf(text, size, ", for the %uth time: CrashLoopBackOff", stage->failures);
    return false;
}

/* What ended the service was neither the service nor its limit. 0: it was. */
static int restart_blame_others(struct stage *stage, struct error *err)
{
    const struct settings *settings = &stage->spec->settings;
    struct memory_sample sample = {.t_ns = 0};
    char limit[UNITS_TEXT_MAX];
    if (stage->killed_above)
        return error_set(err, ERROR_ENVIRONMENT,
                         "the kernel killed the service below its limit of %s: the machine, or a "
                         "cgroup above, had no more memory; give it more (driver vm: --vm-memory)",
                         units_format_bytes((double)settings->limit_bytes, limit));
    if (settings->attach == NULL && settings->image == NULL &&
        stage->context->driver->read(stage->instance, false, &sample, NULL) == 1)
        return error_set(err, ERROR_ENVIRONMENT,
                         "the service's cgroup is gone: somebody else has removed it, and ended "
                         "what was in it");
    return 0;
}

int restart_explain_end(struct stage *stage, struct error *err)
{
    const struct timeline *timeline = stage->timeline;
    if (restart_blame_others(stage, err) < 0)
        return -1;
    if (timeline->n_cycles > 0 && timeline->cycles[timeline->n_cycles - 1].oom_kills > 0)
        return 0;
    struct instance_state state = {0};
    char end[128] = "ended";
    char more[128];
    if (stage->context->driver->state(stage->instance, &state, err) < 0)
        return -1;
    if (stage->record->question.comes_back && stage->failures++ < FAILURES_MAX)
        return 1;
    if (stage->record->question.attached)
        return stage_service_error(stage, err, "what was attached to has ended during the run: %s",
                                   stage->record->target);
    if (state.main_ended)
        process_end_text(&state.main_end, end, sizeof(end));
    bool completed = state.main_ended && !state.main_end.signaled && state.main_end.status == 0;
    if (restart_is_due(stage, completed, more, sizeof(more)))
        return 1;
    return stage_service_error(stage, err, "the service ended during the run (%s)%s", end, more);
}

int restart_explain_start(struct stage *stage, struct error *err)
{
    struct instance_state state = {0};
    char more[128];
    if (err->kind != ERROR_SERVICE || stage->instance == NULL ||
        stage->context->driver->state(stage->instance, &state, NULL) < 0 || state.alive)
        return -1;
    bool completed = state.main_ended && !state.main_end.signaled && state.main_end.status == 0;
    if (restart_is_due(stage, completed, more, sizeof(more))) {
        *err = (struct error){.kind = ERROR_NONE};
        return 1;
    }
    return more[0] != '\0' ? error_prefix(err, "it ended%s", more) : -1;
}

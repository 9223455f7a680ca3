#include "run/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/processor.h"
#include "base/units.h"
#include "driver/engine_word.h"
#include "run/ask.h"
#include "run/preloaded.h"
#include "run/quarantine.h"
#include "run/readiness.h"
#include "run/restart.h"
#include "scenario/plan_groups.h"

#define READY_RETRY_NS (20 * NSEC_PER_MSEC)
#define STOP_GRACE_NS  (2 * NSEC_PER_SEC)
/* How long a wait lasts before the instance and the user's wish to stop are looked at again. */
#define WAIT_SLICE_NS (50 * NSEC_PER_MSEC)
#define DYING_NS      (5 * NSEC_PER_SEC)
/* A start that reads this many times its limit from files that it had before is starved. */
#define REFAULTS_STARVED 5
#define PAGE_BYTES       4096

nsec_t stage_now_ns(const struct stage *stage)
{
    return clock_now_ns() - stage->origin_ns;
}

void stage_enter_phase(struct stage *stage, const char *phase, uint64_t requests_goal)
{
    snprintf(stage->phase, sizeof(stage->phase), "%s", phase);
    stage->phase_requests = 0;
    stage->phase_goal = requests_goal;
    timeline_add_mark(stage->timeline, stage_now_ns(stage), MARK_PHASE, requests_goal, phase);
    stage_show_progress(stage, true);
}

/* "exit status 3", "killed by signal 9 (Killed)", "… and left 2 processes behind". */
static const char *stage_end_text(const struct instance_state *state, char *text, size_t size)
{
    char end[128];
    process_end_text(&state->main_end, end, sizeof(end));
    if (!state->main_ended)
        snprintf(text, size, "ended");
    else if (state->processes > 0)
        snprintf(text, size, "ended with %s and left %u process%s behind", end, state->processes,
                 state->processes == 1 ? "" : "es");
    else
        snprintf(text, size, "ended with %s", end);
    return text;
}

/* Ports that the instance listens on instead of the one it was given; "" when there are none. */
static void stage_find_listeners(struct stage *stage, char *text, size_t size)
{
    text[0] = '\0';
    struct survey *survey = malloc(sizeof(*survey));
    if (survey != NULL && stage->context->driver->survey(stage->instance, survey, NULL) == 0)
        for (unsigned i = 0; i < survey->n_sockets; i++)
            if (strncmp(survey->sockets[i].name, "LISTEN ", 7) == 0)
                snprintf(text, size, ", but it listens on %s (%s)", survey->sockets[i].name + 7,
                         stage->record->question.attached
                             ? "--port"
                             : "the port to use is in PORT, and {port} in its arguments");
    free(survey);
}

/* Did it fail to start for want of memory? Then the limit is what to mend: said in text. */
static bool stage_starved(struct stage *stage, char *text, size_t size)
{
    struct memory_sample sample = {0};
    char limit[UNITS_TEXT_MAX];
    char amount[UNITS_TEXT_MAX];
    if (stage->spec->settings.limit_bytes == SCENARIO_NO_LIMIT ||
        stage->record->question.attached ||
        stage->context->driver->read(stage->instance, true, &sample, NULL) != 0)
        return false;
    units_format_bytes((double)stage->spec->settings.limit_bytes, limit);
    uint64_t again = memory_sample_get(&sample, MEMORY_REFAULT_FILE, 0) * PAGE_BYTES;
    if (memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 0) > 0)
        snprintf(text, size, "it was OOM-killed: the limit of %s is too small to start in", limit);
    else if (again > REFAULTS_STARVED * stage->spec->settings.limit_bytes)
        snprintf(text, size,
                 "it read %s of its own files again and again: the limit of %s is too small to "
                 "start in",
                 units_format_bytes((double)again, amount), limit);
    else
        return false;
    return true;
}

static int stage_not_ready_error(struct stage *stage, const struct readiness *readiness,
                                 const struct instance_state *state, struct error *err)
{
    char end[200];
    char listeners[240];
    char starved[200];
    if (stage_starved(stage, starved, sizeof(starved)))
        return stage_service_error(stage, err, "the service did not get ready: %s", starved);
    if (!state->alive || state->main_ended)
        return stage_service_error(stage, err, "the service %s before it was ready (%s)",
                                   stage_end_text(state, end, sizeof(end)), readiness->last);
    stage_find_listeners(stage, listeners, sizeof(listeners));
    return stage_service_error(stage, err, "the service was not ready after %.1f s: %s%s",
                               (double)stage->spec->settings.service.ready_timeout_ns / 1e9,
                               readiness->last, listeners);
}

/* Program `index`: 0 the service, 1… its dependencies. */
static const struct program *stage_program(const struct stage *stage, unsigned index)
{
    const struct settings *settings = &stage->spec->settings;
    return index == 0 ? &settings->service : &settings->dependencies[index - 1];
}

/* How to know that each program is ready: what is in a log already does not tell. */
struct stage_ready {
    struct readiness of[1 + SCENARIO_DEPENDENCIES_MAX];
};

static void stage_ready_done(struct stage_ready *ready)
{
    for (size_t i = 0; i < ARRAY_LENGTH(ready->of); i++)
        readiness_done(&ready->of[i]);
}

static int stage_prepare_ready(const struct stage *stage, struct stage_ready *ready,
                               struct error *err)
{
    const char *log_path = stage->context->files.log_path;
    for (unsigned i = 0; i <= stage->spec->settings.n_dependencies; i++) {
        const struct program *program = stage_program(stage, i);
        CLEANUP(freep) char *own_log = NULL;
        if (i > 0 && asprintf(&own_log, "%s.%s", log_path, program->name) < 0) {
            own_log = NULL;
            return error_out_of_memory(err);
        }
        if (readiness_init(&ready->of[i], program->ready, i > 0 ? own_log : log_path, err) < 0)
            return -1;
    }
    return 0;
}

/* Wait until program `index` is ready. */
static int stage_await_ready(struct stage *stage, unsigned index, struct readiness *readiness,
                             struct error *err)
{
    const struct driver *driver = stage->context->driver;
    const struct program *program = stage_program(stage, index);
    readiness->url = driver->endpoint(stage->instance, index);
    nsec_t deadline_ns = clock_now_ns() + program->ready_timeout_ns;
    while (!readiness_try(readiness)) {
        struct instance_state state = {0};
        if (driver->state(stage->instance, &state, err) < 0)
            return -1;
        bool ended = index == 0 && !state.alive;
        if (ended || clock_now_ns() >= deadline_ns) {
            if (index > 0)
                return error_set(err, ERROR_SERVICE, "the dependency \"%s\" is not ready: %s",
                                 program->name, readiness->last);
            return stage_not_ready_error(stage, readiness, &state, err);
        }
        if (stage_wait(stage, clock_now_ns() + READY_RETRY_NS, false, err) < 0)
            return -1;
    }
    return 0;
}

/* All of it was killed for memory while it started: what still listens takes its time to die. Who
 * is killed from now on, though before the first cycle looks, is killed in that. */
static bool stage_is_dying(struct stage *stage)
{
    struct memory_sample sample = {.t_ns = 0};
    const struct settings *settings = &stage->spec->settings;
    stage->has_kills = stage->context->driver->read(stage->instance, true, &sample, NULL) == 0 &&
                       memory_sample_has(&sample, MEMORY_EVENTS_OOM_KILL);
    stage->known_kills = memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 0);
    if (!settings->oom_group || settings->attach != NULL || stage->known_kills == 0)
        return false;
    (void)stage_wait(stage, clock_now_ns() + DYING_NS, false, NULL);
    return true;
}

/* What makes the load. */
static int stage_make_generator(struct stage *stage, struct error *err)
{
    const struct driver *driver = stage->context->driver;
    const struct load_profile *load = &stage->spec->settings.load;
    if (load->calls)
        return generator_new_function(load, driver->calls(stage->instance), &stage->generator, err);
    if (load->command == NULL)
        return generator_new(load, driver->endpoint(stage->instance, 0), &stage->generator, err);
    const struct load_place place = {
        .driver = driver,
        .instance = stage->instance,
        .spec = stage->spec,
        .files = &stage->context->files,
    };
    if (load_target_new(&place, &stage->load_target, err) < 0)
        return -1;
    return generator_new_command(load, load_target_command(stage->load_target), &stage->generator,
                                 err);
}

/* How garbage is collected: as the settings say. A JVM that we have started can be asked without
 * more; what runs already is left as it is. */
static void stage_choose_gc(struct stage *stage)
{
    const struct settings *settings = &stage->spec->settings;
    stage->gc = settings->gc;
    if (stage->gc != NULL && strcmp(stage->gc, SERVICE_ASK_NONE) == 0)
        stage->gc = NULL;
    for (unsigned i = 0; stage->has_processes && i < stage->processes.n; i++)
        if (settings->gc == NULL && settings->attach == NULL &&
            stage->processes.runtimes[i].kind == RUNTIME_JVM)
            stage->gc = SERVICE_ASK_JVM;
}

/* Is it known at every floor what the heap has in use? */
static bool stage_heap_is_told(const struct stage *stage)
{
    return stage->spec->settings.heap_path != NULL ||
           (stage->gc != NULL && strcmp(stage->gc, SERVICE_ASK_JVM) == 0);
}

/* Which runtimes there are, and who listens. What cannot be told is no reason to end the run. */
static void stage_inspect(struct stage *stage)
{
    struct record *record = stage->record;
    const struct driver *driver = stage->context->driver;
    struct error err = {.kind = ERROR_NONE};
    stage->has_processes = false;
    if (driver->inspect != NULL &&
        driver->inspect(stage->instance, record->question.limit_bytes, &stage->processes, &err) < 0)
        record_warn(record, "the runtimes are not known: %.140s", err.text);
    else
        stage->has_processes = driver->inspect != NULL;
    sampler_resume(stage->sampler);
    bool ours = stage->spec->settings.attach == NULL && processor_is_emulated();
    for (unsigned i = 0; ours && stage->has_processes && i < stage->processes.n; i++)
        if (stage->processes.runtimes[i].kind == RUNTIME_JVM)
            (void)processor_hold(stage->processes.runtimes[i].pid);
    stage_choose_gc(stage);
    if (stage->start == 0)
        record_set_runtimes(record, stage->has_processes ? stage->processes.runtimes : NULL,
                            stage->has_processes ? stage->processes.n : 0,
                            stage_heap_is_told(stage), stage->gc != NULL);
    if (stage->start == 0 && stage->has_processes) {
        preloaded_check(stage->spec, &stage->processes, record);
        quarantine_check(&stage->processes, record);
    }
}

int stage_ask(struct stage *stage, const char *ask, struct allocator *ret, struct error *err)
{
    const struct ask_target target = {
        .url = stage->context->driver->endpoint(stage->instance, 0),
        .processes = stage->has_processes ? &stage->processes : NULL,
    };
    int status = ask_service(&target, ask, ret, err);
    sampler_resume(stage->sampler);
    return status;
}

/* What it is that was attached to goes into the record. */
static void stage_describe(struct stage *stage)
{
    struct instance_facts facts = {.limit_bytes = SCENARIO_NO_LIMIT};
    struct record *record = stage->record;
    if (stage->context->driver->describe == NULL)
        return;
    stage->context->driver->describe(stage->instance, &facts);
    snprintf(record->target, sizeof(record->target), "%s", facts.target);
    record->question.limit_bytes = facts.limit_bytes;
    record->question.comes_back = facts.comes_back;
    if (facts.unseen[0] != '\0')
        record_warn(record, "kernel memory cannot be seen: %.160s", facts.unseen);
}

int stage_start_instance(struct stage *stage, struct error *err)
{
    const struct driver *driver = stage->context->driver;
    CLEANUP(stage_ready_done) struct stage_ready ready = {.of = {{.url = NULL}}};
    if (stage_prepare_ready(stage, &ready, err) < 0)
        return -1;
    stage_enter_phase(stage, "start", 0);
    timeline_add_mark(stage->timeline, stage_now_ns(stage), MARK_START, stage->start, "");
    stage->has_processes = false;
    struct run_files files = stage->context->files;
    files.placed = stage_placed_instruments;
    files.placed_context = stage;
    if (driver->start(stage->context->options, stage_begin_instruments(stage), &files,
                      &stage->instance, err) < 0)
        return -1;
    stage_start_instruments(stage);
    stage->record->starts++;
    stage_describe(stage);
    sampler_watch(stage->sampler, stage->instance);

    for (unsigned i = stage->spec->settings.n_dependencies + 1; i-- > 0;)
        if (stage_await_ready(stage, i, &ready.of[i], err) < 0)
            return -1;
    if (stage_is_dying(stage))
        return stage_service_error(stage, err,
                                   "the service was OOM-killed as it got ready: its limit is too "
                                   "small to start in");
    stage_inspect(stage);
    stage_ready_instruments(stage);
    const struct settings *settings = &stage->spec->settings;
    const char *url = driver->endpoint(stage->instance, 0);
    stage->collector = (struct collector){
        .settings = settings,
        .url = url,
        .dir = stage->context->files.collected_dir,
        .warned = stage->collector.warned,
    };
    if (settings->heap_path != NULL &&
        allocator_client_new(url, settings->heap_path, settings->load.reuse, &stage->allocator,
                             err) < 0)
        return -1;
    return stage_make_generator(stage, err);
}

/* What the engine of a container says, where that is not what the kernel counted. Before we stop
 * it: what comes of that is no news. */
static void stage_hear_engine(struct stage *stage)
{
    const struct driver *driver = stage->context->driver;
    struct instance_state state = {0};
    struct memory_sample sample = {0};
    struct engine_witness witness = {0};
    char text[sizeof(stage->record->warnings[0])];
    if (driver->state(stage->instance, &state, NULL) < 0 || !state.engine.present)
        return;
    witness.engine = state.engine;
    witness.has_oom_kills = driver->read(stage->instance, true, &sample, NULL) == 0 &&
                            memory_sample_has(&sample, MEMORY_EVENTS_OOM_KILL);
    witness.oom_kills = memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 0);
    if (engine_word_disagrees(engine_word(&witness)))
        record_warn_once(stage->record, engine_word_text(&witness, text, sizeof(text)));
}

/* Is the log all that the service has printed? */
static void stage_check_log(struct stage *stage)
{
    const struct driver *driver = stage->context->driver;
    int failure = driver->catch_up != NULL ? driver->catch_up(stage->instance) : 0;
    if (failure != 0)
        record_warn(stage->record, "service.log is not complete: %s", strerror(failure));
}

/* Were there all the processes and threads that it wanted? */
static void stage_check_pids(struct stage *stage)
{
    const char *group = stage->context->driver->cgroup_dir(stage->instance);
    unsigned long long times = 0;
    CLEANUP(freep) char *path = group != NULL ? file_join(group, "pids.events") : NULL;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(256);
    if (path == NULL || stage->spec->settings.attach != NULL ||
        file_read(AT_FDCWD, path, &text, NULL) < 0)
        return;
    const char *line = strstr(buffer_text(&text), "max ");
    if (line != NULL && sscanf(line, "max %llu", &times) == 1 && times > 0)
        record_warn(stage->record,
                    "the limit of %llu processes and threads (pids) was reached: %llu times none "
                    "could be started",
                    (unsigned long long)stage->spec->settings.pids, times);
}

void stage_stop_instance(struct stage *stage)
{
    generator_free(stage->generator);
    stage->generator = NULL;
    load_target_free(stage->load_target);
    stage->load_target = NULL;
    allocator_client_free(stage->allocator);
    stage->allocator = NULL;
    if (stage->instance == NULL) {
        stage_end_instruments(stage);
        return;
    }
    sampler_watch(stage->sampler, NULL);
    stage_hear_engine(stage);
    struct instance_state state = {0};
    const struct driver *driver = stage->context->driver;
    if (driver->state(stage->instance, &state, NULL) == 0 && !state.alive)
        restart_note_end(stage, &state);
    /* Of a group all are to be stopped, one after the other, before who asked loses patience. */
    bool hurry = stage->context->seat != NULL && interrupt_count() > 0;
    nsec_t grace_ns = hurry ? STOP_GRACE_NS / PLAN_GROUP_MAX : STOP_GRACE_NS;
    if (driver->stop(stage->instance, clock_now_ns() + grace_ns, &state, NULL) == 0 &&
        state.main_ended) {
        char end[200];
        timeline_add_mark(stage->timeline, stage_now_ns(stage), MARK_EXIT, 0,
                          stage_end_text(&state, end, sizeof(end)));
    }
    stage_end_instruments(stage);
    stage_check_log(stage);
    stage_check_pids(stage);
    driver->destroy(stage->instance);
    stage->instance = NULL;
}

/* All stood still: the service, too, or it alone went on. That is no part of the run's budget. */
static void stage_note_still(struct stage *stage)
{
    nsec_t still_ns = sampler_take_still(stage->sampler);
    if (still_ns == 0)
        return;
    if (stage->deadline_ns != NSEC_NEVER)
        stage->deadline_ns += still_ns;
    record_warn(stage->record,
                "nothing was measured for %.0f s: the machine, or leakcage, was suspended",
                (double)still_ns / NSEC_PER_SEC);
}

/* Sleep in poll until something is due: a tick, the end of the batch, the deadline. */
static int stage_poll(struct stage *stage, nsec_t until_ns, bool for_batch, struct error *err)
{
    struct pollfd watch[2] = {
        {.fd = sampler_fd(stage->sampler), .events = POLLIN},
        {.fd = for_batch ? generator_fd(stage->generator) : -1, .events = POLLIN},
    };
    if (poll(watch, 2, clock_poll_timeout_ms(clock_now_ns(), until_ns)) < 0 && errno != EINTR)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot poll");
    if (interrupt_count() > 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if ((watch[0].revents & POLLIN) != 0) {
        int status = sampler_tick(stage->sampler, err);
        stage_note_still(stage);
        if (status != 0)
            return status;
    }
    return (watch[1].revents & POLLIN) != 0 ? 2 : 0;
}

/* Sample the load generator and tell the observer. */
static void stage_sample_load(struct stage *stage, nsec_t now_ns)
{
    struct load_sample sample;
    generator_sample(stage->generator, now_ns - stage->origin_ns, &sample);
    stage->phase_requests = load_counts_completed(&sample.counts) - stage->requests_before;
    (void)timeline_add_load(stage->timeline, &sample, NULL);
    stage_show_progress(stage, false);
}

/* Is the instance there? 1: it is gone. */
static int stage_look(struct stage *stage, bool for_batch, nsec_t now_ns, struct error *err)
{
    struct instance_state state = {0};
    if (stage->context->driver->state(stage->instance, &state, err) < 0)
        return -1;
    if (!state.alive)
        return 1;
    if (for_batch)
        stage_sample_load(stage, now_ns);
    else
        stage_show_progress(stage, false);
    return 0;
}

int stage_wait(struct stage *stage, nsec_t deadline_ns, bool for_batch, struct error *err)
{
    nsec_t look_ns = clock_now_ns() + WAIT_SLICE_NS;
    for (;;) {
        nsec_t until_ns = look_ns < deadline_ns ? look_ns : deadline_ns;
        int status = stage_poll(stage, until_ns, for_batch, err);
        if (status < 0 || status == 1)
            return status;
        nsec_t now_ns = clock_now_ns();
        bool over = status == 2 || now_ns >= deadline_ns;
        /* Also before it is over: what is refused by a dead service is soon done. */
        if (over || now_ns >= look_ns) {
            look_ns = now_ns + WAIT_SLICE_NS;
            status = stage_look(stage, for_batch, now_ns, err);
            if (status != 0)
                return status;
        }
        if (over)
            return 0;
    }
}

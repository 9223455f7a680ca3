#include "tests/support/simulation.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"

#define MIB             (1024.0 * 1024)
#define PAGE            4096.0
#define BUDGET_S        60.0
#define CYCLE_BOUND_S   30.0
#define CYCLE_REST_S    0.35
#define REST_PROBE_S    3.0
#define LIMIT_BYTES     (256 * MIB)
#define TRANSIENT_BYTES (2 * MIB) /* of the load at its peak */
#define CONCURRENCY     8
#define CYCLES_MIN      5

/* As run.c does it after a kill. */
#define CYCLES_SPARE       4
#define CYCLE_REQUESTS_MIN 5

struct simulation {
    const struct shape *shape;
    struct random random;
    double drawn[SIMULATION_PARAMETERS];
    double parameters[SIMULATION_PARAMETERS]; /* those of this start */
    struct timeline *timeline;
    struct verdict_question question;
    double requests_per_s;
    double now_s;
    double floor_bytes;
    double heap_bytes;
    double requests; /* of this start */
    double requests_before;
    uint64_t cycle_requests;
    unsigned concurrency;
    unsigned start;
    struct cycle cycle; /* the one under way */
};

static nsec_t simulation_ns(double seconds)
{
    return (nsec_t)(seconds * (double)NSEC_PER_SEC);
}

static void simulation_survey(const struct simulation *simulation, struct survey *ret)
{
    survey_init(ret);
    ret->t_ns = simulation_ns(simulation->now_s);
    static const enum memory_field nothing[] = {MEMORY_FILE, MEMORY_KERNEL, MEMORY_PAGETABLES,
                                                MEMORY_SHMEM, MEMORY_SLAB_UNRECLAIMABLE};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        memory_sample_set(&ret->memory, nothing[i], 0);
    uint64_t bytes = (uint64_t)simulation->floor_bytes;
    memory_sample_set(&ret->memory, MEMORY_ANON, bytes);
    ret->value[SURVEY_PSS_ANON] = bytes;
    if (simulation->shape->heap != NULL) {
        ret->value[SURVEY_HEAP_ARENA] = (uint64_t)LIMIT_BYTES / 2;
        ret->value[SURVEY_HEAP_IN_USE] = (uint64_t)simulation->heap_bytes;
        ret->value[SURVEY_HEAP_FREE] = 0;
    }
    ret->value[SURVEY_LAZY_FREE] = 0;
    ret->value[SURVEY_THREADS] = 4;
    ret->value[SURVEY_FD_SOCKET] = 3;
    ret->value[SURVEY_FD_FILE] = 2;
}

static void simulation_sample(struct simulation *simulation, double at_s, double bytes)
{
    struct memory_sample sample = {.t_ns = simulation_ns(at_s)};
    memory_sample_set(&sample, MEMORY_CURRENT, (uint64_t)bytes);
    ck_assert_int_eq(timeline_add_memory(simulation->timeline, &sample, NULL), 0);
}

/* The floor after `requests` more, in whole pages. */
static double simulation_work(struct simulation *simulation, double requests)
{
    simulation->requests += requests;
    const struct shape *shape = simulation->shape;
    double bytes = shape->floor(&simulation->random, simulation->parameters, simulation->requests);
    if (shape->heap != NULL)
        simulation->heap_bytes =
            fmax(0, shape->heap(&simulation->random, simulation->parameters, simulation->requests));
    return fmax(0, floor(bytes / PAGE) * PAGE);
}

/* The load of the cycle under way, cut off at its time; false: killed for memory. */
static bool simulation_load(struct simulation *simulation)
{
    struct cycle *cycle = &simulation->cycle;
    double most_s = fmin(CYCLE_BOUND_S, fmax(1, BUDGET_S - simulation->now_s));
    double load_s = (double)cycle->requests / simulation->requests_per_s;
    cycle->deadline_hit = load_s > most_s;
    load_s = fmin(load_s, most_s);
    double requests = round(load_s * simulation->requests_per_s);
    double before = simulation->floor_bytes;
    simulation->floor_bytes = simulation_work(simulation, requests);
    cycle->counts.ok = (uint64_t)requests;
    cycle->counts.timed_out = cycle->deadline_hit ? cycle->concurrency : 0;

    double top = fmax(before, simulation->floor_bytes) + TRANSIENT_BYTES;
    bool lives = top <= LIMIT_BYTES;
    if (!lives) {
        double share =
            (LIMIT_BYTES - TRANSIENT_BYTES - before) / (simulation->floor_bytes - before);
        load_s *= fmin(1, fmax(0, share));
        top = LIMIT_BYTES;
        cycle->counts.ok = (uint64_t)(load_s * simulation->requests_per_s);
        cycle->oom_kills = 1;
        cycle->events_max = 1;
    }
    cycle->peak_bytes = (uint64_t)top;
    simulation_sample(simulation, simulation->now_s + load_s / 2, top);
    simulation->now_s += load_s;
    return lives;
}

static void simulation_cycle(struct simulation *simulation, enum cycle_kind kind, uint64_t requests)
{
    struct cycle *cycle = &simulation->cycle;
    memset(cycle, 0, sizeof(*cycle));
    cycle->kind = kind;
    cycle->start = simulation->start;
    cycle->requests = requests;
    cycle->concurrency = requests == 0 ? 0 : kind == CYCLE_SOLO ? 1 : simulation->concurrency;
    cycle->begin_ns = simulation_ns(simulation->now_s);
    cycle->squeeze_bytes = SURVEY_ABSENT;
    cycle->collected_bytes = SURVEY_ABSENT;
    cycle->peak_bytes = SURVEY_ABSENT;
    survey_init(&cycle->settled);
    survey_init(&cycle->floor);
    cycle->complete = true;
    if (requests > 0)
        cycle->complete = simulation_load(simulation);
    else
        simulation->floor_bytes = simulation_work(simulation, 0);
    cycle->load_end_ns = simulation_ns(simulation->now_s);
    if (cycle->complete) {
        if (kind != CYCLE_READY)
            simulation->now_s += CYCLE_REST_S;
        cycle->came_to_rest = true;
        cycle->reclaimed = true;
        cycle->settled_ns = cycle->floor_ns = simulation_ns(simulation->now_s);
        simulation_survey(simulation, &cycle->settled);
        cycle->floor = cycle->settled;
    }
    simulation->requests_before += (double)load_counts_completed(&cycle->counts);
    ck_assert_int_eq(timeline_add_cycle(simulation->timeline, cycle, NULL), 0);
}

static void simulation_start(struct simulation *simulation)
{
    memcpy(simulation->parameters, simulation->drawn, sizeof(simulation->drawn));
    simulation->requests = 0;
    simulation_cycle(simulation, CYCLE_READY, 0);
    uint64_t warmup = SIMULATION_WORK;
    if (simulation->start > 0 && simulation->cycle_requests < warmup)
        warmup = simulation->cycle_requests;
    simulation_cycle(simulation, CYCLE_WARMUP, warmup);
}

static void simulation_restart(struct simulation *simulation, bool solo)
{
    double requests = 0;
    for (size_t i = 0; i < simulation->timeline->n_cycles; i++)
        if (simulation->timeline->cycles[i].start == simulation->start)
            requests += (double)load_counts_completed(&simulation->timeline->cycles[i].counts);
    requests = fmax(floor(requests / (CYCLES_MIN + CYCLES_SPARE)), CYCLE_REQUESTS_MIN);
    if (requests < (double)simulation->cycle_requests)
        simulation->cycle_requests = (uint64_t)requests;
    if (solo)
        simulation->concurrency = 1;
    simulation->start++;
    simulation_start(simulation);
}

static void simulation_probe(struct simulation *simulation, enum cycle_kind kind,
                             const struct verdict_action *action)
{
    simulation->concurrency = 1; /* of the warm-up: it must not be the one that is killed */
    if (simulation->cycle.oom_kills > 0) {
        simulation->start++;
        simulation_start(simulation);
    }
    simulation->concurrency = action->concurrency;
    if (simulation->cycle.oom_kills == 0)
        simulation_cycle(simulation, kind, action->requests);
}

/* Let another process take all the room, and what is to be taken back. */
static void simulation_squeeze(struct simulation *simulation, uint64_t bytes)
{
    simulation_cycle(simulation, CYCLE_SQUEEZE, simulation->cycle_requests);
    struct cycle *cycle = &simulation->timeline->cycles[simulation->timeline->n_cycles - 1];
    cycle->squeeze_bytes = (uint64_t)(LIMIT_BYTES - simulation->floor_bytes) + bytes;
    cycle->oom_kills = 1; /* a floor is what cannot be taken back */
    cycle->complete = false;
}

static void simulation_step(struct simulation *simulation, const struct verdict_action *action)
{
    switch (action->step) {
    case VERDICT_STEP_CYCLE:
        if (action->requests > 0)
            simulation->cycle_requests = action->requests;
        simulation_cycle(simulation, CYCLE_MEASURE, simulation->cycle_requests);
        break;
    case VERDICT_STEP_REPEAT:
        simulation_cycle(simulation, CYCLE_REPEAT, action->requests);
        break;
    case VERDICT_STEP_DRIVE:
        simulation_cycle(simulation, CYCLE_DRIVE, action->requests);
        break;
    case VERDICT_STEP_RECLAIM:
        simulation_cycle(simulation, CYCLE_RECLAIM, 0);
        break;
    case VERDICT_STEP_TRIM:
        simulation_cycle(simulation, CYCLE_TRIM, 0);
        break;
    case VERDICT_STEP_REST:
        simulation->now_s += REST_PROBE_S;
        simulation_cycle(simulation, CYCLE_REST, 0);
        break;
    case VERDICT_STEP_SOLO:
        simulation_cycle(simulation, CYCLE_SOLO, simulation->cycle_requests);
        break;
    case VERDICT_STEP_SAFE:
        simulation_probe(simulation, CYCLE_SAFE, action);
        break;
    case VERDICT_STEP_ABOVE:
        simulation_probe(simulation, CYCLE_ABOVE, action);
        break;
    case VERDICT_STEP_SQUEEZE:
        simulation_squeeze(simulation, action->bytes);
        break;
    case VERDICT_STEP_RESTART:
    case VERDICT_STEP_RESTART_SOLO:
        simulation_restart(simulation, action->step == VERDICT_STEP_RESTART_SOLO);
        break;
    case VERDICT_STEP_DONE:
        break;
    }
}

void simulation_run(const struct shape *shape, uint64_t seed, double requests_per_s,
                    struct simulation_result *ret)
{
    struct simulation simulation = {
        .shape = shape,
        .random = random_from(seed),
        .question = {.limit_bytes = (uint64_t)LIMIT_BYTES,
                     .concurrency = CONCURRENCY,
                     .cycles_max = 30,
                     .cycles_min = CYCLES_MIN,
                     .cycle_requests = SIMULATION_WORK,
                     .can_reclaim = true,
                     .heap_is_exact = shape->heap != NULL,
                     .heap_is_collected = shape->heap != NULL},
        .requests_per_s = requests_per_s,
        .cycle_requests = SIMULATION_WORK,
        .concurrency = CONCURRENCY,
    };
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    ck_assert_int_eq(timeline_new(256, &timeline, NULL), 0);
    simulation.timeline = timeline;
    shape->draw(&simulation.random, simulation.drawn);
    simulation_start(&simulation);
    for (;;) {
        struct verdict_action action = verdict_next(timeline, &simulation.question);
        if (action.step == VERDICT_STEP_DONE || simulation.now_s >= BUDGET_S)
            break;
        simulation_step(&simulation, &action);
    }
    *ret = (struct simulation_result){.requests = simulation.requests_before,
                                      .seconds = simulation.now_s};
    memcpy(ret->parameters, simulation.drawn, sizeof(simulation.drawn));
    verdict_decide(timeline, &simulation.question, &ret->verdict);
    for (size_t i = 0; i < timeline->n_cycles; i++)
        ret->repeated = ret->repeated || timeline->cycles[i].kind == CYCLE_REPEAT;
}

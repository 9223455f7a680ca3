/* What to measure next: the method, step by step. */
#include <math.h>

#include "base/whole.h"
#include "verdict/attribution.h"
#include "verdict/evidence.h"
#include "verdict/safety.h"
#include "verdict/verdict.h"

/* So many cycles of one size, then larger ones, so many times, unless a cycle would take longer.
 * After a repeat that did not go on as the window did, much work lies behind it already, and only
 * much more tells the curve of a root from a line. */
#define WINDOW_CYCLES       10
#define WINDOW_TIMES        4U
#define WINDOW_TIMES_MISLED 8U
#define WINDOW_CYCLE_MAX_S  8.0
/* Beyond so many, of those that are asked for before any verdict, all is looked at now and then. */
#define LOOK_ALWAYS_CYCLES 30
#define LOOK_EVERY_CYCLES  16
/* The repeat probe: for so long, or for as much work as the window did, in at most this share of
 * the room that is left under the limit. What may be a cache that fills, or garbage that waits for
 * its collector, always gets one; threads and descriptors only when less than this has passed since
 * the service was ready, for a verdict within seconds is worth more there. */
#define REPEAT_BEFORE_S    3.0
#define REPEAT_SECONDS     1.2
#define REPEAT_SECONDS_MAX 4.0
#define REPEAT_ROOM_MAX    0.5
#define REPEAT_TIMES_MIN   1.5
/* Where memory is taken in spans, as allocators do, what a look finds is off by a part of one. The
 * repeat probe should grow by so many times that error: then it is within a tenth of the truth. */
#define REPEAT_ERRORS_MIN 10.0
/* Of what is kept, how much another process should need. */
#define SQUEEZE_SHARE 0.75
/* The load goes on to the next kill when that needs no longer than this, and with some work more
 * than should do. */
#define DRIVE_SECONDS_MAX 30.0
#define DRIVE_SPARE       1.5
/* Work of the probes at another concurrency: at least so many rounds, and no longer than that. */
#define PROBE_ROUNDS_MIN  4
#define PROBE_SECONDS_MAX 3.0

static struct verdict_action verdict_step_only(enum verdict_step step)
{
    return (struct verdict_action){.step = step};
}

static const struct cycle *verdict_last_cycle(const struct timeline *timeline)
{
    return timeline->n_cycles > 0 ? &timeline->cycles[timeline->n_cycles - 1] : NULL;
}

/* Was the last start of the service killed for memory? */
static bool verdict_was_killed(const struct timeline *timeline)
{
    const struct cycle *last = verdict_last_cycle(timeline);
    return last != NULL && last->oom_kills > 0;
}

/* Nothing is to be done but what is done in any case: see once what the kernel takes back. */
static struct verdict_action verdict_last_look(const struct timeline *timeline,
                                               const struct verdict_question *question,
                                               const struct evidence *evidence)
{
    bool looked = question->attached || evidence->reclaim != NULL || evidence->last == NULL ||
                  indicators_last_cycle(timeline, CYCLE_RECLAIM) != NULL;
    return verdict_step_only(looked || verdict_was_killed(timeline) ? VERDICT_STEP_DONE
                                                                    : VERDICT_STEP_RECLAIM);
}

static bool verdict_is_measured(const struct cycle *cycle, unsigned start)
{
    return cycle->kind == CYCLE_MEASURE && cycle->start == start && cycle->complete;
}

/* Complete measuring cycles of that start of the service. */
static unsigned verdict_measured(const struct timeline *timeline, unsigned start)
{
    unsigned measured = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++)
        if (verdict_is_measured(&timeline->cycles[i], start))
            measured += cycle_count(&timeline->cycles[i]);
    return measured;
}

/* Another measuring cycle; a larger one when so many of this size did not decide it, or when the
 * repeat probe showed that they misled. */
static struct verdict_action verdict_cycle_of_window(const struct timeline *timeline,
                                                     const struct verdict_question *question)
{
    /* A service that is collected every 240 requests has a floor that is a little higher after
     * every 250. */
    static const double sizes[] = {1, 1.1, 0.9};
    const struct cycle *last = verdict_last_cycle(timeline);
    struct verdict_action action = {.step = VERDICT_STEP_CYCLE};
    uint64_t size = 0;
    unsigned of_window = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (!verdict_is_measured(cycle, last->start))
            continue;
        if (!indicators_is_size(cycle_size(cycle), size)) {
            size = cycle_size(cycle);
            of_window = 0;
        }
        of_window += cycle_count(cycle);
    }
    const struct cycle *measure = indicators_last_cycle(timeline, CYCLE_MEASURE);
    double seconds = (double)cycle_load_ns(measure) / NSEC_PER_SEC / cycle_count(measure);
    bool misled = last->kind == CYCLE_REPEAT;
    unsigned times = misled ? WINDOW_TIMES_MISLED : WINDOW_TIMES;
    while (times > 1 && times * seconds > WINDOW_CYCLE_MAX_S)
        times /= 2;
    /* As many as are asked for in any case are asked for as they are. */
    bool undecided = of_window >= WINDOW_CYCLES &&
                     verdict_measured(timeline, last->start) >= question->cycles_min;
    if ((undecided || misled) && times > 1) {
        size *= times;
        of_window = 0;
    }
    action.requests = whole_of(round((double)size * sizes[of_window % 3]));
    return action;
}

static struct verdict_action verdict_next_cycle(const struct timeline *timeline,
                                                const struct evidence *evidence,
                                                const struct verdict_question *question)
{
    const struct cycle *last = verdict_last_cycle(timeline);
    if (last == NULL || last->start != evidence->series.start || evidence->series.n < 2)
        return (struct verdict_action){.step = VERDICT_STEP_CYCLE};
    if (verdict_measured(timeline, last->start) >= question->cycles_max)
        return verdict_last_look(timeline, question, evidence);
    return verdict_cycle_of_window(timeline, question);
}

/* Is the next one of the many cycles that are asked for in any case due, without more ado? To look
 * at all of hundreds takes as long as a cycle does. */
static bool verdict_is_on_its_way(const struct timeline *timeline,
                                  const struct verdict_question *question)
{
    const struct cycle *last = verdict_last_cycle(timeline);
    if (last == NULL || last->kind != CYCLE_MEASURE || !last->complete || last->deadline_hit ||
        last->oom_kills > 0)
        return false;
    unsigned measured = verdict_measured(timeline, last->start);
    return measured > LOOK_ALWAYS_CYCLES && measured < question->cycles_min &&
           measured % LOOK_EVERY_CYCLES != 0;
}

/* The time of all cycles, but not what is between them: there others may have had their turn. */
static double verdict_passed_s(const struct timeline *timeline)
{
    double passed_s = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        nsec_t end_ns = cycle->complete ? cycle->floor_ns : cycle->load_end_ns;
        passed_s += (double)(end_ns - cycle->begin_ns) / (double)NSEC_PER_SEC;
    }
    return passed_s;
}

/* How much work a repeat probe is given; 0: there is no room, or no time, for one that tells. */
static uint64_t verdict_repeat_requests(const struct timeline *timeline,
                                        const struct evidence *evidence,
                                        const struct verdict_question *question)
{
    const struct cycle *last = verdict_last_cycle(timeline);
    struct attribution attribution;
    attribution_of_growth(&evidence->series, &attribution);
    bool may_be_cache = attribution.cause == CAUSE_HEAP || attribution.cause == CAUSE_MAPPINGS ||
                        attribution.cause == CAUSE_SHMEM;
    if (verdict_passed_s(timeline) > REPEAT_BEFORE_S && !may_be_cache)
        return 0;

    double rate = evidence->requests_per_s;
    double slope = evidence->growth.trend.slope;
    double requests =
        fmax(REPEAT_SECONDS * rate, fmin(REPEAT_SECONDS_MAX * rate, evidence->growth.requests));
    double tells_bytes =
        fmax(GROWTH_NOISE_BYTES, REPEAT_ERRORS_MIN * evidence->growth.step_error_bytes);
    requests = fmax(requests, fmin(WINDOW_CYCLE_MAX_S * rate, tells_bytes / slope));
    if (evidence->by_heap) {
        double room = evidence_heap_room(evidence, question);
        requests = fmin(requests, REPEAT_ROOM_MAX * room / evidence->growth.trend.high);
    } else if (evidence->limit_known) {
        double room = (double)question->limit_bytes -
                      (double)indicators_floor(&evidence->last->floor).total_bytes;
        requests = fmin(requests, REPEAT_ROOM_MAX * room / evidence->growth.trend.high);
    }
    /* No more work than all cycles would have been. */
    unsigned measured = verdict_measured(timeline, last->start);
    double left = question->cycles_max > measured ? question->cycles_max - measured : 0;
    requests = fmin(requests, left * (double)cycle_size(evidence->series.cycle[1]));
    bool tells = requests >= REPEAT_TIMES_MIN * (double)cycle_size(last) &&
                 requests * slope >= GROWTH_NOISE_BYTES - 1;
    return tells ? whole_of(requests) : 0;
}

/* Others may use what was attached to: it has not been seen yet whether it grows without us. */
static bool verdict_may_have_others(const struct timeline *timeline,
                                    const struct verdict_question *question)
{
    return question->attached && indicators_last_cycle(timeline, CYCLE_REST) == NULL;
}

/* Growth has been followed. */
static struct verdict_action verdict_end_of_growth(const struct timeline *timeline,
                                                   const struct evidence *evidence,
                                                   const struct verdict_question *question)
{
    if (verdict_may_have_others(timeline, question))
        return (struct verdict_action){.step = VERDICT_STEP_REST, .brief = true};
    return verdict_last_look(timeline, question, evidence);
}

/* Steady growth: follow it for as long as time and the limit allow. */
static struct verdict_action verdict_next_of_growth(const struct timeline *timeline,
                                                    const struct evidence *evidence,
                                                    const struct verdict_question *question)
{
    const struct cycle *last = verdict_last_cycle(timeline);
    if (!last->complete || evidence->last == NULL)
        return verdict_last_look(timeline, question, evidence);
    bool restless = !evidence->last->came_to_rest;
    if (restless && indicators_last_cycle(timeline, CYCLE_REST) == NULL)
        return (struct verdict_action){.step = VERDICT_STEP_REST, .brief = true};
    if (evidence->repeat != NULL || evidence->growth.by_doubling ||
        evidence_grows_by_time(evidence) || last->kind != CYCLE_MEASURE)
        return verdict_end_of_growth(timeline, evidence, question);
    uint64_t requests = verdict_repeat_requests(timeline, evidence, question);
    if (requests == 0)
        return verdict_end_of_growth(timeline, evidence, question);
    return (struct verdict_action){.step = VERDICT_STEP_REPEAT, .requests = requests};
}

/* A leak that is certain, in a service that is started again for ever: on to the next kill, unless
 * it is too far away to wait for. */
static struct verdict_action verdict_next_kill(const struct timeline *timeline,
                                               const struct evidence *evidence,
                                               const struct verdict_question *question)
{
    const struct cycle *last = verdict_last_cycle(timeline);
    if (evidence->oom_kills >= question->kills_min || !evidence->limit_known ||
        evidence->last == NULL ||
        (last->kind == CYCLE_DRIVE && last->complete && !last->deadline_hit))
        return verdict_step_only(VERDICT_STEP_DONE);
    if (verdict_was_killed(timeline))
        return verdict_step_only(VERDICT_STEP_RESTART);
    double requests = (double)question->limit_bytes / evidence->growth.trend.slope;
    if (evidence->requests_per_s <= 0 || requests > DRIVE_SECONDS_MAX * evidence->requests_per_s)
        return verdict_step_only(VERDICT_STEP_DONE);
    return (struct verdict_action){
        .step = VERDICT_STEP_DRIVE,
        .requests = whole_of(DRIVE_SPARE * requests) + question->concurrency,
    };
}

/* The work of a probe at another concurrency. */
static uint64_t verdict_probe_requests(const struct evidence *evidence,
                                       const struct verdict_question *question,
                                       unsigned concurrency)
{
    /* Fewer at a time are slower; at most in proportion. */
    double slower = fmin(1, (double)concurrency / question->concurrency);
    double requests = fmin((double)question->cycle_requests,
                           PROBE_SECONDS_MAX * evidence->requests_per_s * slower);
    return whole_of(fmax(requests, (double)PROBE_ROUNDS_MIN * concurrency));
}

/* Pressure: what one request needs, then how many at a time are safe. */
static struct verdict_action verdict_next_of_pressure(const struct timeline *timeline,
                                                      const struct evidence *evidence,
                                                      const struct verdict_question *question)
{
    struct safety safety;
    safety_assess(timeline, question, evidence, &safety);
    /* One that was killed is not run again: not even one at a time is safe. */
    if (evidence->solo == NULL && safety.fails > 1 && evidence->last != NULL &&
        evidence->last->concurrency > 1)
        return (struct verdict_action){
            .step = VERDICT_STEP_SOLO,
            .requests = verdict_probe_requests(evidence, question, 1),
        };
    unsigned concurrency = safety_next(&safety);
    if (concurrency == 0 || question->attached)
        return verdict_last_look(timeline, question, evidence);
    return (struct verdict_action){
        .step = concurrency <= safety.prediction ? VERDICT_STEP_SAFE : VERDICT_STEP_ABOVE,
        .concurrency = concurrency,
        .requests = verdict_probe_requests(evidence, question, concurrency),
    };
}

/* The floor stands and there is room: does memory stay up, and who keeps it? */
static struct verdict_action verdict_next_of_rest(const struct timeline *timeline,
                                                  const struct evidence *evidence,
                                                  const struct verdict_question *question)
{
    if (evidence_is_retaining(evidence) && question->can_trim && !evidence->has_trim)
        return verdict_step_only(VERDICT_STEP_TRIM);
    if (evidence_is_retaining(evidence) && !question->can_trim && !evidence->has_rest &&
        !evidence->runtime_moves)
        return verdict_step_only(VERDICT_STEP_REST);
    if (verdict_may_have_others(timeline, question))
        return (struct verdict_action){.step = VERDICT_STEP_REST, .brief = true};
    struct verdict_action look = verdict_last_look(timeline, question, evidence);
    if (look.step != VERDICT_STEP_DONE)
        return look;
    enum cause cause = evidence_lazy_cause(evidence);
    if (cause == CAUSE_NONE || question->attached || !evidence->limit_known ||
        evidence->squeeze != NULL)
        return look;
    double bytes = SQUEEZE_SHARE * (double)evidence_lazy_bytes(evidence, cause);
    return (struct verdict_action){
        .step = VERDICT_STEP_SQUEEZE,
        .bytes = whole_of(bytes),
    };
}

/* The floor moves, and it is not clear where to. */
static struct verdict_action verdict_next_undecided(const struct timeline *timeline,
                                                    const struct evidence *evidence,
                                                    const struct verdict_question *question)
{
    if (evidence->has_others)
        return verdict_step_only(VERDICT_STEP_DONE);
    unsigned measured = verdict_measured(timeline, evidence->series.start);
    bool long_enough = evidence->growth.shape == GROWTH_STEADY ||
                       (measured >= WINDOW_CYCLES && measured >= question->cycles_min);
    if (long_enough && verdict_may_have_others(timeline, question))
        return (struct verdict_action){.step = VERDICT_STEP_REST, .brief = true};
    return verdict_next_cycle(timeline, evidence, question);
}

struct verdict_action verdict_next(const struct timeline *timeline,
                                   const struct verdict_question *question)
{
    struct evidence evidence;
    if (verdict_is_on_its_way(timeline, question))
        return verdict_cycle_of_window(timeline, question);
    evidence_gather(timeline, question, &evidence);
    enum growth_shape shape = evidence.growth.shape;
    bool stands = shape == GROWTH_FLAT || shape == GROWTH_FADING;

    bool is_over = (question->attached && !question->comes_back) || question->stays_down;
    if (is_over && verdict_was_killed(timeline))
        return verdict_step_only(VERDICT_STEP_DONE);
    if (shape == GROWTH_STEADY && evidence_repeat_holds(&evidence)) {
        struct verdict_action action = verdict_next_of_growth(timeline, &evidence, question);
        return action.step == VERDICT_STEP_DONE && !question->attached
                   ? verdict_next_kill(timeline, &evidence, question)
                   : action;
    }
    if (evidence.thrashes)
        return verdict_last_look(timeline, question, &evidence);
    if (stands && evidence_is_pressed(&evidence, question))
        return verdict_next_of_pressure(timeline, &evidence, question);
    if (evidence.squeeze != NULL)
        return verdict_step_only(VERDICT_STEP_DONE);
    if (verdict_was_killed(timeline)) {
        if (evidence.oom_kills >= 3 || evidence_is_starved(&evidence))
            return verdict_step_only(VERDICT_STEP_DONE);
        return verdict_step_only(evidence.oom_kills == 1 ? VERDICT_STEP_RESTART_SOLO
                                                         : VERDICT_STEP_RESTART);
    }
    return stands ? verdict_next_of_rest(timeline, &evidence, question)
                  : verdict_next_undecided(timeline, &evidence, question);
}

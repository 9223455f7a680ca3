#include "verdict/safety.h"

#include <math.h>
#include <string.h>

#include "base/whole.h"
/* What a roomy limit keeps free beyond the line at which pressure begins. */
#define ROOMY_SHARE 0.8
#define SAFETY_MIB  (1024.0 * 1024)
/* What each request more adds to the peak is believed when it is so many times what comes and goes
 * with one of them: the allocator keeps what a request had, and one request shows next to nothing.
 */
#define SAFETY_KEPT_TIMES 2
/* A peak is as high as another at this share of it. */
#define SAFETY_AS_HIGH 0.9

/* Did this cycle, by itself, drive the cgroup into its limit? */
static bool safety_is_pressed(const struct timeline *timeline,
                              const struct verdict_question *question, const struct cycle *cycle)
{
    if (!cycle->complete || cycle->oom_kills > 0 || cycle->deadline_hit)
        return true;
    nsec_t load_ns = cycle_load_ns(cycle);
    if (load_ns > 0 &&
        (double)cycle->psi_full_us * 1000 >= EVIDENCE_PRESSURE_STALL_MIN * (double)load_ns)
        return true;
    uint64_t held = 0;
    return indicators_unreclaimable_peak(timeline, cycle, &held) &&
           (double)held >= EVIDENCE_PRESSURE_PEAK_MIN * (double)question->limit_bytes;
}

static bool safety_is_probe(const struct cycle *cycle)
{
    return cycle->kind == CYCLE_SAFE || cycle->kind == CYCLE_ABOVE;
}

/* Was there a probe with more in flight before this one, in the same start? An allocator that keeps
 * what that had makes the peak as high again: no pressure is told by it. */
static bool safety_is_overlaid(const struct timeline *timeline, const struct cycle *cycle)
{
    if (!cycle->complete || cycle->oom_kills > 0 || cycle->deadline_hit)
        return false;
    for (const struct cycle *before = timeline->cycles; before < cycle; before++)
        if (before->start == cycle->start && safety_is_probe(before) &&
            before->concurrency > cycle->concurrency && before->peak_bytes != SURVEY_ABSENT &&
            (double)before->peak_bytes >= SAFETY_AS_HIGH * (double)cycle->peak_bytes)
            return true;
    return false;
}

/* Cycles of a service that was started again with one request at a time are as good as a probe. */
static void safety_hear_solo(const struct timeline *timeline,
                             const struct verdict_question *question, struct safety *ret)
{
    for (size_t i = 0; i < timeline->n_cycles && question->concurrency > 1; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->kind == CYCLE_MEASURE && cycle->concurrency == 1 && ret->holds == 0 &&
            ret->fails > 1 && !safety_is_pressed(timeline, question, cycle)) {
            ret->holds = 1;
            ret->holds_cycle = cycle;
        }
    }
}

/* What each request in flight adds to the peak: of the probes against one at a time; killed ones
 * came to the limit at the least. 0: there is nothing to compare. */
static double safety_slope(const struct timeline *timeline, const struct verdict_question *question)
{
    double alone = INFINITY;
    double slope = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        bool counts = cycle->kind == CYCLE_MEASURE || cycle->kind == CYCLE_SOLO;
        if (counts && cycle->concurrency == 1 && cycle->complete &&
            cycle->peak_bytes != SURVEY_ABSENT)
            alone = fmin(alone, (double)cycle->peak_bytes);
    }
    for (size_t i = 0; i < timeline->n_cycles && isfinite(alone); i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (!safety_is_probe(cycle) || cycle->concurrency < 2 ||
            safety_is_overlaid(timeline, cycle))
            continue;
        double peak = cycle->oom_kills > 0                 ? (double)question->limit_bytes
                      : cycle->peak_bytes != SURVEY_ABSENT ? (double)cycle->peak_bytes
                                                           : 0;
        slope = fmax(slope, (peak - alone) / (cycle->concurrency - 1));
    }
    return slope;
}

/* What the probes showed; the load itself was pressed at its own concurrency. */
static void safety_gather(const struct timeline *timeline, const struct verdict_question *question,
                          struct safety *ret)
{
    ret->fails = question->concurrency;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        bool is_probe = safety_is_probe(cycle);
        if (!is_probe && cycle->kind != CYCLE_SOLO)
            continue;
        ret->probes += is_probe;
        bool pressed = safety_is_pressed(timeline, question, cycle);
        if (pressed && safety_is_overlaid(timeline, cycle))
            continue;
        if (pressed && cycle->concurrency <= ret->fails) {
            ret->fails = cycle->concurrency;
            ret->fails_cycle = cycle;
        } else if (!pressed && cycle->concurrency >= ret->holds) {
            ret->holds = cycle->concurrency;
            ret->holds_cycle = cycle;
        }
    }
    safety_hear_solo(timeline, question, ret);
}

void safety_assess(const struct timeline *timeline, const struct verdict_question *question,
                   const struct evidence *evidence, struct safety *ret)
{
    memset(ret, 0, sizeof(*ret));
    safety_gather(timeline, question, ret);
    ret->has_transient =
        evidence_transient(evidence, question, &ret->transient_bytes) && ret->transient_bytes > 0;
    double slope = safety_slope(timeline, question);
    if (ret->has_transient && evidence->limit_known &&
        slope >= SAFETY_KEPT_TIMES * (double)ret->transient_bytes)
        ret->transient_bytes = whole_signed(whole_of(slope));
    const struct cycle *at_rest = evidence->last != NULL ? evidence->last : evidence->ready;
    if (!ret->has_transient || at_rest == NULL || !evidence->limit_known)
        return;

    double floor_bytes = (double)indicators_floor(&at_rest->floor).total_bytes;
    double room = EVIDENCE_PRESSURE_PEAK_MIN * (double)question->limit_bytes - floor_bytes;
    double many = room > 0 ? floor(room / (double)ret->transient_bytes) : 0;
    ret->has_prediction = true;
    ret->prediction = (unsigned)fmin(many, question->concurrency);
    double needed = floor_bytes + (double)ret->transient_bytes * question->concurrency;
    ret->has_roomy_limit = true;
    ret->roomy_limit_bytes = whole_of(ceil(needed / ROOMY_SHARE / SAFETY_MIB) * SAFETY_MIB);
}

bool safety_is_confirmed(const struct safety *safety)
{
    return safety->holds > 0 && safety->fails == safety->holds + 1;
}

unsigned safety_next(const struct safety *safety)
{
    if (!safety->has_prediction || safety->probes >= SAFETY_PROBES_MAX ||
        safety->fails <= safety->holds + 1)
        return 0;
    unsigned lowest = safety->holds + 1;
    unsigned highest = safety->fails - 1;
    unsigned guess = safety->prediction;
    if (safety->probes >= 3) /* it does not go by the prediction: halve */
        guess = lowest + (highest - lowest) / 2;
    if (guess < lowest)
        guess = lowest;
    return guess > highest ? highest : guess;
}

#include "verdict/safety.h"

#include <math.h>
#include <string.h>

/* What a roomy limit keeps free beyond the line at which pressure begins. */
#define ROOMY_SHARE 0.8
#define SAFETY_MIB  (1024.0 * 1024)

/* Did this cycle, by itself, drive the cgroup into its limit? */
static bool safety_is_pressed(const struct timeline *timeline,
                              const struct verdict_question *question, const struct cycle *cycle)
{
    if (!cycle->complete || cycle->oom_kills > 0 || cycle->deadline_hit)
        return true;
    nsec_t load_ns = cycle->load_end_ns - cycle->begin_ns;
    if (load_ns > 0 &&
        (double)cycle->psi_full_us * 1000 >= EVIDENCE_PRESSURE_STALL_MIN * (double)load_ns)
        return true;
    uint64_t held = 0;
    return indicators_unreclaimable_peak(timeline, cycle, &held) &&
           (double)held >= EVIDENCE_PRESSURE_PEAK_MIN * (double)question->limit_bytes;
}

/* What the probes showed; the load itself was pressed at its own concurrency. */
static void safety_gather(const struct timeline *timeline, const struct verdict_question *question,
                          struct safety *ret)
{
    ret->fails = question->concurrency;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        bool is_probe = cycle->kind == CYCLE_SAFE || cycle->kind == CYCLE_ABOVE;
        if (!is_probe && cycle->kind != CYCLE_SOLO)
            continue;
        ret->probes += is_probe;
        bool pressed = safety_is_pressed(timeline, question, cycle);
        if (pressed && cycle->concurrency <= ret->fails) {
            ret->fails = cycle->concurrency;
            ret->fails_cycle = cycle;
        } else if (!pressed && cycle->concurrency >= ret->holds) {
            ret->holds = cycle->concurrency;
            ret->holds_cycle = cycle;
        }
    }
}

void safety_assess(const struct timeline *timeline, const struct verdict_question *question,
                   const struct evidence *evidence, struct safety *ret)
{
    memset(ret, 0, sizeof(*ret));
    safety_gather(timeline, question, ret);
    ret->has_transient =
        evidence_transient(evidence, question, &ret->transient_bytes) && ret->transient_bytes > 0;
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
    ret->roomy_limit_bytes = (uint64_t)(ceil(needed / ROOMY_SHARE / SAFETY_MIB) * SAFETY_MIB);
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

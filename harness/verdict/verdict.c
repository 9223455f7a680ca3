#include "verdict/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "verdict/attribution.h"
#include "verdict/evidence.h"

/* A verdict needs this share of the requests answered. */
#define LANDED_MIN 0.99
/* Of the limit, what a safe concurrency may use. */
#define SAFE_SHARE 0.95

static void verdict_find(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void verdict_find(struct verdict *verdict, const char *format, ...)
{
    if (verdict->n_findings == VERDICT_FINDINGS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *finding = verdict->findings[verdict->n_findings++];
    vsnprintf(finding, sizeof(verdict->findings[0]), format, arguments);
    va_end(arguments);
}

/* Numbers that every verdict carries. */
static void verdict_fill_numbers(const struct evidence *evidence, struct verdict *ret)
{
    const struct growth *growth = &evidence->growth;
    if (growth->has_trend) {
        ret->growth = (struct verdict_growth){
            .present = true,
            .estimate = growth->trend.slope,
            .low = growth->trend.low,
            .high = growth->trend.high,
        };
        ret->has_smallest_leak = growth->requests > 0;
        ret->smallest_leak_bytes = growth_smallest_leak(growth);
    }
    ret->has_retained = evidence->has_retained;
    ret->retained_bytes = evidence->retained_bytes;
    if (evidence->reclaim != NULL) {
        int64_t settled = 0;
        int64_t at_floor = 0;
        ret->has_reclaim = indicators_footprint(&evidence->reclaim->settled, &settled) &&
                           indicators_footprint(&evidence->reclaim->floor, &at_floor);
        ret->released_reclaim_bytes = settled - at_floor;
    }
    ret->has_trim = evidence->has_trim;
    ret->released_trim_bytes = evidence->trim_bytes;
    ret->has_rest = evidence->has_rest;
    ret->released_rest_bytes = evidence->rest_bytes;
}

/* Bytes left under the limit when the last floor was read; negative when there is no limit. */
static double verdict_headroom(const struct evidence *evidence,
                               const struct verdict_question *question)
{
    const struct cycle *last =
        evidence->series.n > 0 ? evidence->series.cycle[evidence->series.n - 1] : NULL;
    if (!evidence->limit_known || last == NULL)
        return -1;
    struct floor_parts floor = indicators_floor(&last->floor);
    double used = (double)floor.total_bytes +
                  (double)memory_sample_get(&last->floor.memory, MEMORY_PAGETABLES, 0);
    return fmax(0, (double)question->limit_bytes - used);
}

/* Requests per second of the measuring cycles. */
static double verdict_rate(const struct evidence *evidence, const struct verdict_question *question)
{
    if (question->rate_per_s > 0)
        return question->rate_per_s;
    double requests = 0;
    double seconds = 0;
    for (size_t i = 1; i < evidence->series.n; i++) {
        const struct cycle *cycle = evidence->series.cycle[i];
        requests += (double)load_counts_completed(&cycle->counts);
        seconds += (double)(cycle->load_end_ns - cycle->begin_ns) / 1e9;
    }
    return seconds > 0 ? requests / seconds : 0;
}

static void verdict_say_leak(const struct evidence *evidence,
                             const struct verdict_question *question, struct verdict *ret)
{
    struct attribution attribution;
    attribution_of_growth(&evidence->series, &attribution);
    ret->kind = VERDICT_LEAK;
    ret->cause = attribution.cause;
    ret->has_shares = attribution.has_shares;
    ret->share_user = attribution.share_user;
    ret->share_shmem = attribution.share_shmem;
    ret->share_kernel = attribution.share_kernel;
    snprintf(ret->evidence, sizeof(ret->evidence), "%s", attribution.evidence);

    char amount[UNITS_TEXT_MAX];
    char requests[UNITS_TEXT_MAX];
    units_format_bytes(ret->growth.estimate, amount);
    units_format_count((uint64_t)evidence->growth.requests, requests);
    snprintf(ret->reason, sizeof(ret->reason),
             "the floor rose in step with %s requests, by %s each, and did not stop rising",
             requests, amount);

    double headroom = verdict_headroom(evidence, question);
    if (headroom < 0 || ret->growth.estimate <= 0)
        return;
    ret->has_requests_to_oom = true;
    ret->requests_to_oom = (uint64_t)(headroom / ret->growth.estimate);
    double rate = verdict_rate(evidence, question);
    char duration[UNITS_TEXT_MAX];
    units_format_count(ret->requests_to_oom, requests);
    int length = snprintf(ret->effect, sizeof(ret->effect),
                          "out of memory after about %s more requests", requests);
    double seconds = rate > 0 ? (double)ret->requests_to_oom / rate : 0;
    if (rate > 0 && seconds < 9e8) {
        units_format_duration((nsec_t)(seconds * 1e9), duration);
        snprintf(ret->effect + length, sizeof(ret->effect) - (size_t)length, "; at %.0f/s in %s",
                 rate, duration);
    }
}

static void verdict_say_pressure(const struct evidence *evidence,
                                 const struct verdict_question *question, struct verdict *ret)
{
    ret->kind = VERDICT_PRESSURE;
    ret->cause = CAUSE_TRANSIENT;
    char peak[UNITS_TEXT_MAX] = "?";
    if (evidence->has_peak)
        units_format_bytes((double)evidence->peak_bytes, peak);
    if (evidence->oom_kills > 0)
        snprintf(ret->reason, sizeof(ret->reason),
                 "the load alone ran into the limit and was OOM-killed (%u in flight), and floors "
                 "do not grow with work",
                 question->concurrency);
    else if (evidence->thrashes)
        snprintf(ret->reason, sizeof(ret->reason),
                 "the load came to a stand for lack of memory: in %.0f %% of its time everything "
                 "waited for it",
                 100 * evidence->psi_full_share);
    else if (evidence->psi_full_share >= 0.1)
        snprintf(ret->reason, sizeof(ret->reason),
                 "everything stood still for memory in %.0f %% of the load's time, and floors do "
                 "not grow with work",
                 100 * evidence->psi_full_share);
    else
        snprintf(ret->reason, sizeof(ret->reason),
                 "the load alone drove memory to %s, %.0f %% of the limit, and floors do not grow "
                 "with work",
                 peak, 100 * (double)evidence->peak_bytes / (double)question->limit_bytes);

    int64_t transient = 0;
    if (!evidence_transient(evidence, question, &transient))
        return;
    ret->has_transient = true;
    ret->transient_bytes = transient;
    char each[UNITS_TEXT_MAX];
    units_format_bytes((double)transient, each);
    snprintf(ret->evidence, sizeof(ret->evidence), "%s of transient memory per concurrent request",
             each);

    const struct cycle *at_rest = evidence->last != NULL ? evidence->last : evidence->ready;
    if (at_rest == NULL || !evidence->limit_known || transient <= 0)
        return;
    struct floor_parts floor = indicators_floor(&at_rest->floor);
    double room = SAFE_SHARE * (double)question->limit_bytes - (double)floor.total_bytes;
    ret->has_safe_concurrency = true;
    ret->safe_concurrency = room > 0 ? (unsigned)(room / (double)transient) : 0;
    snprintf(ret->effect, sizeof(ret->effect),
             "at this limit %u at a time are safe; %u were in flight", ret->safe_concurrency,
             question->concurrency);
}

static void verdict_say_lazy(const struct evidence *evidence, enum cause cause, struct verdict *ret)
{
    ret->kind = VERDICT_LAZY_RELEASE;
    ret->cause = cause;
    char amount[UNITS_TEXT_MAX];
    switch (cause) {
    case CAUSE_MADV_FREE:
        units_format_bytes((double)evidence->lazy_free_bytes, amount);
        snprintf(ret->reason, sizeof(ret->reason),
                 "%s stay in use after the load, freed lazily: the kernel took them as soon as it "
                 "was asked, and floors do not grow with work",
                 amount);
        snprintf(ret->evidence, sizeof(ret->evidence), "%s of LazyFree pages (MADV_FREE)", amount);
        snprintf(ret->effect, sizeof(ret->effect),
                 "none at the limit: the kernel takes these pages back before it kills");
        break;
    case CAUSE_PAGE_CACHE:
        units_format_bytes((double)evidence->cache_bytes, amount);
        snprintf(ret->reason, sizeof(ret->reason),
                 "%s of page cache stay after the load; the kernel dropped them when it was asked",
                 amount);
        break;
    default:
        units_format_bytes((double)(evidence->has_trim && evidence->trim_bytes > 0
                                        ? evidence->trim_bytes
                                        : evidence->rest_bytes),
                           amount);
        snprintf(ret->reason, sizeof(ret->reason),
                 "%s stay with the allocator after the load; the service gave them back %s", amount,
                 evidence->has_trim && evidence->trim_bytes > 0 ? "when it was asked"
                                                                : "after a rest");
        break;
    }
}

static void verdict_say_clean(const struct evidence *evidence, struct verdict *ret)
{
    ret->kind = VERDICT_CLEAN;
    ret->cause = CAUSE_NONE;
    char requests[UNITS_TEXT_MAX];
    units_format_count((uint64_t)evidence->growth.requests, requests);
    snprintf(ret->reason, sizeof(ret->reason),
             evidence->growth.shape == GROWTH_FADING
                 ? "the floor rose at first and then stopped rising, over %s requests"
                 : "the floor stood still over %s requests",
             requests);
}

static void verdict_say_inconclusive(struct verdict *ret, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void verdict_say_inconclusive(struct verdict *ret, const char *format, ...)
{
    ret->kind = VERDICT_INCONCLUSIVE;
    ret->cause = CAUSE_NONE;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret->reason, sizeof(ret->reason), format, arguments);
    va_end(arguments);
}

/* Secondary findings, and doubts about the evidence that do not withdraw the verdict. */
static void verdict_add_findings(const struct timeline *timeline,
                                 const struct verdict_question *question,
                                 const struct evidence *evidence, struct verdict *ret)
{
    char amount[UNITS_TEXT_MAX];
    if (ret->kind == VERDICT_LEAK && evidence_is_pressed(evidence, question))
        verdict_find(ret, "the limit was reached as well: %s",
                     evidence->oom_kills > 0 ? "OOM-killed" : "held memory at 90 % of it or more");
    if (ret->kind == VERDICT_LEAK && ret->cause == CAUSE_HEAP)
        verdict_find(ret,
                     "followed over %s requests; a cache that fills for longer looks the same "
                     "(--requests)",
                     units_format_count((uint64_t)evidence->growth.requests, amount));
    if (ret->kind != VERDICT_LAZY_RELEASE && evidence_lazy_cause(evidence) == CAUSE_MADV_FREE)
        verdict_find(ret, "%s are freed lazily (MADV_FREE): reclaimable, though RSS counts them",
                     units_format_bytes((double)evidence->lazy_free_bytes, amount));
    if (evidence->counts.other_status > 0)
        verdict_find(ret, "%llu requests were answered with another status than 2xx",
                     (unsigned long long)evidence->counts.other_status);
    if (evidence->last != NULL && !evidence->last->came_to_rest)
        verdict_find(ret, "memory had not come to rest when the last cycle was measured");
    if (timeline->ticks > 0 && timeline->late_ticks * 10 > timeline->ticks)
        verdict_find(ret, "%llu of %llu samples were taken late: short peaks may be missed",
                     (unsigned long long)timeline->late_ticks, (unsigned long long)timeline->ticks);
}

/* The verdict on growth that is neither steady nor over, and on too few cycles. */
static void verdict_say_undecided(const struct evidence *evidence, struct verdict *ret)
{
    if (evidence->growth.shape == GROWTH_TOO_FEW)
        verdict_say_inconclusive(ret,
                                 "only %zu cycles were measured; more of them (--cycles, --budget) "
                                 "would decide it",
                                 evidence->series.n > 0 ? evidence->series.n - 1 : 0);
    else
        verdict_say_inconclusive(ret,
                                 "the floor moved, but %s; more work per cycle (--requests) or "
                                 "more cycles (--cycles) would decide it",
                                 evidence->growth.doubt != NULL ? evidence->growth.doubt
                                                                : "not for long enough");
}

void verdict_decide(const struct timeline *timeline, const struct verdict_question *question,
                    struct verdict *ret)
{
    memset(ret, 0, sizeof(*ret));
    struct evidence evidence;
    evidence_gather(timeline, question, &evidence);
    verdict_fill_numbers(&evidence, ret);

    enum growth_shape shape = evidence.growth.shape;
    bool stands = shape == GROWTH_FLAT || shape == GROWTH_FADING;
    enum cause lazy = evidence_lazy_cause(&evidence);

    if (shape == GROWTH_STEADY)
        verdict_say_leak(&evidence, question, ret);
    else if ((stands && evidence_is_pressed(&evidence, question)) || evidence.thrashes)
        verdict_say_pressure(&evidence, question, ret);
    else if (evidence.landed < LANDED_MIN && evidence.oom_kills == 0)
        verdict_say_inconclusive(ret,
                                 "only %.1f %% of the requests were answered; a service that "
                                 "answers them all would decide it",
                                 100 * evidence.landed);
    else if (stands && lazy != CAUSE_NONE)
        verdict_say_lazy(&evidence, lazy, ret);
    else if (stands)
        verdict_say_clean(&evidence, ret);
    else
        verdict_say_undecided(&evidence, ret);
    verdict_add_findings(timeline, question, &evidence, ret);
}

/* Was the last start of the service killed for memory? */
static bool verdict_was_killed(const struct timeline *timeline)
{
    return timeline->n_cycles > 0 && timeline->cycles[timeline->n_cycles - 1].oom_kills > 0;
}

/* Nothing is to be done but what is done in any case: see once what the kernel takes back. */
static enum verdict_step verdict_last_look(const struct timeline *timeline,
                                           const struct evidence *evidence)
{
    bool looked = evidence->reclaim != NULL || evidence->last == NULL ||
                  indicators_last_cycle(timeline, CYCLE_RECLAIM) != NULL;
    return looked || verdict_was_killed(timeline) ? VERDICT_STEP_DONE : VERDICT_STEP_RECLAIM;
}

enum verdict_step verdict_next(const struct timeline *timeline,
                               const struct verdict_question *question)
{
    struct evidence evidence;
    evidence_gather(timeline, question, &evidence);
    enum growth_shape shape = evidence.growth.shape;
    bool stands = shape == GROWTH_FLAT || shape == GROWTH_FADING;

    if (shape == GROWTH_STEADY || evidence.thrashes)
        return verdict_last_look(timeline, &evidence);
    if (verdict_was_killed(timeline)) {
        if (stands || evidence.oom_kills >= 3)
            return VERDICT_STEP_DONE;
        return evidence.oom_kills == 1 ? VERDICT_STEP_RESTART_SOLO : VERDICT_STEP_RESTART;
    }
    if (!stands && evidence.series.n < question->cycles_max + 1)
        return VERDICT_STEP_CYCLE;
    if (!stands)
        return verdict_last_look(timeline, &evidence);

    if (evidence_is_pressed(&evidence, question)) {
        bool needs_solo =
            evidence.solo == NULL && evidence.last != NULL && evidence.last->concurrency > 1;
        return needs_solo ? VERDICT_STEP_SOLO : verdict_last_look(timeline, &evidence);
    }
    if (evidence_is_retaining(&evidence) && question->can_trim && !evidence.has_trim)
        return VERDICT_STEP_TRIM;
    if (evidence_is_retaining(&evidence) && !question->can_trim && !evidence.has_rest)
        return VERDICT_STEP_REST;
    return verdict_last_look(timeline, &evidence);
}

#include "verdict/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "base/whole.h"
#include "verdict/attribution.h"
#include "verdict/evidence.h"
#include "verdict/safety.h"
#include "verdict/statement.h"

/* A verdict needs this share of the requests answered. */
#define LANDED_MIN 0.99
/* A peak at this share of the limit is worth a word. */
#define FINDING_PEAK_MIN 0.75
/* So much page cache is worth a word beside another verdict. */
#define FINDING_CACHE_MIN_BYTES ((int64_t)1024 * 1024)
/* A quarantine counts what was asked for. With what is around each block, and its shadow, small
 * blocks take up to so many times as much (json-tree: 2.5 times). */
#define QUARANTINE_TAKES 4
/* So many tasks, and so many times as many as at first, are worth a word where something was killed
 * for memory. */
#define CROWD_MIN   64
#define CROWD_TIMES 10

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
        double hidden = indicators_hiding_bytes(&evidence->series);
        if (growth->requests > 0 && ret->smallest_leak_bytes * growth->requests < hidden)
            ret->smallest_leak_bytes = hidden / growth->requests;
    }
    ret->has_retained = evidence->has_retained;
    ret->retained_bytes = evidence->retained_bytes;
    if (evidence->reclaim != NULL) {
        int64_t settled = 0;
        int64_t at_floor = 0;
        ret->has_reclaim = indicators_footprint(&evidence->reclaim->settled, &settled) &&
                           indicators_footprint(&evidence->reclaim->floor, &at_floor);
        ret->released_reclaim_bytes = settled - at_floor;
        if (evidence->reclaim->collected_bytes != SURVEY_ABSENT)
            ret->released_reclaim_bytes -= whole_signed(evidence->reclaim->collected_bytes);
    }
    ret->has_collect = evidence->last != NULL && evidence->last->collected_bytes != SURVEY_ABSENT;
    if (ret->has_collect)
        ret->released_collect_bytes = whole_signed(evidence->last->collected_bytes);
    ret->has_trim = evidence->has_trim;
    ret->released_trim_bytes = evidence->trim_bytes;
    ret->has_rest = evidence->has_rest;
    ret->released_rest_bytes = evidence->rest_bytes;
    if (evidence->squeeze != NULL && evidence->squeeze->squeeze_bytes != SURVEY_ABSENT) {
        ret->has_squeeze = true;
        ret->squeeze_killed = evidence->squeeze->oom_kills > 0;
        ret->squeeze_bytes = evidence->squeeze->squeeze_bytes;
        ret->squeeze_freed_bytes = evidence->squeeze->reclaimed_bytes;
    }
}

/* Requests over which the growth was seen to go on. */
static uint64_t verdict_followed(const struct evidence *evidence)
{
    double requests = evidence->growth.requests;
    if (evidence->repeat != NULL && evidence_repeat_holds(evidence))
        requests += (double)load_counts_completed(&evidence->repeat->counts);
    return whole_of(requests);
}

/* What is known of a collected heap, and what is not. */
static void verdict_add_heap_findings(const struct verdict_question *question,
                                      const struct evidence *evidence, struct verdict *ret)
{
    char amount[UNITS_TEXT_MAX];
    bool known = question->heap_max_bytes > 0;
    if (evidence_heap_hides(evidence, question))
        verdict_find(ret,
                     "its heap holds its whole size%s%s: a leak within it is not seen from outside "
                     "(--heap and --gc, or --collect, would show it)",
                     known ? " of " : "",
                     known ? units_format_bytes((double)question->heap_max_bytes, amount) : "");
    if (evidence->heap_stands)
        verdict_find(ret, "within its heap, a leak of %s per request or more would have been found",
                     units_format_bytes(evidence->heap_smallest_leak, amount));
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
    if (ret->kind == VERDICT_LEAK && ret->cause == CAUSE_HEAP && !ret->has_time_rate)
        verdict_find(ret,
                     "followed over %s requests; a cache that fills for longer looks the same "
                     "(--requests)",
                     units_format_count(verdict_followed(evidence), amount));
    if (ret->kind != VERDICT_PRESSURE && ret->kind != VERDICT_LEAK && evidence->limit_known &&
        evidence->has_held_peak &&
        (double)evidence->held_peak_bytes >= FINDING_PEAK_MIN * (double)question->limit_bytes)
        verdict_find(ret, "under load it came to %.0f %% of the limit: not far from pressure",
                     100 * (double)evidence->held_peak_bytes / (double)question->limit_bytes);
    if (ret->kind != VERDICT_LEAK)
        verdict_add_heap_findings(question, evidence, ret);
    if (ret->kind == VERDICT_CLEAN && evidence_is_retaining(evidence))
        verdict_find(ret, "%s more than before the load stay in use",
                     units_format_bytes((double)evidence->kept_floor_bytes, amount));
    if (ret->kind != VERDICT_LAZY_RELEASE && evidence->cache_bytes >= FINDING_CACHE_MIN_BYTES)
        verdict_find(ret, "%s of page cache stay after the load: the kernel drops them when asked",
                     units_format_bytes((double)evidence->cache_bytes, amount));
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

/* Did it die with a crowd of processes? */
static void verdict_find_crowd(const struct timeline *timeline, const struct evidence *evidence,
                               struct verdict *ret)
{
    uint64_t first = 0;
    uint64_t most = 0;
    for (size_t i = 0; i < timeline->n_memory; i++) {
        const struct memory_sample *sample = &timeline->memory[i];
        uint64_t now = memory_sample_get(sample, MEMORY_PIDS, 0);
        first = first == 0 ? now : first;
        most = now > most ? now : most;
    }
    if (evidence->oom_kills > 0 && most >= CROWD_MIN && most >= CROWD_TIMES * first)
        verdict_find(ret, "up to %llu processes and threads were in it, %llu at first",
                     (unsigned long long)most, (unsigned long long)first);
}

/* What a run can not do that attaches to something. */
static void verdict_find_attached(const struct verdict_question *question,
                                  const struct evidence *evidence, struct verdict *ret)
{
    char amount[UNITS_TEXT_MAX];
    if (!question->attached || evidence->last == NULL)
        return;
    verdict_find(ret, "it was left as it is: nothing was reclaimed, a floor is what was in use at "
                      "rest");
    if (evidence->has_others)
        verdict_find(ret, "it grew by %s per second while nothing was asked of it: others use it%s",
                     units_format_bytes(evidence->rest_bytes_per_s, amount),
                     evidence_grows_by_time(evidence)
                         ? ", or it needs no requests to grow"
                         : " too, and a request's share is less than what is said");
    if (indicators_floor(&evidence->last->floor).kernel_counted)
        verdict_find(ret,
                     "kernel memory is not seen but counted: %.0f KiB a thread, %.0f KiB a socket, "
                     "%.0f KiB an end of a pipe, %.0f B any other descriptor",
                     THREAD_BYTES / 1024, SOCKET_BYTES / 1024, PIPE_BYTES / 1024, FILE_BYTES);
}

/* Can this leak be what is freed, and kept by AddressSanitizer until its quarantine is full? Not
 * what the heap's own numbers tell, nor descriptors and threads, which have no quarantine. */
static bool verdict_may_be_quarantine(const struct evidence *evidence,
                                      const struct verdict_question *question,
                                      const struct verdict *leak)
{
    const struct floor_series *history = &evidence->history;
    if (question->quarantine_bytes == 0 || leak->by_heap ||
        (leak->cause != CAUSE_HEAP && leak->cause != CAUSE_MAPPINGS))
        return false;
    double grown =
        history->n > 1 ? history->floor_bytes[history->n - 1] - history->floor_bytes[0] : 0;
    return grown < QUARANTINE_TAKES * (double)question->quarantine_bytes;
}

/* A leak, unless that cannot be told here. */
static void verdict_say_leak(const struct evidence *evidence,
                             const struct verdict_question *question, struct verdict *ret)
{
    const struct verdict numbers = *ret;
    char growth[UNITS_TEXT_MAX];
    char quarantine[UNITS_TEXT_MAX];
    struct attribution beside;
    statement_of_leak(evidence, question, ret);
    if (!verdict_may_be_quarantine(evidence, question, ret))
        return;
    if (attribution_beside_heap(&evidence->series, &beside)) {
        ret->cause = beside.cause;
        snprintf(ret->evidence, sizeof(ret->evidence), "%s", beside.evidence);
        return;
    }
    *ret = numbers;
    statement_of_doubt(ret,
                       "the floor rose by %s per request, but AddressSanitizer keeps what is "
                       "freed until its quarantine of %s is full; "
                       "ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0 in its "
                       "environment would decide it",
                       units_format_bytes(ret->growth.estimate, growth),
                       units_format_bytes((double)question->quarantine_bytes, quarantine));
}

/* How many cycles the judged floors are. */
static size_t verdict_cycles(const struct evidence *evidence)
{
    return evidence->series.n > 0 ? evidence->series.n - 1 + evidence->series.folded : 0;
}

/* The verdict on growth that is neither steady nor over, and on too few cycles. */
static void verdict_say_undecided(const struct evidence *evidence,
                                  const struct verdict_question *question, struct verdict *ret)
{
    if (question->attached && !question->comes_back && evidence->oom_kills > 0)
        statement_of_doubt(ret,
                           "it was OOM-killed after %zu cycles, and what is attached to is not "
                           "started again; leakcage run, which can do that, would decide it",
                           verdict_cycles(evidence));
    else if (question->stays_down && evidence->oom_kills > 0)
        statement_of_doubt(ret,
                           "it was OOM-killed after %zu cycles and is not started again; a roomier "
                           "limit (--limit), or restarts (--restart always), would decide it",
                           verdict_cycles(evidence));
    else if (evidence->has_others)
        statement_of_doubt(ret, "it grew while nothing was asked of it, and not evenly: others use "
                                "it; a service that nobody else uses would decide it");
    else if (evidence->growth.shape == GROWTH_TOO_FEW && evidence->oom_kills > 0)
        statement_of_doubt(ret,
                           "it was OOM-killed %llu times before enough cycles were measured; a "
                           "roomier limit (--limit), or smaller cycles (--requests, --warmup), "
                           "would decide it",
                           (unsigned long long)evidence->oom_kills);
    else if (evidence->growth.shape == GROWTH_TOO_FEW)
        statement_of_doubt(ret,
                           "only %zu cycles were measured; more of them (--cycles, --budget) would "
                           "decide it",
                           verdict_cycles(evidence));
    else
        statement_of_doubt(ret,
                           "the floor moved, but %s; more work per cycle (--requests) or more "
                           "cycles (--cycles) would decide it",
                           evidence->growth.doubt != NULL ? evidence->growth.doubt
                                                          : "not for long enough");
}

/* Is the evidence good enough for any verdict? Else *ret says what is wrong with it. */
static bool verdict_audit(const struct evidence *evidence, const struct verdict_question *question,
                          struct verdict *ret)
{
    bool steady = evidence->growth.shape == GROWTH_STEADY;
    if (evidence->landed < LANDED_MIN && evidence->oom_kills == 0 && !evidence->thrashes) {
        if (evidence->landed > 0)
            statement_of_doubt(ret,
                               "only %.1f %% of the requests were answered; a service that answers "
                               "them all would decide it",
                               100 * evidence->landed);
        else
            statement_of_doubt(ret, "no request was answered; a service that answers them would "
                                    "decide it");
        return false;
    }
    if (!steady && evidence_is_clipped(evidence, question)) {
        statement_of_doubt(ret, "the floor itself stands at the limit, where nothing can grow any "
                                "more; a roomier limit (--limit) would decide it");
        return false;
    }
    if (steady && !evidence_repeat_holds(evidence)) {
        statement_of_doubt(ret, "the floor rose in step with work, but not when more work was done "
                                "at once; more cycles (--cycles, --budget) would decide it");
        return false;
    }
    return true;
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
    struct safety safety;
    safety_assess(timeline, question, &evidence, &safety);

    if (!verdict_audit(&evidence, question, ret))
        ;
    else if (shape == GROWTH_STEADY)
        verdict_say_leak(&evidence, question, ret);
    else if ((stands && evidence_is_pressed(&evidence, question)) || evidence.thrashes ||
             evidence_is_starved(&evidence))
        statement_of_pressure(&evidence, question, &safety, ret);
    else if (stands && lazy != CAUSE_NONE)
        statement_of_lazy_release(&evidence, lazy, ret);
    else if (stands)
        statement_of_clean(&evidence, ret);
    else
        verdict_say_undecided(&evidence, question, ret);
    verdict_find_crowd(timeline, &evidence, ret);
    verdict_add_findings(timeline, question, &evidence, ret);
    verdict_find_attached(question, &evidence, ret);
}

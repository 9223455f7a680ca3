#include "verdict/statement.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "base/whole.h"
#include "verdict/attribution.h"

/* Bytes left under the limit when the last floor was read; negative when there is no limit. */
static double statement_headroom(const struct evidence *evidence,
                                 const struct verdict_question *question)
{
    const struct floor_series *history = &evidence->history;
    if (!evidence->limit_known || history->n == 0)
        return -1;
    const struct survey *last = &history->cycle[history->n - 1]->floor;
    double used = (double)indicators_floor(last).total_bytes +
                  (double)memory_sample_get(&last->memory, MEMORY_PAGETABLES, 0);
    return fmax(0, (double)question->limit_bytes - used);
}

/* Requests per second of the measuring cycles. */
static double statement_rate(const struct evidence *evidence,
                             const struct verdict_question *question)
{
    return question->rate_per_s > 0 ? question->rate_per_s : evidence->requests_per_s;
}

/* Append to a text of that size; what does not fit is cut. */
static void statement_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void statement_append(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

/* " in 2 min", or nothing where it would be decades. */
static void statement_append_time(char *text, size_t size, double seconds)
{
    char duration[UNITS_TEXT_MAX];
    if (seconds >= 0 && seconds < 9e8)
        statement_append(text, size, " in %s",
                         units_format_duration((nsec_t)(seconds * NSEC_PER_SEC), duration));
}

/* What follows from growth by requests, or by the clock. */
static void statement_of_leak_effect(const struct evidence *evidence,
                                     const struct verdict_question *question, struct verdict *ret)
{
    double headroom = statement_headroom(evidence, question);
    if (headroom < 0 || ret->growth.estimate <= 0)
        return;
    ret->has_requests_to_oom = true;
    ret->requests_to_oom = whole_of(headroom / ret->growth.estimate);
    if (ret->has_time_rate) {
        snprintf(ret->effect, sizeof(ret->effect), "out of memory");
        statement_append_time(ret->effect, sizeof(ret->effect), headroom / ret->bytes_per_s);
        statement_append(ret->effect, sizeof(ret->effect), ", with requests or without");
        return;
    }
    char requests[UNITS_TEXT_MAX];
    snprintf(ret->effect, sizeof(ret->effect), "out of memory after about %s more requests",
             units_format_count(ret->requests_to_oom, requests));
    double rate = statement_rate(evidence, question);
    if (rate <= 0 || (double)ret->requests_to_oom / rate >= 9e8)
        return;
    statement_append(ret->effect, sizeof(ret->effect), "; at %.0f/s", rate);
    statement_append_time(ret->effect, sizeof(ret->effect), (double)ret->requests_to_oom / rate);
}

/* A leak within a heap: only its own numbers tell. */
static void statement_of_heap_leak(const struct evidence *evidence,
                                   const struct verdict_question *question, struct verdict *ret)
{
    const struct floor_series *series = &evidence->series;
    char first[UNITS_TEXT_MAX];
    char last[UNITS_TEXT_MAX];
    char requests[UNITS_TEXT_MAX];
    ret->kind = VERDICT_LEAK;
    ret->cause = CAUSE_HEAP;
    ret->by_heap = true;
    snprintf(ret->evidence, sizeof(ret->evidence),
             "what its heap has in use rose from %s to %s; from outside it does not show",
             units_format_bytes(series->floor_bytes[0], first),
             units_format_bytes(series->floor_bytes[series->n - 1], last));
    snprintf(ret->reason, sizeof(ret->reason),
             "what the heap has in use rose in step with %s requests, by %s each, and did not stop "
             "rising, though the floor did not rise with it",
             units_format_count(whole_of(evidence->growth.requests), requests),
             units_format_bytes(ret->growth.estimate, first));
    /* Objects that hold a thread, a socket or a file: those are what is not let go. */
    struct attribution attribution;
    attribution_of_growth(series, &attribution);
    if (attribution.cause == CAUSE_THREADS || attribution.cause == CAUSE_SOCKETS ||
        attribution.cause == CAUSE_FILES) {
        ret->cause = attribution.cause;
        snprintf(ret->evidence, sizeof(ret->evidence), "%s", attribution.evidence);
    }
    double room = evidence_heap_room(evidence, question);
    if (room < 0 || ret->growth.estimate <= 0)
        return;
    ret->has_requests_to_oom = true;
    ret->requests_to_oom = whole_of(room / ret->growth.estimate);
    snprintf(ret->effect, sizeof(ret->effect), "the heap is full after about %s more requests",
             units_format_count(ret->requests_to_oom, requests));
}

void statement_of_leak(const struct evidence *evidence, const struct verdict_question *question,
                       struct verdict *ret)
{
    if (evidence->by_heap) {
        statement_of_heap_leak(evidence, question, ret);
        return;
    }
    struct attribution attribution;
    attribution_of_growth(evidence->growth.by_doubling ? &evidence->history : &evidence->series,
                          &attribution);
    ret->kind = VERDICT_LEAK;
    ret->cause = attribution.cause;
    ret->has_shares = attribution.has_shares;
    ret->share_user = attribution.share_user;
    ret->share_shmem = attribution.share_shmem;
    ret->share_kernel = attribution.share_kernel;
    ret->processes = attribution.processes;
    snprintf(ret->evidence, sizeof(ret->evidence), "%s", attribution.evidence);

    char amount[UNITS_TEXT_MAX];
    char requests[UNITS_TEXT_MAX];
    units_format_bytes(ret->growth.estimate, amount);
    units_format_count(whole_of(evidence->growth.requests), requests);
    if (evidence_grows_by_time(evidence)) {
        ret->has_time_rate = true;
        ret->bytes_per_s = evidence->load_bytes_per_s;
        units_format_bytes(ret->bytes_per_s, amount);
        snprintf(ret->reason, sizeof(ret->reason),
                 "the floor rose with time, load or no load, by %s per second, and did not stop "
                 "rising",
                 amount);
    } else if (evidence->growth.by_doubling) {
        snprintf(
            ret->reason, sizeof(ret->reason),
            "the floor rose in steps that double, as an array does that is never emptied: over "
            "%s requests it was filled by %s each",
            requests, amount);
    } else {
        snprintf(ret->reason, sizeof(ret->reason),
                 "the floor rose in step with %s requests, by %s each, and did not stop rising",
                 requests, amount);
    }
    statement_of_leak_effect(evidence, question, ret);
}

/* What drove it into the limit. */
static void statement_of_pressure_reason(const struct evidence *evidence,
                                         const struct verdict_question *question,
                                         struct verdict *ret)
{
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
    else if (evidence->psi_full_share >= EVIDENCE_PRESSURE_STALL_MIN)
        snprintf(ret->reason, sizeof(ret->reason),
                 "everything stood still for memory in %.0f %% of the load's time, and floors do "
                 "not grow with work",
                 100 * evidence->psi_full_share);
    else
        snprintf(ret->reason, sizeof(ret->reason),
                 "the load alone drove memory to %s, %.0f %% of the limit, and floors do not grow "
                 "with work",
                 peak, 100 * (double)evidence->peak_bytes / (double)question->limit_bytes);
}

/* How many at a time are safe: what was seen, or else what was predicted. */
static void statement_of_safety(const struct verdict_question *question,
                                const struct safety *safety, struct verdict *ret)
{
    char text[UNITS_TEXT_MAX];
    ret->has_safe_concurrency = true;
    ret->safe_concurrency_confirmed = safety_is_confirmed(safety) || safety->fails == 1;
    ret->safe_concurrency = safety->holds;
    if (ret->safe_concurrency_confirmed && safety->holds > 0) {
        snprintf(ret->effect, sizeof(ret->effect),
                 "at this limit %u at a time are safe and %u are not: both were run", safety->holds,
                 safety->fails);
    } else if (safety->fails == 1) {
        snprintf(ret->effect, sizeof(ret->effect), "at this limit not even one at a time is safe");
    } else {
        ret->safe_concurrency =
            safety->prediction > safety->holds && safety->prediction < safety->fails
                ? safety->prediction
                : safety->holds;
        snprintf(ret->effect, sizeof(ret->effect),
                 "at this limit about %u at a time should be safe; %u were in flight",
                 ret->safe_concurrency, question->concurrency);
    }
    if (safety->has_roomy_limit) {
        ret->has_roomy_limit = true;
        ret->roomy_limit_bytes = safety->roomy_limit_bytes;
        statement_append(ret->effect, sizeof(ret->effect), "; %s would be roomy for %u",
                         units_format_bytes((double)safety->roomy_limit_bytes, text),
                         question->concurrency);
    }
}

void statement_of_pressure(const struct evidence *evidence, const struct verdict_question *question,
                           const struct safety *safety, struct verdict *ret)
{
    ret->kind = VERDICT_PRESSURE;
    ret->cause = CAUSE_TRANSIENT;
    if (evidence_is_starved(evidence)) {
        snprintf(ret->reason, sizeof(ret->reason),
                 "%u times it was OOM-killed in the first request that it was given, one at a time",
                 evidence->starved);
        snprintf(ret->effect, sizeof(ret->effect),
                 "at this limit not even one at a time is safe; a roomier one (--limit) would tell "
                 "what a request needs");
        ret->has_safe_concurrency = true;
        ret->safe_concurrency_confirmed = true;
        return;
    }
    statement_of_pressure_reason(evidence, question, ret);
    if (!safety->has_transient)
        return;
    ret->has_transient = true;
    ret->transient_bytes = safety->transient_bytes;
    char each[UNITS_TEXT_MAX];
    snprintf(ret->evidence, sizeof(ret->evidence), "%s of transient memory per concurrent request",
             units_format_bytes((double)safety->transient_bytes, each));
    if (safety->has_prediction)
        statement_of_safety(question, safety, ret);
}

/* What the squeeze showed: does anything have to die for the memory that is kept? */
static void statement_of_squeeze(struct verdict *ret)
{
    char text[UNITS_TEXT_MAX];
    if (!ret->has_squeeze)
        return;
    if (ret->squeeze_killed)
        snprintf(ret->effect, sizeof(ret->effect),
                 "at this limit it is killed with this memory still kept: tried with another "
                 "process that needed the room");
    else
        snprintf(ret->effect, sizeof(ret->effect),
                 "none at this limit: another process needed the room, the kernel took back %s and "
                 "killed nothing",
                 units_format_bytes((double)ret->squeeze_freed_bytes, text));
}

/* Who gave it back, when asked or after a rest; or that nobody did. */
static void statement_of_allocator(const struct evidence *evidence, enum cause cause,
                                   struct verdict *ret)
{
    char amount[UNITS_TEXT_MAX];
    char in_use[UNITS_TEXT_MAX];
    units_format_bytes((double)evidence_lazy_bytes(evidence, cause), amount);
    const char *how = "though nothing of it is in use; the next load uses it again";
    if (cause == CAUSE_FRAGMENTATION)
        how = "in pieces between blocks that are in use; the next load uses it again";
    else if (evidence->has_trim && evidence->trim_bytes >= evidence_lazy_bytes(evidence, cause))
        how = "and the service gave it back when it was asked";
    else if (evidence->has_rest && evidence->rest_bytes >= evidence_lazy_bytes(evidence, cause))
        how = "and the service gave it back after a rest";
    snprintf(ret->reason, sizeof(ret->reason), "%s stay with the allocator after the load, %s",
             amount, how);
    if (evidence->has_heap)
        snprintf(ret->evidence, sizeof(ret->evidence),
                 "the allocator has %s in use for it, and %s free",
                 units_format_bytes((double)evidence->heap_in_use_bytes, in_use),
                 units_format_bytes((double)evidence->heap_free_bytes, amount));
}

void statement_of_lazy_release(const struct evidence *evidence, enum cause cause,
                               struct verdict *ret)
{
    ret->kind = VERDICT_LAZY_RELEASE;
    ret->cause = cause;
    char amount[UNITS_TEXT_MAX];
    units_format_bytes((double)evidence_lazy_bytes(evidence, cause), amount);
    switch (cause) {
    case CAUSE_MADV_FREE:
        snprintf(ret->reason, sizeof(ret->reason),
                 "%s stay in use after the load, freed lazily: the kernel took them as soon as it "
                 "was asked, and floors do not grow with work",
                 amount);
        snprintf(ret->evidence, sizeof(ret->evidence), "%s of LazyFree pages (MADV_FREE)", amount);
        break;
    case CAUSE_PAGE_CACHE:
        snprintf(ret->reason, sizeof(ret->reason),
                 "%s of page cache stay after the load; the kernel dropped them when it was asked",
                 amount);
        break;
    default:
        statement_of_allocator(evidence, cause, ret);
        break;
    }
    statement_of_squeeze(ret);
}

void statement_of_clean(const struct evidence *evidence, struct verdict *ret)
{
    ret->kind = VERDICT_CLEAN;
    ret->cause = CAUSE_NONE;
    char requests[UNITS_TEXT_MAX];
    units_format_count(whole_of(evidence->growth.requests), requests);
    if (evidence->restive) {
        snprintf(ret->reason, sizeof(ret->reason),
                 "what the heap has in use stood still over %s requests; the floor moved, but not "
                 "in step with them",
                 requests);
        return;
    }
    snprintf(ret->reason, sizeof(ret->reason),
             evidence->growth.shape == GROWTH_FADING
                 ? "the floor rose ever more slowly, over %s requests"
                 : "the floor stood still over %s requests",
             requests);
}

void statement_of_doubt(struct verdict *ret, const char *format, ...)
{
    ret->kind = VERDICT_INCONCLUSIVE;
    ret->cause = CAUSE_NONE;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret->reason, sizeof(ret->reason), format, arguments);
    va_end(arguments);
}

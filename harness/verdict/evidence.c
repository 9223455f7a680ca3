#include "verdict/evidence.h"

#include <string.h>

#include "base/whole.h"
#include "verdict/evidence_time.h"

/* With this share, and a load that did not finish in its time, nothing but waiting happens. */
#define THRASH_STALL_MIN 0.3
/* Growth goes on under the repeat probe when it has this share of the window's rate. */
#define REPEAT_RATE_MIN 0.8
/* Memory grows by the clock when it does so without load at this share of the rate under load. */
#define TIME_RATE_MIN 0.5
/* Once may be chance. */
#define STARVED_MIN 2
/* A peak this close to the limit was cut off by it. */
#define PEAK_CLIPPED_MIN 0.95

static int64_t evidence_cache(const struct survey *survey)
{
    uint64_t file = memory_sample_get(&survey->memory, MEMORY_FILE, 0);
    uint64_t shmem = memory_sample_get(&survey->memory, MEMORY_SHMEM, 0);
    return file > shmem ? whole_signed(file - shmem) : 0;
}

/* Starts killed for memory under one request at a time, before one was answered. No growth from
 * request to request was in that. */
static unsigned evidence_count_starved(const struct timeline *timeline)
{
    unsigned starved = 0;
    for (size_t i = 1; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        bool first = timeline->cycles[i - 1].kind == CYCLE_READY;
        starved += first && cycle->concurrency == 1 && cycle->oom_kills > 0 &&
                   !cycle_kind_provokes(cycle->kind) &&
                   cycle->counts.ok + cycle->counts.other_status == 0;
    }
    return starved;
}

/* How much less memory the processes hold after the probe than before it; false when there was no
 * probe, or when measuring went on after it: then it says nothing any more. Kernel memory does not
 * count: threads and sockets that time out meanwhile were not given back by anybody. */
static bool evidence_probe(const struct timeline *timeline, const struct cycle *before,
                           enum cycle_kind kind, int64_t *ret_bytes)
{
    const struct cycle *after = indicators_last_cycle(timeline, kind);
    if (after == NULL || before == NULL || after < before)
        return false;
    struct floor_parts from = indicators_floor(&before->floor);
    struct floor_parts to = indicators_floor(&after->floor);
    if (!from.present || !to.present)
        return false;
    *ret_bytes = from.user_bytes + from.shmem_bytes - to.user_bytes - to.shmem_bytes;
    return true;
}

static void evidence_gather_load(const struct timeline *timeline,
                                 const struct verdict_question *question, struct evidence *ret)
{
    /* A JIT compiler may be too slow at first to answer in time. */
    bool starts_cold = question->heap_has_garbage || question->heap_is_collected;
    nsec_t load_ns = 0;
    uint64_t stall_us = 0;
    uint64_t cut = 0; /* in flight when a cycle's own time was up: no fault of the service */
    bool out_of_time = false;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        if (cycle->kind != CYCLE_MEASURE && cycle->kind != CYCLE_WARMUP)
            continue;
        if (cycle->load_end_ns > cycle->begin_ns) {
            load_ns += cycle_load_ns(cycle);
            stall_us += cycle->psi_full_us;
        }
        out_of_time = out_of_time || cycle->deadline_hit;
        if (!cycle->complete || (starts_cold && cycle->kind == CYCLE_WARMUP))
            continue;
        if (cycle->deadline_hit)
            cut += cycle->counts.timed_out < cycle->concurrency ? cycle->counts.timed_out
                                                                : cycle->concurrency;
        ret->counts.ok += cycle->counts.ok;
        ret->counts.other_status += cycle->counts.other_status;
        ret->counts.refused += cycle->counts.refused;
        ret->counts.reset += cycle->counts.reset;
        ret->counts.timed_out += cycle->counts.timed_out;
        ret->counts.failed += cycle->counts.failed;
    }
    uint64_t completed = load_counts_completed(&ret->counts);
    uint64_t answered = ret->counts.ok + ret->counts.other_status;
    answered += answered > 0 ? cut : 0;
    ret->landed = completed > 0 ? (double)answered / (double)completed : 1;
    ret->psi_full_share = load_ns > 0 ? (double)stall_us * 1000 / (double)load_ns : 0;
    ret->thrashes = out_of_time && ret->psi_full_share >= THRASH_STALL_MIN;
}

/* The last complete cycle that ended with a reclaim, after load. */
static const struct cycle *evidence_last_reclaim(const struct timeline *timeline)
{
    for (size_t i = timeline->n_cycles; i-- > 0;) {
        const struct cycle *cycle = &timeline->cycles[i];
        bool counts = cycle->kind == CYCLE_MEASURE || cycle->kind == CYCLE_RECLAIM;
        if (counts && cycle->complete && cycle->reclaimed)
            return cycle;
    }
    return NULL;
}

static void evidence_gather_retained(const struct timeline *timeline, struct evidence *ret)
{
    if (ret->last == NULL)
        return;
    const struct survey *settled = &ret->last->settled;
    if (survey_has(settled, SURVEY_LAZY_FREE))
        ret->lazy_free_bytes = whole_signed(settled->value[SURVEY_LAZY_FREE]);

    if (ret->ready == NULL)
        return;
    int64_t before = 0;
    int64_t after = 0;
    if (indicators_footprint(&ret->ready->settled, &before) &&
        indicators_footprint(settled, &after)) {
        ret->has_retained = true;
        ret->retained_bytes = after - before;
    }
    struct floor_parts floor_before = indicators_floor(&ret->ready->floor);
    struct floor_parts floor_after = indicators_floor(&ret->last->floor);
    if (floor_before.present && floor_after.present)
        ret->kept_floor_bytes = floor_after.total_bytes - floor_before.total_bytes;
    if (ret->reclaim != NULL) {
        int64_t before_reclaim = evidence_cache(&ret->reclaim->settled);
        int64_t dropped = before_reclaim - evidence_cache(&ret->reclaim->floor);
        int64_t gained = before_reclaim - evidence_cache(&ret->ready->settled);
        ret->cache_bytes = dropped < gained ? dropped : gained;
    }

    ret->has_trim = evidence_probe(timeline, ret->last, CYCLE_TRIM, &ret->trim_bytes);
    ret->has_rest = evidence_probe(timeline, ret->last, CYCLE_REST, &ret->rest_bytes);

    const struct survey *ready = &ret->ready->floor;
    const struct survey *floor = &ret->last->floor;
    ret->has_heap = survey_has(ready, SURVEY_HEAP_IN_USE) &&
                    survey_has(floor, SURVEY_HEAP_IN_USE) && survey_has(floor, SURVEY_HEAP_FREE);
    if (ret->has_heap) {
        ret->heap_in_use_bytes = whole_signed(floor->value[SURVEY_HEAP_IN_USE]) -
                                 whole_signed(ready->value[SURVEY_HEAP_IN_USE]);
        ret->heap_free_bytes = whole_signed(floor->value[SURVEY_HEAP_FREE]);
    }
}

/* Memory that does not come to rest may grow by the clock where it does not over work. */
static void evidence_try_time(const struct verdict_question *question, struct evidence *ret)
{
    size_t n = ret->series.n;
    if (n >= 2 && ret->growth.shape == GROWTH_UNCLEAR && !ret->series.cycle[n - 1]->came_to_rest)
        evidence_is_steady_in_time(question, ret);
}

void evidence_weigh(const struct floor_series *history, const struct floor_series *before,
                    const struct verdict_question *question, struct growth *growth)
{
    struct growth growth_before;
    growth_assess(before, question->cycles_min, &growth_before);
    growth_weigh_history(history, before->n > 0 ? &growth_before : NULL, growth);
}

/* What a floor of the series judged shows. */
static double evidence_floor_bytes(const struct evidence *evidence, const struct cycle *cycle)
{
    return evidence->by_heap ? (double)cycle->floor.value[SURVEY_HEAP_IN_USE]
                             : (double)indicators_floor(&cycle->floor).total_bytes;
}

/* The window to judge, what it shows, and what came before and after it. */
static void evidence_gather_growth(const struct timeline *timeline,
                                   const struct verdict_question *question, struct evidence *ret)
{
    size_t points_min = question->cycles_min > 4 ? question->cycles_min + 1 : 5;
    indicators_floor_series(timeline, points_min, &ret->series);
    growth_assess(&ret->series, question->cycles_min, &ret->growth);
    struct floor_series window_before;
    indicators_floor_series_before(timeline, &ret->series, &window_before);
    indicators_floor_history(timeline, ret->series.start, &ret->history);
    evidence_try_time(question, ret);
    evidence_weigh(&ret->history, &window_before, question, &ret->growth);
    evidence_hear_heap(&window_before, question, ret);
    if (ret->series.n == 0)
        return;

    double seconds = 0;
    for (size_t i = 1; i < ret->series.n; i++)
        seconds += (double)cycle_load_ns(ret->series.cycle[i]) / NSEC_PER_SEC;
    ret->requests_per_s = seconds > 0 ? ret->series.requests[ret->series.n - 1] / seconds : 0;

    const struct cycle *last = ret->series.cycle[ret->series.n - 1];
    const struct cycle *next = last + 1;
    if (next < timeline->cycles + timeline->n_cycles && next->kind == CYCLE_REPEAT &&
        next->complete) {
        double requests = (double)load_counts_completed(&next->counts);
        double grown = evidence_floor_bytes(ret, next) - evidence_floor_bytes(ret, last);
        ret->repeat = next;
        ret->repeat_rate = requests > 0 ? grown / requests : 0;
    }
}

/* Growth without load, in bytes per second, against that of the window. */
static void evidence_gather_rest(const struct timeline *timeline, struct evidence *ret)
{
    const struct cycle *rest = indicators_last_cycle(timeline, CYCLE_REST);
    if (rest == NULL || rest == timeline->cycles || ret->series.n < 2)
        return;
    const struct cycle *before = rest - 1;
    const struct cycle *first = ret->series.cycle[0];
    const struct cycle *last = ret->series.cycle[ret->series.n - 1];
    double rest_s = (double)(rest->floor_ns - before->floor_ns) / NSEC_PER_SEC;
    double load_s = (double)(last->floor_ns - first->floor_ns) / NSEC_PER_SEC;
    if (!before->complete || rest_s <= 0 || load_s <= 0)
        return;
    ret->has_rest_rate = true;
    ret->rest_bytes_per_s = (double)(indicators_floor(&rest->floor).total_bytes -
                                     indicators_floor(&before->floor).total_bytes) /
                            rest_s;
    ret->load_bytes_per_s = ret->growth.total_bytes / load_s;
}

/* The last cycle of a kind, whether the instance lived through it or not. */
static const struct cycle *evidence_last_of(const struct timeline *timeline, enum cycle_kind kind)
{
    for (size_t i = timeline->n_cycles; i-- > 0;)
        if (timeline->cycles[i].kind == kind)
            return &timeline->cycles[i];
    return NULL;
}

void evidence_gather(const struct timeline *timeline, const struct verdict_question *question,
                     struct evidence *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->limit_known = question->limit_bytes != UINT64_MAX;
    evidence_gather_growth(timeline, question, ret);
    ret->oom_kills = indicators_oom_kills(timeline);
    ret->starved = evidence_count_starved(timeline);
    unsigned under_load = 1U << CYCLE_WARMUP | 1U << CYCLE_MEASURE;
    ret->has_peak = indicators_peak(timeline, under_load, &ret->peak_bytes);
    ret->has_held_peak = indicators_unreclaimable_peak(timeline, NULL, &ret->held_peak_bytes);
    ret->last = indicators_last_cycle(timeline, CYCLE_MEASURE);
    ret->ready = indicators_last_cycle(timeline, CYCLE_READY);
    ret->solo = indicators_last_cycle(timeline, CYCLE_SOLO);
    ret->reclaim = evidence_last_reclaim(timeline);
    ret->squeeze = evidence_last_of(timeline, CYCLE_SQUEEZE);
    evidence_gather_load(timeline, question, ret);
    evidence_gather_retained(timeline, ret);
    if (question->heap_is_collected)
        ret->heap_free_bytes = 0; /* room that the runtime makes, touched or not */
    evidence_gather_rest(timeline, ret);
    evidence_heed_others(question, ret);
}

/* Peak above the floor that the cycle ended at. */
static bool evidence_cycle_swing(const struct cycle *cycle, int64_t *ret_bytes)
{
    int64_t settled = 0;
    if (cycle == NULL || cycle->peak_bytes == SURVEY_ABSENT ||
        !indicators_footprint(&cycle->settled, &settled))
        return false;
    *ret_bytes = whole_signed(cycle->peak_bytes) - settled;
    return *ret_bytes > 0;
}

bool evidence_transient(const struct evidence *evidence, const struct verdict_question *question,
                        int64_t *ret_bytes)
{
    bool clipped =
        evidence->oom_kills > 0 ||
        (evidence->limit_known && evidence->has_peak &&
         (double)evidence->peak_bytes >= PEAK_CLIPPED_MIN * (double)question->limit_bytes);
    int64_t swing = 0;
    if (evidence_cycle_swing(evidence->solo, &swing)) {
        *ret_bytes = swing;
        return true;
    }
    const struct cycle *last = evidence->last;
    if (!evidence_cycle_swing(last, &swing) || last->concurrency == 0)
        return false;
    if (clipped && last->concurrency > 1)
        return false;
    *ret_bytes = swing / last->concurrency;
    return true;
}

bool evidence_is_pressed(const struct evidence *evidence, const struct verdict_question *question)
{
    if (evidence->oom_kills > 0)
        return true;
    if (!evidence->limit_known && question->limit_bytes == UINT64_MAX)
        return false;
    if (evidence->psi_full_share >= EVIDENCE_PRESSURE_STALL_MIN)
        return true;
    return evidence->has_held_peak &&
           (double)evidence->held_peak_bytes >=
               EVIDENCE_PRESSURE_PEAK_MIN * (double)question->limit_bytes;
}

bool evidence_is_starved(const struct evidence *evidence)
{
    return evidence->growth.shape == GROWTH_TOO_FEW && evidence->starved >= STARVED_MIN;
}

bool evidence_repeat_holds(const struct evidence *evidence)
{
    return evidence->repeat == NULL ||
           evidence->repeat_rate >= REPEAT_RATE_MIN * evidence->growth.trend.slope;
}

bool evidence_grows_by_time(const struct evidence *evidence)
{
    return evidence->has_rest_rate && evidence->load_bytes_per_s > 0 &&
           evidence->rest_bytes_per_s >= TIME_RATE_MIN * evidence->load_bytes_per_s;
}

bool evidence_is_clipped(const struct evidence *evidence, const struct verdict_question *question)
{
    if (!evidence->limit_known || evidence->last == NULL || evidence->last->events_max == 0)
        return false;
    struct floor_parts floor = indicators_floor(&evidence->last->floor);
    return floor.present &&
           (double)floor.total_bytes >= EVIDENCE_PRESSURE_PEAK_MIN * (double)question->limit_bytes;
}

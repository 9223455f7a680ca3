#include "view/watch_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

/* As often as a run tells of itself. */
#define POINT_NS (100 * NSEC_PER_MSEC)
/* Rates and shares are of so long. */
#define RECENT_NS (NSEC_PER_SEC)
/* A load of which nothing is heard for so long is over. */
#define LOAD_QUIET_NS (600 * NSEC_PER_MSEC)
/* What comes after the last cycle: a look at more work, and at what the kernel takes back. */
#define LAST_LOOKS_NS (1500 * NSEC_PER_MSEC)

static const struct watch_point watch_no_point = {
    .first_bytes = NAN,
    .last_bytes = NAN,
    .lowest_bytes = NAN,
    .highest_bytes = NAN,
    .inner_bytes = NAN,
    .rate_per_s = NAN,
    .latency_p99_ns = NAN,
    .threads = NAN,
    .descriptors = NAN,
    .stalled_share = NAN,
    .joined = true,
};

static double watch_count(uint64_t count)
{
    return count == SURVEY_ABSENT ? NAN : (double)count;
}

double watch_inner_bytes(const struct memory_sample *sample)
{
    if (memory_sample_has(sample, MEMORY_CURRENT) &&
        memory_sample_has(sample, MEMORY_INACTIVE_FILE)) {
        uint64_t current = sample->value[MEMORY_CURRENT];
        uint64_t inactive = sample->value[MEMORY_INACTIVE_FILE];
        return inactive < current ? (double)(current - inactive) : 0;
    }
    return memory_sample_has(sample, MEMORY_ANON) ? (double)sample->value[MEMORY_ANON] : NAN;
}

static struct watch_run *watch_find(const struct watch_state *state, const char *id)
{
    for (unsigned i = 0; i < state->n_runs; i++)
        if (strcmp(state->runs[i]->id, id) == 0)
            return state->runs[i];
    return NULL;
}

static void watch_run_free(struct watch_run *run)
{
    free(run->points);
    free(run);
}

static struct watch_run *watch_begin(struct watch_state *state, const char *id, struct error *err)
{
    if (state->n_runs == WATCH_RUNS_MAX) {
        (void)error_set(err, ERROR_INTERNAL, "no more than %d runs can be shown", WATCH_RUNS_MAX);
        return NULL;
    }
    struct watch_run *run = calloc(1, sizeof(*run));
    struct watch_point *points = calloc(WATCH_POINTS_MAX, sizeof(*points));
    if (run == NULL || points == NULL) {
        free(run);
        free(points);
        (void)error_out_of_memory(err);
        return NULL;
    }
    snprintf(run->id, sizeof(run->id), "%s", id);
    run->points = points;
    run->point_ns = POINT_NS;
    run->rate_per_s = run->some_share = run->full_share = run->highest_bytes = NAN;
    run->ready_ns = run->measure_ns = -1;
    state->runs[state->n_runs++] = run;
    return run;
}

/* Two points as one; the later one's words count where there can be one only. */
static struct watch_point watch_merge(const struct watch_point *a, const struct watch_point *b)
{
    return (struct watch_point){
        .first_bytes = isnan(a->first_bytes) ? b->first_bytes : a->first_bytes,
        .last_bytes = isnan(b->last_bytes) ? a->last_bytes : b->last_bytes,
        .lowest_bytes = fmin(a->lowest_bytes, b->lowest_bytes),
        .highest_bytes = fmax(a->highest_bytes, b->highest_bytes),
        .inner_bytes = fmax(a->inner_bytes, b->inner_bytes),
        .rate_per_s = fmax(a->rate_per_s, b->rate_per_s),
        .latency_p99_ns = fmax(a->latency_p99_ns, b->latency_p99_ns),
        .threads = fmax(a->threads, b->threads),
        .descriptors = fmax(a->descriptors, b->descriptors),
        .stalled_share = fmax(a->stalled_share, b->stalled_share),
        .joined = isnan(a->first_bytes) ? a->joined && b->joined : a->joined,
    };
}

/* Half as many points, each of twice the time. */
static void watch_thin(struct watch_run *run)
{
    unsigned n = 0;
    for (unsigned i = 0; i < run->n_points; i += 2, n++)
        run->points[n] = i + 1 < run->n_points ? watch_merge(&run->points[i], &run->points[i + 1])
                                               : run->points[i];
    run->n_points = n;
    run->point_ns *= 2;
}

static void watch_add_point(struct watch_run *run, nsec_t t_ns, const struct watch_point *point)
{
    if (t_ns < 0)
        return;
    while (t_ns / run->point_ns >= WATCH_POINTS_MAX)
        watch_thin(run);
    unsigned index = (unsigned)(t_ns / run->point_ns);
    while (run->n_points <= index)
        run->points[run->n_points++] = watch_no_point;
    run->points[index] = watch_merge(&run->points[index], point);
}

/* Forget readings that are too old, and one when there is no room for the next. */
static void watch_forget(struct watch_run *run, nsec_t t_ns)
{
    unsigned old = 0;
    while (old + 1 < run->n_recent && t_ns - run->recent[old].t_ns > RECENT_NS)
        old++;
    if (old == 0 && run->n_recent == WATCH_RECENT_MAX)
        old = 1;
    run->n_recent -= old;
    memmove(run->recent, run->recent + old, run->n_recent * sizeof(run->recent[0]));
}

static double watch_share(uint64_t before_us, uint64_t after_us, nsec_t passed_ns)
{
    if (passed_ns <= 0 || after_us < before_us)
        return NAN;
    double share = (double)(after_us - before_us) * 1e3 / (double)passed_ns;
    return share < 1 ? share : 1;
}

/* Rates, from what was told within the last second. */
static void watch_reckon_rates(struct watch_run *run, const struct run_progress *progress)
{
    nsec_t t_ns = progress->elapsed_ns;
    struct watch_recent reading = {
        .t_ns = progress->load.t_ns,
        .completed = load_counts_completed(&progress->load.counts),
        .has_stalls = memory_sample_has(&progress->memory, MEMORY_PSI_SOME) &&
                      memory_sample_has(&progress->memory, MEMORY_PSI_FULL),
        .stalls_t_ns = progress->memory.t_ns,
        .some_us = memory_sample_get(&progress->memory, MEMORY_PSI_SOME, 0),
        .full_us = memory_sample_get(&progress->memory, MEMORY_PSI_FULL, 0),
    };
    watch_forget(run, t_ns);
    run->rate_per_s = run->some_share = run->full_share = NAN;
    for (unsigned i = 0; i < run->n_recent; i++) {
        const struct watch_recent *before = &run->recent[i];
        nsec_t passed_ns = reading.t_ns - before->t_ns;
        if (isnan(run->rate_per_s) && passed_ns > 0 && reading.completed >= before->completed &&
            progress->requests_goal > 0 && t_ns - reading.t_ns < LOAD_QUIET_NS)
            run->rate_per_s = (double)(reading.completed - before->completed) *
                              (double)NSEC_PER_SEC / (double)passed_ns;
        if (isnan(run->some_share) && before->has_stalls && reading.has_stalls) {
            passed_ns = reading.stalls_t_ns - before->stalls_t_ns;
            run->some_share = watch_share(before->some_us, reading.some_us, passed_ns);
            run->full_share = watch_share(before->full_us, reading.full_us, passed_ns);
        }
    }
    run->recent[run->n_recent++] = reading;
}

/* A kill since the last word: a cross; a new start: nothing is known of what it holds. */
static void watch_note_ends(struct watch_run *run, const struct run_progress *progress)
{
    const struct run_progress *before = &run->now;
    if (progress->oom_kills > before->oom_kills && run->n_kills < WATCH_KILLS_MAX) {
        const struct watch_point *last = run->n_points > 0 ? &run->points[run->n_points - 1] : NULL;
        double bytes = last != NULL ? last->highest_bytes : NAN;
        run->kills[run->n_kills++] =
            (struct watch_kill){.t_ns = progress->elapsed_ns, .bytes = bytes};
    }
    if (progress->starts != before->starts) {
        run->broken = true;
        run->measure_ns = -1;
    }
}

static void watch_note_floor(struct watch_run *run, const struct run_floor *floor)
{
    const struct run_floor *last = run->n_floors > 0 ? &run->floors[run->n_floors - 1] : NULL;
    if (!floor->present || (last != NULL && floor->index <= last->index))
        return;
    if (run->n_floors == WATCH_FLOORS_MAX)
        memmove(run->floors, run->floors + 1, --run->n_floors * sizeof(run->floors[0]));
    run->floors[run->n_floors++] = *floor;
}

/* When cycles began and ended, for how long the rest may take. */
static void watch_note_cycles(struct watch_run *run, const struct run_progress *progress)
{
    bool starts = strcmp(progress->phase, "start") == 0;
    if (run->ready_ns < 0 && !starts)
        run->ready_ns = progress->elapsed_ns;
    if (run->measure_ns < 0 && strncmp(progress->phase, "cycle ", 6) == 0)
        run->measure_ns = run->cycle_ended_ns = progress->elapsed_ns;
    if (progress->cycle > run->now.cycle)
        run->cycle_ended_ns = progress->elapsed_ns;
}

static void watch_note_point(struct watch_run *run, const struct run_progress *progress)
{
    struct watch_point point = watch_no_point;
    bool known = progress->memory_bytes != SURVEY_ABSENT;
    if (known) {
        double bytes = (double)progress->memory_bytes;
        point.first_bytes = point.last_bytes = bytes;
        point.lowest_bytes = point.highest_bytes = bytes;
        if (progress->highest_bytes != SURVEY_ABSENT)
            point.highest_bytes = fmax(bytes, (double)progress->highest_bytes);
        point.inner_bytes = watch_inner_bytes(&progress->memory);
        run->highest_bytes = fmax(run->highest_bytes, point.highest_bytes);
    }
    point.rate_per_s = run->rate_per_s;
    if (!isnan(run->rate_per_s) && progress->load.latency_p99_ns >= 0)
        point.latency_p99_ns = (double)progress->load.latency_p99_ns;
    point.threads = watch_count(progress->threads);
    point.descriptors = watch_count(progress->descriptors);
    point.stalled_share = run->some_share;
    point.joined = !known || !run->broken;
    run->broken = !known;
    watch_add_point(run, progress->elapsed_ns, &point);
}

int watch_state_progress(struct watch_state *state, const struct run_progress *progress,
                         struct error *err)
{
    struct watch_run *run = watch_find(state, progress->id);
    if (run == NULL && (run = watch_begin(state, progress->id, err)) == NULL)
        return -1;
    watch_note_ends(run, progress);
    watch_note_floor(run, &progress->floor);
    watch_note_cycles(run, progress);
    watch_reckon_rates(run, progress);
    watch_note_point(run, progress);
    snprintf(run->phase, sizeof(run->phase), "%s", progress->phase);
    run->now = *progress;
    run->now.id = run->id;
    run->now.phase = run->phase;
    run->seen |= progress->memory.present;
    state->latest = run;
    return 0;
}

static void watch_end_run(struct watch_state *state, const char *id)
{
    for (unsigned i = 0; i < state->n_runs; i++) {
        if (strcmp(state->runs[i]->id, id) != 0)
            continue;
        if (state->latest == state->runs[i])
            state->latest = NULL;
        watch_run_free(state->runs[i]);
        state->n_runs--;
        for (unsigned k = i; k < state->n_runs; k++)
            state->runs[k] = state->runs[k + 1];
        return;
    }
}

void watch_state_record(struct watch_state *state, const struct record *record)
{
    struct watch_done done = {.kind = record->verdict.kind};
    const struct verdict *verdict = &record->verdict;
    char text[UNITS_TEXT_MAX];
    done.judged = record->error.kind == ERROR_NONE;
    snprintf(done.id, sizeof(done.id), "%s", record->id);
    snprintf(done.verdict, sizeof(done.verdict), "%s",
             done.judged                               ? verdict_kind_name(verdict->kind)
             : record->error.kind == ERROR_INTERRUPTED ? "interrupted"
                                                       : "failed");
    if (done.judged && verdict->cause != CAUSE_NONE)
        snprintf(done.cause, sizeof(done.cause), "%s", cause_name(verdict->cause));
    if (done.judged && verdict->kind == VERDICT_LEAK && verdict->growth.present)
        snprintf(done.growth, sizeof(done.growth), "%s%s per request",
                 verdict->growth.estimate >= 0 ? "+" : "",
                 units_format_bytes(verdict->growth.estimate, text));
    units_format_duration(record->duration_ns - record->waited_ns, text);
    snprintf(done.duration, sizeof(done.duration), "%s", text);

    watch_end_run(state, record->id);
    if (state->n_done_kept == WATCH_DONE_MAX)
        memmove(state->done, state->done + 1, --state->n_done_kept * sizeof(state->done[0]));
    state->done[state->n_done_kept++] = done;
    state->n_done++;
}

void watch_state_done(struct watch_state *state)
{
    for (unsigned i = 0; i < state->n_runs; i++)
        watch_run_free(state->runs[i]);
    state->n_runs = 0;
    state->latest = NULL;
}

/* Is the work up to `floor` about as much as `work`, or is nothing known of that yet? */
static bool watch_is_size(double work, double size)
{
    return isnan(size) || fabs(work - size) * 4 <= size;
}

int watch_growth(const struct watch_run *run, struct trend *ret)
{
    struct trend_point points[WATCH_FLOORS_MAX];
    unsigned end = run->n_floors;
    while (end > 0 && run->floors[end - 1].kind != CYCLE_MEASURE)
        end--;
    unsigned first = end;
    double size = NAN;
    while (first > 1 && run->floors[first - 1].kind == CYCLE_MEASURE) {
        const struct run_floor *floor = &run->floors[first - 1];
        double work = (double)floor->requests - (double)floor[-1].requests;
        if (floor->start != floor[-1].start || !watch_is_size(work, size))
            break;
        size = isnan(size) ? work : size;
        first--;
    }
    if (end - first < 2)
        return 1;
    size_t n = 0;
    for (unsigned i = first > 0 ? first - 1 : 0; i < end; i++)
        points[n++] = (struct trend_point){.x = (double)run->floors[i].requests,
                                           .y = (double)run->floors[i].bytes};
    return trend_estimate(points, n, ret);
}

struct watch_eta watch_eta(const struct watch_run *run)
{
    struct watch_eta eta = {.about_ns = -1, .at_most_ns = -1};
    const struct run_progress *now = &run->now;
    if (run->ready_ns < 0)
        return eta;
    nsec_t passed_ns = now->elapsed_ns - run->ready_ns;
    eta.at_most_ns = passed_ns < now->budget_ns ? now->budget_ns - passed_ns : 0;
    if (now->cycle == 0 || run->measure_ns < 0)
        return eta;
    nsec_t cycle_ns = (run->cycle_ended_ns - run->measure_ns) / now->cycle;
    nsec_t due_ns = run->measure_ns + cycle_ns * now->cycles_min + LAST_LOOKS_NS;
    if (due_ns > now->elapsed_ns)
        eta.about_ns = due_ns - now->elapsed_ns;
    if (eta.about_ns > eta.at_most_ns)
        eta.about_ns = eta.at_most_ns;
    return eta;
}

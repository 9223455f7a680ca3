#include "tests/support/story.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct story story_new(void)
{
    struct story story = {.question = {.limit_bytes = 64 * STORY_MIB,
                                       .concurrency = 8,
                                       .cycles_max = 10,
                                       .cycles_min = 5,
                                       .cycle_requests = STORY_REQUESTS,
                                       .can_reclaim = true}};
    ck_assert_int_eq(timeline_new(4096, &story.timeline, NULL), 0);
    return story;
}

void story_done(struct story *story)
{
    timeline_free(story->timeline);
}

static void story_survey(struct survey *survey, nsec_t t_ns, uint64_t bytes)
{
    static const enum memory_field nothing[] = {
        MEMORY_FILE,       MEMORY_KERNEL, MEMORY_KERNEL_STACK,      MEMORY_SOCK,
        MEMORY_PAGETABLES, MEMORY_SHMEM,  MEMORY_SLAB_UNRECLAIMABLE};
    survey_init(survey);
    survey->t_ns = t_ns;
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        memory_sample_set(&survey->memory, nothing[i], 0);
    memory_sample_set(&survey->memory, MEMORY_ANON, bytes);
    survey->value[SURVEY_PROCESSES] = 1;
    survey->value[SURVEY_THREADS] = 4;
    survey->value[SURVEY_PSS_ANON] = bytes;
    survey->value[SURVEY_LAZY_FREE] = 0;
    survey->value[SURVEY_MAPPINGS] = 40;
    survey->value[SURVEY_FD_SOCKET] = 3;
    survey->value[SURVEY_FD_FILE] = 2;
    survey->value[SURVEY_TIME_WAIT] = 0;
    survey->n_processes = 1;
    survey->processes[0] =
        (struct survey_process){.pid = 100, .name = "service", .anon_bytes = bytes, .threads = 4};
}

static bool story_has_load(enum cycle_kind kind)
{
    return (kind <= CYCLE_ABOVE && kind != CYCLE_READY) || kind == CYCLE_SQUEEZE ||
           kind == CYCLE_DRIVE;
}

static nsec_t story_cycle_ns(const struct story *story)
{
    return story->cycle_ns > 0 ? story->cycle_ns : NSEC_PER_SEC;
}

static nsec_t story_now_ns(const struct story *story)
{
    nsec_t cycles = 0;
    for (size_t i = 0; i < story->timeline->n_cycles; i++)
        cycles += cycle_count(&story->timeline->cycles[i]);
    return cycles * story_cycle_ns(story);
}

struct cycle *story_cycle(struct story *story, enum cycle_kind kind, uint64_t bytes)
{
    nsec_t begin_ns = story_now_ns(story);
    struct cycle *cycle = calloc(1, sizeof(*cycle));
    ck_assert_ptr_nonnull(cycle);
    cycle->kind = kind;
    cycle->start = story->start;
    if (story_has_load(kind)) {
        cycle->concurrency = kind == CYCLE_SOLO ? 1 : story->question.concurrency;
        cycle->requests = STORY_REQUESTS;
        cycle->counts = (struct load_counts){.started = STORY_REQUESTS, .ok = STORY_REQUESTS};
    }
    cycle->begin_ns = begin_ns;
    cycle->load_end_ns = begin_ns + story_cycle_ns(story) / 2;
    cycle->settled_ns = begin_ns + 8 * story_cycle_ns(story) / 10;
    cycle->floor_ns = begin_ns + 9 * story_cycle_ns(story) / 10;
    cycle->complete = true;
    cycle->came_to_rest = true;
    cycle->reclaimed = true;
    cycle->peak_bytes = bytes;
    cycle->squeeze_bytes = SURVEY_ABSENT;
    cycle->collected_bytes = SURVEY_ABSENT;
    cycle->latency_p50_ns = NSEC_PER_MSEC;
    cycle->latency_p99_ns = 2 * NSEC_PER_MSEC;
    story_survey(&cycle->settled, cycle->settled_ns, bytes);
    story_survey(&cycle->floor, cycle->floor_ns, bytes);
    ck_assert_int_eq(timeline_add_cycle(story->timeline, cycle, NULL), 0);
    free(cycle);
    return &story->timeline->cycles[story->timeline->n_cycles - 1];
}

struct cycle *story_work(struct story *story, enum cycle_kind kind, uint64_t requests,
                         uint64_t bytes)
{
    struct cycle *cycle = story_cycle(story, kind, bytes);
    cycle->requests = requests;
    cycle->counts = (struct load_counts){.started = requests, .ok = requests};
    return cycle;
}

void story_cycles(struct story *story, unsigned n, uint64_t bytes, uint64_t step)
{
    story_cycle(story, CYCLE_READY, bytes);
    story_cycle(story, CYCLE_WARMUP, bytes);
    for (unsigned i = 1; i <= n; i++)
        story_cycle(story, CYCLE_MEASURE, bytes + i * step);
}

void story_pressure(struct story *story)
{
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++) {
        story_cycle(story, CYCLE_MEASURE, 8 * STORY_MIB);
        story_peak(story, 62 * STORY_MIB);
    }
}

void story_retention(struct story *story)
{
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(story, CYCLE_WARMUP, 24 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++)
        story_cycle(story, CYCLE_MEASURE, 24 * STORY_MIB);
}

struct cycle *story_kill(struct story *story, enum cycle_kind kind, uint64_t requests)
{
    struct cycle *cycle = story_cycle(story, kind, 0);
    cycle->counts = (struct load_counts){.started = requests + 8, .ok = requests, .reset = 8};
    cycle->complete = false;
    cycle->oom_kills = 1;
    cycle->events_max = 10;
    cycle->peak_bytes = story->question.limit_bytes;
    survey_init(&cycle->settled);
    survey_init(&cycle->floor);
    return cycle;
}

static void story_sample_at(struct story *story, nsec_t t_ns, uint64_t bytes)
{
    struct memory_sample sample = {.t_ns = t_ns};
    memory_sample_set(&sample, MEMORY_CURRENT, bytes);
    ck_assert_int_eq(timeline_add_memory(story->timeline, &sample, NULL), 0);
}

void story_sample(struct story *story, uint64_t bytes)
{
    story_sample_at(story, story_now_ns(story), bytes);
}

void story_peak(struct story *story, uint64_t bytes)
{
    struct cycle *cycle = &story->timeline->cycles[story->timeline->n_cycles - 1];
    story_sample_at(story, cycle->begin_ns + story_cycle_ns(story) / 4, bytes);
    cycle->peak_bytes = bytes;
}

struct record *story_leak(const char *id, enum verdict_kind expect)
{
    struct run_spec spec = {
        .scenario = "leaky",
        .settings = {.limit_bytes = 64 * STORY_MIB,
                     .load = {.concurrency = 8},
                     .cycles = 10,
                     .cycles_min = 5,
                     .cycle_requests = STORY_REQUESTS,
                     .has_expectation = true,
                     .expect = expect},
    };
    struct record *record = NULL;
    struct story story = story_new();
    snprintf(spec.id, sizeof(spec.id), "%s", id);
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    timeline_free(record->timeline);
    record->timeline = story.timeline;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_sample(&story, 13 * STORY_MIB);
    record->duration_ns = 9800 * NSEC_PER_MSEC;
    record_judge(record);
    return record;
}

enum verdict_step story_next(const struct story *story)
{
    return verdict_next(story->timeline, &story->question).step;
}

struct verdict story_verdict(const struct story *story)
{
    struct verdict verdict;
    verdict_decide(story->timeline, &story->question, &verdict);
    return verdict;
}

void story_expect_text(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "found \"%s\", expected \"%s\"", text, part);
}

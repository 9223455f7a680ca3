#include "tests/support/exported.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/ci_cases.h"
#include "tests/support/story.h"

#define EXPORTED_TEXT_MAX ((size_t)1024 * 1024 * 1024)
#define TICK_NS           (10 * NSEC_PER_MSEC)
/* So many ticks make one that reads everything, and one of the load. */
#define FULL_EVERY 25
#define LOAD_EVERY 5

/* A tick: what is in use, and now and then all the rest. Totals go on from start to start. */
static void exported_tick(struct timeline *timeline, uint64_t tick)
{
    struct memory_sample sample = {.t_ns = (nsec_t)tick * TICK_NS};
    memory_sample_set(&sample, MEMORY_CURRENT, 8 * STORY_MIB + tick % 100 * 4096 + tick * 512);
    for (unsigned i = MEMORY_PEAK; tick % FULL_EVERY == 0 && i < MEMORY_CGROUP_FIELD_MAX; i++)
        memory_sample_set(&sample, (enum memory_field)i, tick * (i + 1) * 100);
    ck_assert_int_eq(timeline_add_memory(timeline, &sample, NULL), 0);
}

static void exported_load(struct timeline *timeline, uint64_t tick)
{
    const struct load_sample sample = {
        .t_ns = (nsec_t)tick * TICK_NS + 1234567,
        .counts = {.started = 3 * tick, .ok = 2 * tick, .other_status = tick / 10},
        .in_flight = tick % 8,
        .latency_p50_ns = tick % 50 == 0 ? -1 : (nsec_t)(200 + tick % 70) * NSEC_PER_USEC,
        .latency_p99_ns = tick % 50 == 0 ? -1 : 12345678,
    };
    ck_assert_int_eq(timeline_add_load(timeline, &sample, NULL), 0);
}

static void exported_samples(struct timeline *timeline, unsigned seconds)
{
    timeline->n_memory = 0; /* the story's own */
    for (uint64_t tick = 1; tick <= 100 * (uint64_t)seconds; tick++) {
        exported_tick(timeline, tick);
        if (tick % LOAD_EVERY == 0)
            exported_load(timeline, tick);
    }
}

static void exported_phases(struct timeline *timeline, const char *third)
{
    static const char *const phases[] = {"start", "warm-up", NULL, "cycle 2"};
    timeline_add_mark(timeline, 1000001, MARK_START, 0, "");
    for (uint64_t i = 0; i < ARRAY_LENGTH(phases); i++)
        timeline_add_mark(timeline, (nsec_t)i * NSEC_PER_SEC + 2000002, MARK_PHASE, 250 * i,
                          phases[i] != NULL ? phases[i] : third);
    timeline_add_mark(timeline, 4 * NSEC_PER_SEC, MARK_LATE_TICK, 20000000, "");
    timeline_add_mark(timeline, 5 * NSEC_PER_SEC, MARK_DISTURBANCE, 0, "the machine swapped");
}

static struct stored_record exported_leak(struct record *record, const char *third)
{
    exported_phases(record->timeline, third);
    timeline_add_mark(record->timeline, 9700 * NSEC_PER_MSEC, MARK_EXIT, 0,
                      "ended with exit status 0");
    exported_samples(record->timeline, 9);
    record->started_unix_ms = EXPORTED_STARTED_MS;
    return (struct stored_record){record, "results/leaky"};
}

/* Killed at 7.5 s, started again at 8 s. */
static struct stored_record exported_killed(struct record *record, const char *third)
{
    struct story story = {.timeline = record->timeline, .question = record->question};
    exported_phases(record->timeline, third);
    struct cycle *kill = story_kill(&story, CYCLE_DRIVE, 100);
    kill->load_end_ns = kill->begin_ns + NSEC_PER_SEC / 2;
    kill->settled_ns = kill->floor_ns = 0;
    timeline_add_mark(record->timeline, kill->load_end_ns, MARK_OOM_KILL, 2, "");
    timeline_add_mark(record->timeline, kill->load_end_ns + 1000, MARK_EXIT, 0,
                      "ended with killed by signal 9 (Killed)");
    timeline_add_mark(record->timeline, 8 * NSEC_PER_SEC, MARK_START, 1, "");
    timeline_add_mark(record->timeline, 8 * NSEC_PER_SEC + 1, MARK_PHASE, 0, "start");
    story.start = 1;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    exported_samples(record->timeline, 9);
    record->starts = 2;
    record->started_unix_ms = EXPORTED_STARTED_MS + INT64_C(3600000);
    snprintf(record->variant, sizeof(record->variant), "fixed");
    snprintf(record->build, sizeof(record->build), "race");
    snprintf(record->allocator, sizeof(record->allocator), "jemalloc");
    record_judge(record);
    return (struct stored_record){record, "results/leaky.fixed"};
}

/* Sampled by its processes. */
static struct stored_record exported_attached(struct record *record, const char *third)
{
    struct timeline *timeline = record->timeline;
    exported_phases(timeline, third);
    timeline->n_memory = 0;
    for (uint64_t tick = 1; tick <= 500; tick++) {
        struct memory_sample sample = {.t_ns = (nsec_t)tick * TICK_NS};
        memory_sample_set(&sample, MEMORY_RSS, 8 * STORY_MIB + tick * 4096);
        ck_assert_int_eq(timeline_add_memory(timeline, &sample, NULL), 0);
    }
    record->started_unix_ms = EXPORTED_STARTED_MS + INT64_C(7200000);
    snprintf(record->variant, sizeof(record->variant), "attached");
    record_judge(record);
    return (struct stored_record){record, "results/leaky.attached"};
}

/* What the story's surveys leave out. */
static void exported_surveys(struct timeline *timeline)
{
    static const enum survey_field kinds[] = {SURVEY_FD_PIPE, SURVEY_FD_ANON_INODE,
                                              SURVEY_FD_DEVICE, SURVEY_FD_OTHER};
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        struct survey *surveys[] = {&timeline->cycles[i].settled, &timeline->cycles[i].floor};
        for (size_t k = 0; timeline->cycles[i].complete && k < ARRAY_LENGTH(surveys); k++) {
            for (size_t f = 0; f < ARRAY_LENGTH(kinds); f++)
                surveys[k]->value[kinds[f]] = f;
            memory_sample_set(&surveys[k]->memory, MEMORY_CPU_USAGE, 100000000 * (i + 1));
        }
    }
}

static struct exported exported_make(const char *third)
{
    struct exported exported = {.records = {story_leak("leaky", VERDICT_LEAK),
                                            story_leak("leaky.fixed", VERDICT_CLEAN),
                                            story_leak("leaky.attached", VERDICT_CLEAN)},
                                .n = EXPORTED_MAX};
    for (size_t i = 0; i < exported.n; i++)
        exported_surveys(exported.records[i]->timeline);
    exported.runs[0] = exported_leak(exported.records[0], third);
    exported.runs[1] = exported_killed(exported.records[1], third);
    exported.runs[2] = exported_attached(exported.records[2], third);
    return exported;
}

struct exported exported_new(void)
{
    return exported_make("cycle 1");
}

struct exported exported_new_hostile(void)
{
    struct exported exported = exported_make(ci_cases_hostile);
    for (size_t i = 0; i < exported.n; i++) {
        struct record *record = exported.records[i];
        snprintf(record->id, sizeof(record->id), "=%zu%s", i, ci_cases_hostile);
        snprintf(record->scenario, sizeof(record->scenario), "\t+%s", ci_cases_hostile);
        snprintf(record->variant, sizeof(record->variant), "@%s", ci_cases_hostile);
        snprintf(record->build, sizeof(record->build), "\xef\xbc\x9d%s", ci_cases_hostile);
        snprintf(record->allocator, sizeof(record->allocator), "-%zu", i);
        exported.runs[i].dir = ci_cases_hostile;
        timeline_add_mark(record->timeline, 10 * NSEC_PER_SEC, MARK_DISTURBANCE, 0,
                          "=cmd|' /C calc'!A0");
    }
    return exported;
}

struct exported exported_new_long(size_t n_samples)
{
    struct exported exported = {.records = {story_leak("long", VERDICT_LEAK)}, .n = 1};
    struct record *record = exported.records[0];
    timeline_free(record->timeline);
    ck_assert_int_eq(timeline_new(n_samples, &record->timeline, NULL), 0);
    for (uint64_t tick = 1; tick <= n_samples; tick++) {
        exported_tick(record->timeline, tick);
        if (tick % LOAD_EVERY == 0)
            exported_load(record->timeline, tick);
    }
    record->duration_ns = (nsec_t)n_samples * TICK_NS;
    record->started_unix_ms = EXPORTED_STARTED_MS;
    exported.runs[0] = (struct stored_record){record, "results/long"};
    return exported;
}

void exported_done(struct exported *exported)
{
    for (size_t i = 0; i < exported->n; i++)
        record_free(exported->records[i]);
}

char *exported_write(exported_writer write, const struct exported *exported, const char *name)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(EXPORTED_TEXT_MAX);
    struct error err = {0};
    const char *folder = getenv("LEAKCAGE_KEEP_CI");
    char path[4096];
    ck_assert_msg(write(exported->runs, exported->n, &out, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(strlen(buffer_text(&out)), out.length);
    snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "", name);
    if (folder != NULL)
        ck_assert_msg(file_write_atomic(AT_FDCWD, path, out.data, out.length, &err) == 0, "%s",
                      err.text);
    return take_ptr(&out.data);
}

/* evidence: who keeps what stays up, what came of the probes, and growth by the clock. */
#include "verdict/evidence.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

static struct evidence evidence_of(const struct story *story)
{
    struct evidence evidence;
    evidence_gather(story->timeline, &story->question, &evidence);
    return evidence;
}

static enum cause lazy_cause_of(const struct story *story)
{
    struct evidence evidence = evidence_of(story);
    return evidence_lazy_cause(&evidence);
}

/* The allocator's own numbers: what is in use when ready, and at the end, and what is free then. */
static void add_heap(struct story *story, uint64_t ready, uint64_t in_use, uint64_t free_bytes)
{
    struct timeline *timeline = story->timeline;
    timeline->cycles[0].floor.value[SURVEY_HEAP_IN_USE] = ready;
    timeline->cycles[0].floor.value[SURVEY_HEAP_FREE] = 0;
    for (size_t i = 1; i < timeline->n_cycles; i++) {
        timeline->cycles[i].floor.value[SURVEY_HEAP_IN_USE] = in_use;
        timeline->cycles[i].floor.value[SURVEY_HEAP_FREE] = free_bytes;
    }
}

START_TEST(lazily_freed_pages_are_the_kernels_to_take)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    ck_assert_int_eq(lazy_cause_of(&story), CAUSE_NONE);
    struct cycle *last = &story.timeline->cycles[story.timeline->n_cycles - 1];
    last->settled.value[SURVEY_LAZY_FREE] = STORY_MIB - 1; /* not worth a word */
    ck_assert_int_eq(lazy_cause_of(&story), CAUSE_NONE);
    last->settled.value[SURVEY_LAZY_FREE] = STORY_MIB;
    struct evidence evidence = evidence_of(&story);
    ck_assert_int_eq(evidence_lazy_cause(&evidence), CAUSE_MADV_FREE);
    ck_assert_int_eq(evidence_lazy_bytes(&evidence, CAUSE_MADV_FREE), (int64_t)STORY_MIB);
}
END_TEST

START_TEST(page_cache_is_what_reclaim_took_and_the_load_brought)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (size_t i = 2; i < story.timeline->n_cycles; i++)
        memory_sample_set(&story.timeline->cycles[i].settled.memory, MEMORY_FILE, 20 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert_int_eq(evidence_lazy_cause(&evidence), CAUSE_PAGE_CACHE);
    ck_assert_int_eq(evidence_lazy_bytes(&evidence, CAUSE_PAGE_CACHE), 20 * (int64_t)STORY_MIB);
    /* It was there when the service was ready: its own files. */
    memory_sample_set(&story.timeline->cycles[0].settled.memory, MEMORY_FILE, 15 * STORY_MIB);
    ck_assert_int_eq(lazy_cause_of(&story), CAUSE_NONE);
}
END_TEST

START_TEST(what_a_trim_or_a_rest_brought_back_was_the_allocators)
{
    STORY;
    enum cycle_kind kind = _i == 0 ? CYCLE_TRIM : CYCLE_REST;
    story_retention(&story); /* 16 MiB */
    struct cycle *probe = story_cycle(&story, kind, 16 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert_int_eq(evidence_lazy_cause(&evidence), CAUSE_ALLOCATOR);
    ck_assert_int_eq(evidence_lazy_bytes(&evidence, CAUSE_ALLOCATOR), 8 * (int64_t)STORY_MIB);
    /* A trim always finds a little: less than half explains nothing. */
    probe->floor.value[SURVEY_PSS_ANON] += 4096;
    ck_assert_int_eq(lazy_cause_of(&story), CAUSE_NONE);
}
END_TEST

/* A step of 16 MiB after the rest: the rest did not bring that down. */
START_TEST(a_rest_that_measuring_went_on_after_explains_nothing)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    for (unsigned i = 0; i < 16; i++)
        story_cycle(&story, CYCLE_MEASURE, 40 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert(!evidence.has_rest);
    ck_assert_int_eq(evidence_lazy_cause(&evidence), CAUSE_NONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

/* What was in flight when a cycle's own time was up is not held against the service. */
START_TEST(what_the_budget_cut_off_was_not_left_unanswered)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    struct cycle *last = &story.timeline->cycles[story.timeline->n_cycles - 1];
    last->counts = (struct load_counts){.started = 108, .ok = 100, .timed_out = 8};
    last->deadline_hit = true;
    last->concurrency = 8;
    ck_assert_double_eq(evidence_of(&story).landed, 1);
    last->concurrency = 4; /* these others were timed out */
    ck_assert_double_lt(evidence_of(&story).landed, 1);
}
END_TEST

/* 16 MiB stay; the allocator has 1 MiB of them in use, the rest is free: nothing pins it. */
START_TEST(what_the_allocator_has_free_is_the_allocators)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    ck_assert_int_eq(lazy_cause_of(&story), CAUSE_NONE);
    add_heap(&story, 4 * STORY_MIB, 5 * STORY_MIB, 15 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert(evidence.has_heap);
    ck_assert_int_eq(evidence.heap_in_use_bytes, (int64_t)STORY_MIB);
    ck_assert_int_eq(evidence_lazy_cause(&evidence), CAUSE_ALLOCATOR);
    ck_assert_int_eq(evidence_lazy_bytes(&evidence, CAUSE_ALLOCATOR), 15 * (int64_t)STORY_MIB);
}
END_TEST

/* Two of 16 MiB in use, between which the rest lies. */
START_TEST(what_blocks_in_use_keep_between_them_is_fragmentation)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    add_heap(&story, 4 * STORY_MIB, 6 * STORY_MIB, 15 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert_int_eq(evidence_lazy_cause(&evidence), CAUSE_FRAGMENTATION);
    ck_assert_int_eq(evidence_lazy_bytes(&evidence, CAUSE_FRAGMENTATION), 14 * (int64_t)STORY_MIB);
}
END_TEST

/* No more can be free than the allocator says. */
START_TEST(what_is_in_use_is_not_the_allocators)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    add_heap(&story, 4 * STORY_MIB, 20 * STORY_MIB, 15 * STORY_MIB);
    ck_assert_int_eq(lazy_cause_of(&story), CAUSE_NONE);
    add_heap(&story, 4 * STORY_MIB, 4 * STORY_MIB, 2 * STORY_MIB);
    ck_assert_int_eq(lazy_cause_of(&story), CAUSE_NONE); /* an eighth of what is kept */
}
END_TEST

START_TEST(what_came_back_is_not_counted_as_fragments_too)
{
    STORY;
    story_retention(&story);
    story.question.can_trim = true;
    story_cycle(&story, CYCLE_TRIM, 12 * STORY_MIB);
    add_heap(&story, 4 * STORY_MIB, 6 * STORY_MIB, 15 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert_int_eq(evidence_lazy_cause(&evidence), CAUSE_ALLOCATOR);
    ck_assert_int_eq(evidence_lazy_bytes(&evidence, CAUSE_FRAGMENTATION), 2 * (int64_t)STORY_MIB);
}
END_TEST

START_TEST(a_repeat_counts_when_it_follows_the_window_and_lived)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert(evidence.repeat == NULL && evidence_repeat_holds(&evidence));

    struct cycle *repeat = story_work(&story, CYCLE_REPEAT, 1000, 17 * STORY_MIB);
    evidence = evidence_of(&story);
    ck_assert_ptr_eq(evidence.repeat, repeat);
    ck_assert_double_eq_tol(evidence.repeat_rate, 4.0 * STORY_MIB / 1000, 1e-9);
    ck_assert(evidence_repeat_holds(&evidence));
    repeat->floor.value[SURVEY_PSS_ANON] -= STORY_MIB; /* three quarters of that */
    evidence = evidence_of(&story);
    ck_assert(!evidence_repeat_holds(&evidence));

    repeat->complete = false;
    evidence = evidence_of(&story);
    ck_assert(evidence.repeat == NULL);
    repeat->complete = true;
    for (unsigned i = 1; i <= 5; i++) /* another window, without a repeat of its own */
        story_work(&story, CYCLE_MEASURE, 1000, (16 + 4 * i) * STORY_MIB);
    evidence = evidence_of(&story);
    ck_assert(evidence.repeat == NULL);
}
END_TEST

/* A MiB in a second of load and rest, in which half a second is load. */
START_TEST(growth_is_by_the_clock_when_half_of_it_is_there_without_load)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert(!evidence.has_rest_rate && !evidence_grows_by_time(&evidence));

    struct cycle *rest = story_cycle(&story, CYCLE_REST, 13 * STORY_MIB + STORY_MIB / 2);
    evidence = evidence_of(&story);
    ck_assert(evidence.has_rest_rate);
    ck_assert_double_eq_tol(evidence.load_bytes_per_s, (double)STORY_MIB, 1);
    ck_assert_double_eq_tol(evidence.rest_bytes_per_s, 0.5 * (double)STORY_MIB, 1);
    ck_assert(evidence_grows_by_time(&evidence));
    rest->floor.value[SURVEY_PSS_ANON] -= 8192;
    evidence = evidence_of(&story);
    ck_assert(!evidence_grows_by_time(&evidence));
}
END_TEST

START_TEST(a_floor_that_stands_does_not_grow_by_the_clock)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert(evidence.has_rest_rate);
    ck_assert(!evidence_grows_by_time(&evidence));
}
END_TEST

START_TEST(a_peak_that_was_cut_off_tells_nothing_about_one_request)
{
    STORY;
    int64_t bytes = 0;
    story_cycles(&story, 4, 8 * STORY_MIB, 0);
    struct cycle *last = story_cycle(&story, CYCLE_MEASURE, 8 * STORY_MIB);
    last->peak_bytes = 24 * STORY_MIB;
    struct evidence evidence = evidence_of(&story);
    ck_assert(evidence_transient(&evidence, &story.question, &bytes));
    ck_assert_int_eq(bytes, 2 * (int64_t)STORY_MIB); /* eight at a time */
    last->peak_bytes = 61 * STORY_MIB;               /* of 64 */
    evidence = evidence_of(&story);
    ck_assert(!evidence_transient(&evidence, &story.question, &bytes));
}
END_TEST

/* A kill that a probe provoked says nothing about the load. */
START_TEST(kills_and_peaks_of_provoked_cycles_are_not_the_loads)
{
    static const enum cycle_kind kinds[] = {CYCLE_SAFE, CYCLE_ABOVE, CYCLE_SQUEEZE};
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    story_kill(&story, kinds[_i], 100);
    story_peak(&story, 64 * STORY_MIB);
    struct evidence evidence = evidence_of(&story);
    ck_assert_uint_eq(evidence.oom_kills, 0);
    ck_assert(!evidence_is_pressed(&evidence, &story.question));
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(kills_of_all_other_cycles_are_the_loads)
{
    static const enum cycle_kind kinds[] = {CYCLE_WARMUP, CYCLE_MEASURE, CYCLE_REPEAT, CYCLE_SOLO};
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    story_kill(&story, kinds[_i], 100);
    struct evidence evidence = evidence_of(&story);
    ck_assert_uint_eq(evidence.oom_kills, 1);
    ck_assert(evidence_is_pressed(&evidence, &story.question));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("evidence");
    TCase *lazy = tcase_create("lazy");
    TCase *growing = tcase_create("growing");
    TCase *limit = tcase_create("limit");
    tcase_add_test(lazy, lazily_freed_pages_are_the_kernels_to_take);
    tcase_add_test(lazy, page_cache_is_what_reclaim_took_and_the_load_brought);
    tcase_add_loop_test(lazy, what_a_trim_or_a_rest_brought_back_was_the_allocators, 0, 2);
    tcase_add_test(lazy, a_rest_that_measuring_went_on_after_explains_nothing);
    tcase_add_test(limit, what_the_budget_cut_off_was_not_left_unanswered);
    tcase_add_test(lazy, what_the_allocator_has_free_is_the_allocators);
    tcase_add_test(lazy, what_blocks_in_use_keep_between_them_is_fragmentation);
    tcase_add_test(lazy, what_is_in_use_is_not_the_allocators);
    tcase_add_test(lazy, what_came_back_is_not_counted_as_fragments_too);
    tcase_add_test(growing, a_repeat_counts_when_it_follows_the_window_and_lived);
    tcase_add_test(growing, growth_is_by_the_clock_when_half_of_it_is_there_without_load);
    tcase_add_test(growing, a_floor_that_stands_does_not_grow_by_the_clock);
    tcase_add_test(limit, a_peak_that_was_cut_off_tells_nothing_about_one_request);
    tcase_add_loop_test(limit, kills_and_peaks_of_provoked_cycles_are_not_the_loads, 0, 3);
    tcase_add_loop_test(limit, kills_of_all_other_cycles_are_the_loads, 0, 4);
    suite_add_tcase(s, lazy);
    suite_add_tcase(s, growing);
    suite_add_tcase(s, limit);
    return s;
}

CHECK_MAIN(suite);

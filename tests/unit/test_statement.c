/* statement: verdicts in words, with the numbers that belong to them. */
#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

START_TEST(pressure_says_what_drove_it)
{
    STORY;
    story_pressure(&story);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    ck_assert_int_eq(verdict.cause, CAUSE_TRANSIENT);
    story_expect_text(verdict.reason, "the load alone drove memory to 62.0 MiB, 97 % of the limit");
    ck_assert(!verdict.has_transient); /* the peak was cut off: no telling yet */
    ck_assert(!verdict.has_safe_concurrency);
    ck_assert_str_eq(verdict.effect, "");
}
END_TEST

/* 8 MiB a request above a floor of 8 in 64 MiB. */
static void add_solo(struct story *story, uint64_t peak_bytes)
{
    story_pressure(story);
    story_cycle(story, CYCLE_SOLO, 8 * STORY_MIB);
    story_peak(story, peak_bytes);
}

START_TEST(pressure_predicts_how_many_should_be_safe)
{
    STORY;
    add_solo(&story, 16 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert(verdict.has_transient);
    ck_assert_int_eq(verdict.transient_bytes, 8 * (int64_t)STORY_MIB);
    ck_assert_str_eq(verdict.evidence, "8.0 MiB of transient memory per concurrent request");
    ck_assert(verdict.has_safe_concurrency && !verdict.safe_concurrency_confirmed);
    ck_assert_uint_eq(verdict.safe_concurrency, 6);
    ck_assert(verdict.has_roomy_limit);
    ck_assert_uint_eq(verdict.roomy_limit_bytes, 90 * STORY_MIB);
    ck_assert_str_eq(verdict.effect, "at this limit about 6 at a time should be safe; 8 were in "
                                     "flight; 90.0 MiB would be roomy for 8");
}
END_TEST

START_TEST(pressure_says_how_many_were_run_safely)
{
    STORY;
    add_solo(&story, 16 * STORY_MIB);
    story_cycle(&story, CYCLE_SAFE, 8 * STORY_MIB)->concurrency = 6;
    story_peak(&story, 56 * STORY_MIB);
    story_kill(&story, CYCLE_ABOVE, 100)->concurrency = 7;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    ck_assert(verdict.safe_concurrency_confirmed);
    ck_assert_uint_eq(verdict.safe_concurrency, 6);
    ck_assert_str_eq(verdict.effect, "at this limit 6 at a time are safe and 7 are not: both were "
                                     "run; 90.0 MiB would be roomy for 8");
    /* The kill was the probe's: the load itself was never killed. */
    story_expect_text(verdict.reason, "the load alone drove memory to");
}
END_TEST

START_TEST(pressure_says_that_not_even_one_is_safe)
{
    STORY;
    add_solo(&story, 60 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert(verdict.has_safe_concurrency && verdict.safe_concurrency_confirmed);
    ck_assert_uint_eq(verdict.safe_concurrency, 0);
    story_expect_text(verdict.effect, "at this limit not even one at a time is safe");
}
END_TEST

START_TEST(a_kill_of_what_stands_at_concurrency_one_is_pressure)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_WARMUP, 40);
    story.start = 1;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (size_t i = 2; i < story.timeline->n_cycles; i++) {
        story.timeline->cycles[i].concurrency = 1;
        story.timeline->cycles[i].peak_bytes = 18 * STORY_MIB;
    }
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    story_expect_text(verdict.reason,
                      "was OOM-killed (8 in flight), and floors do not grow with work");
    ck_assert_int_eq(verdict.transient_bytes, 10 * (int64_t)STORY_MIB);
    ck_assert_uint_eq(verdict.safe_concurrency, 4); /* (0.9 * 64 - 8) / 10 */
}
END_TEST

START_TEST(time_spent_waiting_for_memory_is_pressure)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (size_t i = 0; i < story.timeline->n_cycles; i++)
        story.timeline->cycles[i].psi_full_us = 100000; /* of half a second */
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    story_expect_text(verdict.reason,
                      "everything stood still for memory in 20 % of the load's time");
}
END_TEST

START_TEST(a_leak_by_the_clock_says_so)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_cycle(&story, CYCLE_REST, 14 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert(verdict.has_time_rate);
    ck_assert_double_eq_tol(verdict.bytes_per_s, (double)STORY_MIB, 1);
    story_expect_text(verdict.reason, "rose with time, load or no load, by 1.0 MiB per second");
    story_expect_text(verdict.effect, "out of memory in ");
    story_expect_text(verdict.effect, ", with requests or without");
    ck_assert_uint_eq(verdict.n_findings, 0); /* no cache fills without load */
}
END_TEST

/* 1,024 bytes of a request, in an array that doubles: steps after 125, 250, 500, … */
START_TEST(a_leak_into_an_array_says_what_fills_it)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    for (uint64_t requests = 250; requests <= 9000; requests += 250) {
        uint64_t capacity = 125;
        while (capacity < requests)
            capacity *= 2;
        story_cycle(&story, requests == 250 ? CYCLE_WARMUP : CYCLE_MEASURE,
                    8 * STORY_MIB + 1024 * capacity);
    }
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_HEAP);
    story_expect_text(verdict.reason, "in steps that double, as an array does");
    story_expect_text(verdict.reason, "over 9,000 requests");
    ck_assert_double_ge(verdict.growth.estimate, 0.75 * 1024);
    ck_assert_double_le(verdict.growth.estimate, 1.33 * 1024);
}
END_TEST

/* 32 MiB freed lazily, which reclaim took each time. */
static void add_lazy_pages(struct story *story)
{
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++) {
        struct cycle *cycle = story_cycle(story, CYCLE_MEASURE, 8 * STORY_MIB);
        memory_sample_set(&cycle->settled.memory, MEMORY_ANON, 40 * STORY_MIB);
        cycle->settled.value[SURVEY_PSS_ANON] = 40 * STORY_MIB;
        cycle->settled.value[SURVEY_LAZY_FREE] = 32 * STORY_MIB;
    }
}

START_TEST(lazily_freed_memory_is_lazy_release)
{
    STORY;
    add_lazy_pages(&story);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(verdict.cause, CAUSE_MADV_FREE);
    story_expect_text(verdict.reason, "32.0 MiB stay in use after the load, freed lazily");
    story_expect_text(verdict.evidence, "32.0 MiB of LazyFree pages");
    ck_assert(verdict.has_reclaim);
    ck_assert_int_eq(verdict.released_reclaim_bytes, 32 * (int64_t)STORY_MIB);
    ck_assert(!verdict.has_squeeze);
    ck_assert_str_eq(verdict.effect, "");
}
END_TEST

START_TEST(a_squeeze_that_kills_nothing_has_no_effect)
{
    STORY;
    add_lazy_pages(&story);
    struct cycle *cycle = story_cycle(&story, CYCLE_SQUEEZE, 8 * STORY_MIB);
    cycle->squeeze_bytes = 48 * STORY_MIB;
    cycle->reclaimed_bytes = 24 * (int64_t)STORY_MIB;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert(verdict.has_squeeze && !verdict.squeeze_killed);
    ck_assert_uint_eq(verdict.squeeze_bytes, 48 * STORY_MIB);
    ck_assert_int_eq(verdict.squeeze_freed_bytes, 24 * (int64_t)STORY_MIB);
    ck_assert_str_eq(verdict.effect, "none at this limit: another process needed the room, the "
                                     "kernel took back 24.0 MiB and killed nothing");
}
END_TEST

START_TEST(a_squeeze_that_kills_is_the_effect_and_no_pressure)
{
    STORY;
    add_lazy_pages(&story);
    story_kill(&story, CYCLE_SQUEEZE, 250)->squeeze_bytes = 30 * STORY_MIB;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert(verdict.has_squeeze && verdict.squeeze_killed);
    story_expect_text(verdict.effect, "it is killed with this memory still kept");
}
END_TEST

START_TEST(a_squeeze_that_was_not_finished_says_nothing)
{
    STORY;
    add_lazy_pages(&story);
    story_cycle(&story, CYCLE_SQUEEZE, 8 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert(!verdict.has_squeeze);
    ck_assert_str_eq(verdict.effect, "");
}
END_TEST

START_TEST(page_cache_that_reclaim_takes_is_lazy_release)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(&story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++)
        memory_sample_set(&story_cycle(&story, CYCLE_MEASURE, 8 * STORY_MIB)->settled.memory,
                          MEMORY_FILE, 20 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(verdict.cause, CAUSE_PAGE_CACHE);
    story_expect_text(verdict.reason, "20.0 MiB of page cache");
}
END_TEST

START_TEST(what_the_service_gave_back_is_the_allocators)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, _i == 0 ? CYCLE_TRIM : CYCLE_REST, 9 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(verdict.cause, CAUSE_ALLOCATOR);
    ck_assert_int_eq(_i == 0 ? verdict.released_trim_bytes : verdict.released_rest_bytes,
                     15 * (int64_t)STORY_MIB);
    story_expect_text(verdict.reason, "15.0 MiB stay with the allocator after the load");
    story_expect_text(verdict.reason, _i == 0 ? "when it was asked" : "after a rest");
}
END_TEST

/* 16 MiB of which so much is in use, the rest free; nothing gave them back. */
START_TEST(what_nothing_gives_back_is_told_by_the_allocators_own_numbers)
{
    STORY;
    uint64_t in_use = _i == 0 ? STORY_MIB / 2 : 4 * STORY_MIB;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    for (size_t i = 0; i < story.timeline->n_cycles; i++) {
        struct survey *floor = &story.timeline->cycles[i].floor;
        floor->value[SURVEY_HEAP_IN_USE] = i == 0 ? 0 : in_use;
        floor->value[SURVEY_HEAP_FREE] = i == 0 ? 0 : 16 * STORY_MIB - in_use;
    }
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(verdict.cause, _i == 0 ? CAUSE_ALLOCATOR : CAUSE_FRAGMENTATION);
    story_expect_text(verdict.reason, _i == 0 ? "though nothing of it is in use"
                                              : "in pieces between blocks that are in use");
    story_expect_text(verdict.evidence, _i == 0 ? "has 512.0 KiB in use for it, and 15.5 MiB free"
                                                : "has 4.0 MiB in use for it, and 12.0 MiB free");
}
END_TEST

START_TEST(what_nothing_gives_back_and_does_not_grow_is_clean)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert_int_eq(verdict.retained_bytes, 16 * (int64_t)STORY_MIB);
    story_expect_text(verdict.findings[0], "16.0 MiB more than before the load stay in use");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("statement");
    TCase *pressure = tcase_create("pressure");
    TCase *leak = tcase_create("leak");
    TCase *lazy = tcase_create("lazy");
    tcase_add_test(pressure, pressure_says_what_drove_it);
    tcase_add_test(pressure, pressure_predicts_how_many_should_be_safe);
    tcase_add_test(pressure, pressure_says_how_many_were_run_safely);
    tcase_add_test(pressure, pressure_says_that_not_even_one_is_safe);
    tcase_add_test(pressure, a_kill_of_what_stands_at_concurrency_one_is_pressure);
    tcase_add_test(pressure, time_spent_waiting_for_memory_is_pressure);
    tcase_add_test(leak, a_leak_by_the_clock_says_so);
    tcase_add_test(leak, a_leak_into_an_array_says_what_fills_it);
    tcase_add_test(lazy, lazily_freed_memory_is_lazy_release);
    tcase_add_test(lazy, a_squeeze_that_kills_nothing_has_no_effect);
    tcase_add_test(lazy, a_squeeze_that_kills_is_the_effect_and_no_pressure);
    tcase_add_test(lazy, a_squeeze_that_was_not_finished_says_nothing);
    tcase_add_test(lazy, page_cache_that_reclaim_takes_is_lazy_release);
    tcase_add_loop_test(lazy, what_the_service_gave_back_is_the_allocators, 0, 2);
    tcase_add_loop_test(lazy, what_nothing_gives_back_is_told_by_the_allocators_own_numbers, 0, 2);
    tcase_add_test(lazy, what_nothing_gives_back_and_does_not_grow_is_clean);
    suite_add_tcase(s, pressure);
    suite_add_tcase(s, leak);
    suite_add_tcase(s, lazy);
    return s;
}

CHECK_MAIN(suite);

/* verdict: each verdict, each next step, and the numbers that go with them. */
#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"
#include "verdict/indicators.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

static void expect_text(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "found \"%s\", expected \"%s\"", text, part);
}

START_TEST(growth_in_step_with_work_is_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_HEAP);
    ck_assert(verdict.growth.present);
    ck_assert_double_eq_tol(verdict.growth.estimate, 1048576.0 / 250, 1e-6);
    ck_assert_double_eq_tol(verdict.growth.low, verdict.growth.high, 1e-6);
    expect_text(verdict.reason, "in step with 1,250 requests, by 4.1 KiB each");
    ck_assert(verdict.has_shares);
    ck_assert_double_eq(verdict.share_user, 1);
}
END_TEST

/* 64 MiB less a floor of 13 MiB is room for 51 times 250 requests; 250 take half a second. */
START_TEST(a_leak_says_when_memory_will_be_out)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert(verdict.has_requests_to_oom);
    ck_assert_uint_eq(verdict.requests_to_oom, 51 * 250);
    ck_assert_str_eq(verdict.effect,
                     "out of memory after about 12,750 more requests; at 500/s in 25.5 s");

    story.question.rate_per_s = 10;
    verdict = story_verdict(&story);
    ck_assert_str_eq(verdict.effect,
                     "out of memory after about 12,750 more requests; at 10/s in 21 min");

    story.question.limit_bytes = UINT64_MAX;
    verdict = story_verdict(&story);
    ck_assert(!verdict.has_requests_to_oom && verdict.effect[0] == '\0');
}
END_TEST

START_TEST(page_tables_take_room_too)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct cycle *last = &story.timeline->cycles[story.timeline->n_cycles - 1];
    memory_sample_set(&last->floor.memory, MEMORY_KERNEL, STORY_MIB);
    memory_sample_set(&last->floor.memory, MEMORY_PAGETABLES, STORY_MIB);
    ck_assert_uint_eq(story_verdict(&story).requests_to_oom, 50 * 250);
}
END_TEST

START_TEST(a_floor_that_stands_is_clean_and_says_what_it_would_have_found)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert_int_eq(verdict.cause, CAUSE_NONE);
    ck_assert_str_eq(verdict.reason, "the floor stood still over 1,250 requests");
    ck_assert(verdict.has_smallest_leak);
    ck_assert_double_eq_tol(verdict.smallest_leak_bytes, 32.0 * 1024 / 1250, 1e-9);
    ck_assert(verdict.has_retained);
    ck_assert_int_eq(verdict.retained_bytes, 0);
}
END_TEST

START_TEST(growth_that_died_away_is_clean)
{
    STORY;
    static const uint64_t floors[] = {4096, 6144, 7168, 7680, 7936, 8064, 8128, 8160, 8176, 8184};
    story_cycle(&story, CYCLE_READY, 0);
    story_cycle(&story, CYCLE_WARMUP, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(floors); i++)
        story_cycle(&story, CYCLE_MEASURE, floors[i] * 1024);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    expect_text(verdict.reason, "stopped rising");
}
END_TEST

START_TEST(more_cycles_are_asked_for_until_there_are_enough)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
    story_cycle(&story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
        ck_assert_int_eq(story_verdict(&story).kind, VERDICT_INCONCLUSIVE);
        story_cycle(&story, CYCLE_MEASURE, 8 * STORY_MIB);
    }
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(too_few_cycles_are_inconclusive)
{
    STORY;
    story_cycles(&story, 3, 8 * STORY_MIB, STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(verdict.cause, CAUSE_NONE);
    expect_text(verdict.reason, "only 3 cycles were measured");
}
END_TEST

/* Up and down, each cycle elsewhere. */
static void add_unrest(struct story *story, unsigned n)
{
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < n; i++)
        story_cycle(story, CYCLE_MEASURE, (8 + i / 2 + 3 * (i % 2)) * STORY_MIB);
}

START_TEST(a_floor_that_moves_gets_more_cycles_up_to_the_bound)
{
    STORY;
    add_unrest(&story, 8);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
    story.question.cycles_max = 8;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    expect_text(verdict.reason, "the floor moved, but ");
    expect_text(verdict.reason, "--requests");
}
END_TEST

START_TEST(requests_that_were_not_answered_withdraw_a_clean_verdict)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    struct cycle *cycle = &story.timeline->cycles[3];
    cycle->counts.ok -= 30;
    cycle->counts.timed_out = 30;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    expect_text(verdict.reason, "only 98.0 % of the requests were answered");
    cycle->counts.timed_out = 0;
    cycle->counts.other_status = 30; /* an answer, though not the one that was hoped for */
    verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert_uint_eq(verdict.n_findings, 1);
    expect_text(verdict.findings[0], "30 requests were answered with another status");
}
END_TEST

/* A load that peaks at 62 of 64 MiB over a floor of 8. */
static void add_pressure(struct story *story)
{
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++) {
        story_cycle(story, CYCLE_MEASURE, 8 * STORY_MIB)->peak_bytes = 62 * STORY_MIB;
        story_sample(story, 62 * STORY_MIB);
    }
}

START_TEST(a_load_that_reaches_the_limit_alone_is_pressure)
{
    STORY;
    add_pressure(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_SOLO);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    ck_assert_int_eq(verdict.cause, CAUSE_TRANSIENT);
    expect_text(verdict.reason, "the load alone drove memory to 62.0 MiB, 97 % of the limit");
    ck_assert(!verdict.has_transient); /* the peak was cut off: no telling yet */

    story_cycle(&story, CYCLE_SOLO, 8 * STORY_MIB)->peak_bytes = 16 * STORY_MIB;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    verdict = story_verdict(&story);
    ck_assert(verdict.has_transient);
    ck_assert_int_eq(verdict.transient_bytes, 8 * (int64_t)STORY_MIB);
    expect_text(verdict.evidence, "8.0 MiB of transient memory per concurrent request");
    ck_assert(verdict.has_safe_concurrency); /* 0.95 * 64 - 8 is 6 times 8 */
    ck_assert_uint_eq(verdict.safe_concurrency, 6);
    ck_assert_str_eq(verdict.effect, "at this limit 6 at a time are safe; 8 were in flight");
}
END_TEST

START_TEST(page_cache_at_the_limit_is_no_pressure)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(&story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++) {
        struct memory_sample sample = {.t_ns = (nsec_t)(i + 2) * NSEC_PER_SEC};
        struct cycle *cycle = story_cycle(&story, CYCLE_MEASURE, 8 * STORY_MIB);
        cycle->peak_bytes = 64 * STORY_MIB;
        cycle->events_max = 25;
        memory_sample_set(&sample, MEMORY_CURRENT, 64 * STORY_MIB);
        memory_sample_set(&sample, MEMORY_FILE, 55 * STORY_MIB);
        timeline_add_memory(story.timeline, &sample, NULL);
    }
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
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
    expect_text(verdict.reason, "everything stood still for memory in 20 % of the load's time");
}
END_TEST

START_TEST(a_load_that_makes_no_progress_for_memory_is_pressure_at_once)
{
    STORY;
    story_cycles(&story, 1, 8 * STORY_MIB, 0);
    struct cycle *last = &story.timeline->cycles[2];
    last->deadline_hit = true;
    last->psi_full_us = 450000;
    last->counts.ok = 20;
    last->counts.timed_out = 8;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_PRESSURE);
}
END_TEST

START_TEST(without_a_limit_there_is_no_pressure)
{
    STORY;
    add_pressure(&story);
    story.question.limit_bytes = UINT64_MAX;
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(lazily_freed_memory_is_lazy_release)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(&story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++) {
        struct cycle *cycle = story_cycle(&story, CYCLE_MEASURE, 8 * STORY_MIB);
        memory_sample_set(&cycle->settled.memory, MEMORY_ANON, 40 * STORY_MIB);
        cycle->settled.value[SURVEY_PSS_ANON] = 40 * STORY_MIB;
        cycle->settled.value[SURVEY_LAZY_FREE] = 32 * STORY_MIB;
    }
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(verdict.cause, CAUSE_MADV_FREE);
    expect_text(verdict.evidence, "32.0 MiB of LazyFree pages");
    ck_assert(verdict.has_reclaim);
    ck_assert_int_eq(verdict.released_reclaim_bytes, 32 * (int64_t)STORY_MIB);
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
    expect_text(verdict.reason, "20.0 MiB of page cache");
}
END_TEST

/* 8 MiB when ready, 24 after the load, as flat as can be. */
static void add_retention(struct story *story)
{
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(story, CYCLE_WARMUP, 24 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++)
        story_cycle(story, CYCLE_MEASURE, 24 * STORY_MIB);
}

START_TEST(what_stays_is_asked_back_and_counts_as_the_allocators)
{
    STORY;
    add_retention(&story);
    story.question.can_trim = true;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_TRIM);
    story_cycle(&story, CYCLE_TRIM, 9 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(verdict.cause, CAUSE_ALLOCATOR);
    ck_assert_int_eq(verdict.released_trim_bytes, 15 * (int64_t)STORY_MIB);
    expect_text(verdict.reason, "15.0 MiB stay with the allocator");
    expect_text(verdict.reason, "when it was asked");
}
END_TEST

START_TEST(what_cannot_be_asked_back_gets_time)
{
    STORY;
    add_retention(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REST);
    story_cycle(&story, CYCLE_REST, 10 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(verdict.released_rest_bytes, 14 * (int64_t)STORY_MIB);
    expect_text(verdict.reason, "after a rest");
}
END_TEST

START_TEST(what_nothing_gives_back_and_does_not_grow_is_clean)
{
    STORY;
    add_retention(&story);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert_int_eq(verdict.retained_bytes, 16 * (int64_t)STORY_MIB);
}
END_TEST

START_TEST(a_service_spared_the_reclaim_gets_one_at_the_end)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (size_t i = 0; i < story.timeline->n_cycles; i++)
        story.timeline->cycles[i].reclaimed = false;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_RECLAIM);
    ck_assert(!story_verdict(&story).has_reclaim);
    story_cycle(&story, CYCLE_RECLAIM, 8 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert(story_verdict(&story).has_reclaim);
}
END_TEST

START_TEST(a_killed_service_is_started_again_alone_then_again_and_then_no_more)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_WARMUP, 100);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_RESTART_SOLO);
    story.start = 1;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
    story_cycle(&story, CYCLE_MEASURE, 20 * STORY_MIB);
    story_kill(&story, CYCLE_MEASURE, 100);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_RESTART);
    story.start = 2;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_MEASURE, 100);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_INCONCLUSIVE);
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
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    expect_text(verdict.reason, "was OOM-killed (8 in flight), and floors do not grow with work");
    ck_assert_int_eq(verdict.transient_bytes, 10 * (int64_t)STORY_MIB);
    ck_assert_uint_eq(verdict.safe_concurrency, 5);
}
END_TEST

START_TEST(growth_before_every_kill_is_a_leak)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_WARMUP, 200);
    story.start = 1;
    story_cycles(&story, 5, 8 * STORY_MIB, 6 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_uint_eq(verdict.requests_to_oom, 26 * 250 / 6);
    expect_text(verdict.findings[0], "the limit was reached as well: OOM-killed");
}
END_TEST

START_TEST(the_longest_start_is_the_one_that_is_judged)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_kill(&story, CYCLE_MEASURE, 10);
    story.start = 1;
    story_cycles(&story, 2, 8 * STORY_MIB, 0);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq_tol(verdict.growth.estimate, 1048576.0 / 250, 1e-6);
}
END_TEST

START_TEST(time_wait_sockets_are_taken_out_of_the_floor)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (size_t i = 0; i < story.timeline->n_cycles; i++) {
        struct survey *floor = &story.timeline->cycles[i].floor;
        memory_sample_set(&floor->memory, MEMORY_KERNEL, i * 2000 * TIME_WAIT_BYTES);
        memory_sample_set(&floor->memory, MEMORY_SLAB_UNRECLAIMABLE, i * 2000 * TIME_WAIT_BYTES);
        floor->value[SURVEY_TIME_WAIT] = i * 2000;
    }
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(doubts_about_the_evidence_are_told)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    story.timeline->ticks = 100;
    story.timeline->late_ticks = 11;
    story.timeline->cycles[story.timeline->n_cycles - 1].came_to_rest = false;
    struct verdict verdict = story_verdict(&story);
    ck_assert_uint_eq(verdict.n_findings, 2);
    expect_text(verdict.findings[0], "had not come to rest");
    expect_text(verdict.findings[1], "11 of 100 samples were taken late");
}
END_TEST

START_TEST(nothing_at_all_is_inconclusive)
{
    STORY;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    ck_assert(!verdict.growth.present);
    ck_assert(!verdict.has_smallest_leak);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("verdict");
    TCase *growing = tcase_create("growing");
    TCase *standing = tcase_create("standing");
    TCase *killed = tcase_create("killed");
    TCase *doubt = tcase_create("doubt");
    tcase_add_test(growing, growth_in_step_with_work_is_a_leak);
    tcase_add_test(growing, a_leak_says_when_memory_will_be_out);
    tcase_add_test(growing, page_tables_take_room_too);
    tcase_add_test(growing, the_longest_start_is_the_one_that_is_judged);
    tcase_add_test(growing, growth_that_died_away_is_clean);
    tcase_add_test(standing, a_floor_that_stands_is_clean_and_says_what_it_would_have_found);
    tcase_add_test(standing, a_load_that_reaches_the_limit_alone_is_pressure);
    tcase_add_test(standing, page_cache_at_the_limit_is_no_pressure);
    tcase_add_test(standing, time_spent_waiting_for_memory_is_pressure);
    tcase_add_test(standing, a_load_that_makes_no_progress_for_memory_is_pressure_at_once);
    tcase_add_test(standing, without_a_limit_there_is_no_pressure);
    tcase_add_test(standing, lazily_freed_memory_is_lazy_release);
    tcase_add_test(standing, page_cache_that_reclaim_takes_is_lazy_release);
    tcase_add_test(standing, what_stays_is_asked_back_and_counts_as_the_allocators);
    tcase_add_test(standing, what_cannot_be_asked_back_gets_time);
    tcase_add_test(standing, what_nothing_gives_back_and_does_not_grow_is_clean);
    tcase_add_test(standing, a_service_spared_the_reclaim_gets_one_at_the_end);
    tcase_add_test(standing, time_wait_sockets_are_taken_out_of_the_floor);
    tcase_add_test(killed, a_killed_service_is_started_again_alone_then_again_and_then_no_more);
    tcase_add_test(killed, a_kill_of_what_stands_at_concurrency_one_is_pressure);
    tcase_add_test(killed, growth_before_every_kill_is_a_leak);
    tcase_add_test(doubt, more_cycles_are_asked_for_until_there_are_enough);
    tcase_add_test(doubt, too_few_cycles_are_inconclusive);
    tcase_add_test(doubt, a_floor_that_moves_gets_more_cycles_up_to_the_bound);
    tcase_add_test(doubt, requests_that_were_not_answered_withdraw_a_clean_verdict);
    tcase_add_test(doubt, doubts_about_the_evidence_are_told);
    tcase_add_test(doubt, nothing_at_all_is_inconclusive);
    suite_add_tcase(s, growing);
    suite_add_tcase(s, standing);
    suite_add_tcase(s, killed);
    suite_add_tcase(s, doubt);
    return s;
}

CHECK_MAIN(suite);

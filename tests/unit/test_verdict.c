/* verdict: each verdict, the doubts that withdraw it, and the numbers that go with it. */
#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"
#include "verdict/indicators.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

START_TEST(growth_in_step_with_work_is_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REPEAT);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_HEAP);
    ck_assert(verdict.growth.present);
    ck_assert_double_eq_tol(verdict.growth.estimate, 1048576.0 / 250, 1e-6);
    ck_assert_double_eq_tol(verdict.growth.low, verdict.growth.high, 1e-6);
    story_expect_text(verdict.reason, "in step with 1,250 requests, by 4.1 KiB each");
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
    static const uint64_t floors[] = {4096, 6144, 7168, 7680, 7936, 8064, 8128,
                                      8160, 8176, 8184, 8196, 8206, 8214, 8221};
    story_cycle(&story, CYCLE_READY, 0);
    story_cycle(&story, CYCLE_WARMUP, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(floors); i++)
        story_cycle(&story, CYCLE_MEASURE, floors[i] * 1024);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    story_expect_text(verdict.reason, "the floor rose ever more slowly, over 3,500 requests");
}
END_TEST

/* So much of each floor is in huge pages; in every other one, of `first` on. */
static void put_in_huge_pages(struct story *story, size_t first, size_t step)
{
    for (size_t i = first; i < story->timeline->n_cycles; i += step)
        story->timeline->cycles[i].floor.value[SURVEY_ANON_HUGE] = 2 * STORY_MIB;
}

/* Huge pages that come and go: a floor comes in steps of 2 MiB, and those are its noise. */
START_TEST(growth_within_a_huge_page_that_comes_is_no_leak_yet)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB / 4);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
    put_in_huge_pages(&story, 4, 2);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
}
END_TEST

START_TEST(steps_of_a_huge_page_that_comes_and_goes_are_clean)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    put_in_huge_pages(&story, 3, 2);
    for (size_t i = 3; i < story.timeline->n_cycles; i += 2)
        story.timeline->cycles[i].floor.value[SURVEY_PSS_ANON] += STORY_MIB;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert_double_ge(verdict.smallest_leak_bytes, 2.0 * STORY_MIB / 1250);
}
END_TEST

START_TEST(growth_beside_a_huge_page_that_stays_is_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB / 4);
    put_in_huge_pages(&story, 0, 1);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
}
END_TEST

START_TEST(a_huge_page_that_stays_may_hide_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    put_in_huge_pages(&story, 0, 1);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert_double_eq_tol(verdict.smallest_leak_bytes, 2.0 * STORY_MIB / 1250, 1);
}
END_TEST

START_TEST(growth_by_more_than_huge_pages_is_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 2 * STORY_MIB);
    put_in_huge_pages(&story, 3, 2);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
}
END_TEST

START_TEST(too_few_cycles_are_inconclusive)
{
    STORY;
    story_cycles(&story, 3, 8 * STORY_MIB, STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(verdict.cause, CAUSE_NONE);
    story_expect_text(verdict.reason, "only 3 cycles were measured");
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
    story_expect_text(verdict.reason, "only 98.0 % of the requests were answered");
    cycle->counts.timed_out = 0;
    cycle->counts.other_status = 30; /* an answer, though not the one that was hoped for */
    verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert_uint_eq(verdict.n_findings, 1);
    story_expect_text(verdict.findings[0], "30 requests were answered with another status");
}
END_TEST

/* Leaks have causes, and an answer that did not come is one that nobody knows. */
START_TEST(requests_that_were_not_answered_withdraw_a_leak_too)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story.timeline->cycles[4].counts.ok -= 15; /* 1 % of all */
    story.timeline->cycles[4].counts.reset = 15;
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
    story.timeline->cycles[4].counts.ok--;
    story.timeline->cycles[4].counts.reset++;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "a service that answers them all would decide it");
}
END_TEST

/* Those in flight when the service was killed were not answered either. */
START_TEST(requests_that_a_kill_cost_withdraw_nothing)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story.timeline->cycles[4].counts = (struct load_counts){.started = 250, .ok = 200, .reset = 50};
    story_kill(&story, CYCLE_MEASURE, 10);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
}
END_TEST

START_TEST(a_floor_at_the_limit_withdraws_a_clean_verdict)
{
    STORY;
    story_cycles(&story, 5, 60 * STORY_MIB, 0);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
    story.timeline->cycles[story.timeline->n_cycles - 1].events_max = 3;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "a roomier limit (--limit) would decide it");
    story.question.limit_bytes = UINT64_MAX;
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_floor_that_reached_the_limit_by_growth_is_a_leak_all_the_same)
{
    STORY;
    story_cycles(&story, 5, 40 * STORY_MIB, 4 * STORY_MIB);
    story.timeline->cycles[story.timeline->n_cycles - 1].events_max = 3;
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
}
END_TEST

START_TEST(a_repeat_that_does_not_hold_withdraws_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_work(&story, CYCLE_REPEAT, 1000, 17 * STORY_MIB); /* a MiB per 250, as before */
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
    story.timeline->cycles[story.timeline->n_cycles - 1].floor.value[SURVEY_PSS_ANON] =
        16 * STORY_MIB;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "not when more work was done at once");
}
END_TEST

START_TEST(a_leak_of_the_heap_says_how_far_it_was_followed)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_expect_text(story_verdict(&story).findings[0], "followed over 1,250 requests; a cache");
    story_work(&story, CYCLE_REPEAT, 1000, 17 * STORY_MIB);
    story_expect_text(story_verdict(&story).findings[0], "followed over 2,250 requests; a cache");
}
END_TEST

START_TEST(growth_that_a_quarantine_explains_is_inconclusive)
{
    STORY;
    story.question.quarantine_bytes = 256 * STORY_MIB;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(verdict.cause, CAUSE_NONE);
    ck_assert_str_eq(verdict.reason,
                     "the floor rose by 4.1 KiB per request, but AddressSanitizer keeps what is "
                     "freed until its quarantine of 256.0 MiB is full; ASAN_OPTIONS=quarantine_"
                     "size_mb=0:thread_local_quarantine_size_kb=0 in its environment would decide "
                     "it");
    ck_assert_str_eq(verdict.evidence, "");
    ck_assert_str_eq(verdict.effect, "");
    ck_assert(!verdict.has_requests_to_oom && verdict.growth.present);
    /* Small blocks take four times what the quarantine counts of them; 5 MiB are more. */
    story.question.quarantine_bytes = 2 * STORY_MIB;
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_INCONCLUSIVE);
    story.question.quarantine_bytes = STORY_MIB;
    verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_HEAP);
}
END_TEST

START_TEST(no_quarantine_keeps_threads)
{
    STORY;
    story.question.quarantine_bytes = 256 * STORY_MIB;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    for (size_t i = 0; i < story.timeline->n_cycles; i++)
        story.timeline->cycles[i].floor.value[SURVEY_THREADS] = 4 + i * STORY_REQUESTS;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_THREADS);
}
END_TEST

START_TEST(files_that_stay_open_are_a_leak_beside_a_quarantine)
{
    STORY;
    story.question.quarantine_bytes = 256 * STORY_MIB;
    story_cycles(&story, 5, 8 * STORY_MIB, 4 * STORY_MIB);
    for (size_t i = 0; i < story.timeline->n_cycles; i++) {
        struct survey *floor = &story.timeline->cycles[i].floor;
        floor->value[SURVEY_FD_FILE] = 4 + i * STORY_REQUESTS;
        memory_sample_set(&floor->memory, MEMORY_KERNEL, i * STORY_REQUESTS * 560);
        memory_sample_set(&floor->memory, MEMORY_SLAB_UNRECLAIMABLE, i * STORY_REQUESTS * 560);
    }
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_FILES);
    story_expect_text(verdict.evidence, "one more open file per request");
}
END_TEST

START_TEST(what_stands_is_clean_with_a_quarantine_too)
{
    STORY;
    story.question.quarantine_bytes = 256 * STORY_MIB;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_repeat_that_is_killed_proves_nothing_against_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_kill(&story, CYCLE_REPEAT, 900);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
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

START_TEST(without_a_limit_there_is_no_pressure)
{
    STORY;
    story_pressure(&story);
    story.question.limit_bytes = UINT64_MAX;
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(growth_before_every_kill_is_a_leak)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_WARMUP, 200);
    story.start = 1;
    story_cycles(&story, 5, 8 * STORY_MIB, 6 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REPEAT);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_uint_eq(verdict.requests_to_oom, 26 * 250 / 6);
    story_expect_text(verdict.findings[0], "the limit was reached as well: OOM-killed");
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
    story_expect_text(verdict.findings[0], "had not come to rest");
    story_expect_text(verdict.findings[1], "11 of 100 samples were taken late");
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
    tcase_add_test(growing, growth_by_more_than_huge_pages_is_a_leak);
    tcase_add_test(growing, a_leak_of_the_heap_says_how_far_it_was_followed);
    tcase_add_test(growing, a_repeat_that_is_killed_proves_nothing_against_a_leak);
    tcase_add_test(standing, growth_within_a_huge_page_that_comes_is_no_leak_yet);
    tcase_add_test(standing, steps_of_a_huge_page_that_comes_and_goes_are_clean);
    tcase_add_test(standing, growth_beside_a_huge_page_that_stays_is_a_leak);
    tcase_add_test(standing, a_huge_page_that_stays_may_hide_a_leak);
    tcase_add_test(standing, a_floor_that_stands_is_clean_and_says_what_it_would_have_found);
    tcase_add_test(standing, page_cache_at_the_limit_is_no_pressure);
    tcase_add_test(standing, without_a_limit_there_is_no_pressure);
    tcase_add_test(standing, time_wait_sockets_are_taken_out_of_the_floor);
    tcase_add_test(killed, growth_before_every_kill_is_a_leak);
    tcase_add_test(doubt, too_few_cycles_are_inconclusive);
    tcase_add_test(doubt, requests_that_were_not_answered_withdraw_a_clean_verdict);
    tcase_add_test(doubt, requests_that_were_not_answered_withdraw_a_leak_too);
    tcase_add_test(doubt, requests_that_a_kill_cost_withdraw_nothing);
    tcase_add_test(doubt, a_floor_at_the_limit_withdraws_a_clean_verdict);
    tcase_add_test(doubt, a_floor_that_reached_the_limit_by_growth_is_a_leak_all_the_same);
    tcase_add_test(doubt, a_repeat_that_does_not_hold_withdraws_a_leak);
    tcase_add_test(doubt, doubts_about_the_evidence_are_told);
    tcase_add_test(doubt, growth_that_a_quarantine_explains_is_inconclusive);
    tcase_add_test(doubt, no_quarantine_keeps_threads);
    tcase_add_test(doubt, files_that_stay_open_are_a_leak_beside_a_quarantine);
    tcase_add_test(doubt, what_stands_is_clean_with_a_quarantine_too);
    tcase_add_test(doubt, nothing_at_all_is_inconclusive);
    suite_add_tcase(s, growing);
    suite_add_tcase(s, standing);
    suite_add_tcase(s, killed);
    suite_add_tcase(s, doubt);
    return s;
}

CHECK_MAIN(suite);

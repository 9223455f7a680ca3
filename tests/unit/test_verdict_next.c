/* verdict_next: what is measured next, step by step, until the verdict is in. */
#include <math.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()
#define MIB   (1024.0 * 1024)

static struct verdict_action action_of(const struct story *story)
{
    return verdict_next(story->timeline, &story->question);
}

/* Every cycle quick enough for a verdict, and its repeat probe, within four seconds. */
static void be_quick(struct story *story)
{
    story->cycle_ns = 400 * NSEC_PER_MSEC;
    story->question.cycles_max = 30;
}

static const struct cycle *last_of(const struct story *story)
{
    return &story->timeline->cycles[story->timeline->n_cycles - 1];
}

/* Do what is asked for, with a service of this floor after so many requests, until DONE: the kind
 * of the verdict then. */
static enum verdict_kind follow(struct story *story, double (*floor_of)(double requests))
{
    double requests = 250;
    uint64_t size = 250;
    story_cycle(story, CYCLE_READY, (uint64_t)floor_of(0));
    story_cycle(story, CYCLE_WARMUP, (uint64_t)floor_of(requests));
    for (;;) {
        struct verdict_action action = action_of(story);
        if (action.step == VERDICT_STEP_DONE)
            return story_verdict(story).kind;
        ck_assert_uint_lt(story->timeline->n_cycles, 60);
        if (action.step == VERDICT_STEP_REST) {
            story_cycle(story, CYCLE_REST, (uint64_t)floor_of(requests));
            continue;
        }
        bool repeats = action.step == VERDICT_STEP_REPEAT;
        ck_assert(repeats || action.step == VERDICT_STEP_CYCLE);
        if (action.requests > 0 && !repeats)
            size = action.requests;
        requests += (double)(repeats ? action.requests : size);
        story_work(story, repeats ? CYCLE_REPEAT : CYCLE_MEASURE, repeats ? action.requests : size,
                   (uint64_t)floor_of(requests));
    }
}

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

/* Up and down, each cycle elsewhere, and higher all the while, in step with the work. */
static void add_unrest(struct story *story, unsigned n, uint64_t requests)
{
    uint64_t bytes = story->timeline->n_cycles > 0 ? last_of(story)->floor.value[SURVEY_PSS_ANON]
                                                   : 8 * STORY_MIB;
    for (unsigned i = 0; i < n; i++)
        story_work(story, CYCLE_MEASURE, requests,
                   bytes + (i / 2 + 3 * (i % 2 + 1)) * STORY_MIB * requests / 250);
}

START_TEST(a_floor_that_moves_gets_more_cycles_up_to_the_bound)
{
    STORY;
    story_cycles(&story, 0, 8 * STORY_MIB, 0);
    add_unrest(&story, 8, 250);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
    story.question.cycles_max = 8;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "the floor moved, but ");
    story_expect_text(verdict.reason, "--requests");
}
END_TEST

START_TEST(after_ten_undecided_cycles_the_next_ten_do_four_times_the_work)
{
    STORY;
    story.question.cycles_max = 30;
    story.question.limit_bytes = UINT64_MAX;
    story_cycles(&story, 0, 8 * STORY_MIB, 0);
    for (uint64_t requests = 250; requests <= 4000; requests *= 4) {
        add_unrest(&story, 1, requests); /* and they vary by a tenth */
        ck_assert_uint_eq(action_of(&story).requests, requests * 11 / 10);
        add_unrest(&story, 1, requests * 11 / 10);
        ck_assert_uint_eq(action_of(&story).requests, requests * 9 / 10);
        add_unrest(&story, 1, requests * 9 / 10);
        ck_assert_uint_eq(action_of(&story).requests, requests);
        add_unrest(&story, 6, requests);
        ck_assert_uint_eq(action_of(&story).requests, requests);
        add_unrest(&story, 1, requests);
        if (requests < 4000)
            ck_assert_uint_eq(action_of(&story).requests, 4 * requests);
    }
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE); /* thirty */
}
END_TEST

START_TEST(cycles_are_enlarged_by_what_eight_seconds_allow)
{
    STORY;
    story.question.cycles_max = 30;
    story.cycle_ns = 5 * NSEC_PER_SEC;
    story_cycles(&story, 0, 8 * STORY_MIB, 0);
    add_unrest(&story, 10, 250);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
    ck_assert_uint_eq(action_of(&story).requests, 500);
    story.timeline->cycles[story.timeline->n_cycles - 1].load_end_ns += 2 * NSEC_PER_SEC;
    ck_assert_uint_eq(action_of(&story).requests, 275); /* 4.5 s: not even twice as much */
}
END_TEST

/* 625 requests take half a second; in 1.2 s there are 750. */
START_TEST(quick_growth_is_followed_by_more_of_the_same_work_at_once)
{
    STORY;
    be_quick(&story);
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct verdict_action action = action_of(&story);
    ck_assert_int_eq(action.step, VERDICT_STEP_REPEAT);
    ck_assert_uint_eq(action.requests, 1500);
    story_work(&story, CYCLE_REPEAT, action.requests, 19 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
}
END_TEST

/* 64 MiB, a floor of 33, a MiB in 50 requests: half of the room is 775 requests. */
START_TEST(a_repeat_takes_no_more_than_half_of_the_room)
{
    STORY;
    be_quick(&story);
    story_cycles(&story, 5, 8 * STORY_MIB, 5 * STORY_MIB);
    struct verdict_action action = action_of(&story);
    ck_assert_int_eq(action.step, VERDICT_STEP_REPEAT);
    ck_assert_uint_eq(action.requests, 775);
    story.question.limit_bytes = UINT64_MAX;
    ck_assert_uint_eq(action_of(&story).requests, 1500);
    story.question.limit_bytes = 40 * STORY_MIB; /* no more than a cycle would do */
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(a_repeat_is_no_more_work_than_the_cycles_that_are_left)
{
    STORY;
    be_quick(&story);
    story.question.cycles_max = 8;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    ck_assert_uint_eq(action_of(&story).requests, 750);
    story.question.cycles_max = 6; /* one: that is no repeat */
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

/* Of 30 KiB that should come, two pages of a floor are too much to tell. */
START_TEST(a_repeat_that_could_not_be_told_from_noise_is_left_out)
{
    STORY;
    be_quick(&story);
    story.question.cycles_max = 8;
    story_cycles(&story, 5, 8 * STORY_MIB, 12 * (uint64_t)1024);
    ck_assert_uint_eq(action_of(&story).requests, 750); /* 36 KiB */
    story.question.cycles_max = 7;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(only_what_may_be_a_cache_is_repeated_when_it_took_long_to_be_seen)
{
    STORY;
    story.cycle_ns = 2 * NSEC_PER_SEC;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REPEAT);
    story.timeline->cycles[story.timeline->n_cycles - 1].floor.value[SURVEY_FD_SOCKET] += 1250;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    for (struct cycle *cycle = story.timeline->cycles; cycle <= last_of(&story); cycle++) {
        cycle->begin_ns = cycle->floor_ns - 400 * NSEC_PER_MSEC; /* others had their turn before */
        cycle->load_end_ns = cycle->floor_ns - 200 * NSEC_PER_MSEC;
    }
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REPEAT);
}
END_TEST

/* Fills evenly for six cycles, that of the warm-up among them. */
static double cache_of_six_cycles(double requests)
{
    return 8 * MIB + fmin(requests, 1500) / 250 * MIB;
}

START_TEST(a_cache_that_is_full_in_the_repeat_is_clean)
{
    STORY;
    story.question.cycles_max = 30;
    be_quick(&story);
    ck_assert_int_eq(follow(&story, cache_of_six_cycles), VERDICT_CLEAN);
    ck_assert_int_eq(story.timeline->cycles[7].kind, CYCLE_REPEAT);
    ck_assert_uint_eq(story.timeline->cycles[8].requests, 2000); /* they misled: larger ones */
}
END_TEST

/* The same cache, and a repeat that came too early to see it: what no rule can know. */
START_TEST(without_a_repeat_a_cache_that_fills_looks_like_a_leak)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    story_expect_text(verdict.findings[0], "a cache that fills for longer looks the same");
}
END_TEST

/* 12 MiB of it, and a MiB per cycle that is there to stay. */
static double leak_after_warm_up(double requests)
{
    return 8 * MIB + 12 * MIB * (1 - exp(-requests / 600)) + requests / 250 * MIB;
}

START_TEST(a_leak_behind_a_large_warm_up_is_steady_in_larger_cycles)
{
    STORY;
    story.question.cycles_max = 30;
    story.question.limit_bytes = UINT64_MAX;
    ck_assert_int_eq(follow(&story, leak_after_warm_up), VERDICT_LEAK);
    ck_assert_uint_ge(last_of(&story)->requests, 900);
    ck_assert_double_eq_tol(story_verdict(&story).growth.estimate, MIB / 250, 0.05 * MIB / 250);
}
END_TEST

static double warm_up(double requests)
{
    return 8 * MIB + 12 * MIB * (1 - exp(-requests / 600));
}

START_TEST(a_large_warm_up_alone_is_clean)
{
    STORY;
    story.question.cycles_max = 30;
    ck_assert_int_eq(follow(&story, warm_up), VERDICT_CLEAN);
}
END_TEST

/* 8 MiB of it, and 1 KiB per request. */
static double small_leak_after_warm_up(double requests)
{
    return 8 * MIB + 8 * MIB * (1 - exp(-requests / 400)) + requests * 1024;
}

START_TEST(a_small_leak_behind_a_large_warm_up_is_not_clean)
{
    STORY;
    story.question.cycles_max = 30;
    ck_assert_int_eq(follow(&story, small_leak_after_warm_up), VERDICT_LEAK);
}
END_TEST

/* Collected every 240 requests: after every 250 it is found a little higher, 24 times on end. */
static double collected(double requests)
{
    return 8 * MIB + fmod(requests, 240) / 240 * 16 * MIB;
}

START_TEST(a_collection_that_is_nearly_in_step_with_the_cycles_is_no_leak)
{
    STORY;
    story.question.cycles_max = 30;
    ck_assert_int_eq(follow(&story, collected), VERDICT_CLEAN);
}
END_TEST

static void be_restless(struct story *story)
{
    for (size_t i = 0; i < story->timeline->n_cycles; i++)
        story->timeline->cycles[i].came_to_rest = false;
}

/* A MiB a second, load or no load. */
START_TEST(growth_that_does_not_come_to_rest_is_looked_at_without_load)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    be_restless(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REST);
    story_cycle(&story, CYCLE_REST, 14 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert(verdict.has_time_rate);
}
END_TEST

START_TEST(growth_that_stops_without_load_is_growth_by_requests)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    be_restless(&story);
    story_cycle(&story, CYCLE_REST, 13 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert(!verdict.has_time_rate);
}
END_TEST

START_TEST(what_stays_is_asked_back)
{
    STORY;
    story_retention(&story);
    story.question.can_trim = true;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_TRIM);
    story_cycle(&story, CYCLE_TRIM, 9 * STORY_MIB);
    ck_assert_int_ne(story_next(&story), VERDICT_STEP_TRIM);
    ck_assert_int_ne(story_next(&story), VERDICT_STEP_REST);
}
END_TEST

START_TEST(what_cannot_be_asked_back_gets_time)
{
    STORY;
    story_retention(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REST);
    story_cycle(&story, CYCLE_REST, 24 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(what_came_back_is_needed_by_another_process)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 12 * STORY_MIB);
    struct verdict_action action = action_of(&story);
    ck_assert_int_eq(action.step, VERDICT_STEP_SQUEEZE);
    ck_assert_uint_eq(action.bytes, 9 * STORY_MIB); /* three quarters of it */
    story.question.limit_bytes = UINT64_MAX;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(a_squeeze_is_the_last_thing_whatever_comes_of_it)
{
    STORY;
    story_retention(&story);
    story_cycle(&story, CYCLE_REST, 12 * STORY_MIB);
    if (_i == 0)
        story_kill(&story, CYCLE_SQUEEZE, 250);
    else
        story_cycle(&story, CYCLE_SQUEEZE, 24 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LAZY_RELEASE);
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

START_TEST(a_probe_alone_that_is_killed_is_not_run_again)
{
    STORY;
    story_pressure(&story);
    story_kill(&story, CYCLE_SOLO, 10)->concurrency = 1;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_PRESSURE);
}
END_TEST

/* Alone, then at what should be safe, then just above. */
START_TEST(pressure_is_followed_until_it_is_known_how_many_are_safe)
{
    STORY;
    story_pressure(&story);
    struct verdict_action action = action_of(&story);
    ck_assert_int_eq(action.step, VERDICT_STEP_SOLO);
    ck_assert_uint_eq(action.requests, 187); /* 3 s at an eighth of 500/s */
    story_cycle(&story, CYCLE_SOLO, 8 * STORY_MIB);
    story_peak(&story, 16 * STORY_MIB);

    action = action_of(&story);
    ck_assert_int_eq(action.step, VERDICT_STEP_SAFE);
    ck_assert_uint_eq(action.concurrency, 6); /* 0.9 * 64 - 8 is 6 times 8, and a bit */
    ck_assert_uint_eq(action.requests, 250);
    story_cycle(&story, CYCLE_SAFE, 8 * STORY_MIB)->concurrency = 6;
    story_peak(&story, 56 * STORY_MIB);

    action = action_of(&story);
    ck_assert_int_eq(action.step, VERDICT_STEP_ABOVE);
    ck_assert_uint_eq(action.concurrency, 7);
    story_kill(&story, CYCLE_ABOVE, 100)->concurrency = 7;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(a_load_that_makes_no_progress_for_memory_is_not_gone_on_with)
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

static Suite *suite(void)
{
    Suite *s = suite_create("verdict_next");
    TCase *cycles = tcase_create("cycles");
    TCase *growth = tcase_create("growth");
    TCase *rest = tcase_create("rest");
    TCase *limit = tcase_create("limit");
    tcase_add_test(cycles, more_cycles_are_asked_for_until_there_are_enough);
    tcase_add_test(cycles, a_floor_that_moves_gets_more_cycles_up_to_the_bound);
    tcase_add_test(cycles, after_ten_undecided_cycles_the_next_ten_do_four_times_the_work);
    tcase_add_test(cycles, cycles_are_enlarged_by_what_eight_seconds_allow);
    tcase_add_test(growth, quick_growth_is_followed_by_more_of_the_same_work_at_once);
    tcase_add_test(growth, a_repeat_takes_no_more_than_half_of_the_room);
    tcase_add_test(growth, a_repeat_is_no_more_work_than_the_cycles_that_are_left);
    tcase_add_test(growth, a_repeat_that_could_not_be_told_from_noise_is_left_out);
    tcase_add_test(growth, only_what_may_be_a_cache_is_repeated_when_it_took_long_to_be_seen);
    tcase_add_test(growth, a_cache_that_is_full_in_the_repeat_is_clean);
    tcase_add_test(growth, without_a_repeat_a_cache_that_fills_looks_like_a_leak);
    tcase_add_test(growth, a_leak_behind_a_large_warm_up_is_steady_in_larger_cycles);
    tcase_add_test(growth, a_small_leak_behind_a_large_warm_up_is_not_clean);
    tcase_add_test(growth, a_collection_that_is_nearly_in_step_with_the_cycles_is_no_leak);
    tcase_add_test(growth, a_large_warm_up_alone_is_clean);
    tcase_add_test(growth, growth_that_does_not_come_to_rest_is_looked_at_without_load);
    tcase_add_test(growth, growth_that_stops_without_load_is_growth_by_requests);
    tcase_add_test(rest, what_stays_is_asked_back);
    tcase_add_test(rest, what_cannot_be_asked_back_gets_time);
    tcase_add_test(rest, what_came_back_is_needed_by_another_process);
    tcase_add_loop_test(rest, a_squeeze_is_the_last_thing_whatever_comes_of_it, 0, 2);
    tcase_add_test(rest, a_service_spared_the_reclaim_gets_one_at_the_end);
    tcase_add_test(limit, a_killed_service_is_started_again_alone_then_again_and_then_no_more);
    tcase_add_test(limit, a_probe_alone_that_is_killed_is_not_run_again);
    tcase_add_test(limit, pressure_is_followed_until_it_is_known_how_many_are_safe);
    tcase_add_test(limit, a_load_that_makes_no_progress_for_memory_is_not_gone_on_with);
    suite_add_tcase(s, cycles);
    suite_add_tcase(s, growth);
    suite_add_tcase(s, rest);
    suite_add_tcase(s, limit);
    return s;
}

CHECK_MAIN(suite);

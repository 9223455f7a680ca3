/* safety: how many at a time are safe, predicted and then run. */
#include "verdict/safety.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

static struct safety safety_of(const struct story *story)
{
    struct evidence evidence;
    struct safety safety;
    evidence_gather(story->timeline, &story->question, &evidence);
    safety_assess(story->timeline, &story->question, &evidence, &safety);
    return safety;
}

/* The load under pressure, eight at a time in 64 MiB, and one at a time with so much above 8. */
static void add_solo(struct story *story, uint64_t each_bytes)
{
    story_pressure(story);
    story_cycle(story, CYCLE_SOLO, 8 * STORY_MIB);
    story_peak(story, 8 * STORY_MIB + each_bytes);
}

/* The work at a concurrency: it holds, or is killed. */
static void add_probe(struct story *story, unsigned concurrency, bool holds)
{
    enum cycle_kind kind = holds ? CYCLE_SAFE : CYCLE_ABOVE;
    struct cycle *cycle =
        holds ? story_cycle(story, kind, 8 * STORY_MIB) : story_kill(story, kind, 100);
    cycle->concurrency = concurrency;
    if (holds)
        story_peak(story, 40 * STORY_MIB);
}

/* Probe as it says, with a limit that bears `most` at a time, until it asks for no more. */
static struct safety probe_until_known(struct story *story, unsigned most)
{
    for (;;) {
        struct safety safety = safety_of(story);
        unsigned concurrency = safety_next(&safety);
        if (concurrency == 0)
            return safety;
        ck_assert_uint_lt(safety.probes, SAFETY_PROBES_MAX);
        ck_assert_uint_gt(concurrency, safety.holds);
        ck_assert_uint_lt(concurrency, safety.fails);
        add_probe(story, concurrency, concurrency <= most);
    }
}

START_TEST(what_one_request_needs_predicts_how_many_fit)
{
    STORY;
    add_solo(&story, 8 * STORY_MIB);
    struct safety safety = safety_of(&story);
    ck_assert(safety.has_transient && safety.has_prediction);
    ck_assert_int_eq(safety.transient_bytes, 8 * (int64_t)STORY_MIB);
    ck_assert_uint_eq(safety.prediction, 6); /* (0.9 * 64 - 8) / 8 */
    ck_assert_uint_eq(safety.holds, 1);      /* one at a time was seen */
    ck_assert_uint_eq(safety.fails, 8);      /* and so was the load itself */
    ck_assert_uint_eq(safety_next(&safety), 6);
    ck_assert(!safety_is_confirmed(&safety));
}
END_TEST

/* As tcmalloc does: what one request had stays, and so does what six had. */
static void add_kept(struct story *story)
{
    story_kill(story, CYCLE_WARMUP, 100);
    story->start = 1;
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    for (unsigned i = 0; i < 5; i++) {
        story_cycle(story, CYCLE_MEASURE, 16 * STORY_MIB)->concurrency = 1;
        story_peak(story, 16 * STORY_MIB + STORY_MIB / 2);
    }
    story_cycle(story, CYCLE_SAFE, 58 * STORY_MIB)->concurrency = 6;
    story_peak(story, 59 * STORY_MIB);
    story_cycle(story, CYCLE_SAFE, 58 * STORY_MIB)->concurrency = 3;
    story_peak(story, 58 * STORY_MIB + STORY_MIB / 2);
}

START_TEST(what_an_allocator_keeps_is_seen_in_what_each_request_adds)
{
    STORY;
    add_kept(&story);
    struct safety safety = safety_of(&story);
    ck_assert(safety.has_transient);
    /* From 16.5 MiB for one to 59 for six; what came and went with one is half a MiB. */
    ck_assert_int_eq(safety.transient_bytes, (int64_t)(42.5 * STORY_MIB / 5));
    ck_assert_uint_eq(safety.roomy_limit_bytes, 105 * STORY_MIB); /* (16 + 8 * 8.5) / 0.8 */
}
END_TEST

START_TEST(what_a_probe_left_behind_does_not_fail_the_next_one)
{
    STORY;
    add_kept(&story);
    struct safety safety = safety_of(&story);
    ck_assert_uint_eq(safety.fails, 6);
    ck_assert_uint_eq(safety.holds, 1); /* the cycles of one at a time */
    ck_assert_uint_eq(safety.probes, 2);
}
END_TEST

START_TEST(a_roomy_limit_has_a_fifth_left_at_the_loads_own_concurrency)
{
    STORY;
    add_solo(&story, 8 * STORY_MIB);
    struct safety safety = safety_of(&story);
    ck_assert(safety.has_roomy_limit);
    ck_assert_uint_eq(safety.roomy_limit_bytes, 90 * STORY_MIB); /* (8 + 8 * 8) / 0.8 */
}
END_TEST

START_TEST(a_prediction_that_is_right_takes_two_probes)
{
    STORY;
    add_solo(&story, 8 * STORY_MIB);
    struct safety safety = probe_until_known(&story, 6);
    ck_assert(safety_is_confirmed(&safety));
    ck_assert_uint_eq(safety.holds, 6);
    ck_assert_uint_eq(safety.fails, 7);
    ck_assert_uint_eq(safety.probes, 2);
    ck_assert_uint_eq(safety.holds_cycle->concurrency, 6);
    ck_assert_uint_eq(safety.fails_cycle->concurrency, 7);
}
END_TEST

START_TEST(a_prediction_that_is_wrong_is_followed_by_what_is_seen)
{
    STORY;
    unsigned most = (unsigned)_i;
    add_solo(&story, 8 * STORY_MIB);
    struct safety safety = probe_until_known(&story, most);
    ck_assert(safety_is_confirmed(&safety));
    ck_assert_uint_eq(safety.holds, most);
    ck_assert_uint_eq(safety.fails, most + 1);
}
END_TEST

/* 64 at a time, six predicted, and any number true. */
START_TEST(a_prediction_that_is_far_too_low_is_halved_towards_until_probes_run_out)
{
    STORY;
    story.question.concurrency = 64;
    add_solo(&story, 8 * STORY_MIB);
    struct safety safety = probe_until_known(&story, 40);
    ck_assert_uint_eq(safety.probes, SAFETY_PROBES_MAX);
    ck_assert(!safety_is_confirmed(&safety));
    ck_assert_uint_ge(safety.holds, 32);
    ck_assert_uint_le(safety.holds, 40);
    ck_assert_uint_gt(safety.fails, 40);
}
END_TEST

START_TEST(not_even_one_is_known_from_one_probe)
{
    STORY;
    story_pressure(&story);
    story_cycle(&story, CYCLE_SOLO, 8 * STORY_MIB);
    story_peak(&story, 60 * STORY_MIB); /* above the line, though it lived */
    struct safety safety = safety_of(&story);
    ck_assert_uint_eq(safety.prediction, 0);
    ck_assert_uint_eq(safety.holds, 0);
    ck_assert_uint_eq(safety.fails, 1);
    ck_assert_uint_eq(safety_next(&safety), 0);
}
END_TEST

/* After an OOM kill the cycles themselves were one at a time: what was predicted is still run. */
START_TEST(a_load_that_was_killed_is_predicted_from_its_cycles_alone)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_WARMUP, 40);
    story.start = 1;
    story_cycles(&story, 0, 8 * STORY_MIB, 0);
    for (unsigned i = 0; i < 5; i++) {
        story_cycle(&story, CYCLE_MEASURE, 8 * STORY_MIB)->concurrency = 1;
        story_peak(&story, 18 * STORY_MIB);
    }
    struct safety safety = safety_of(&story);
    ck_assert_uint_eq(safety.prediction, 4); /* (0.9 * 64 - 8) / 10 */
    ck_assert_uint_eq(safety_next(&safety), 4);
    safety = probe_until_known(&story, 4);
    ck_assert(safety_is_confirmed(&safety));
}
END_TEST

START_TEST(a_probe_that_waits_for_memory_or_does_not_finish_has_failed)
{
    STORY;
    add_solo(&story, 8 * STORY_MIB);
    add_probe(&story, 6, true);
    struct cycle *probe = &story.timeline->cycles[story.timeline->n_cycles - 1];
    struct safety safety = safety_of(&story);
    ck_assert_uint_eq(safety.holds, 6);
    if (_i == 0)
        probe->deadline_hit = true;
    else
        probe->psi_full_us = 60000; /* of half a second */
    safety = safety_of(&story);
    ck_assert_uint_eq(safety.fails, 6);
    ck_assert_uint_eq(safety.holds, 1);
}
END_TEST

START_TEST(without_a_limit_or_a_peak_nothing_is_predicted)
{
    STORY;
    story_pressure(&story); /* the peak was cut off at the limit */
    struct safety safety = safety_of(&story);
    ck_assert(!safety.has_transient && !safety.has_prediction && !safety.has_roomy_limit);
    ck_assert_uint_eq(safety_next(&safety), 0);

    story_cycle(&story, CYCLE_SOLO, 8 * STORY_MIB);
    story_peak(&story, 16 * STORY_MIB);
    story.question.limit_bytes = UINT64_MAX;
    safety = safety_of(&story);
    ck_assert(safety.has_transient && !safety.has_prediction);
    ck_assert_uint_eq(safety_next(&safety), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("safety");
    TCase *prediction = tcase_create("prediction");
    TCase *probes = tcase_create("probes");
    tcase_add_test(prediction, what_one_request_needs_predicts_how_many_fit);
    tcase_add_test(prediction, what_an_allocator_keeps_is_seen_in_what_each_request_adds);
    tcase_add_test(prediction, what_a_probe_left_behind_does_not_fail_the_next_one);
    tcase_add_test(prediction, a_roomy_limit_has_a_fifth_left_at_the_loads_own_concurrency);
    tcase_add_test(prediction, without_a_limit_or_a_peak_nothing_is_predicted);
    tcase_add_test(prediction, a_load_that_was_killed_is_predicted_from_its_cycles_alone);
    tcase_add_test(probes, a_prediction_that_is_right_takes_two_probes);
    tcase_add_loop_test(probes, a_prediction_that_is_wrong_is_followed_by_what_is_seen, 1, 8);
    tcase_add_test(probes, a_prediction_that_is_far_too_low_is_halved_towards_until_probes_run_out);
    tcase_add_test(probes, not_even_one_is_known_from_one_probe);
    tcase_add_loop_test(probes, a_probe_that_waits_for_memory_or_does_not_finish_has_failed, 0, 2);
    suite_add_tcase(s, prediction);
    suite_add_tcase(s, probes);
    return s;
}

CHECK_MAIN(suite);

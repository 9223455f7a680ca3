/* A run of any number of cycles: what is measured next, and its verdict, when they are folded. */
#include <math.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"
#include "verdict/indicators.h"

#define CYCLES 1000

/* So many cycles are asked for, each with `step` bytes more, from `from` on: all are done, and
 * judged at their end, in no more memory than a few hundred take. */
static struct verdict judge_many(struct story *story, unsigned from, uint64_t step)
{
    story->question.cycles_min = story->question.cycles_max = CYCLES;
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (unsigned i = 0; i < CYCLES; i++) {
        struct verdict_action action = verdict_next(story->timeline, &story->question);
        ck_assert_int_eq(action.step, VERDICT_STEP_CYCLE);
        ck_assert(action.requests == 0 || indicators_is_size(action.requests, STORY_REQUESTS));
        story_cycle(story, CYCLE_MEASURE, 8 * STORY_MIB + (i > from ? (i - from) * step : 0));
    }
    ck_assert_uint_le(story->timeline->n_cycles, TIMELINE_CYCLES_KEPT);
    ck_assert_int_ne(story_next(story), VERDICT_STEP_CYCLE);
    return story_verdict(story);
}

START_TEST(as_many_cycles_as_are_asked_for_are_done_as_they_are)
{
    CLEANUP(story_done) struct story story = story_new();
    ck_assert_int_eq(judge_many(&story, 0, 0).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_leak_of_a_byte_per_request_is_found_in_a_thousand_cycles)
{
    CLEANUP(story_done) struct story story = story_new();
    struct verdict verdict = judge_many(&story, 0, STORY_REQUESTS);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert(fabs(verdict.growth.estimate - 1) < 0.01);
}
END_TEST

/* That of the floors which were once beyond the bound of what is judged. */
START_TEST(a_leak_that_begins_late_is_not_called_clean)
{
    CLEANUP(story_done) struct story story = story_new();
    ck_assert_int_ne(judge_many(&story, CYCLES / 2, 16384).kind, VERDICT_CLEAN);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("many_cycles");
    TCase *cycles = tcase_create("cycles");
    tcase_add_test(cycles, as_many_cycles_as_are_asked_for_are_done_as_they_are);
    tcase_add_test(cycles, a_leak_of_a_byte_per_request_is_found_in_a_thousand_cycles);
    tcase_add_test(cycles, a_leak_that_begins_late_is_not_called_clean);
    suite_add_tcase(s, cycles);
    return s;
}

CHECK_MAIN(suite);

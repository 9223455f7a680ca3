/* verdict_next: through kills, for a service that is started again for ever, and one that is not.
 */
#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

/* A steady leak of 4 MiB a cycle, seen and confirmed. */
static void tell_leak(struct story *story)
{
    story_cycles(story, 5, 8 * STORY_MIB, 4 * STORY_MIB);
    story_work(story, CYCLE_REPEAT, 500, 36 * STORY_MIB);
}

static struct verdict_action action_of(const struct story *story)
{
    return verdict_next(story->timeline, &story->question);
}

START_TEST(a_leak_is_driven_on_to_as_many_kills_as_are_wanted)
{
    STORY;
    tell_leak(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    story.question.kills_min = 2;
    struct verdict_action action = action_of(&story);
    ck_assert_int_eq(action.step, VERDICT_STEP_DRIVE);
    ck_assert_uint_ge(action.requests, 16 * 250); /* 64 MiB of them */
    story_kill(&story, CYCLE_DRIVE, 3000);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_RESTART);
    story.start = 1;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(&story, CYCLE_WARMUP, 9 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DRIVE);
    story_kill(&story, CYCLE_DRIVE, 3000);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
}
END_TEST

START_TEST(a_kill_that_is_far_away_is_not_waited_for)
{
    STORY;
    tell_leak(&story);
    story.question.kills_min = 3;
    story.question.limit_bytes = 4096 * STORY_MIB; /* 4,096 cycles of half a second */
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    story.question.limit_bytes = UINT64_MAX;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(a_drive_that_was_not_killed_is_the_last)
{
    STORY;
    tell_leak(&story);
    story.question.kills_min = 3;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DRIVE);
    story_work(&story, CYCLE_DRIVE, 3000, 40 * STORY_MIB)->deadline_hit = true;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DRIVE); /* it was too slow: once more */
    story_work(&story, CYCLE_DRIVE, 6000, 60 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(what_is_clean_is_not_driven_anywhere)
{
    STORY;
    story.question.kills_min = 3;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    ck_assert_int_ne(story_next(&story), VERDICT_STEP_DRIVE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

/* With nothing between the starts that could have grown. */
START_TEST(a_limit_without_room_for_one_request_is_pressure)
{
    STORY;
    for (story.start = 0; story.start < 3; story.start++) {
        story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
        story_kill(&story, CYCLE_WARMUP, 0)->concurrency = story.start == 0 ? 8 : 1;
        if (story.start < 2)
            ck_assert_int_ne(story_next(&story), VERDICT_STEP_DONE);
    }
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    story_expect_text(verdict.reason, "2 times it was OOM-killed in the first request");
    story_expect_text(verdict.effect, "not even one at a time");
    ck_assert(verdict.has_safe_concurrency && verdict.safe_concurrency_confirmed);
    ck_assert_uint_eq(verdict.safe_concurrency, 0);
}
END_TEST

/* A leak would be, too, if each request kept as much. */
START_TEST(kills_after_some_requests_do_not_tell_pressure_from_a_leak)
{
    STORY;
    for (story.start = 0; story.start < 3; story.start++) {
        story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
        story_kill(&story, CYCLE_WARMUP, 3)->concurrency = 1;
    }
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "OOM-killed 3 times before enough cycles");
    story_expect_text(verdict.reason, "--limit");
}
END_TEST

START_TEST(what_stays_down_has_had_its_last_cycle)
{
    STORY;
    story.question.stays_down = true;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_WARMUP, 100);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "OOM-killed after 0 cycles and is not started again");
    story_expect_text(verdict.reason, "--restart always");
}
END_TEST

START_TEST(what_stays_down_after_pressure_is_not_probed)
{
    STORY;
    story.question.stays_down = true;
    story_pressure(&story);
    story_kill(&story, CYCLE_MEASURE, 100);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_PRESSURE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("verdict_kills");
    TCase *c = tcase_create("kills");
    tcase_add_test(c, a_limit_without_room_for_one_request_is_pressure);
    tcase_add_test(c, kills_after_some_requests_do_not_tell_pressure_from_a_leak);
    tcase_add_test(c, a_leak_is_driven_on_to_as_many_kills_as_are_wanted);
    tcase_add_test(c, a_kill_that_is_far_away_is_not_waited_for);
    tcase_add_test(c, a_drive_that_was_not_killed_is_the_last);
    tcase_add_test(c, what_is_clean_is_not_driven_anywhere);
    tcase_add_test(c, what_stays_down_has_had_its_last_cycle);
    tcase_add_test(c, what_stays_down_after_pressure_is_not_probed);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

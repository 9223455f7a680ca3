/* heap_growth: what a heap's own numbers say where its footprint does not, and the other way. */
#include "verdict/heap_growth.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()
#define KIB   ((uint64_t)1024)

/* The last cycle's floor with a heap of 32 MiB, of which so much is in use. */
static void tell_heap(struct cycle *cycle, uint64_t arena_bytes, uint64_t in_use_bytes)
{
    cycle->floor.value[SURVEY_HEAP_ARENA] = arena_bytes;
    cycle->floor.value[SURVEY_HEAP_IN_USE] = in_use_bytes;
    cycle->floor.value[SURVEY_HEAP_FREE] = arena_bytes - in_use_bytes;
}

/* READY, WARMUP, and so many cycles: floor and what is in use, with what each adds. */
static void tell(struct story *story, unsigned n, uint64_t floor_step, uint64_t in_use_step)
{
    uint64_t floor = 40 * STORY_MIB;
    uint64_t in_use = 2 * STORY_MIB;
    tell_heap(story_cycle(story, CYCLE_READY, floor), 32 * STORY_MIB, in_use);
    tell_heap(story_cycle(story, CYCLE_WARMUP, floor), 32 * STORY_MIB, in_use);
    for (unsigned i = 1; i <= n; i++)
        tell_heap(story_cycle(story, CYCLE_MEASURE, floor + i * floor_step), 32 * STORY_MIB,
                  in_use + i * in_use_step);
}

START_TEST(a_leak_within_a_footprint_that_stands_is_one)
{
    STORY;
    story.question.heap_is_exact = true;
    story.question.heap_is_collected = true;
    story.question.heap_max_bytes = 32 * STORY_MIB;
    tell(&story, 5, 0, 250 * KIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_HEAP);
    ck_assert(verdict.by_heap);
    ck_assert_double_eq_tol(verdict.growth.estimate, 1024, 1e-6);
    story_expect_text(verdict.reason, "though the floor did not rise with it");
    story_expect_text(verdict.evidence, "rose from 2.0 MiB to 3.2 MiB");
    ck_assert_uint_eq(verdict.requests_to_oom, (30 * 1024 - 1250) * KIB / 1024);
    story_expect_text(verdict.effect, "the heap is full after about");
}
END_TEST

/* Objects that hold a socket each: that is what is not let go. */
START_TEST(what_the_objects_hold_is_the_cause)
{
    STORY;
    static const unsigned floors_kib[] = {0, 9000, 1000, 11000, 8000, 15000};
    story.question.heap_is_exact = true;
    story.question.heap_is_collected = true;
    tell(&story, 5, 0, 250 * KIB);
    for (size_t i = 0; i < 6; i++) {
        struct survey *floor = &story.timeline->cycles[i + 1].floor;
        floor->value[SURVEY_PSS_ANON] += floors_kib[i] * KIB;
        floor->value[SURVEY_FD_SOCKET] += 250 * i;
    }
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert(verdict.by_heap);
    ck_assert_int_eq(verdict.cause, CAUSE_SOCKETS);
    story_expect_text(verdict.evidence, "one more open socket per request");
}
END_TEST

START_TEST(numbers_that_hold_garbage_are_not_heard)
{
    STORY;
    tell(&story, 5, 0, 250 * KIB);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_floor_that_lacks_the_numbers_keeps_them_from_being_heard)
{
    STORY;
    story.question.heap_is_exact = true;
    tell(&story, 5, 0, 250 * KIB);
    story.timeline->cycles[4].floor.value[SURVEY_HEAP_IN_USE] = SURVEY_ABSENT;
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

/* A cache: in use rises, and does not any more when it is full. */
START_TEST(a_heap_that_fills_up_is_no_leak)
{
    STORY;
    story.question.heap_is_exact = true;
    story.question.cycles_max = 30;
    tell(&story, 3, 0, 250 * KIB);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_INCONCLUSIVE);
    for (unsigned i = 0; i < 7; i++)
        tell_heap(story_cycle(&story, CYCLE_MEASURE, 40 * STORY_MIB), 32 * STORY_MIB,
                  2 * STORY_MIB + 750 * KIB);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_footprint_that_stands_is_not_clean_while_what_is_in_use_may_rise)
{
    STORY;
    story.question.heap_is_exact = true;
    static const unsigned steps[] = {10, 600, 20, 700, 30};
    uint64_t in_use = 2 * STORY_MIB;
    tell_heap(story_cycle(&story, CYCLE_READY, 40 * STORY_MIB), 32 * STORY_MIB, in_use);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        in_use += steps[i] * KIB;
        tell_heap(story_cycle(&story, CYCLE_MEASURE, 40 * STORY_MIB), 32 * STORY_MIB, in_use);
    }
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "what its heap has in use moved");
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_CYCLE);
}
END_TEST

/* The heap grows with the floor, and nothing of it is in use: it makes room. */
START_TEST(a_reserve_that_grows_is_no_leak)
{
    STORY;
    story.question.heap_is_exact = true;
    tell(&story, 5, 512 * KIB, 0);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK); /* beside the heap */
    for (size_t i = 0; i < story.timeline->n_cycles; i++)
        tell_heap(&story.timeline->cycles[i], (32 * 1024 + 400 * i) * KIB, 2 * STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "it is the heap's reserve that grew");
}
END_TEST

/* The compiler of a JVM: up and down by megabytes, while what is in use stands to the page. */
START_TEST(a_floor_that_a_compiler_moves_is_clean_by_its_heap)
{
    STORY;
    static const unsigned floors_mib[] = {28, 34, 33, 43, 40, 34, 36, 32};
    story.question.heap_is_exact = true;
    tell_heap(story_cycle(&story, CYCLE_READY, 20 * STORY_MIB), 32 * STORY_MIB, STORY_MIB);
    for (size_t i = 0; i < sizeof(floors_mib) / sizeof(floors_mib[0]); i++)
        tell_heap(
            story_cycle(&story, i == 0 ? CYCLE_WARMUP : CYCLE_MEASURE, floors_mib[i] * STORY_MIB),
            32 * STORY_MIB, STORY_MIB + i % 3 * 4096);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_INCONCLUSIVE);
    story.question.heap_is_collected = true;
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    story_expect_text(verdict.reason, "what the heap has in use stood still over 1,750 requests");
    bool told = false;
    for (unsigned i = 0; i < verdict.n_findings; i++)
        told = told || strstr(verdict.findings[i], "within its heap, a leak of") != NULL;
    ck_assert(told);
}
END_TEST

START_TEST(a_full_heap_that_does_not_tell_is_not_certainly_clean)
{
    STORY;
    story.question.heap_is_constant = true;
    story.question.heap_max_bytes = 32 * STORY_MIB;
    story_cycles(&story, 5, 40 * STORY_MIB, 0);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    story_expect_text(verdict.findings[0], "its heap holds its whole size of 32.0 MiB: a leak "
                                           "within it is not seen from outside");
    story_expect_text(verdict.findings[0], "--gc");

    /* Not from the start, but it has come to it. */
    story.question.heap_is_constant = false;
    ck_assert_uint_eq(story_verdict(&story).n_findings, 1);
    story.question.heap_max_bytes = 64 * STORY_MIB;
    ck_assert_uint_eq(story_verdict(&story).n_findings, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("heap_growth");
    TCase *tcase = tcase_create("heap_growth");
    tcase_add_test(tcase, a_leak_within_a_footprint_that_stands_is_one);
    tcase_add_test(tcase, what_the_objects_hold_is_the_cause);
    tcase_add_test(tcase, numbers_that_hold_garbage_are_not_heard);
    tcase_add_test(tcase, a_floor_that_lacks_the_numbers_keeps_them_from_being_heard);
    tcase_add_test(tcase, a_heap_that_fills_up_is_no_leak);
    tcase_add_test(tcase, a_footprint_that_stands_is_not_clean_while_what_is_in_use_may_rise);
    tcase_add_test(tcase, a_reserve_that_grows_is_no_leak);
    tcase_add_test(tcase, a_floor_that_a_compiler_moves_is_clean_by_its_heap);
    tcase_add_test(tcase, a_full_heap_that_does_not_tell_is_not_certainly_clean);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);

/* What is judged, and asked for next, of something that ran before us and is left as it is. */
#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"
#include "verdict/attribution.h"
#include "verdict/indicators.h"

static struct story attached_story(void)
{
    struct story story = story_new();
    story.question.attached = true;
    story.question.can_reclaim = false;
    return story;
}

#define STORY CLEANUP(story_done) struct story story = attached_story()

/* The last cycle as it is seen without a cgroup: by its processes alone. */
static struct cycle *by_process(struct story *story, uint64_t sockets, uint64_t pipes)
{
    struct cycle *cycle = &story->timeline->cycles[story->timeline->n_cycles - 1];
    struct survey *surveys[] = {&cycle->settled, &cycle->floor};
    cycle->reclaimed = false;
    for (size_t i = 0; i < ARRAY_LENGTH(surveys); i++) {
        struct survey *survey = surveys[i];
        survey->memory.present = 0;
        survey->value[SURVEY_PSS_SHMEM] = 0;
        survey->value[SURVEY_RSS] = survey->value[SURVEY_PSS_ANON] + STORY_MIB;
        survey->value[SURVEY_FD_SOCKET] = sockets;
        survey->value[SURVEY_FD_PIPE] = pipes;
        survey->value[SURVEY_FD_ANON_INODE] = 1;
        survey->value[SURVEY_FD_DEVICE] = 3;
        survey->value[SURVEY_FD_OTHER] = 0;
        survey->value[SURVEY_TIME_WAIT] = 100;
    }
    return cycle;
}

/* READY, WARMUP and five MEASURE by processes, each with so much more. */
static void cycles_by_process(struct story *story, uint64_t bytes, uint64_t sockets, uint64_t pipes)
{
    story_cycle(story, CYCLE_READY, 8 * STORY_MIB);
    by_process(story, 3, 2);
    story_cycle(story, CYCLE_WARMUP, 8 * STORY_MIB);
    by_process(story, 3, 2);
    for (unsigned i = 1; i <= 5; i++) {
        story_cycle(story, CYCLE_MEASURE, 8 * STORY_MIB + i * bytes);
        by_process(story, 3 + i * sockets, 2 + i * pipes);
    }
}

START_TEST(a_floor_of_processes_counts_what_the_kernel_holds_for_them)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    struct cycle *cycle = by_process(&story, 10, 4);
    struct floor_parts parts = indicators_floor(&cycle->floor);
    ck_assert(parts.present);
    ck_assert(parts.kernel_counted);
    ck_assert_int_eq(parts.user_bytes, (int64_t)(8 * STORY_MIB));
    /* 4 threads, 10 sockets, 4 ends of pipes, 6 others; nothing for TIME_WAIT */
    ck_assert_int_eq(parts.kernel_bytes, 4 * 24576 + 10 * 2048 + 4 * 1024 + 6 * 512);
    ck_assert_int_eq(parts.total_bytes, parts.user_bytes + parts.kernel_bytes);
    int64_t footprint = 0;
    ck_assert(indicators_footprint(&cycle->settled, &footprint));
    ck_assert_int_eq(footprint, (int64_t)(9 * STORY_MIB));
}
END_TEST

static const enum survey_field needed[] = {SURVEY_PSS_ANON,  SURVEY_PSS_SHMEM,     SURVEY_THREADS,
                                           SURVEY_FD_SOCKET, SURVEY_FD_FILE,       SURVEY_FD_PIPE,
                                           SURVEY_FD_DEVICE, SURVEY_FD_ANON_INODE, SURVEY_FD_OTHER};

START_TEST(a_floor_of_which_a_part_could_not_be_read_is_none)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    struct cycle *cycle = by_process(&story, 10, 4);
    cycle->floor.value[needed[_i]] = SURVEY_ABSENT;
    ck_assert(!indicators_floor(&cycle->floor).present);
}
END_TEST

START_TEST(what_the_processes_share_and_have_freed_lazily_is_told_apart)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    struct cycle *cycle = by_process(&story, 3, 0);
    cycle->floor.value[SURVEY_LAZY_FREE] = STORY_MIB;
    cycle->floor.value[SURVEY_PSS_SHMEM] = 2 * STORY_MIB;
    struct floor_parts parts = indicators_floor(&cycle->floor);
    ck_assert_int_eq(parts.user_bytes, (int64_t)(7 * STORY_MIB));
    ck_assert_int_eq(parts.shmem_bytes, (int64_t)(2 * STORY_MIB));
}
END_TEST

START_TEST(sockets_that_pile_up_are_a_leak_though_nobody_sees_their_memory)
{
    STORY;
    cycles_by_process(&story, 0, 250, 0);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_SOCKETS);
    ck_assert_double_eq_tol(verdict.growth.estimate, 2048, 1);
    ck_assert_double_eq_tol(verdict.share_kernel, 1, 0.01);
}
END_TEST

START_TEST(pipes_that_pile_up_are_named)
{
    STORY;
    cycles_by_process(&story, 0, 0, 500);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_KERNEL);
    story_expect_text(verdict.evidence, "2.0 more pipe ends per request");
}
END_TEST

START_TEST(private_memory_that_grows_is_a_leak_and_says_what_was_not_seen)
{
    STORY;
    cycles_by_process(&story, STORY_MIB, 0, 0);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(verdict.cause, CAUSE_HEAP);
    ck_assert_uint_ge(verdict.n_findings, 2);
    story_expect_text(verdict.findings[verdict.n_findings - 2], "left as it is");
    story_expect_text(verdict.findings[verdict.n_findings - 1], "not seen but counted");
}
END_TEST

START_TEST(a_floor_that_stands_is_clean)
{
    STORY;
    cycles_by_process(&story, 0, 0, 0);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REST);
    story_cycle(&story, CYCLE_REST, 8 * STORY_MIB);
    by_process(&story, 3, 2);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_CLEAN);
    ck_assert(!verdict.has_reclaim);
}
END_TEST

/* Steady growth by processes; then a rest in which it grew by so much. */
static void growth_and_rest(struct story *story, uint64_t bytes)
{
    story->question.cycles_max = 5; /* no room for a repeat */
    cycles_by_process(story, STORY_MIB, 0, 0);
    ck_assert_int_eq(story_next(story), VERDICT_STEP_REST);
    ck_assert(verdict_next(story->timeline, &story->question).brief);
    story_cycle(story, CYCLE_REST, 13 * STORY_MIB + bytes);
    by_process(story, 3, 2);
    ck_assert_int_eq(story_next(story), VERDICT_STEP_DONE);
}

START_TEST(growth_is_looked_at_without_load_for_others_may_use_it_too)
{
    STORY;
    growth_and_rest(&story, STORY_MIB / 8);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert(!verdict.has_time_rate);
    story_expect_text(
        verdict.findings[verdict.n_findings - 2],
        "it grew by 128.0 KiB per second while nothing was asked of it: others use it too");
}
END_TEST

START_TEST(growth_that_needs_no_request_of_ours_is_growth_by_the_clock)
{
    STORY;
    growth_and_rest(&story, STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert(verdict.has_time_rate);
}
END_TEST

/* By its cgroup, but no cycle ended with a reclaim. */
static void nothing_reclaimed(struct story *story)
{
    for (size_t i = 0; i < story->timeline->n_cycles; i++)
        story->timeline->cycles[i].reclaimed = false;
}

/* It stood still in all cycles, and then it grows while nobody works. */
START_TEST(growth_by_others_is_no_clean_verdict)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    nothing_reclaimed(&story);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_CLEAN);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REST);
    story_cycle(&story, CYCLE_REST, 9 * STORY_MIB); /* a MiB in a second, unasked */
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "others use it");
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
}
END_TEST

START_TEST(nothing_is_reclaimed_at_the_end)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    story_cycle(&story, CYCLE_REST, 8 * STORY_MIB);
    nothing_reclaimed(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    story.question.attached = false;
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_RECLAIM);
}
END_TEST

START_TEST(what_stays_is_not_squeezed_out)
{
    STORY;
    story_retention(&story);
    nothing_reclaimed(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_REST);
    story_cycle(&story, CYCLE_REST, 8 * STORY_MIB);
    nothing_reclaimed(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LAZY_RELEASE);
}
END_TEST

START_TEST(it_is_not_driven_into_its_limit_to_find_out_how_many_are_safe)
{
    STORY;
    story_pressure(&story);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_SOLO);
    story_cycle(&story, CYCLE_SOLO, 8 * STORY_MIB);
    story_peak(&story, 15 * STORY_MIB);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_PRESSURE);
    ck_assert(verdict.has_safe_concurrency);
    ck_assert(!verdict.safe_concurrency_confirmed);
}
END_TEST

START_TEST(what_was_killed_is_not_started_again)
{
    STORY;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_kill(&story, CYCLE_WARMUP, 100);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    struct verdict verdict = story_verdict(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_INCONCLUSIVE);
    story_expect_text(verdict.reason, "not started again");
}
END_TEST

START_TEST(growth_that_was_seen_before_the_kill_is_a_leak)
{
    STORY;
    story_cycles(&story, 6, 8 * STORY_MIB, 5 * STORY_MIB);
    nothing_reclaimed(&story);
    story_kill(&story, CYCLE_MEASURE, 100);
    ck_assert_int_eq(story_next(&story), VERDICT_STEP_DONE);
    ck_assert_int_eq(story_verdict(&story).kind, VERDICT_LEAK);
}
END_TEST

static Suite *attached_suite(void)
{
    Suite *suite = suite_create("attached");
    TCase *processes = tcase_create("by its processes");
    TCase *steps = tcase_create("left as it is");
    tcase_add_test(processes, a_floor_of_processes_counts_what_the_kernel_holds_for_them);
    tcase_add_loop_test(processes, a_floor_of_which_a_part_could_not_be_read_is_none, 0,
                        (int)ARRAY_LENGTH(needed));
    tcase_add_test(processes, what_the_processes_share_and_have_freed_lazily_is_told_apart);
    tcase_add_test(processes, sockets_that_pile_up_are_a_leak_though_nobody_sees_their_memory);
    tcase_add_test(processes, pipes_that_pile_up_are_named);
    tcase_add_test(processes, private_memory_that_grows_is_a_leak_and_says_what_was_not_seen);
    tcase_add_test(processes, a_floor_that_stands_is_clean);
    tcase_add_test(steps, growth_is_looked_at_without_load_for_others_may_use_it_too);
    tcase_add_test(steps, growth_that_needs_no_request_of_ours_is_growth_by_the_clock);
    tcase_add_test(steps, growth_by_others_is_no_clean_verdict);
    tcase_add_test(steps, nothing_is_reclaimed_at_the_end);
    tcase_add_test(steps, what_stays_is_not_squeezed_out);
    tcase_add_test(steps, it_is_not_driven_into_its_limit_to_find_out_how_many_are_safe);
    tcase_add_test(steps, what_was_killed_is_not_started_again);
    tcase_add_test(steps, growth_that_was_seen_before_the_kill_is_a_leak);
    suite_add_tcase(suite, processes);
    suite_add_tcase(suite, steps);
    return suite;
}
CHECK_MAIN(attached_suite);

/* figures: what runs are compared by, over the same amount of work. */
#include "verdict/figures.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

static struct figures figures_of(const struct story *story)
{
    struct verdict verdict = story_verdict(story);
    struct figures figures;
    figures_of_run(story->timeline, &story->question, &verdict, &figures);
    return figures;
}

/* Processor time: 4 ms from the begin of a cycle until it has settled, and 5 ms that others need or
 * that a reclaim costs until the next begins. */
static void set_cpu(struct story *story, unsigned index)
{
    struct cycle *cycle = &story->timeline->cycles[index];
    struct memory_sample begin = {.t_ns = cycle->begin_ns};
    memory_sample_set(&begin, MEMORY_CPU_USAGE, 6000 + index * 9000);
    ck_assert_int_eq(timeline_add_memory(story->timeline, &begin, NULL), 0);
    memory_sample_set(&cycle->settled.memory, MEMORY_CPU_USAGE, 10000 + index * 9000);
}

START_TEST(they_are_of_the_first_cycles_that_every_run_has)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_work(&story, CYCLE_MEASURE, 1000, 40 * STORY_MIB); /* a sixth, larger one */
    story.timeline->cycles[1].peak_bytes = 60 * STORY_MIB;   /* in the warm-up */
    story.timeline->cycles[4].peak_bytes = 30 * STORY_MIB;
    story.timeline->cycles[4].latency_p50_ns = 7 * NSEC_PER_MSEC;
    story.timeline->cycles[5].latency_p99_ns = 700 * NSEC_PER_MSEC;
    struct figures figures = figures_of(&story);
    ck_assert_double_eq(figures.value[FIGURE_FLOOR], 13.0 * STORY_MIB);
    ck_assert_double_eq(figures.value[FIGURE_PEAK], 30.0 * STORY_MIB);
    ck_assert_double_eq(figures.value[FIGURE_RETAINED], 5.0 * STORY_MIB);
    ck_assert_double_eq(figures.value[FIGURE_RATE], 500); /* 250 in half a second */
    ck_assert_double_eq(figures.value[FIGURE_P50], 1e6);
    ck_assert_double_eq(figures.value[FIGURE_P99], 2e6);
    ck_assert(figures_has(&figures, FIGURE_GROWTH));
    ck_assert(!figures_has(&figures, FIGURE_CPU));
    ck_assert(!figures_has(&figures, FIGURE_KILLED));
}
END_TEST

START_TEST(threads_and_descriptors_are_counted_after_the_last_of_them)
{
    STORY;
    story_cycles(&story, 6, 8 * STORY_MIB, 0);
    struct survey *last = &story.timeline->cycles[6].floor; /* of five, after ready and warm-up */
    struct survey *later = &story.timeline->cycles[7].floor;
    for (enum survey_field field = SURVEY_FD_SOCKET; field <= SURVEY_FD_OTHER; field++)
        last->value[field] = 1U << (field - SURVEY_FD_SOCKET);
    last->value[SURVEY_THREADS] = 9;
    later->value[SURVEY_THREADS] = 70;
    struct figures figures = figures_of(&story);
    ck_assert_double_eq(figures.value[FIGURE_THREADS], 9);
    ck_assert_double_eq(figures.value[FIGURE_DESCRIPTORS], 63);

    last->value[SURVEY_THREADS] = SURVEY_ABSENT;
    last->value[SURVEY_FD_DEVICE] = SURVEY_ABSENT;
    figures = figures_of(&story);
    ck_assert(!figures_has(&figures, FIGURE_THREADS));
    ck_assert(!figures_has(&figures, FIGURE_DESCRIPTORS));
}
END_TEST

START_TEST(growth_is_the_verdicts)
{
    STORY;
    story_cycles(&story, 8, 8 * STORY_MIB, STORY_MIB);
    struct verdict verdict = story_verdict(&story);
    struct figures figures = figures_of(&story);
    ck_assert_int_eq(verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq(figures.value[FIGURE_GROWTH], verdict.growth.estimate);
}
END_TEST

START_TEST(processor_time_between_cycles_is_nobodys)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (unsigned i = 0; i < story.timeline->n_cycles; i++)
        set_cpu(&story, i);
    struct figures figures = figures_of(&story);
    ck_assert_double_eq(figures.value[FIGURE_CPU], 4000 * 1000.0 / STORY_REQUESTS);
}
END_TEST

START_TEST(processor_time_that_was_not_read_is_absent)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (unsigned i = 0; i < story.timeline->n_cycles; i++)
        if (i != 4)
            set_cpu(&story, i);
    struct figures figures = figures_of(&story);
    ck_assert(!figures_has(&figures, FIGURE_CPU));
    ck_assert(figures_has(&figures, FIGURE_RATE));
}
END_TEST

START_TEST(what_was_not_measured_is_absent)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    for (unsigned i = 0; i < story.timeline->n_cycles; i++) {
        struct cycle *cycle = &story.timeline->cycles[i];
        cycle->peak_bytes = SURVEY_ABSENT;
        cycle->latency_p50_ns = -1;
        cycle->latency_p99_ns = i == 3 ? 4 * NSEC_PER_MSEC : -1;
    }
    survey_init(&story.timeline->cycles[0].settled);
    struct figures figures = figures_of(&story);
    ck_assert(!figures_has(&figures, FIGURE_PEAK));
    ck_assert(!figures_has(&figures, FIGURE_P50));
    ck_assert_double_eq(figures.value[FIGURE_P99], 4e6);
    ck_assert(!figures_has(&figures, FIGURE_RETAINED));
}
END_TEST

START_TEST(nothing_measured_has_no_figures)
{
    STORY;
    struct verdict verdict = {0};
    struct figures figures;
    figures_of_run(story.timeline, &story.question, &verdict, &figures);
    ck_assert_uint_eq(figures.present, 0);
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    figures_of_run(story.timeline, &story.question, &verdict, &figures);
    ck_assert_uint_eq(figures.present, 0);
}
END_TEST

/* Killed in the third cycle, and judged by the start after that. */
START_TEST(a_killed_run_tells_after_how_many_requests)
{
    STORY;
    story_cycles(&story, 2, 8 * STORY_MIB, STORY_MIB);
    story_kill(&story, CYCLE_MEASURE, 100); /* and 8 that were in flight */
    story.start = 1;
    story_cycles(&story, 5, 20 * STORY_MIB, STORY_MIB);
    struct figures figures = figures_of(&story);
    ck_assert_double_eq(figures.value[FIGURE_KILLED], 3 * STORY_REQUESTS + 108);
    ck_assert_double_eq(figures.value[FIGURE_FLOOR], 25.0 * STORY_MIB);
    ck_assert_double_eq(figures.value[FIGURE_RETAINED], 5.0 * STORY_MIB);
}
END_TEST

START_TEST(a_run_that_was_killed_early_has_fewer_cycles)
{
    STORY;
    story_cycles(&story, 2, 8 * STORY_MIB, STORY_MIB);
    story_kill(&story, CYCLE_MEASURE, 0);
    struct figures figures = figures_of(&story);
    ck_assert_double_eq(figures.value[FIGURE_FLOOR], 10.0 * STORY_MIB);
    ck_assert_double_eq(figures.value[FIGURE_KILLED], 3 * STORY_REQUESTS + 8);
}
END_TEST

START_TEST(what_a_probe_kills_was_not_killed_by_the_load)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    story_kill(&story, CYCLE_ABOVE, 10);
    story.start = 1;
    story_cycles(&story, 1, 8 * STORY_MIB, 0);
    story_kill(&story, CYCLE_MEASURE, 10); /* in the second start */
    struct figures figures = figures_of(&story);
    ck_assert(!figures_has(&figures, FIGURE_KILLED));
}
END_TEST

START_TEST(each_figure_has_its_words_and_what_is_the_least_of_it)
{
    for (enum figure f = 0; f < FIGURE_MAX_; f++) {
        ck_assert_ptr_nonnull(figure_info[f].key);
        ck_assert_ptr_nonnull(figure_info[f].heading);
        ck_assert_double_gt(figure_info[f].least_share, 0);
        ck_assert_double_gt(figure_info[f].least_amount, 0);
    }
    ck_assert_str_eq(figure_info[FIGURE_CPU].key, "cpu_ns_per_request");
    ck_assert(figure_info[FIGURE_P99].higher_is_worse);
    ck_assert(!figure_info[FIGURE_RATE].higher_is_worse);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("figures");
    TCase *figures = tcase_create("figures");
    tcase_add_test(figures, they_are_of_the_first_cycles_that_every_run_has);
    tcase_add_test(figures, threads_and_descriptors_are_counted_after_the_last_of_them);
    tcase_add_test(figures, growth_is_the_verdicts);
    tcase_add_test(figures, processor_time_between_cycles_is_nobodys);
    tcase_add_test(figures, processor_time_that_was_not_read_is_absent);
    tcase_add_test(figures, what_was_not_measured_is_absent);
    tcase_add_test(figures, nothing_measured_has_no_figures);
    tcase_add_test(figures, a_killed_run_tells_after_how_many_requests);
    tcase_add_test(figures, a_run_that_was_killed_early_has_fewer_cycles);
    tcase_add_test(figures, what_a_probe_kills_was_not_killed_by_the_load);
    tcase_add_test(figures, each_figure_has_its_words_and_what_is_the_least_of_it);
    suite_add_tcase(s, figures);
    return s;
}

CHECK_MAIN(suite);

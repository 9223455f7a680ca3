/* The floors that an explanation is about. */
#include "explain/floors.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

static struct record *record_of(struct story *story)
{
    struct run_spec spec;
    struct record *record = NULL;
    memset(&spec, 0, sizeof(spec));
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    record->question = story->question;
    timeline_free(record->timeline);
    record->timeline = story->timeline;
    story->timeline = NULL;
    record_judge(record);
    return record;
}

START_TEST(those_before_reach_back_to_the_warm_up)
{
    struct story story = story_new();
    story_cycles(&story, 5, 8 * STORY_MIB, 250000);
    for (unsigned i = 0; i < 6; i++)
        story_work(&story, CYCLE_MEASURE, 500, 10 * STORY_MIB + (i + 1) * 500000);
    CLEANUP(record_freep) struct record *record = record_of(&story);
    struct explain_floors floors;
    explain_floors_of(record, false, &floors);
    ck_assert_uint_eq(floors.n_before, 5); /* the warm-up and four of the five cycles */
    ck_assert_uint_eq(floors.n, 12);
    ck_assert_uint_eq(floors.items[0].row, 1);
    ck_assert_double_eq(floors.items[0].x, -1250);
    ck_assert_double_eq(floors.items[5].x, 0);
    ck_assert_uint_eq(floors.items[11].row, 12);
    ck_assert_double_eq(floors.items[11].x, 3000);
    ck_assert_double_eq(floors.requests, 3000);
}
END_TEST

START_TEST(areas_add_up_to_what_was_measured)
{
    struct story story = story_new();
    story_cycles(&story, 5, 8 * STORY_MIB, 250000);
    for (size_t i = 2; i < story.timeline->n_cycles; i++) {
        struct memory_sample *memory = &story.timeline->cycles[i].floor.memory;
        memory_sample_set(memory, MEMORY_KERNEL, (i - 1) * 25000);
        memory_sample_set(memory, MEMORY_SHMEM, (i - 1) * 2500);
    }
    CLEANUP(record_freep) struct record *record = record_of(&story);
    struct explain_floors floors;
    explain_floors_of(record, false, &floors);
    ck_assert_uint_eq(floors.n_before, 0); /* nothing but the warm-up was there before */
    ck_assert_double_eq_tol(explain_floors_area(&floors, "anonymous")->measured_rate, 1000, 1e-6);
    ck_assert_double_eq_tol(explain_floors_area(&floors, "kernel")->measured_rate, 100, 1e-6);
    ck_assert_double_eq_tol(explain_floors_area(&floors, "shared")->measured_rate, 10, 1e-6);
    ck_assert_double_eq_tol(floors.measured_rate, 1110, 1e-6);
    ck_assert_ptr_null(explain_floors_area(&floors, "heap"));
    double rate = 0;
    ck_assert(explain_floors_memory_rate(&floors, MEMORY_KERNEL, &rate));
    ck_assert_double_eq_tol(rate, 100, 1e-6);
    ck_assert(!explain_floors_memory_rate(&floors, MEMORY_PERCPU, &rate));
    ck_assert(explain_floors_survey_rate(&floors, SURVEY_THREADS, &rate));
    ck_assert_double_eq_tol(rate, 0, 1e-9);
}
END_TEST

START_TEST(many_floors_are_thinned_and_keep_their_ends)
{
    struct story story = story_new();
    story_cycles(&story, 60, 8 * STORY_MIB, 2500);
    CLEANUP(record_freep) struct record *record = record_of(&story);
    struct explain_floors floors;
    explain_floors_of(record, true, &floors);
    ck_assert_uint_eq(floors.n - floors.n_before, EXPLAIN_JUDGED_MAX);
    ck_assert_uint_eq(floors.items[floors.n_before].row, 1);
    ck_assert_uint_eq(floors.items[floors.n - 1].row, 61);
    ck_assert_double_eq_tol(floors.items[floors.n - 1].x, 60, 1e-6); /* seconds */
}
END_TEST

START_TEST(without_floors_there_are_none)
{
    struct story story = story_new();
    story_cycle(&story, CYCLE_READY, STORY_MIB);
    CLEANUP(record_freep) struct record *record = record_of(&story);
    struct explain_floors floors;
    explain_floors_of(record, false, &floors);
    ck_assert_uint_eq(floors.n, 0);
    ck_assert_uint_eq(floors.n_areas, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("explain_floors");
    TCase *tcase = tcase_create("explain_floors");
    tcase_add_test(tcase, those_before_reach_back_to_the_warm_up);
    tcase_add_test(tcase, areas_add_up_to_what_was_measured);
    tcase_add_test(tcase, many_floors_are_thinned_and_keep_their_ends);
    tcase_add_test(tcase, without_floors_there_are_none);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);

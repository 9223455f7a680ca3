/* view_series: readings over time as the lines of charts. */
#include "view/view_series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/random.h"
#include "tests/support/story.h"

#define MANY      50000
#define STRETCHES 100

/* A record without anything, over so many seconds. */
static struct record *empty_record(double seconds)
{
    static const struct run_spec spec = {.id = "run", .scenario = "run"};
    struct record *record = NULL;
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    record->duration_ns = (nsec_t)(seconds * NSEC_PER_SEC);
    record->question.limit_bytes = UINT64_MAX;
    return record;
}

static void add_memory(struct record *record, double t_s, enum memory_field field, uint64_t value)
{
    struct memory_sample sample = {.t_ns = (nsec_t)(t_s * NSEC_PER_SEC + 0.5)};
    memory_sample_set(&sample, field, value);
    ck_assert_int_eq(timeline_add_memory(record->timeline, &sample, NULL), 0);
}

static void add_load(struct record *record, double t_s, uint64_t ok, uint64_t failed)
{
    struct load_sample sample = {.t_ns = (nsec_t)(t_s * NSEC_PER_SEC + 0.5),
                                 .counts = {.ok = ok, .failed = failed},
                                 .latency_p50_ns = -1,
                                 .latency_p99_ns = -1};
    ck_assert_int_eq(timeline_add_load(record->timeline, &sample, NULL), 0);
}

static void add_cycle(struct record *record, double begin_s, unsigned start)
{
    static struct cycle cycle = {.kind = CYCLE_MEASURE, .latency_p50_ns = -1, .latency_p99_ns = -1};
    cycle.begin_ns = (nsec_t)(begin_s * NSEC_PER_SEC + 0.5);
    cycle.start = start;
    ck_assert_int_eq(timeline_add_cycle(record->timeline, &cycle, NULL), 0);
}

static const struct view_series *gather(const struct record *record, unsigned stretches,
                                        struct view_series_list *list, const char *key)
{
    const struct view_fineness fineness = {stretches, stretches};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(view_series_gather(record, &fineness, list, &err) == 0, "%s", err.text);
    return view_series_find(list, key);
}

/* The points of a series as text, "1:5 2:6 | 4:7". */
static const char *points_text(const struct view_series *series, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < series->n; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%g:%g",
                                   i == 0                        ? ""
                                   : series->points[i].after_gap ? " | "
                                                                 : " ",
                                   series->points[i].point.x, series->points[i].point.y);
    return text;
}

static void expect_points(const struct record *record, const char *key, const char *points)
{
    char text[1024];
    CLEANUP(view_series_done) struct view_series_list list = {.n = 0};
    const struct view_series *series = gather(record, 1000, &list, key);
    ck_assert_msg(series != NULL, "no %s", key);
    ck_assert_str_eq(points_text(series, text, sizeof(text)), points);
}

START_TEST(thinning_loses_no_peak_and_no_dip)
{
    CLEANUP(record_freep) struct record *record = empty_record(MANY / 100.0);
    CLEANUP(view_series_done) struct view_series_list list = {.n = 0};
    struct random random = random_from((uint64_t)_i);
    double highest[STRETCHES];
    double lowest[STRETCHES];
    for (size_t i = 0; i < STRETCHES; i++) {
        highest[i] = -INFINITY;
        lowest[i] = INFINITY;
    }
    for (size_t i = 0; i < MANY; i++) {
        uint64_t value = random_u64(&random) >> 30;
        size_t stretch = i * STRETCHES / MANY;
        highest[stretch] = fmax(highest[stretch], (double)value);
        lowest[stretch] = fmin(lowest[stretch], (double)value);
        add_memory(record, (double)i / 100, MEMORY_CURRENT, value);
    }
    const struct view_series *series = gather(record, STRETCHES, &list, "current_bytes");
    ck_assert_uint_le(series->n, 2 * STRETCHES + 2);
    size_t found = 0;
    for (size_t i = 0; i < series->n; i++) {
        const struct chart_point *point = &series->points[i].point;
        size_t stretch = (size_t)(point->x * STRETCHES / (MANY / 100.0));
        ck_assert(i == 0 || point->x > series->points[i - 1].point.x);
        found += point->y >= highest[stretch];
        found += point->y <= lowest[stretch];
    }
    ck_assert_uint_eq(found, 2 * (size_t)STRETCHES);
}
END_TEST

START_TEST(what_fits_stays_as_it_is)
{
    CLEANUP(record_freep) struct record *record = empty_record(10);
    for (unsigned i = 0; i < 5; i++)
        add_memory(record, i, MEMORY_CURRENT, 10 + i * (i % 2));
    expect_points(record, "current_bytes", "0:10 1:11 2:10 3:13 4:10");
}
END_TEST

START_TEST(one_value_over_a_long_time_is_its_two_ends)
{
    CLEANUP(record_freep) struct record *record = empty_record(100);
    for (unsigned i = 0; i < 100; i++)
        add_memory(record, i, MEMORY_CURRENT, i == 50 ? 9 : 4);
    expect_points(record, "current_bytes", "0:4 49:4 50:9 51:4 99:4");
}
END_TEST

START_TEST(there_is_a_gap_where_it_was_started_anew_and_in_others_turns)
{
    CLEANUP(record_freep) struct record *record = empty_record(10);
    timeline_add_mark(record->timeline, 0, MARK_START, 0, "");
    for (unsigned i = 1; i <= 6; i++)
        add_memory(record, i, MEMORY_CURRENT, i);
    timeline_add_mark(record->timeline, 2500 * NSEC_PER_MSEC, MARK_EXIT, 0, "ended");
    timeline_add_mark(record->timeline, 2700 * NSEC_PER_MSEC, MARK_START, 1, "");
    timeline_add_mark(record->timeline, 4500 * NSEC_PER_MSEC, MARK_PHASE, 0, TIMELINE_PHASE_OTHERS);
    timeline_add_mark(record->timeline, 5500 * NSEC_PER_MSEC, MARK_PHASE, 0, "cycle 2");
    expect_points(record, "current_bytes", "1:1 2:2 | 3:3 4:4 | 5:5 6:6");
}
END_TEST

START_TEST(rates_are_differences_of_totals_within_one_load)
{
    CLEANUP(record_freep) struct record *record = empty_record(20);
    add_cycle(record, 1, 0);
    add_load(record, 2, 100, 0);
    add_load(record, 3, 150, 50);
    /* At rest for five seconds: no rate of nothing there. */
    add_cycle(record, 8, 0);
    add_load(record, 9, 250, 50);
    /* Started anew: it counts from the beginning, even where that is more than before. */
    add_cycle(record, 11, 1);
    add_load(record, 13, 400, 0);
    expect_points(record, "rate_per_s", "2:100 3:100 | 9:100 | 13:200");
    expect_points(record, "failed_per_s", "2:0 3:50 | 9:0 | 13:0");
}
END_TEST

START_TEST(two_readings_a_moment_apart_make_no_rate_of_their_own)
{
    CLEANUP(record_freep) struct record *record = empty_record(20);
    add_cycle(record, 0, 0);
    add_load(record, 1, 100, 0);
    add_load(record, 1.001, 120, 0);
    add_load(record, 2.001, 220, 0);
    char text[256];
    CLEANUP(view_series_done) struct view_series_list list = {.n = 0};
    const struct view_series *series = gather(record, 1000, &list, "rate_per_s");
    ck_assert_str_eq(points_text(series, text, sizeof(text)), "1.001:119.88 2.001:100");
}
END_TEST

START_TEST(nothing_failed_is_no_line)
{
    CLEANUP(record_freep) struct record *record = empty_record(20);
    CLEANUP(view_series_done) struct view_series_list list = {.n = 0};
    add_load(record, 1, 100, 0);
    add_load(record, 2, 200, 0);
    ck_assert_ptr_null(gather(record, 100, &list, "failed_per_s"));
    ck_assert_ptr_nonnull(view_series_find(&list, "rate_per_s"));
    ck_assert_ptr_null(view_series_find(&list, "p50_s"));
    ck_assert_ptr_null(view_series_find(&list, "current_bytes"));
}
END_TEST

START_TEST(stalls_are_shares_of_the_time)
{
    CLEANUP(record_freep) struct record *record = empty_record(10);
    add_memory(record, 1, MEMORY_PSI_SOME, 0);
    add_memory(record, 1.5, MEMORY_CURRENT, 1); /* has none */
    add_memory(record, 2, MEMORY_PSI_SOME, 250000);
    add_memory(record, 3, MEMORY_PSI_SOME, 1250000);
    add_memory(record, 4, MEMORY_PSI_SOME, 9250000); /* more than there was time */
    add_memory(record, 5, MEMORY_PSI_SOME, 0);       /* another cgroup's */
    add_memory(record, 6, MEMORY_PSI_SOME, 500000);
    expect_points(record, "psi_some_share", "2:0.25 3:1 4:1 | 6:0.5");
}
END_TEST

START_TEST(working_set_is_what_kubectl_top_counts)
{
    CLEANUP(record_freep) struct record *record = empty_record(10);
    struct memory_sample sample = {.t_ns = NSEC_PER_SEC};
    memory_sample_set(&sample, MEMORY_CURRENT, 100);
    memory_sample_set(&sample, MEMORY_INACTIVE_FILE, 30);
    ck_assert_int_eq(timeline_add_memory(record->timeline, &sample, NULL), 0);
    add_memory(record, 2, MEMORY_CURRENT, 100); /* no full reading */
    sample.t_ns = 3 * NSEC_PER_SEC;
    memory_sample_set(&sample, MEMORY_INACTIVE_FILE, 130); /* read a moment later */
    ck_assert_int_eq(timeline_add_memory(record->timeline, &sample, NULL), 0);
    expect_points(record, "working_set_bytes", "1:70 3:0");
}
END_TEST

START_TEST(surveys_tell_rss_and_descriptors_as_single_points)
{
    CLEANUP(record_freep) struct record *record = story_leak("leaky", VERDICT_LEAK);
    CLEANUP(view_series_done) struct view_series_list list = {.n = 0};
    for (size_t i = 0; i < record->timeline->n_cycles; i++) {
        struct survey *floor = &record->timeline->cycles[i].floor;
        floor->value[SURVEY_RSS] = 1000 + i;
        for (unsigned k = SURVEY_FD_SOCKET; k <= SURVEY_FD_OTHER; k++)
            floor->value[k] = i;
    }
    const struct view_series *rss = gather(record, 100, &list, "rss_bytes");
    ck_assert(rss->apart && rss->on && rss->n == record->timeline->n_cycles);
    ck_assert_double_eq(rss->points[3].point.y, 1003);
    ck_assert_double_eq(rss->points[3].point.x, 3.9);
    const struct view_series *descriptors = view_series_find(&list, "descriptors_count");
    ck_assert_double_eq(descriptors->points[descriptors->n - 1].point.y, 6 * 6);
    /* Threads are counted as tasks when the cgroup tells; else by surveys, twice a cycle. */
    ck_assert(view_series_find(&list, "threads_count")->apart);
    add_memory(record, 9, MEMORY_PIDS, 7);
    view_series_done(&list);
    ck_assert(!gather(record, 100, &list, "threads_count")->apart);
}
END_TEST

START_TEST(without_a_cgroup_rss_is_the_main_line)
{
    CLEANUP(record_freep) struct record *record = empty_record(10);
    CLEANUP(view_series_done) struct view_series_list list = {.n = 0};
    add_memory(record, 1, MEMORY_RSS, 5);
    add_memory(record, 2, MEMORY_RSS, 6);
    const struct view_series *rss = gather(record, 100, &list, "rss_bytes");
    ck_assert(rss->main && !rss->apart && rss->n == 2);
    ck_assert_ptr_null(view_series_find(&list, "current_bytes"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("view_series");
    TCase *tcase = tcase_create("view_series");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, thinning_loses_no_peak_and_no_dip, 0, 5);
    tcase_add_test(tcase, what_fits_stays_as_it_is);
    tcase_add_test(tcase, one_value_over_a_long_time_is_its_two_ends);
    tcase_add_test(tcase, there_is_a_gap_where_it_was_started_anew_and_in_others_turns);
    tcase_add_test(tcase, rates_are_differences_of_totals_within_one_load);
    tcase_add_test(tcase, two_readings_a_moment_apart_make_no_rate_of_their_own);
    tcase_add_test(tcase, nothing_failed_is_no_line);
    tcase_add_test(tcase, stalls_are_shares_of_the_time);
    tcase_add_test(tcase, working_set_is_what_kubectl_top_counts);
    tcase_add_test(tcase, surveys_tell_rss_and_descriptors_as_single_points);
    tcase_add_test(tcase, without_a_cgroup_rss_is_the_main_line);
    return suite;
}

CHECK_MAIN(suite);

/* indicators: floors, and the windows and histories that they make. */
#include "verdict/indicators.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

/* So many cycles of a size, each a MiB higher than what was before them. */
static void add_window(struct story *story, unsigned n, uint64_t requests)
{
    struct timeline *timeline = story->timeline;
    for (unsigned i = 0; i < n; i++) {
        uint64_t bytes = timeline->cycles[timeline->n_cycles - 1].floor.value[SURVEY_PSS_ANON];
        story_work(story, CYCLE_MEASURE, requests, bytes + STORY_MIB);
    }
}

static struct floor_series series_of(const struct story *story)
{
    struct floor_series series;
    indicators_floor_series(story->timeline, 6, &series);
    return series;
}

START_TEST(a_floor_is_private_shared_and_kernel_memory)
{
    struct survey survey;
    survey_init(&survey);
    ck_assert(!indicators_floor(&survey).present);
    memory_sample_set(&survey.memory, MEMORY_SLAB_UNRECLAIMABLE, 100);
    memory_sample_set(&survey.memory, MEMORY_ANON, 9000);
    memory_sample_set(&survey.memory, MEMORY_SHMEM, 20);
    struct floor_parts parts = indicators_floor(&survey);
    ck_assert(parts.present);
    ck_assert_int_eq(parts.total_bytes, 9000 + 20 + 100);
    survey.value[SURVEY_PSS_ANON] = 8000; /* to the page, less what is freed lazily */
    survey.value[SURVEY_LAZY_FREE] = 500;
    memory_sample_set(&survey.memory, MEMORY_KERNEL, 4000); /* with page tables, and slab that */
    memory_sample_set(&survey.memory, MEMORY_PAGETABLES, 1000); /* can be reclaimed */
    memory_sample_set(&survey.memory, MEMORY_SLAB_RECLAIMABLE, 700);
    parts = indicators_floor(&survey);
    ck_assert_int_eq(parts.user_bytes, 7500);
    ck_assert_int_eq(parts.shmem_bytes, 20);
    ck_assert_int_eq(parts.kernel_bytes, 2300);
}
END_TEST

START_TEST(a_window_begins_at_the_floor_before_it)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct floor_series series = series_of(&story);
    ck_assert_uint_eq(series.n, 6);
    ck_assert_int_eq(series.cycle[0]->kind, CYCLE_WARMUP);
    ck_assert_double_eq(series.requests[0], 0);
    ck_assert_double_eq(series.requests[5], 1250);
    ck_assert_double_eq(series.floor_bytes[5] - series.floor_bytes[0], 5.0 * STORY_MIB);
    ck_assert_double_eq(series.noise_bytes, 0);
}
END_TEST

START_TEST(larger_cycles_are_judged_once_there_are_enough)
{
    STORY;
    story_cycles(&story, 10, 8 * STORY_MIB, STORY_MIB);
    add_window(&story, 4, 1000);
    ck_assert_double_eq(series_of(&story).requests[1], 250);
    ck_assert_uint_eq(series_of(&story).n, 11);
    add_window(&story, 1, 1000);
    struct floor_series series = series_of(&story);
    ck_assert_uint_eq(series.n, 6);
    ck_assert_uint_eq(series.cycle[0]->requests, 250);
    ck_assert_double_eq(series.requests[5], 5000);

    struct floor_series before;
    indicators_floor_series_before(story.timeline, &series, &before);
    ck_assert_uint_eq(before.n, 11);
    ck_assert_double_eq(before.requests[10], 2500);
    series = before;
    indicators_floor_series_before(story.timeline, &series, &before);
    ck_assert_uint_eq(before.n, 0);
}
END_TEST

START_TEST(a_probe_divides_windows)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_work(&story, CYCLE_REPEAT, 1500, 20 * STORY_MIB);
    add_window(&story, 3, 250);
    ck_assert_uint_eq(series_of(&story).n, 6); /* the first is longer still */
    add_window(&story, 2, 250);
    struct floor_series series = series_of(&story);
    ck_assert_int_eq(series.cycle[0]->kind, CYCLE_REPEAT);
    ck_assert_double_eq(series.requests[5], 1250);
}
END_TEST

START_TEST(a_window_does_not_go_beyond_a_start)
{
    STORY;
    story_cycles(&story, 4, 8 * STORY_MIB, STORY_MIB);
    story_kill(&story, CYCLE_MEASURE, 10);
    story.start = 1;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    struct floor_series series = series_of(&story);
    ck_assert_uint_eq(series.start, 1);
    ck_assert_uint_eq(series.n, 6);
    struct floor_series before;
    indicators_floor_series_before(story.timeline, &series, &before);
    ck_assert_uint_eq(before.n, 0);
}
END_TEST

START_TEST(cycles_that_are_not_whole_are_no_points)
{
    STORY;
    story_cycles(&story, 6, 8 * STORY_MIB, STORY_MIB);
    story.timeline->cycles[4].complete = false;
    survey_init(&story.timeline->cycles[5].floor);
    struct floor_series series = series_of(&story);
    ck_assert_uint_eq(series.n, 5);
    ck_assert_double_eq(series.requests[4], 1000); /* without theirs */
}
END_TEST

START_TEST(one_huge_page_is_noise)
{
    STORY;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story.timeline->cycles[4].floor.value[SURVEY_ANON_HUGE] = 0;
    ck_assert_double_eq(series_of(&story).noise_bytes, 0);
    story.timeline->cycles[4].floor.value[SURVEY_ANON_HUGE] = 2 * STORY_MIB;
    ck_assert_double_eq(series_of(&story).noise_bytes, 2.0 * STORY_MIB);
    struct floor_series history;
    indicators_floor_history(story.timeline, 0, &history);
    ck_assert_double_eq(history.noise_bytes, 2.0 * STORY_MIB);
}
END_TEST

START_TEST(a_history_is_all_load_from_ready_to_the_first_thing_that_disturbs_it)
{
    STORY;
    struct floor_series history;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    story_work(&story, CYCLE_REPEAT, 1500, 20 * STORY_MIB);
    add_window(&story, 2, 1000);
    story_cycle(&story, CYCLE_SOLO, 22 * STORY_MIB);
    indicators_floor_history(story.timeline, 0, &history);
    ck_assert_uint_eq(history.n, 11);
    ck_assert_int_eq(history.cycle[0]->kind, CYCLE_READY);
    ck_assert_double_eq(history.requests[10], 6 * 250 + 1500 + 2000 + 250);

    static const enum cycle_kind kinds[] = {CYCLE_TRIM, CYCLE_SAFE, CYCLE_ABOVE, CYCLE_SQUEEZE};
    story_cycle(&story, kinds[_i], 10 * STORY_MIB);
    add_window(&story, 2, 1000);
    indicators_floor_history(story.timeline, 0, &history);
    ck_assert_uint_eq(history.n, 11);
    indicators_floor_history(story.timeline, 1, &history);
    ck_assert_uint_eq(history.n, 0);
}
END_TEST

START_TEST(a_peak_is_that_of_the_kinds_that_were_asked_for)
{
    STORY;
    uint64_t bytes = 0;
    ck_assert(!indicators_peak(story.timeline, 1U << CYCLE_MEASURE, &bytes));
    story_cycles(&story, 5, 8 * STORY_MIB, 0);
    story_cycle(&story, CYCLE_SOLO, 30 * STORY_MIB);
    ck_assert(indicators_peak(story.timeline, 1U << CYCLE_MEASURE, &bytes));
    ck_assert_uint_eq(bytes, 8 * STORY_MIB);
    ck_assert(indicators_peak(story.timeline, 1U << CYCLE_MEASURE | 1U << CYCLE_SOLO, &bytes));
    ck_assert_uint_eq(bytes, 30 * STORY_MIB);
}
END_TEST

/* Of the run: until a probe squeezes it. Of a cycle: under its load. */
START_TEST(what_could_not_be_reclaimed_is_seen_per_run_and_per_cycle)
{
    STORY;
    uint64_t bytes = 0;
    ck_assert(!indicators_unreclaimable_peak(story.timeline, NULL, &bytes));
    story_cycles(&story, 2, 8 * STORY_MIB, 0);
    story_peak(&story, 20 * STORY_MIB);
    story_cycle(&story, CYCLE_SAFE, 8 * STORY_MIB);
    story_peak(&story, 50 * STORY_MIB);
    story_cycle(&story, CYCLE_ABOVE, 8 * STORY_MIB);
    story_peak(&story, 60 * STORY_MIB);
    ck_assert(indicators_unreclaimable_peak(story.timeline, NULL, &bytes));
    ck_assert_uint_eq(bytes, 20 * STORY_MIB);
    const struct cycle *safe = indicators_last_cycle(story.timeline, CYCLE_SAFE);
    ck_assert(indicators_unreclaimable_peak(story.timeline, safe, &bytes));
    ck_assert_uint_eq(bytes, 50 * STORY_MIB);
}
END_TEST

/* A full sample: so much in use, of which so much is lazily free. */
static void sample_lazy(struct story *story, nsec_t t_ns, uint64_t bytes, uint64_t lazy_bytes)
{
    struct memory_sample sample = {.t_ns = t_ns};
    memory_sample_set(&sample, MEMORY_CURRENT, bytes);
    memory_sample_set(&sample, MEMORY_FILE, STORY_MIB);
    memory_sample_set(&sample, MEMORY_INACTIVE_FILE, STORY_MIB + lazy_bytes);
    ck_assert_int_eq(timeline_add_memory(story->timeline, &sample, NULL), 0);
}

/* At the limit they are as good as page cache, when the kernel was seen to take them. Where nothing
 * took them they may have been in use again: they stay where they are until somebody looks. */
START_TEST(lazily_freed_pages_are_not_held_where_the_kernel_takes_them)
{
    STORY;
    story_cycles(&story, 2, 8 * STORY_MIB, 0);
    struct cycle *last = &story.timeline->cycles[story.timeline->n_cycles - 1];
    sample_lazy(&story, last->begin_ns, 8 * STORY_MIB, 0);
    story_peak(&story, 20 * STORY_MIB); /* between full samples */
    sample_lazy(&story, last->load_end_ns, 20 * STORY_MIB, 12 * STORY_MIB);
    uint64_t bytes = 0;
    ck_assert(indicators_unreclaimable_peak(story.timeline, NULL, &bytes));
    ck_assert_uint_eq(bytes, 19 * STORY_MIB);

    memory_sample_set(&last[-1].floor.memory, MEMORY_PGLAZYFREED, 1000);
    memory_sample_set(&last->settled.memory, MEMORY_PGLAZYFREED, 1000 + 100); /* a stale count */
    ck_assert(indicators_unreclaimable_peak(story.timeline, NULL, &bytes));
    ck_assert_uint_eq(bytes, 19 * STORY_MIB);

    memory_sample_set(&last->settled.memory, MEMORY_PGLAZYFREED, 1000 + 3072);
    ck_assert(indicators_unreclaimable_peak(story.timeline, NULL, &bytes));
    ck_assert_uint_eq(bytes, 7 * STORY_MIB);
    ck_assert(indicators_unreclaimable_peak(story.timeline, last, &bytes));
    ck_assert_uint_eq(bytes, 7 * STORY_MIB);
    ck_assert(indicators_unreclaimable_peak(story.timeline, &last[-1], &bytes) == false);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("indicators");
    TCase *floors = tcase_create("floors");
    TCase *windows = tcase_create("windows");
    TCase *peaks = tcase_create("peaks");
    tcase_add_test(floors, a_floor_is_private_shared_and_kernel_memory);
    tcase_add_test(floors, one_huge_page_is_noise);
    tcase_add_test(windows, a_window_begins_at_the_floor_before_it);
    tcase_add_test(windows, larger_cycles_are_judged_once_there_are_enough);
    tcase_add_test(windows, a_probe_divides_windows);
    tcase_add_test(windows, a_window_does_not_go_beyond_a_start);
    tcase_add_test(windows, cycles_that_are_not_whole_are_no_points);
    tcase_add_loop_test(windows,
                        a_history_is_all_load_from_ready_to_the_first_thing_that_disturbs_it, 0, 4);
    tcase_add_test(peaks, a_peak_is_that_of_the_kinds_that_were_asked_for);
    tcase_add_test(peaks, lazily_freed_pages_are_not_held_where_the_kernel_takes_them);
    tcase_add_test(peaks, what_could_not_be_reclaimed_is_seen_per_run_and_per_cycle);
    suite_add_tcase(s, floors);
    suite_add_tcase(s, windows);
    suite_add_tcase(s, peaks);
    return s;
}

CHECK_MAIN(suite);

/* timeline: in order, bounded, peaks kept. */
#include "timeline/timeline.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/random.h"
#include "timeline/judgement.h"

static struct memory_sample sample_at(nsec_t t_ns, uint64_t bytes)
{
    struct memory_sample sample = {.t_ns = t_ns};
    memory_sample_set(&sample, MEMORY_CURRENT, bytes);
    return sample;
}

START_TEST(samples_come_in_order_of_time)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    struct error err = {0};
    ck_assert_int_eq(timeline_new(100, &timeline, &err), 0);
    struct memory_sample memory = sample_at(10, 1);
    struct load_sample load = {.t_ns = 10};
    struct cycle cycle = {.begin_ns = 10};
    for (int twice = 0; twice < 2; twice++) { /* the same time is no disorder */
        ck_assert_int_eq(timeline_add_memory(timeline, &memory, &err), 0);
        ck_assert_int_eq(timeline_add_load(timeline, &load, &err), 0);
        ck_assert_int_eq(timeline_add_cycle(timeline, &cycle, &err), 0);
    }
    memory.t_ns = load.t_ns = cycle.begin_ns = 9;
    ck_assert_int_eq(timeline_add_memory(timeline, &memory, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "9 ns follows one at 10 ns"));
    ck_assert_int_eq(timeline_add_load(timeline, &load, &err), -1);
    ck_assert_int_eq(timeline_add_cycle(timeline, &cycle, &err), -1);
    ck_assert_uint_eq(timeline->n_memory, 2);
    ck_assert_uint_eq(timeline->n_load, 2);
    ck_assert_uint_eq(timeline->n_cycles, 2);
}
END_TEST

START_TEST(thinning_keeps_every_peak_and_the_order)
{
    size_t bound = (size_t)_i;
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    timeline_new(bound, &timeline, NULL);
    struct random random = random_from((uint64_t)_i);
    uint64_t highest = 0;
    for (nsec_t t_ns = 0; t_ns < 5000; t_ns++) {
        uint64_t bytes = random_u64(&random) >> 20;
        highest = bytes > highest ? bytes : highest;
        struct memory_sample sample = sample_at(t_ns, bytes);
        ck_assert_int_eq(timeline_add_memory(timeline, &sample, NULL), 0);
        ck_assert_uint_le(timeline->n_memory, bound);

        uint64_t kept = 0;
        for (size_t i = 0; i < timeline->n_memory; i++) {
            kept = timeline->memory[i].value[MEMORY_CURRENT] > kept
                       ? timeline->memory[i].value[MEMORY_CURRENT]
                       : kept;
            ck_assert(i == 0 || timeline->memory[i].t_ns > timeline->memory[i - 1].t_ns);
        }
        ck_assert_uint_eq(kept, highest);
    }
    ck_assert_uint_gt(timeline->thinned, 1);
}
END_TEST

START_TEST(without_a_cgroup_thinning_keeps_the_peaks_of_rss)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    timeline_new(16, &timeline, NULL);
    for (nsec_t t_ns = 0; t_ns < 1000; t_ns++) {
        struct memory_sample sample = {.t_ns = t_ns};
        memory_sample_set(&sample, MEMORY_RSS, t_ns == 501 ? 9 : 5);
        ck_assert_int_eq(timeline_add_memory(timeline, &sample, NULL), 0);
    }
    uint64_t highest = 0;
    for (size_t i = 0; i < timeline->n_memory; i++)
        if (timeline->memory[i].value[MEMORY_RSS] > highest)
            highest = timeline->memory[i].value[MEMORY_RSS];
    ck_assert_uint_eq(highest, 9);
}
END_TEST

START_TEST(thinned_load_keeps_the_latest_totals)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    timeline_new(8, &timeline, NULL);
    for (uint64_t i = 0; i < 1000; i++) {
        struct load_sample sample = {.t_ns = (nsec_t)i, .counts.ok = i};
        ck_assert_int_eq(timeline_add_load(timeline, &sample, NULL), 0);
        ck_assert_uint_le(timeline->n_load, 8);
        ck_assert_uint_eq(timeline->load[timeline->n_load - 1].counts.ok, i);
    }
}
END_TEST

START_TEST(marks_are_bounded_but_kills_and_exits_are_never_lost)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    timeline_new(8, &timeline, NULL);
    for (int i = 0; i < 3 * TIMELINE_MARKS_MAX; i++)
        timeline_add_mark(timeline, i, MARK_LATE_TICK, 1, NULL);
    ck_assert_uint_eq(timeline->n_marks, TIMELINE_MARKS_MAX / 2); /* phases find room */
    for (int i = 0; i < 3 * TIMELINE_MARKS_MAX; i++)
        timeline_add_mark(timeline, i, MARK_PHASE, 1, NULL);
    ck_assert_uint_eq(timeline->n_marks, TIMELINE_MARKS_MAX);
    timeline_add_mark(timeline, 1, MARK_OOM_KILL, 1, "");
    timeline_add_mark(timeline, 2, MARK_EXIT, 0, "exit status 3");
    timeline_add_mark(timeline, 3, MARK_PHASE, 0, "dropped");
    ck_assert_uint_eq(timeline->n_marks, TIMELINE_MARKS_MAX + 2);
    ck_assert_int_eq(timeline->marks[TIMELINE_MARKS_MAX].kind, MARK_OOM_KILL);
    ck_assert_str_eq(timeline->marks[TIMELINE_MARKS_MAX + 1].text, "exit status 3");
    ck_assert_str_eq(timeline->marks[0].text, "");
}
END_TEST

START_TEST(cycles_are_bounded)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    timeline_new(8, &timeline, NULL);
    struct cycle cycle = {.begin_ns = 0};
    struct error err = {0};
    for (int i = 0; i < TIMELINE_CYCLES_MAX; i++)
        ck_assert_int_eq(timeline_add_cycle(timeline, &cycle, &err), 0);
    ck_assert_int_eq(timeline_add_cycle(timeline, &cycle, &err), -1);
    ck_assert_uint_eq(timeline->n_cycles, TIMELINE_CYCLES_MAX);
}
END_TEST

/* Measuring cycle `i` of a run with a phase for each: a second, half of it load. */
static void add_measure(struct timeline *timeline, unsigned i, uint64_t requests)
{
    char phase[32];
    struct cycle cycle = {
        .kind = CYCLE_MEASURE,
        .requests = requests,
        .counts = {.started = requests, .ok = requests},
        .begin_ns = (nsec_t)i * NSEC_PER_SEC,
        .load_end_ns = (nsec_t)i * NSEC_PER_SEC + NSEC_PER_SEC / 2,
        .floor_ns = (nsec_t)(i + 1) * NSEC_PER_SEC - 2,
        .complete = true,
        .peak_bytes = i,
        .events_max = 1,
        .latency_p99_ns = i == 7 ? 99 : 1,
    };
    cycle.settled_ns = cycle.floor_ns;
    survey_init(&cycle.floor);
    cycle.floor.value[SURVEY_THREADS] = i;
    snprintf(phase, sizeof(phase), "cycle %u", i + 1);
    timeline_add_mark(timeline, cycle.begin_ns - 1, MARK_PHASE, requests, phase);
    ck_assert_int_eq(timeline_add_cycle(timeline, &cycle, NULL), 0);
}

START_TEST(any_number_of_like_cycles_fits_and_nothing_of_their_work_is_lost)
{
    static const uint64_t sizes[] = {100, 110, 90};
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    timeline_new(8, &timeline, NULL);
    for (unsigned i = 0; i < 10000; i++) {
        add_measure(timeline, i, sizes[i % 3]);
        ck_assert_uint_le(timeline->n_cycles, TIMELINE_CYCLES_KEPT);
    }
    ck_assert_uint_gt(timeline->n_cycles, TIMELINE_CYCLES_KEPT / 2);

    uint64_t cycles = 0;
    uint64_t requests = 0;
    uint64_t events = 0;
    nsec_t load_ns = 0;
    size_t phases = 0;
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        ck_assert_uint_le(cycle_count(cycle), timeline->cycles_in_one);
        ck_assert_int_eq(cycle->begin_ns, (nsec_t)cycles * NSEC_PER_SEC);
        cycles += cycle_count(cycle);
        requests += cycle->counts.ok;
        events += cycle->events_max;
        load_ns += cycle_load_ns(cycle);
        ck_assert_uint_eq(cycle->floor.value[SURVEY_THREADS], cycles - 1);
        ck_assert_uint_eq(cycle->peak_bytes, cycles - 1);
        ck_assert_int_eq(timeline->marks[phases].t_ns, cycle->begin_ns - 1);
        phases++;
    }
    ck_assert_uint_eq(cycles, 10000);
    ck_assert_uint_eq(requests, 1000000);
    ck_assert_uint_eq(events, 10000);
    ck_assert_int_eq(load_ns, 5000 * NSEC_PER_SEC);
    ck_assert_uint_eq(timeline->n_marks, phases);
    ck_assert_int_eq(timeline->cycles[0].latency_p99_ns, 99);
}
END_TEST

START_TEST(cycles_that_differ_are_not_folded)
{
    struct cycle one = {.kind = CYCLE_MEASURE, .requests = 100, .complete = true};
    const struct cycle killed = {
        .kind = CYCLE_MEASURE, .requests = 100, .complete = true, .oom_kills = 1};
    const struct cycle larger = {.kind = CYCLE_MEASURE, .requests = 400, .complete = true};
    const struct cycle cut = {.kind = CYCLE_MEASURE, .requests = 100};
    const struct cycle probe = {.kind = CYCLE_REST, .requests = 100, .complete = true};
    const struct cycle again = {
        .kind = CYCLE_MEASURE, .requests = 100, .complete = true, .start = 1};
    const struct cycle other = {
        .kind = CYCLE_MEASURE, .requests = 100, .complete = true, .concurrency = 1};
    const struct cycle *const all[] = {&killed, &larger, &cut, &probe, &again, &other};
    ck_assert(cycle_can_fold(&one, &one));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        ck_assert(!cycle_can_fold(&one, all[i]));
        ck_assert(!cycle_can_fold(all[i], &one));
    }
}
END_TEST

START_TEST(cycles_are_not_folded_over_the_turn_of_others)
{
    CLEANUP(timeline_freep) struct timeline *timeline = NULL;
    timeline_new(8, &timeline, NULL);
    for (unsigned i = 0; i < TIMELINE_CYCLES_KEPT + 1; i++) {
        if (i > 0)
            timeline_add_mark(timeline, (nsec_t)i * NSEC_PER_SEC - 2, MARK_PHASE, 0,
                              TIMELINE_PHASE_OTHERS);
        add_measure(timeline, i, 100);
    }
    ck_assert_uint_eq(timeline->n_cycles, TIMELINE_CYCLES_KEPT + 1);
}
END_TEST

START_TEST(every_word_is_its_own_name)
{
    for (unsigned i = 0; i < MARK_KIND_MAX_; i++) {
        enum mark_kind kind = MARK_KIND_MAX_;
        ck_assert(mark_kind_from_name(mark_kind_name((enum mark_kind)i), &kind));
        ck_assert_uint_eq(kind, i);
    }
    for (unsigned i = 0; i < CYCLE_KIND_MAX_; i++) {
        enum cycle_kind kind = CYCLE_KIND_MAX_;
        ck_assert(cycle_kind_from_name(cycle_kind_name((enum cycle_kind)i), &kind));
        ck_assert_uint_eq(kind, i);
    }
    for (unsigned i = 0; i < VERDICT_KIND_MAX_; i++) {
        enum verdict_kind kind = VERDICT_KIND_MAX_;
        ck_assert(verdict_kind_from_name(verdict_kind_name((enum verdict_kind)i), &kind));
        ck_assert_uint_eq(kind, i);
    }
    for (unsigned i = 0; i < CAUSE_MAX_; i++) {
        enum cause cause = CAUSE_MAX_;
        ck_assert(cause_from_name(cause_name((enum cause)i), &cause));
        ck_assert_uint_eq(cause, i);
    }
    enum cause cause = CAUSE_HEAP;
    ck_assert(!cause_from_name("heaps", &cause));
    ck_assert(!cause_from_name("", &cause));
    ck_assert_int_eq(cause, CAUSE_HEAP);
}
END_TEST

START_TEST(a_cause_belongs_to_one_verdict)
{
    ck_assert_int_eq(cause_verdict(CAUSE_NONE), VERDICT_CLEAN);
    ck_assert_int_eq(cause_verdict(CAUSE_HEAP), VERDICT_LEAK);
    ck_assert_int_eq(cause_verdict(CAUSE_MAPPINGS), VERDICT_LEAK);
    ck_assert_int_eq(cause_verdict(CAUSE_TRANSIENT), VERDICT_PRESSURE);
    ck_assert_int_eq(cause_verdict(CAUSE_MADV_FREE), VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(cause_verdict(CAUSE_PAGE_CACHE), VERDICT_LAZY_RELEASE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("timeline");
    TCase *order = tcase_create("order");
    TCase *bounds = tcase_create("bounds");
    TCase *words = tcase_create("words");
    tcase_add_test(order, samples_come_in_order_of_time);
    tcase_add_loop_test(bounds, thinning_keeps_every_peak_and_the_order, 2, 10);
    tcase_add_test(bounds, without_a_cgroup_thinning_keeps_the_peaks_of_rss);
    tcase_add_test(bounds, thinned_load_keeps_the_latest_totals);
    tcase_add_test(bounds, marks_are_bounded_but_kills_and_exits_are_never_lost);
    tcase_add_test(bounds, cycles_are_bounded);
    tcase_add_test(bounds, any_number_of_like_cycles_fits_and_nothing_of_their_work_is_lost);
    tcase_add_test(bounds, cycles_that_differ_are_not_folded);
    tcase_add_test(bounds, cycles_are_not_folded_over_the_turn_of_others);
    tcase_add_test(words, every_word_is_its_own_name);
    tcase_add_test(words, a_cause_belongs_to_one_verdict);
    suite_add_tcase(s, order);
    suite_add_tcase(s, bounds);
    suite_add_tcase(s, words);
    return s;
}

CHECK_MAIN(suite);

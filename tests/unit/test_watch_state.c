/* watch_state: what a run tells is kept, however long it takes, and peaks with it. */
#include "view/watch_state.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/watched.h"

#define MIB ((uint64_t)1 << 20)

static struct watch_state state;

static void setup(void)
{
    state = (struct watch_state){.n_runs = 0};
}

static void teardown(void)
{
    watch_state_done(&state);
}

static void say(const struct run_progress *word)
{
    ck_assert_int_eq(watch_state_progress(&state, word, NULL), 0);
}

static const struct watched leak = {
    .id = "leak", .limit_bytes = 64 * MIB, .cycles = 5.2, .leak_bytes = 20480};

START_TEST(hours_fit_and_a_peak_of_one_word_survives)
{
    for (nsec_t t_ns = 0; t_ns < 6 * 3600 * NSEC_PER_SEC; t_ns += NSEC_PER_SEC) {
        struct run_progress word = watched_word("long", "cycle 1", t_ns);
        word.memory_bytes = 10 * MIB;
        word.highest_bytes = t_ns == 4321 * NSEC_PER_SEC ? 55 * MIB : 10 * MIB;
        if (t_ns == 7777 * NSEC_PER_SEC)
            word.memory_bytes = 3 * MIB;
        say(&word);
    }
    const struct watch_run *run = state.runs[0];
    ck_assert_uint_le(run->n_points, WATCH_POINTS_MAX);
    ck_assert_uint_gt(run->n_points, WATCH_POINTS_MAX / 4);
    double highest = 0;
    double lowest = INFINITY;
    for (unsigned i = 0; i < run->n_points; i++) {
        highest = fmax(highest, run->points[i].highest_bytes);
        lowest = fmin(lowest, run->points[i].lowest_bytes);
        nsec_t begin_ns = (nsec_t)i * run->point_ns;
        bool peak =
            begin_ns <= 4321 * NSEC_PER_SEC && 4321 * NSEC_PER_SEC < begin_ns + run->point_ns;
        ck_assert_double_eq(run->points[i].highest_bytes, (peak ? 55.0 : 10.0) * (double)MIB);
    }
    ck_assert_double_eq(highest, 55.0 * (double)MIB);
    ck_assert_double_eq(lowest, 3.0 * (double)MIB);
    ck_assert_double_eq(run->highest_bytes, 55.0 * (double)MIB);
}
END_TEST

START_TEST(a_word_from_far_ahead_leaves_holes)
{
    struct run_progress word = watched_word("far", "cycle 1", 0);
    word.memory_bytes = MIB;
    say(&word);
    word.elapsed_ns = 365 * (nsec_t)86400 * NSEC_PER_SEC;
    say(&word);
    const struct watch_run *run = state.runs[0];
    ck_assert_uint_le(run->n_points, WATCH_POINTS_MAX);
    ck_assert(isnan(run->points[1].highest_bytes));
    ck_assert_double_eq(run->points[run->n_points - 1].last_bytes, (double)MIB);
    word.elapsed_ns = -5; /* the guest's word is not trusted */
    say(&word);
}
END_TEST

START_TEST(the_growth_is_that_of_the_floors)
{
    struct trend trend;
    watched_tell(&leak, &state);
    const struct watch_run *run = state.runs[0];
    ck_assert_uint_eq(run->n_floors, 6);
    ck_assert_int_eq(watch_growth(run, &trend), 0);
    ck_assert_uint_eq(trend.n, 6);
    ck_assert_double_eq_tol(trend.slope, 20480, 1);
    ck_assert_double_eq_tol(trend.low, 20480, 1);
    ck_assert_double_eq_tol(trend.high, 20480, 1);
}
END_TEST

START_TEST(two_floors_are_no_growth)
{
    struct trend trend;
    struct watched brief = leak;
    brief.cycles = 1.2;
    watched_tell(&brief, &state);
    ck_assert_uint_eq(state.runs[0]->n_floors, 2);
    ck_assert_int_eq(watch_growth(state.runs[0], &trend), 1);
}
END_TEST

START_TEST(larger_cycles_and_another_start_are_another_growth)
{
    static const struct {
        enum cycle_kind kind;
        unsigned start;
        uint64_t requests;
        int64_t bytes;
    } floors[] = {
        {CYCLE_READY, 0, 0, 1000},        {CYCLE_MEASURE, 0, 100, 90000},
        {CYCLE_MEASURE, 0, 200, 99000},   {CYCLE_READY, 1, 0, 2000},
        {CYCLE_MEASURE, 1, 100, 700000},  {CYCLE_MEASURE, 1, 400, 700300},
        {CYCLE_MEASURE, 1, 730, 700630},  {CYCLE_MEASURE, 1, 1000, 700900},
        {CYCLE_REPEAT, 1, 3000, 1000000},
    };
    struct trend trend;
    for (unsigned i = 0; i < ARRAY_LENGTH(floors); i++) {
        struct run_progress word = watched_word("windows", "cycle 1", (i + 1) * NSEC_PER_SEC);
        word.floor = (struct run_floor){.present = true,
                                        .index = i,
                                        .kind = floors[i].kind,
                                        .start = floors[i].start,
                                        .t_ns = word.elapsed_ns,
                                        .requests = floors[i].requests,
                                        .bytes = floors[i].bytes};
        say(&word);
        say(&word); /* the same one again is none more */
    }
    ck_assert_uint_eq(state.runs[0]->n_floors, ARRAY_LENGTH(floors));
    ck_assert_int_eq(watch_growth(state.runs[0], &trend), 0);
    ck_assert_uint_eq(trend.n, 4);
    ck_assert_double_eq_tol(trend.slope, 1, 1e-9);
}
END_TEST

START_TEST(more_floors_than_there_is_room_for)
{
    for (unsigned i = 0; i < 3 * WATCH_FLOORS_MAX; i++) {
        struct run_progress word = watched_word("many", "cycle 1", i * NSEC_PER_SEC);
        word.floor = (struct run_floor){.present = true,
                                        .index = i,
                                        .kind = CYCLE_MEASURE,
                                        .requests = (uint64_t)i * 10,
                                        .bytes = (int64_t)i * 5};
        word.oom_kills = i;
        say(&word);
    }
    const struct watch_run *run = state.runs[0];
    struct trend trend;
    ck_assert_uint_eq(run->n_floors, WATCH_FLOORS_MAX);
    ck_assert_uint_eq(run->floors[WATCH_FLOORS_MAX - 1].index, 3 * WATCH_FLOORS_MAX - 1);
    ck_assert_uint_eq(run->n_kills, WATCH_KILLS_MAX);
    ck_assert_int_eq(watch_growth(run, &trend), 0);
    ck_assert_double_eq_tol(trend.slope, 0.5, 1e-9);
}
END_TEST

START_TEST(a_rate_is_that_of_the_last_second_and_none_at_rest)
{
    struct run_progress word = watched_word("rate", "cycle 1", 0);
    word.requests_goal = 1000;
    for (unsigned i = 0; i <= 30; i++) {
        word.elapsed_ns = word.load.t_ns = (i + 1) * 100 * NSEC_PER_MSEC;
        word.load.counts.ok += i < 15 ? 10 : 40;
        say(&word);
    }
    ck_assert_double_eq_tol(state.runs[0]->rate_per_s, 400, 1);
    word.requests_goal = 0;
    word.elapsed_ns += NSEC_PER_SEC;
    say(&word);
    ck_assert(isnan(state.runs[0]->rate_per_s));
}
END_TEST

START_TEST(stalls_are_a_share_of_the_last_second)
{
    struct run_progress word = watched_word("stalls", "cycle 1", 0);
    say(&word);
    ck_assert(isnan(state.runs[0]->some_share));
    for (unsigned i = 1; i <= 12; i++) {
        word.elapsed_ns = word.memory.t_ns = i * 100 * NSEC_PER_MSEC;
        memory_sample_set(&word.memory, MEMORY_PSI_SOME, i * 25000);
        memory_sample_set(&word.memory, MEMORY_PSI_FULL, i * 10000);
        say(&word);
    }
    ck_assert_double_eq_tol(state.runs[0]->some_share, 0.25, 1e-6);
    ck_assert_double_eq_tol(state.runs[0]->full_share, 0.10, 1e-6);
}
END_TEST

START_TEST(kills_and_what_is_known_between_them)
{
    struct watched killed = leak;
    killed.killed_in = 2;
    watched_tell(&killed, &state);
    const struct watch_run *run = state.runs[0];
    ck_assert_uint_eq(run->n_kills, 1);
    ck_assert(!isnan(run->kills[0].bytes));
    unsigned unjoined = 0;
    for (unsigned i = 0; i < run->n_points; i++)
        unjoined += !isnan(run->points[i].first_bytes) && !run->points[i].joined;
    ck_assert_uint_eq(unjoined, 2); /* the first start, and the second */
}
END_TEST

START_TEST(how_long_until_a_verdict)
{
    struct watched part = leak;
    part.cycles = 0;
    watched_tell(&part, &state);
    struct watch_eta eta = watch_eta(state.runs[0]);
    ck_assert_int_eq(eta.about_ns, -1); /* no cycle is done */
    ck_assert_int_eq(eta.at_most_ns, 60 * NSEC_PER_SEC);
    watch_state_done(&state);
    part.cycles = 2;
    watched_tell(&part, &state);
    eta = watch_eta(state.runs[0]);
    ck_assert_int_eq(eta.about_ns, 3 * 1500 * NSEC_PER_MSEC + 1500 * NSEC_PER_MSEC);
    ck_assert_int_eq(eta.at_most_ns, 57 * NSEC_PER_SEC);
    watch_state_done(&state);
    struct run_progress word = watched_word("starts", "start", 5 * NSEC_PER_SEC);
    say(&word);
    eta = watch_eta(state.runs[0]);
    ck_assert_int_eq(eta.about_ns, -1);
    ck_assert_int_eq(eta.at_most_ns, -1);
}
END_TEST

START_TEST(the_budget_bounds_both)
{
    struct run_progress word = watched_word("slow", "ready", NSEC_PER_SEC);
    say(&word);
    word.phase = "cycle 1";
    say(&word);
    word.elapsed_ns = 50 * NSEC_PER_SEC;
    word.cycle = 1;
    say(&word);
    struct watch_eta eta = watch_eta(state.runs[0]);
    ck_assert_int_eq(eta.at_most_ns, 11 * NSEC_PER_SEC);
    ck_assert_int_eq(eta.about_ns, 11 * NSEC_PER_SEC);
    word.elapsed_ns = 500 * NSEC_PER_SEC;
    say(&word);
    ck_assert_int_eq(watch_eta(state.runs[0]).at_most_ns, 0);
}
END_TEST

START_TEST(the_working_set_is_without_inactive_page_cache)
{
    struct memory_sample sample = {.present = 0};
    ck_assert(isnan(watch_inner_bytes(&sample)));
    memory_sample_set(&sample, MEMORY_ANON, 5);
    ck_assert_double_eq(watch_inner_bytes(&sample), 5);
    memory_sample_set(&sample, MEMORY_CURRENT, 100);
    ck_assert_double_eq(watch_inner_bytes(&sample), 5);
    memory_sample_set(&sample, MEMORY_INACTIVE_FILE, 30);
    ck_assert_double_eq(watch_inner_bytes(&sample), 70);
    memory_sample_set(&sample, MEMORY_INACTIVE_FILE, 300);
    ck_assert_double_eq(watch_inner_bytes(&sample), 0);
}
END_TEST

/* A record of that name. */
static void finish(const char *id, enum error_kind failure)
{
    static const struct run_spec nothing = {.scenario = ""};
    CLEANUP(record_freep) struct record *record = NULL;
    ck_assert_int_eq(record_new(&nothing, &record, NULL), 0);
    snprintf(record->id, sizeof(record->id), "%s", id);
    record->error.kind = failure;
    record->verdict.kind = VERDICT_LEAK;
    record->verdict.cause = CAUSE_HEAP;
    record->verdict.growth = (struct verdict_growth){.present = true, .estimate = 2048};
    record->duration_ns = 3 * NSEC_PER_SEC;
    watch_state_record(&state, record);
}

START_TEST(runs_end_and_are_told_of_below)
{
    struct run_progress word = watched_word("a", "start", 0);
    say(&word);
    word.id = "b";
    say(&word);
    ck_assert_ptr_eq(state.latest, state.runs[1]);
    finish("b", ERROR_NONE);
    ck_assert_uint_eq(state.n_runs, 1);
    ck_assert_str_eq(state.runs[0]->id, "a");
    ck_assert_ptr_null(state.latest);
    ck_assert_str_eq(state.done[0].verdict, "leak");
    ck_assert_str_eq(state.done[0].cause, "heap");
    ck_assert_str_eq(state.done[0].growth, "+2.0 KiB per request");
    finish("never heard of", ERROR_SERVICE);
    ck_assert_str_eq(state.done[1].verdict, "failed");
    ck_assert_str_eq(state.done[1].cause, "");
    finish("a", ERROR_INTERRUPTED);
    ck_assert_str_eq(state.done[2].verdict, "interrupted");
    for (int i = 0; i < 2 * WATCH_DONE_MAX; i++)
        finish("more", ERROR_NONE);
    ck_assert_uint_eq(state.n_done, 3 + 2 * WATCH_DONE_MAX);
    ck_assert_uint_eq(state.n_done_kept, WATCH_DONE_MAX);
}
END_TEST

START_TEST(more_runs_than_there_is_room_for_do_no_harm)
{
    struct error err = {.kind = ERROR_NONE};
    char id[16];
    for (int i = 0; i < WATCH_RUNS_MAX; i++) {
        snprintf(id, sizeof(id), "run-%d", i);
        struct run_progress word = watched_word(id, "start", 0);
        say(&word);
    }
    struct run_progress word = watched_word("one more", "start", 0);
    ck_assert_int_eq(watch_state_progress(&state, &word, &err), -1);
    ck_assert_uint_eq(state.n_runs, WATCH_RUNS_MAX);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("watch_state");
    TCase *c = tcase_create("what is kept");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, hours_fit_and_a_peak_of_one_word_survives);
    tcase_add_test(c, a_word_from_far_ahead_leaves_holes);
    tcase_add_test(c, the_growth_is_that_of_the_floors);
    tcase_add_test(c, two_floors_are_no_growth);
    tcase_add_test(c, larger_cycles_and_another_start_are_another_growth);
    tcase_add_test(c, more_floors_than_there_is_room_for);
    tcase_add_test(c, a_rate_is_that_of_the_last_second_and_none_at_rest);
    tcase_add_test(c, stalls_are_a_share_of_the_last_second);
    tcase_add_test(c, kills_and_what_is_known_between_them);
    tcase_add_test(c, how_long_until_a_verdict);
    tcase_add_test(c, the_budget_bounds_both);
    tcase_add_test(c, the_working_set_is_without_inactive_page_cache);
    tcase_add_test(c, runs_end_and_are_told_of_below);
    tcase_add_test(c, more_runs_than_there_is_room_for_do_no_harm);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);

/* method: the whole of it on simulated services, from fixed seeds: what is healthy must not be
 * called a leak, and what leaks must be found. Each row is printed, so that a change of the rules
 * shows what it does to all of them. */
#include <stdio.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/shapes.h"

#define SERIES      500 /* of each healthy shape */
#define SERIES_MORE 200 /* of each other row */
#define OFFENDERS   4   /* so many are printed with their parameters */
#define KIB         1024.0

/* Too slow for a repeat probe, which must come within four seconds; and quick enough for it. */
#define SLOW_PER_S  500.0
#define QUICK_PER_S 4000.0

struct tally {
    unsigned series;
    unsigned of[VERDICT_KIND_MAX_];
    unsigned repeated;
    unsigned hidden; /* called clean with a claim that the true leak belies */
    double requests;
    double seconds;
};

static void print_offender(uint64_t seed, const struct simulation_result *result)
{
    printf("    seed %llu: %s;", (unsigned long long)seed, result->verdict.reason);
    for (size_t i = 0; i < SIMULATION_PARAMETERS; i++)
        if (result->parameters[i] != 0)
            printf(" [%zu] %.6g", i, result->parameters[i]);
    printf("\n");
}

/* The leak in bytes per request, for the claim of a clean verdict. */
#define HEALTHY   0.0
#define AS_DRAWN  (-1.0) /* the shape's first parameter */
#define NO_MATTER (-2.0) /* neither is held against it */

static struct tally run_series(const struct shape *shape, double requests_per_s,
                               double bytes_per_request)
{
    struct tally tally = {.series = bytes_per_request == HEALTHY ? SERIES : SERIES_MORE};
    for (uint64_t seed = 0; seed < tally.series; seed++) {
        struct simulation_result result;
        simulation_run(shape, seed, requests_per_s, &result);
        const struct verdict *verdict = &result.verdict;
        tally.of[verdict->kind]++;
        tally.repeated += result.repeated;
        tally.requests += result.requests / tally.series;
        tally.seconds += result.seconds / tally.series;
        double truth = bytes_per_request == AS_DRAWN ? result.parameters[0] : bytes_per_request;
        bool hidden = truth > 0 && verdict->kind == VERDICT_CLEAN &&
                      truth > 1.25 * verdict->smallest_leak_bytes;
        tally.hidden += hidden;
        bool alarm = bytes_per_request == HEALTHY && verdict->kind == VERDICT_LEAK;
        if ((hidden || alarm) && tally.of[VERDICT_LEAK] + tally.hidden <= OFFENDERS)
            print_offender(seed, &result);
    }
    return tally;
}

static double percent(const struct tally *tally, unsigned n)
{
    return 100.0 * n / tally->series;
}

static void print_tally(const char *name, const struct tally *tally)
{
    printf("%-30s leak %5.1f %%  clean %5.1f %%  lazy %4.1f %%  pressure %4.1f %%  "
           "inconclusive %5.1f %%  %6.0f requests  %5.1f s",
           name, percent(tally, tally->of[VERDICT_LEAK]), percent(tally, tally->of[VERDICT_CLEAN]),
           percent(tally, tally->of[VERDICT_LAZY_RELEASE]),
           percent(tally, tally->of[VERDICT_PRESSURE]),
           percent(tally, tally->of[VERDICT_INCONCLUSIVE]), tally->requests, tally->seconds);
    if (tally->repeated > 0)
        printf("  repeat %5.1f %%", percent(tally, tally->repeated));
    printf("\n");
    fflush(stdout); /* what fails next shall not take it along */
}

static void expect_no_leak(const struct shape *shape, double requests_per_s)
{
    struct tally tally = run_series(shape, requests_per_s, HEALTHY);
    print_tally(shape->name, &tally);
    ck_assert_msg(tally.of[VERDICT_LEAK] == 0, "%s: %u of %d are called a leak", shape->name,
                  tally.of[VERDICT_LEAK], SERIES);
    ck_assert_msg(tally.of[VERDICT_INCONCLUSIVE] <= SERIES / 10, "%s: %u of %d are undecided",
                  shape->name, tally.of[VERDICT_INCONCLUSIVE], SERIES);
}

START_TEST(what_is_healthy_is_not_called_a_leak)
{
    expect_no_leak(&shapes_healthy[_i], SLOW_PER_S);
}
END_TEST

START_TEST(what_is_healthy_and_quick_is_not_called_a_leak)
{
    expect_no_leak(&shapes_healthy[_i], QUICK_PER_S);
}
END_TEST

/* Nothing is held against the method but that it works at all: more work is what would tell. */
START_TEST(what_rises_for_long_is_told_and_how_the_repeat_helps)
{
    struct tally slow = run_series(&shapes_long[_i], SLOW_PER_S, NO_MATTER);
    print_tally(shapes_long[_i].name, &slow);
    struct tally quick = run_series(&shapes_long[_i], QUICK_PER_S, NO_MATTER);
    print_tally("  with repeat probes", &quick);
    ck_assert_uint_gt(quick.repeated, 0);
    ck_assert_uint_le(quick.of[VERDICT_LEAK], slow.of[VERDICT_LEAK]);
}
END_TEST

/* Leaks, and how many of 100 must be found, without a warm-up and behind one. */
static const struct {
    double bytes_per_request;
    double noise_bytes;
    unsigned found_min;
    unsigned found_behind_warm_up_min;
} leaks[] = {
    {8, 2 * KIB, 0, 0},        {8, 8 * KIB, 0, 0},        {8, 32 * KIB, 0, 0},
    {16, 2 * KIB, 0, 0},       {16, 8 * KIB, 0, 0},       {16, 32 * KIB, 0, 0},
    {64, 2 * KIB, 99, 45},     {64, 8 * KIB, 94, 30},     {64, 32 * KIB, 0, 0},
    {256, 2 * KIB, 100, 88},   {256, 8 * KIB, 100, 88},   {256, 32 * KIB, 93, 75},
    {1024, 2 * KIB, 100, 99},  {1024, 8 * KIB, 100, 99},  {1024, 32 * KIB, 99, 97},
    {16384, 2 * KIB, 100, 99}, {16384, 8 * KIB, 100, 99}, {16384, 32 * KIB, 100, 99},
};

static void expect_found_share(const char *name, const struct tally *tally, unsigned found_min)
{
    print_tally(name, tally);
    ck_assert_msg(percent(tally, tally->of[VERDICT_LEAK]) >= found_min, "%s: %u of %u are found",
                  name, tally->of[VERDICT_LEAK], tally->series);
    ck_assert_msg(percent(tally, tally->hidden) <= 1,
                  "%s: %u of %u are called clean, and less would have been found", name,
                  tally->hidden, tally->series);
}

static void expect_found(const struct shape_leak *leak, unsigned found_min)
{
    char name[64];
    struct shape shape = shapes_leak(leak);
    snprintf(name, sizeof(name), "%5.0f B, noise %2.0f KiB%s", leak->bytes_per_request,
             leak->noise_bytes / KIB, leak->warms_up ? ", warm-up" : "");
    struct tally tally = run_series(&shape, SLOW_PER_S, leak->bytes_per_request);
    expect_found_share(name, &tally, found_min);
}

START_TEST(leaks_are_found)
{
    struct shape_leak leak = {leaks[_i].bytes_per_request, leaks[_i].noise_bytes, false};
    expect_found(&leak, leaks[_i].found_min);
}
END_TEST

START_TEST(leaks_are_found_behind_a_warm_up)
{
    struct shape_leak leak = {leaks[_i].bytes_per_request, leaks[_i].noise_bytes, true};
    expect_found(&leak, leaks[_i].found_behind_warm_up_min);
}
END_TEST

START_TEST(what_is_healthy_by_its_heap_is_not_called_a_leak)
{
    expect_no_leak(&shapes_told[_i], SLOW_PER_S);
}
END_TEST

/* And never clean: the heap's numbers keep it from that. */
START_TEST(a_leak_that_only_the_heap_tells_is_found)
{
    struct tally tally = run_series(&shape_told_leak, SLOW_PER_S, NO_MATTER);
    print_tally(shape_told_leak.name, &tally);
    ck_assert_msg(percent(&tally, tally.of[VERDICT_LEAK]) >= 97, "%u of %u are found",
                  tally.of[VERDICT_LEAK], tally.series);
    ck_assert_uint_eq(tally.of[VERDICT_CLEAN], 0);
}
END_TEST

START_TEST(heaps_of_spans_that_are_full_are_not_called_a_leak)
{
    expect_no_leak(&shape_spans_cache, SLOW_PER_S);
    expect_no_leak(&shape_spans_cache, QUICK_PER_S);
}
END_TEST

START_TEST(a_leak_into_heaps_of_spans_is_found)
{
    struct tally slow = run_series(&shape_spans_leak, SLOW_PER_S, AS_DRAWN);
    expect_found_share(shape_spans_leak.name, &slow, 80);
    struct tally quick = run_series(&shape_spans_leak, QUICK_PER_S, AS_DRAWN);
    expect_found_share("  with repeat probes", &quick, 80);
}
END_TEST

/* In the order of shapes_uneven_leaks. */
START_TEST(leaks_in_steps_are_found)
{
    static const unsigned found_min[] = {60, 70, 65, 75, 90, 97};
    ck_assert_uint_eq(sizeof(found_min) / sizeof(found_min[0]), shapes_n_uneven_leaks);
    const struct shape *shape = &shapes_uneven_leaks[_i];
    struct tally tally = run_series(shape, SLOW_PER_S, AS_DRAWN);
    expect_found_share(shape->name, &tally, found_min[_i]);
}
END_TEST

/* The simulation itself: the same again from the same seed, and in the time it should take. */
START_TEST(a_simulated_run_is_the_same_again)
{
    struct simulation_result first;
    struct simulation_result again;
    struct shape_leak leak = {1024, 2 * KIB, false};
    struct shape shape = shapes_leak(&leak);
    simulation_run(&shape, 42, SLOW_PER_S, &first);
    simulation_run(&shape, 42, SLOW_PER_S, &again);
    ck_assert_str_eq(first.verdict.reason, again.verdict.reason);
    ck_assert_double_eq(first.verdict.growth.low, again.verdict.growth.low);
    ck_assert_double_eq(first.seconds, again.seconds);
    ck_assert_int_eq(first.verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq_tol(first.verdict.growth.estimate, 1024, 50);
    ck_assert_double_eq(first.requests, 250 + 5 * 255 + 1275);
    ck_assert_double_eq_tol(first.seconds, first.requests / 500 + 7 * 0.35, 0.01);
}
END_TEST

/* A MiB a request: 256 MiB are full in the warm-up. */
START_TEST(a_simulated_service_that_is_killed_starts_again)
{
    struct shape_leak leak = {1024 * KIB, 2 * KIB, false};
    struct shape shape = shapes_leak(&leak);
    struct simulation_result result;
    simulation_run(&shape, 1, SLOW_PER_S, &result);
    ck_assert_int_eq(result.verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq_tol(result.verdict.growth.estimate, 1024 * KIB, 1024);
    ck_assert_ptr_nonnull(strstr(result.verdict.findings[0], "OOM-killed"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("method");
    TCase *simulation = tcase_create("simulation");
    TCase *healthy = tcase_create("healthy");
    TCase *leaking = tcase_create("leaking");
    tcase_set_timeout(healthy, 120);
    tcase_set_timeout(leaking, 120);
    int n_leaks = (int)(sizeof(leaks) / sizeof(leaks[0]));
    tcase_add_test(simulation, a_simulated_run_is_the_same_again);
    tcase_add_test(simulation, a_simulated_service_that_is_killed_starts_again);
    tcase_add_loop_test(healthy, what_is_healthy_is_not_called_a_leak, 0, (int)shapes_n_healthy);
    tcase_add_loop_test(healthy, what_is_healthy_and_quick_is_not_called_a_leak, 0,
                        (int)shapes_n_healthy);
    tcase_add_loop_test(healthy, what_rises_for_long_is_told_and_how_the_repeat_helps, 0,
                        (int)shapes_n_long);
    tcase_add_loop_test(healthy, what_is_healthy_by_its_heap_is_not_called_a_leak, 0,
                        (int)shapes_n_told);
    tcase_add_test(healthy, heaps_of_spans_that_are_full_are_not_called_a_leak);
    tcase_add_test(leaking, a_leak_into_heaps_of_spans_is_found);
    tcase_add_test(leaking, a_leak_that_only_the_heap_tells_is_found);
    tcase_add_loop_test(leaking, leaks_are_found, 0, n_leaks);
    tcase_add_loop_test(leaking, leaks_are_found_behind_a_warm_up, 0, n_leaks);
    tcase_add_loop_test(leaking, leaks_in_steps_are_found, 0, (int)shapes_n_uneven_leaks);
    suite_add_tcase(s, simulation);
    suite_add_tcase(s, healthy);
    suite_add_tcase(s, leaking);
    return s;
}

CHECK_MAIN(suite);

/* growth: what grows with work and does not stop, told from what does. Every shape is drawn 500
 * times from fixed seeds and judged after every cycle, as a run does it. */
#include "verdict/growth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/random.h"

#define KIB    1024.0
#define MIB    (1024.0 * 1024)
#define PAGE   4096.0
#define SERIES 500
#define POINTS 21 /* twenty cycles */
#define WORK   250

/* The floors of one series; each a whole number of pages. */
static void make_series(const double *floors, size_t n, struct floor_series *ret)
{
    ret->n = n;
    ret->start = 0;
    ret->window = 0;
    ret->noise_bytes = 0;
    for (size_t i = 0; i < n; i++) {
        ret->requests[i] = (double)(i * WORK);
        ret->floor_bytes[i] = floor(floors[i] / PAGE) * PAGE;
        ret->cycle[i] = NULL;
    }
}

static enum growth_shape shape_of(const double *floors, size_t n, unsigned cycles_min)
{
    struct floor_series series;
    struct growth growth;
    make_series(floors, n, &series);
    growth_assess(&series, cycles_min, &growth);
    return growth.shape;
}

/* After how many cycles it is called steady; 0: never. */
static size_t steady_after(const double *floors, size_t n, unsigned cycles_min)
{
    for (size_t points = 2; points <= n; points++)
        if (shape_of(floors, points, cycles_min) == GROWTH_STEADY)
            return points - 1;
    return 0;
}

/* What is no leak. Each fills floors[POINTS]. */

static void flat(struct random *random, double *floors)
{
    double noise = random_between(random, 0, 40 * KIB);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + noise * random_normal(random);
}

static void late_step(struct random *random, double *floors)
{
    size_t when = 1 + random_below(random, POINTS - 1);
    double height = random_between(random, 64 * KIB, 12 * MIB);
    double noise = random_between(random, 0, 8 * KIB);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + (i >= when ? height : 0) + noise * random_normal(random);
}

/* Huge pages, or a heap that is enlarged now and then. */
static void some_steps(struct random *random, double *floors)
{
    double level = 8 * MIB;
    double height = random_between(random, 256 * KIB, 2 * MIB);
    unsigned left = 4;
    for (size_t i = 0; i < POINTS; i++) {
        bool steps = left > 0 && random_below(random, 3) == 0;
        left -= steps;
        level += steps ? height : 0;
        floors[i] = level + 4 * KIB * random_normal(random);
    }
}

static void saturating(struct random *random, double *floors)
{
    double time = random_between(random, 0.3, 8);
    double height = random_between(random, 128 * KIB, 64 * MIB);
    double noise = random_between(random, 0, 0.01 * height);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + height * (1 - exp(-(double)i / time)) + noise * random_normal(random);
}

/* A cache that fills evenly and is full before the fifth cycle has passed four fifths. */
static void bounded_cache(struct random *random, double *floors)
{
    double full = random_between(random, 0.2, 4.2);
    double height = random_between(random, 128 * KIB, 64 * MIB);
    double noise = random_between(random, 0, 16 * KIB);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + height * fmin(1, (double)i / full) + noise * random_normal(random);
}

static void logarithm(struct random *random, double *floors)
{
    double before =
        random_between(random, 0.2, 7); /* work done before the first floor, in cycles */
    double scale = random_between(random, 64 * KIB, 8 * MIB);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + scale * log(1 + (double)i / before) + 4 * KIB * random_normal(random);
}

static void square_root(struct random *random, double *floors)
{
    double before = random_between(random, 0, 3);
    double scale = random_between(random, 64 * KIB, 8 * MIB);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + scale * (sqrt((double)i + before) - sqrt(before)) +
                    4 * KIB * random_normal(random);
}

/* Collected whenever it has grown for some cycles, two to four and a half. */
static void sawtooth(struct random *random, double *floors)
{
    double period = random_between(random, 2, 4.5);
    double height = random_between(random, 256 * KIB, 32 * MIB);
    double phase = random_between(random, 0, 1);
    for (size_t i = 0; i < POINTS; i++) {
        double at = (double)i / period + phase;
        floors[i] = 8 * MIB + height * (at - floor(at)) + 8 * KIB * random_normal(random);
    }
}

static void autocorrelated(struct random *random, double *floors)
{
    double memory = random_between(random, 0.3, 0.98);
    double noise = random_between(random, 8 * KIB, 4 * MIB);
    double off = noise * random_normal(random);
    for (size_t i = 0; i < POINTS; i++) {
        off = memory * off + sqrt(1 - memory * memory) * noise * random_normal(random);
        floors[i] = 64 * MIB + off;
    }
}

static void bounded_walk(struct random *random, double *floors)
{
    double bound = random_between(random, 1 * MIB, 32 * MIB);
    double step = bound * random_between(random, 0.02, 0.5);
    double off = random_between(random, 0, bound);
    for (size_t i = 0; i < POINTS; i++) {
        off += step * random_normal(random);
        if (off < 0)
            off = fmin(-off, bound);
        if (off > bound)
            off = fmax(2 * bound - off, 0);
        floors[i] = 8 * MIB + off;
    }
}

/* As measured, with the noise of a few pages: an arena that creeps, a heap that warms up. */
static void creep(struct random *random, double *floors)
{
    static const double measured[] = {33796, 33924, 34052, 34132, 34164, 34196, 34292};
    size_t last = sizeof(measured) / sizeof(measured[0]) - 1;
    double scale = random_between(random, 0.5, 8);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + scale * KIB * (measured[i < last ? i : last] - measured[0]) +
                    2 * KIB * random_normal(random);
}

/* Quiet for some cycles, then a jump, then quiet; and once more. */
static void jumpy_warm_up(struct random *random, double *floors)
{
    size_t first = 1 + random_below(random, 6);
    size_t second = first + 1 + random_below(random, 8);
    double height = random_between(random, 1 * MIB, 12 * MIB);
    double other = random_between(random, 1 * MIB, 12 * MIB);
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 16 * MIB + (i >= first ? height : 0) + (i >= second ? other : 0) +
                    64 * KIB * random_normal(random);
}

static const struct {
    const char *name;
    void (*fill)(struct random *random, double *floors);
} healthy[] = {
    {"flat", flat},
    {"one late step", late_step},
    {"steps now and then", some_steps},
    {"saturating exponential", saturating},
    {"bounded cache", bounded_cache},
    {"logarithm", logarithm},
    {"square root", square_root},
    {"sawtooth", sawtooth},
    {"autocorrelated noise", autocorrelated},
    {"bounded random walk", bounded_walk},
    {"creep of glibc's arenas", creep},
    {"jumpy warm-up", jumpy_warm_up},
};

START_TEST(what_is_no_leak_is_never_steady_after_any_cycle)
{
    unsigned alarms = 0;
    double floors[POINTS];
    for (uint64_t seed = 0; seed < SERIES; seed++) {
        struct random random = random_from(seed);
        healthy[_i].fill(&random, floors);
        alarms += steady_after(floors, POINTS, 5) > 0;
    }
    printf("%-26s falsely steady: %u of %d\n", healthy[_i].name, alarms, SERIES);
    ck_assert_msg(alarms == 0, "%s: %u of %d are called steady", healthy[_i].name, alarms, SERIES);
}
END_TEST

START_TEST(the_measured_creep_of_glibc_is_never_steady)
{
    static const double measured[] = {33796 * KIB, 33924 * KIB, 34052 * KIB, 34132 * KIB,
                                      34164 * KIB, 34196 * KIB, 34292 * KIB};
    for (unsigned cycles_min = 0; cycles_min <= 6; cycles_min++)
        ck_assert_uint_eq(steady_after(measured, 7, cycles_min), 0);
}
END_TEST

START_TEST(the_floors_of_a_clean_service_are_flat)
{
    static const double measured[] = {1120 * KIB, 1140 * KIB, 1140 * KIB, 1140 * KIB,
                                      1140 * KIB, 1140 * KIB, 1140 * KIB};
    ck_assert_int_eq(shape_of(measured, 7, 5), GROWTH_FLAT);
}
END_TEST

/* Leaks of so much a request, in floors with so much noise: how many of 100 must be found after
 * so many cycles. */
static const struct {
    double bytes_per_request;
    double noise_bytes;
    size_t cycles;
    unsigned found_min;
} leaks[] = {
    {16.8 * KIB, 8 * KIB, 5, 100}, /* a socket and its threads */
    {36 * KIB, 200 * KIB, 5, 100}, /* a thread */
    {1 * KIB, 8 * KIB, 5, 99},     {1 * KIB, 32 * KIB, 10, 85}, {256, 4 * KIB, 6, 90},
    {256, 8 * KIB, 10, 90},        {100, 2 * KIB, 8, 90},       {64, 2 * KIB, 10, 85},
};

START_TEST(a_leak_is_steady_soon)
{
    unsigned found = 0;
    double cycles = 0;
    for (uint64_t seed = 0; seed < SERIES; seed++) {
        struct random random = random_from(seed);
        double floors[POINTS];
        for (size_t i = 0; i < POINTS; i++)
            floors[i] = 8 * MIB + leaks[_i].bytes_per_request * (double)(i * WORK) +
                        leaks[_i].noise_bytes * random_normal(&random);
        size_t after = steady_after(floors, leaks[_i].cycles + 1, 5);
        found += after > 0;
        cycles += (double)after;
    }
    double share = 100.0 * found / SERIES;
    printf("%8.0f B a request, noise %6.0f B: %5.1f %% within %zu cycles, on average %.1f\n",
           leaks[_i].bytes_per_request, leaks[_i].noise_bytes, share, leaks[_i].cycles,
           found > 0 ? cycles / found : 0);
    ck_assert_msg(share >= leaks[_i].found_min, "%.1f %% found, expected %u", share,
                  leaks[_i].found_min);
}
END_TEST

START_TEST(an_uneven_leak_is_steady_within_ten_cycles)
{
    unsigned found = 0;
    for (uint64_t seed = 0; seed < SERIES; seed++) {
        struct random random = random_from(seed);
        double floors[POINTS] = {8 * MIB};
        for (size_t i = 1; i < POINTS; i++) /* 16 bytes and a pointer 4,000 times, as measured */
            floors[i] = floors[i - 1] + random_between(&random, 120 * KIB, 270 * KIB);
        found += steady_after(floors, 11, 5) > 0;
    }
    printf("uneven steps: %.1f %% within 10 cycles\n", 100.0 * found / SERIES);
    ck_assert_uint_ge(found, SERIES * 85 / 100);
}
END_TEST

START_TEST(nothing_is_decided_before_the_least_number_of_cycles)
{
    double floors[POINTS];
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = (double)i * MIB;
    for (unsigned cycles_min = 0; cycles_min < 12; cycles_min++)
        ck_assert_uint_eq(steady_after(floors, POINTS, cycles_min),
                          cycles_min > 4 ? cycles_min : 4);
    for (size_t n = 0; n <= 5; n++)
        ck_assert_int_eq(shape_of(floors, n, 5), GROWTH_TOO_FEW);
}
END_TEST

START_TEST(growth_that_died_away_is_fading_or_flat)
{
    for (int kib = 256; kib <= 65536; kib *= 4) {
        double floors[POINTS];
        for (size_t i = 0; i < POINTS; i++)
            floors[i] = kib * KIB * (1 - exp(-(double)i / 3));
        enum growth_shape shape = shape_of(floors, POINTS, 5);
        ck_assert(shape == GROWTH_FADING || shape == GROWTH_FLAT);
    }
}
END_TEST

/* The later cycles rise no less than those before them: the leak that a warm-up hides. */
START_TEST(a_leak_behind_a_warm_up_has_not_faded)
{
    double floors[11];
    for (size_t n = 7; n <= 11; n++) {
        for (size_t i = 0; i < n; i++)
            floors[i] = 12 * MIB * (1 - exp(-(double)i / 1.5)) + (double)i * MIB;
        enum growth_shape shape = shape_of(floors, n, 5);
        ck_assert_msg(shape != GROWTH_FLAT, "after %zu floors", n);
        ck_assert_msg(n < 10 || shape == GROWTH_UNCLEAR, "after %zu floors", n);
    }
}
END_TEST

/* Up and down by four pages, more than what stands still, less than the noise. */
START_TEST(ups_and_downs_within_the_noise_are_flat_in_the_end)
{
    double floors[POINTS];
    for (size_t i = 0; i < POINTS; i++)
        floors[i] = 8 * MIB + (double)(i % 3) * 2 * PAGE;
    ck_assert_int_eq(shape_of(floors, 6, 5), GROWTH_UNCLEAR);
    ck_assert_int_eq(shape_of(floors, 11, 5), GROWTH_FLAT);
}
END_TEST

/* A floor that comes in huge pages is no finer than one. */
START_TEST(steps_of_one_huge_page_are_noise)
{
    static const double floors[] = {8 * MIB, 10 * MIB, 10 * MIB, 8 * MIB, 10 * MIB, 10 * MIB};
    struct floor_series series;
    struct growth growth;
    make_series(floors, 6, &series);
    growth_assess(&series, 5, &growth);
    ck_assert_int_eq(growth.shape, GROWTH_UNCLEAR);
    series.noise_bytes = 2 * MIB;
    growth_assess(&series, 5, &growth);
    ck_assert_int_eq(growth.shape, GROWTH_FLAT);
    ck_assert_double_ge(growth.noise_bytes, 2 * MIB);
    ck_assert_double_ge(growth_smallest_leak(&growth), 2 * MIB / (5 * WORK));
}
END_TEST

START_TEST(the_smallest_leak_covers_noise_and_unevenness)
{
    struct floor_series series;
    struct growth growth;
    double floors[6] = {0};
    make_series(floors, 6, &series);
    growth_assess(&series, 5, &growth);
    ck_assert_double_eq_tol(growth_smallest_leak(&growth), GROWTH_NOISE_BYTES / (5 * WORK), 1e-9);

    floors[3] = 4 * MIB; /* comes and goes: a smaller leak than that would have been hidden by it */
    make_series(floors, 6, &series);
    growth_assess(&series, 5, &growth);
    ck_assert_double_gt(growth_smallest_leak(&growth), 4 * MIB / (5 * WORK));
    growth = (struct growth){0};
    ck_assert_double_eq(growth_smallest_leak(&growth), 0);
}
END_TEST

/* A leak a fourth larger than what a flat run says it would have found, over the same noise. */
START_TEST(the_smallest_leak_would_indeed_be_found)
{
    unsigned found = 0;
    for (uint64_t seed = 0; seed < SERIES; seed++) {
        struct random random = random_from(seed);
        struct floor_series series;
        struct growth growth;
        double floors[POINTS];
        for (size_t i = 0; i <= 10; i++)
            floors[i] = 8 * MIB + 3 * KIB * random_normal(&random);
        make_series(floors, 11, &series);
        growth_assess(&series, 5, &growth);
        for (size_t i = 0; i <= 10; i++)
            floors[i] += 1.25 * growth_smallest_leak(&growth) * (double)(i * WORK);
        found += steady_after(floors, 11, 5) > 0;
    }
    printf("the smallest leak: %.1f %% within 10 cycles\n", 100.0 * found / SERIES);
    ck_assert_uint_ge(found, SERIES * 3 / 4);
}
END_TEST

START_TEST(a_doubt_is_said_in_words)
{
    static const struct {
        double floors[6];
        const char *doubt;
    } cases[] = {
        {{0, 1, 2, 3, 4, 5}, "within the noise"},
        {{0, 1000, 1050, 1150, 1180, 1300}, "one cycle makes most of it"},
        {{0, 900, 1000, 1900, 2100, 3000}, "uneven"},
        {{0, 1000, 1950, 2830, 3660, 4440}, "ever more slowly"},
        {{0, 1000, 2000, 3000, 4000, 5000}, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct floor_series series;
        struct growth growth;
        double floors[6];
        for (size_t k = 0; k < 6; k++)
            floors[k] = cases[i].floors[k] * PAGE;
        make_series(floors, 6, &series);
        growth_assess(&series, 5, &growth);
        if (cases[i].doubt == NULL)
            ck_assert_ptr_null(growth.doubt);
        else
            ck_assert_msg(growth.doubt != NULL && strstr(growth.doubt, cases[i].doubt) != NULL,
                          "case %zu: %s", i, growth.doubt != NULL ? growth.doubt : "no doubt");
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("growth");
    TCase *no_leak = tcase_create("no leak");
    TCase *leak = tcase_create("leak");
    TCase *rules = tcase_create("rules");
    tcase_set_timeout(no_leak, 30);
    tcase_set_timeout(leak, 30);
    tcase_add_loop_test(no_leak, what_is_no_leak_is_never_steady_after_any_cycle, 0,
                        (int)(sizeof(healthy) / sizeof(healthy[0])));
    tcase_add_test(no_leak, the_measured_creep_of_glibc_is_never_steady);
    tcase_add_test(no_leak, the_floors_of_a_clean_service_are_flat);
    tcase_add_loop_test(leak, a_leak_is_steady_soon, 0, (int)(sizeof(leaks) / sizeof(leaks[0])));
    tcase_add_test(leak, an_uneven_leak_is_steady_within_ten_cycles);
    tcase_add_test(leak, the_smallest_leak_would_indeed_be_found);
    tcase_add_test(rules, nothing_is_decided_before_the_least_number_of_cycles);
    tcase_add_test(rules, growth_that_died_away_is_fading_or_flat);
    tcase_add_test(rules, a_leak_behind_a_warm_up_has_not_faded);
    tcase_add_test(rules, ups_and_downs_within_the_noise_are_flat_in_the_end);
    tcase_add_test(rules, steps_of_one_huge_page_are_noise);
    tcase_add_test(rules, the_smallest_leak_covers_noise_and_unevenness);
    tcase_add_test(rules, a_doubt_is_said_in_words);
    suite_add_tcase(s, no_leak);
    suite_add_tcase(s, leak);
    suite_add_tcase(s, rules);
    return s;
}

CHECK_MAIN(suite);

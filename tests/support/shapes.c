#include "tests/support/shapes.h"

#include <math.h>

#define KIB  1024.0
#define MIB  (1024.0 * 1024)
#define PAGE 4096.0
#define WORK ((double)SIMULATION_WORK)

/* Between two bounds, each doubling as likely as the others. */
static double between_log(struct random *random, double low, double high)
{
    return low * pow(high / low, random_between(random, 0, 1));
}

static double noisy(struct random *random, double bytes, double noise)
{
    return bytes + noise * random_normal(random);
}

static void flat_draw(struct random *random, double *p)
{
    p[0] = random_between(random, 0, 40 * KIB);
}

static double flat_floor(struct random *random, double *p, double requests)
{
    (void)requests;
    return noisy(random, 8 * MIB, p[0]);
}

/* Steps: their number in p[0], the noise in p[1], then when (requests) and how high. */
#define STEPS_MAX 6

static double steps_floor(struct random *random, double *p, double requests)
{
    double level = 8 * MIB;
    for (size_t i = 0; i < (size_t)p[0]; i++)
        level += requests >= p[2 + 2 * i] ? p[3 + 2 * i] : 0;
    return noisy(random, level, p[1]);
}

/* One or two, at any time. */
static void late_step_draw(struct random *random, double *p)
{
    p[0] = 1 + (double)random_below(random, 2);
    p[1] = random_between(random, 0, 8 * KIB);
    for (size_t i = 0; i < 2; i++) {
        p[2 + 2 * i] = WORK * between_log(random, 0.5, 60);
        p[3 + 2 * i] = between_log(random, 64 * KIB, 12 * MIB);
    }
}

/* Huge pages, or a heap that is enlarged now and then: as high each, or not. */
static void some_steps_draw(struct random *random, double *p)
{
    double height = between_log(random, 256 * KIB, 2 * MIB);
    bool even = random_below(random, 2) == 0;
    double when = 0;
    p[0] = 2 + (double)random_below(random, 3);
    p[1] = 4 * KIB;
    for (size_t i = 0; i < 4; i++) {
        when += WORK * random_between(random, 0.3, 5);
        p[2 + 2 * i] = when;
        p[3 + 2 * i] = even ? height : height * random_between(random, 0.2, 1);
    }
}

/* Quiet for some cycles, then a jump, then quiet; and once more. */
static void jumpy_draw(struct random *random, double *p)
{
    p[0] = 2;
    p[1] = 64 * KIB;
    p[2] = WORK * random_between(random, 1, 7);
    p[3] = random_between(random, 1 * MIB, 12 * MIB);
    p[4] = p[2] + WORK * random_between(random, 1, 8);
    p[5] = random_between(random, 1 * MIB, 12 * MIB);
}

/* V8's new space: 1, 2, 4, 8 and 16 MiB, as it pleases. */
static void new_space_draw(struct random *random, double *p)
{
    double when = 0;
    p[0] = 4;
    p[1] = 8 * KIB;
    for (size_t i = 0; i < 4; i++) {
        when += WORK * between_log(random, 0.3, 8);
        p[2 + 2 * i] = when;
        p[3 + 2 * i] = MIB * (double)(1U << i);
    }
}

/* What a JIT compiler takes while it works, in megabytes, and gives back when it has done: times,
 * heights and how long each is held, noise first; and the code that stays of each. */
#define COMPILATIONS 4

static void compiler_draw(struct random *random, double *p)
{
    double when = 0;
    p[0] = random_between(random, 4 * KIB, 64 * KIB);
    p[1] = random_between(random, 0.02, 0.3); /* of each, what stays */
    for (size_t i = 0; i < COMPILATIONS; i++) {
        when += WORK * between_log(random, 0.3, 4);
        p[2 + 3 * i] = when;
        p[3 + 3 * i] = between_log(random, 512 * KIB, 10 * MIB);
        p[4 + 3 * i] = WORK * between_log(random, 0.5, 4);
    }
}

static double compiler_floor(struct random *random, double *p, double requests)
{
    double level = 8 * MIB;
    for (size_t i = 0; i < COMPILATIONS; i++) {
        double since = requests - p[2 + 3 * i];
        if (since >= 0)
            level += p[3 + 3 * i] * (since < p[4 + 3 * i] ? 1 : p[1]);
    }
    return noisy(random, level, p[0]);
}

const struct shape shape_compiler = {"JIT compiler", compiler_draw, compiler_floor, NULL};

/* A young generation: what is touched of it grows in steps that double, to its whole size, and what
 * survives of it is more or less from floor to floor. */
static void young_draw(struct random *random, double *p)
{
    double when = 0;
    double height = between_log(random, 256 * KIB, 1 * MIB);
    p[0] = 1 + (double)random_below(random, 4);
    p[1] = random_between(random, 0.1, 0.5) * height;
    for (size_t i = 0; i < 4; i++) {
        when += WORK * between_log(random, 0.2, 3);
        p[2 + 2 * i] = when;
        p[3 + 2 * i] = height * (double)(1U << i);
    }
}

static double young_floor(struct random *random, double *p, double requests)
{
    return steps_floor(random, (double[]){p[0], 0, p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9]},
                       requests) +
           p[1] * random_between(random, 0, 1);
}

/* A heap that grows until its first full collection, piece by piece, and holds what it has touched
 * from then on: when, how high, how large the pieces are; then by more, once or twice. */
static void heap_draw(struct random *random, double *p)
{
    p[0] = WORK * (1 + random_between(random, 0.3, 4));
    p[1] = between_log(random, 2 * MIB, 64 * MIB);
    p[2] = p[1] / random_between(random, 4, 40);
    p[3] = p[0] * random_between(random, 1.5, 4); /* the second one comes later, and is higher */
    p[4] = p[1] * random_between(random, 0, 0.4);
    p[5] = random_between(random, 4 * KIB, 64 * KIB);
}

static double heap_floor(struct random *random, double *p, double requests)
{
    double filled = p[1] * fmin(1, requests / p[0]);
    double level = 8 * MIB + floor(filled / p[2]) * p[2];
    return noisy(random, level + (requests >= p[3] ? p[4] : 0), p[5]);
}

/* An old generation: at each full collection it makes room for half as much again, three times. */
static void old_draw(struct random *random, double *p)
{
    double when = WORK * between_log(random, 0.3, 3);
    double height = between_log(random, 512 * KIB, 8 * MIB);
    double times = random_between(random, 1.2, 1.7);
    p[0] = 1 + (double)random_below(random, 3);
    p[1] = random_between(random, 4 * KIB, 64 * KIB);
    for (size_t i = 0; i < 3; i++) {
        p[2 + 2 * i] = when;
        p[3 + 2 * i] = height;
        when += when * (times - 1) * random_between(random, 0.8, 2);
        height *= times;
    }
}

/* The table of a cache that is full after one to three doublings. */
static void table_draw(struct random *random, double *p)
{
    double when = WORK * between_log(random, 0.2, 4);
    double height = between_log(random, 64 * KIB, 4 * MIB);
    p[0] = 1 + (double)random_below(random, 3);
    p[1] = random_between(random, 0, 8 * KIB);
    for (size_t i = 0; i < 3; i++) {
        p[2 + 2 * i] = when * (double)(1U << i);
        p[3 + 2 * i] = height * (double)(1U << i);
    }
}

/* Saturating: its time in p[0], height, noise. */
static double saturating_floor(struct random *random, double *p, double requests)
{
    return noisy(random, 8 * MIB + p[1] * (1 - exp(-requests / p[0])), p[2]);
}

static void saturating_draw_within(struct random *random, double low, double high, double *p)
{
    p[0] = WORK * between_log(random, low, high);
    p[1] = between_log(random, 128 * KIB, 64 * MIB);
    p[2] = random_between(random, 0, 0.01 * p[1]);
}

static void saturating_draw(struct random *random, double *p)
{
    saturating_draw_within(random, 0.1, 8, p);
}

static void saturating_long_draw(struct random *random, double *p)
{
    saturating_draw_within(random, 8, 40, p);
}

/* A cache that fills evenly: when it is full, its height, noise. */
static double cache_floor(struct random *random, double *p, double requests)
{
    return noisy(random, 8 * MIB + p[1] * fmin(1, requests / p[0]), p[2]);
}

static void cache_draw_within(struct random *random, double low, double high, double *p)
{
    p[0] = WORK * (1 + random_between(random, low, high)); /* from the first floor that is judged */
    p[1] = between_log(random, 128 * KIB, 64 * MIB);
    p[2] = random_between(random, 0, 16 * KIB);
}

static void cache_draw(struct random *random, double *p)
{
    cache_draw_within(random, 0.2, 4.2, p);
}

static void cache_longer_draw(struct random *random, double *p)
{
    cache_draw_within(random, 5, 10, p);
}

static void cache_longest_draw(struct random *random, double *p)
{
    cache_draw_within(random, 10, 50, p);
}

/* So much work was done before the first floor, so many bytes. */
static void logarithm_draw(struct random *random, double *p)
{
    p[0] = WORK * random_between(random, 0.2, 7);
    p[1] = between_log(random, 64 * KIB, 8 * MIB);
}

static double logarithm_floor(struct random *random, double *p, double requests)
{
    return noisy(random, 8 * MIB + p[1] * log(1 + requests / p[0]), 4 * KIB);
}

static void root_draw(struct random *random, double *p)
{
    p[0] = random_between(random, 0, 3);
    p[1] = between_log(random, 64 * KIB, 8 * MIB);
}

static double root_floor(struct random *random, double *p, double requests)
{
    double grown = sqrt(requests / WORK + p[0]) - sqrt(p[0]);
    return noisy(random, 8 * MIB + p[1] * grown, 4 * KIB);
}

/* Collected whenever it has grown for some cycles. */
static void sawtooth_draw_within(struct random *random, double low, double high, double *p)
{
    p[0] = WORK * random_between(random, low, high);
    p[1] = between_log(random, 256 * KIB, 32 * MIB);
    p[2] = random_between(random, 0, 1);
}

static void sawtooth_draw(struct random *random, double *p)
{
    sawtooth_draw_within(random, 2, 5, p);
}

static void sawtooth_short_draw(struct random *random, double *p)
{
    sawtooth_draw_within(random, 0.2, 2, p);
}

static void sawtooth_long_draw(struct random *random, double *p)
{
    sawtooth_draw_within(random, 5, 12, p);
}

static double sawtooth_floor(struct random *random, double *p, double requests)
{
    double at = requests / p[0] + p[2];
    return noisy(random, 8 * MIB + p[1] * (at - floor(at)), 8 * KIB);
}

/* What is left of it after a cycle's work, its deviation; where it is, when that was. */
static void autocorrelated_draw(struct random *random, double *p)
{
    p[0] = random_between(random, 0.3, 0.98);
    p[1] = between_log(random, 8 * KIB, 4 * MIB);
    p[2] = p[1] * random_normal(random);
    p[3] = 0;
}

static double autocorrelated_floor(struct random *random, double *p, double requests)
{
    double left = pow(p[0], (requests - p[3]) / WORK);
    p[2] = left * p[2] + sqrt(1 - left * left) * p[1] * random_normal(random);
    p[3] = requests;
    return 64 * MIB + p[2];
}

/* Its bound, its step in a cycle; where it is, when that was. */
static void walk_draw(struct random *random, double *p)
{
    p[0] = between_log(random, 1 * MIB, 32 * MIB);
    p[1] = p[0] * random_between(random, 0.02, 0.5);
    p[2] = random_between(random, 0, p[0]);
    p[3] = 0;
}

static double walk_floor(struct random *random, double *p, double requests)
{
    double off = p[2] + p[1] * sqrt((requests - p[3]) / WORK) * random_normal(random);
    while (off < 0 || off > p[0])
        off = off < 0 ? -off : 2 * p[0] - off;
    p[2] = off;
    p[3] = requests;
    return 8 * MIB + off;
}

/* As measured, with the noise of a few pages: an arena that creeps, a heap that warms up. */
static void creep_draw(struct random *random, double *p)
{
    p[0] = random_between(random, 0.5, 8);
}

static double creep_floor(struct random *random, double *p, double requests)
{
    static const double measured[] = {33796, 33924, 34052, 34132, 34164, 34196, 34292};
    size_t last = sizeof(measured) / sizeof(measured[0]) - 1;
    double at = fmax(requests / WORK - 1, 0);
    size_t before = at < (double)last ? (size_t)at : last;
    size_t after = before < last ? before + 1 : last;
    double kib = measured[before] + (at - floor(at)) * (measured[after] - measured[before]);
    return noisy(random, 8 * MIB + p[0] * KIB * (kib - measured[0]), 2 * KIB);
}

/* A page more or less, and a few that are touched late. */
static void pages_draw(struct random *random, double *p)
{
    p[0] = 1 + (double)random_below(random, 4); /* more or less */
    p[1] = (double)random_below(random, 6);     /* late */
    p[2] = WORK * between_log(random, 0.5, 12); /* for each of them */
}

static double pages_floor(struct random *random, double *p, double requests)
{
    double late = fmin(p[1], floor(requests / p[2]));
    return 8 * MIB + PAGE * (late + (double)random_below(random, (size_t)p[0]));
}

const struct shape shapes_healthy[] = {
    {"flat", flat_draw, flat_floor, NULL},
    {"late steps", late_step_draw, steps_floor, NULL},
    {"steps now and then", some_steps_draw, steps_floor, NULL},
    {"jumpy warm-up", jumpy_draw, steps_floor, NULL},
    {"saturating (0.1 to 8)", saturating_draw, saturating_floor, NULL},
    {"full cache (0.2 to 4.2)", cache_draw, cache_floor, NULL},
    {"logarithm", logarithm_draw, logarithm_floor, NULL},
    {"square root", root_draw, root_floor, NULL},
    {"saw-tooth (0.2 to 2)", sawtooth_short_draw, sawtooth_floor, NULL},
    {"saw-tooth (2 to 5)", sawtooth_draw, sawtooth_floor, NULL},
    {"autocorrelated noise", autocorrelated_draw, autocorrelated_floor, NULL},
    {"bounded random walk", walk_draw, walk_floor, NULL},
    {"creep of glibc's arenas", creep_draw, creep_floor, NULL},
    {"whole pages", pages_draw, pages_floor, NULL},
    {"doubling table, full", table_draw, steps_floor, NULL},
    {"new space, 1 to 16 MiB", new_space_draw, steps_floor, NULL},
    {"JIT compiler", compiler_draw, compiler_floor, NULL},
    {"young generation", young_draw, young_floor, NULL},
    {"first full collection", heap_draw, heap_floor, NULL},
    {"old generation in steps", old_draw, steps_floor, NULL},
};
const size_t shapes_n_healthy = sizeof(shapes_healthy) / sizeof(shapes_healthy[0]);

const struct shape shapes_long[] = {
    {"saturating (8 to 40)", saturating_long_draw, saturating_floor, NULL},
    {"saw-tooth (5 to 12)", sawtooth_long_draw, sawtooth_floor, NULL},
    {"full cache (5 to 10)", cache_longer_draw, cache_floor, NULL},
    {"full cache (10 to 50)", cache_longest_draw, cache_floor, NULL},
};
const size_t shapes_n_long = sizeof(shapes_long) / sizeof(shapes_long[0]);

/* The leak that shapes_leak() was asked for. */
static _Thread_local struct shape_leak shape_leak;

/* The warm-up's height, and its time. */
static void leak_draw(struct random *random, double *p)
{
    p[0] = shape_leak.warms_up ? random_between(random, 1 * MIB, 10 * MIB) : 0;
    p[1] = WORK * between_log(random, 0.3, 3);
}

static double leak_floor(struct random *random, double *p, double requests)
{
    double warm = p[0] * (1 - exp(-requests / p[1]));
    return noisy(random, 8 * MIB + warm + shape_leak.bytes_per_request * requests,
                 shape_leak.noise_bytes);
}

struct shape shapes_leak(const struct shape_leak *leak)
{
    shape_leak = *leak;
    return (struct shape){"leak", leak_draw, leak_floor, NULL};
}

/* An array that makes room for so many times its elements when it is full: bytes of what each
 * request adds, elements at first, noise, how many times, bytes of an element. */
static void array_draw_of(struct random *random, double times, double element_bytes, double *p)
{
    p[0] = between_log(random, 16, 1024);
    p[1] = between_log(random, 16, 512);
    p[2] = random_between(random, 0, 4 * KIB);
    p[3] = times;
    p[4] = element_bytes > 0 ? element_bytes : p[0];
}

static void values_draw(struct random *random, double *p)
{
    array_draw_of(random, 2, 0, p);
}

static void values_by_half_draw(struct random *random, double *p)
{
    array_draw_of(random, 1.5, 0, p);
}

static void values_by_quarter_draw(struct random *random, double *p)
{
    array_draw_of(random, 1.25, 0, p);
}

static void pointers_draw(struct random *random, double *p)
{
    array_draw_of(random, 2, 8, p);
}

/* The elements are all there is… */
static double values_floor(struct random *random, double *p, double requests)
{
    double capacity = p[1];
    while (capacity < requests)
        capacity *= p[3];
    return noisy(random, 8 * MIB + p[4] * capacity, p[2]);
}

/* …or refer to what each request left. */
static double references_floor(struct random *random, double *p, double requests)
{
    return values_floor(random, p, requests) + p[0] * requests;
}

/* 120 to 270 KiB a cycle, as measured (16 bytes and a pointer 4,000 times), or as much more. */
static void uneven_draw(struct random *random, double *p)
{
    p[0] = between_log(random, 1, 16);
    p[1] = p[2] = 0;
}

static double uneven_floor(struct random *random, double *p, double requests)
{
    for (; p[2] + WORK / 2 <= requests; p[2] += WORK / 2)
        p[1] += p[0] * random_between(random, 60 * KIB, 135 * KIB);
    return 8 * MIB + p[1];
}

const struct shape shapes_uneven_leaks[] = {
    {"array that doubles", values_draw, values_floor, NULL},
    {"array that grows by half", values_by_half_draw, values_floor, NULL},
    {"array that grows by 1/4", values_by_quarter_draw, values_floor, NULL},
    {"array of pointers", pointers_draw, references_floor, NULL},
    {"array of pairs", values_draw, references_floor, NULL},
    {"uneven steps", uneven_draw, uneven_floor, NULL},
};
const size_t shapes_n_uneven_leaks = sizeof(shapes_uneven_leaks) / sizeof(shapes_uneven_leaks[0]);

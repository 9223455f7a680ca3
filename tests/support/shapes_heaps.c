/* Allocators that keep a heap for each thread, and take memory for it in whole spans. */
#include <math.h>

#include "tests/support/shapes.h"

#define KIB   1024.0
#define MIB   (1024.0 * 1024)
#define WORK  ((double)SIMULATION_WORK)
#define HEAPS 4

/* What all of them hold of the kernel; `used` is what is in use of each. */
static double held_in_spans(const double *used, double span)
{
    double held = 0;
    for (size_t i = 0; i < HEAPS; i++)
        held += ceil(used[i] / span) * span;
    return 8 * MIB + held;
}

/* Hands bytes out to the heaps as their threads happen to be busy. */
static void use(struct random *random, double *used, double bytes)
{
    double shares[HEAPS];
    double sum = 0;
    for (size_t i = 0; i < HEAPS; i++)
        sum += shares[i] = random_between(random, 0.5, 1.5);
    for (size_t i = 0; i < HEAPS; i++)
        used[i] += bytes * shares[i] / sum;
}

/* What each request keeps, of which a cycle makes a quarter to 16 spans; the span, 16 to 64 KiB;
 * requests so far; what each heap has in use. */
static void leak_draw(struct random *random, double *p)
{
    p[1] = 16 * KIB * pow(4, random_between(random, 0, 1));
    p[0] = p[1] * 0.25 * pow(64, random_between(random, 0, 1)) / WORK;
    p[2] = 0;
    for (size_t i = 0; i < HEAPS; i++)
        p[3 + i] = random_between(random, 0, p[1]);
}

static double leak_floor(struct random *random, double *p, double requests)
{
    use(random, p + 3, p[0] * (requests - p[2]));
    p[2] = requests;
    return held_in_spans(p + 3, p[1]);
}

const struct shape shape_spans_leak = {"leak into heaps of spans", leak_draw, leak_floor, NULL};

/* A cache that is full after some cycles; from then on its entries wander from heap to heap. Its
 * size, the span, when it is full, what of it wanders, requests so far; what each heap has. */
static void cache_draw(struct random *random, double *p)
{
    p[0] = 512 * KIB * pow(32, random_between(random, 0, 1));
    p[1] = 16 * KIB * pow(8, random_between(random, 0, 1));
    p[2] = WORK * (1 + random_between(random, 0.2, 4.2));
    p[3] = random_between(random, 0, 0.05);
    for (size_t i = 0; i <= HEAPS; i++)
        p[4 + i] = 0;
}

static double cache_floor(struct random *random, double *p, double requests)
{
    double used[HEAPS];
    double before = fmin(p[4], p[2]);
    use(random, p + 5, p[0] * (fmin(requests, p[2]) - before) / p[2]);
    p[4] = requests;
    for (size_t i = 0; i < HEAPS; i++)
        used[i] = fmax(0, p[5 + i] * (1 + p[3] * random_normal(random)));
    return held_in_spans(used, p[1]);
}

const struct shape shape_spans_cache = {"full cache, heaps of spans", cache_draw, cache_floor,
                                        NULL};

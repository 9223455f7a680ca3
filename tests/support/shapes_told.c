/* Heaps that tell what they have in use, beside a floor that a JIT compiler moves. */
#include <math.h>

#include "tests/support/shapes.h"

#define KIB  1024.0
#define MIB  (1024.0 * 1024)
#define WORK ((double)SIMULATION_WORK)

static double told(struct random *random, double bytes, double noise)
{
    return bytes + noise * random_normal(random);
}

static double told_floor(struct random *random, double *p, double requests)
{
    return shape_compiler.floor(random, p, requests);
}

/* Beside a JIT compiler's floor, a heap that tells: its noise, and what each request leaves in it,
 * or how high it fills, and when it is full. */
static void told_draw(struct random *random, double *p)
{
    shape_compiler.draw(random, p);
    p[14] = random_between(random, 0, 100 * KIB);
    p[15] = WORK * (1 + random_between(random, 0.2, 3));
}

static double told_flat(struct random *random, double *p, double requests)
{
    (void)requests;
    return told(random, 4 * MIB, p[14] / 10);
}

static double told_uneven(struct random *random, double *p, double requests)
{
    (void)requests;
    return told(random, 4 * MIB, p[14]);
}

static double told_cache(struct random *random, double *p, double requests)
{
    return told(random, 4 * MIB + 2 * MIB * fmin(1, requests / p[15]), p[14] / 10);
}

static double told_leak(struct random *random, double *p, double requests)
{
    return told(random, 4 * MIB + 1024 * requests, p[14] / 4);
}

const struct shape shapes_told[] = {
    {"told: heap stands", told_draw, told_floor, told_flat},
    {"told: heap is restless", told_draw, told_floor, told_uneven},
    {"told: heap fills", told_draw, told_floor, told_cache},
};
const size_t shapes_n_told = sizeof(shapes_told) / sizeof(shapes_told[0]);

const struct shape shape_told_leak = {"told: leak of 1 KiB", told_draw, told_floor, told_leak};

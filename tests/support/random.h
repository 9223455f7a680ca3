#pragma once
/* Random numbers that are the same everywhere: splitmix64, from a seed. */
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

struct random random_from(uint64_t seed);

uint64_t random_u64(struct random *random);

/* 0 to n - 1. */
size_t random_below(struct random *random, size_t n);

/* Evenly between two bounds; [0, 1) times their distance. */
double random_between(struct random *random, double low, double high);

/* About normal, mean 0, deviation 1 (the sum of twelve even ones, less six). */
double random_normal(struct random *random);

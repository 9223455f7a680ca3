#pragma once
/* How floors of services move with work: those of healthy ones, and leaks. Each is a family; one of
 * it is drawn from a seed. Times are in cycles of SIMULATION_WORK requests, the warm-up included.
 */
#include "tests/support/simulation.h"

/* No leaks, and the method must never say so. */
extern const struct shape shapes_healthy[];
extern const size_t shapes_n_healthy;

/* No leaks either, but they rise for longer than anybody looks: what is said of them is told, and
 * how the repeat probe helps. */
extern const struct shape shapes_long[];
extern const size_t shapes_n_long;

/* A leak of so many bytes per request over so much noise; after a warm-up of 1 to 10 MiB or not.
 * The shape is filled for simulation_run() of the same thread. */
struct shape_leak {
    double bytes_per_request;
    double noise_bytes;
    bool warms_up;
};
struct shape shapes_leak(const struct shape_leak *leak);

/* What a JIT compiler takes and gives back; among the healthy ones. */
extern const struct shape shape_compiler;

/* A JIT compiler's floor beside a heap whose own numbers are exact: healthy ones, and a leak that
 * they alone show. */
extern const struct shape shapes_told[];
extern const size_t shapes_n_told;
extern const struct shape shape_told_leak;

/* Heaps of threads that take memory in spans: one is full, one leaks. */
extern const struct shape shape_spans_cache;
extern const struct shape shape_spans_leak;

/* Leaks into an array that doubles, and in steps that differ. */
extern const struct shape shapes_uneven_leaks[];
extern const size_t shapes_n_uneven_leaks;

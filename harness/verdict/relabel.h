#pragma once
/* The inside of the permutation tests: how runs are relabelled, all ways or random ones. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "verdict/permutation.h"

/* Is a statistic as extreme as the observed one, but for the order of their sums? Never when the
 * observed one is NaN. */
static inline bool relabel_is_extreme(double greatest, double observed)
{
    return greatest >= observed * (1 - copysign(1e-9, observed)) - 1e-12;
}

/* A seed made of the values: the same for the same data, and no relabellings that all tests have in
 * common. */
uint64_t relabel_seed(double value[][PERMUTATION_FIGURES_MAX], unsigned n_rows);

/* Any order of order[n], each as likely. */
void relabel_shuffle(uint64_t *state, unsigned *order, unsigned n);

/* In how many ways k of n can be chosen. */
double relabel_choose(unsigned n, unsigned k);

/* The next way to choose k of n, in ascending order from 0, 1, … k - 1; the first `fixed` of
 * chosen[k] stay. Returns from which place on it differs from the one before; k: that was the last.
 */
unsigned relabel_next(unsigned *chosen, unsigned n, unsigned k, unsigned fixed);

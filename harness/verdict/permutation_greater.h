#pragma once
/* An exact one-sided test of two groups of runs: is any figure greater in the second?
 *
 * The statistic of a figure, the relabelling of whole runs and the max-T over figures are those of
 * permutation.h, but only an increase counts: the p of a figure is the share of relabellings in
 * which any figure of the second group is above the first group's by as many spreads as this one
 * is. The groups need not be equally many, and a large first group makes a small second one do:
 * there are 1,001 relabellings of 10 and 4 runs.
 *
 * Whose question is "greater by more than M" subtracts M from the values of the second group: at
 * the edge of that hypothesis the groups are alike again. What is below the edge makes the test
 * stricter, never laxer. In two groups of one size, swapping them turns a figure that is far below
 * the edge into one that is far above it, so the least p is 2 of all relabellings there.
 *
 * Up to PERMUTATION_GREATER_EXACT_MAX relabellings are enumerated. Beyond, as many random ones are
 * drawn, from a seed made of the values, as `alpha` needs, and the observed one counts with them;
 * it is enough when no figure can pass any more. So p may differ from the exact one, but for what
 * passes not by much; and it is a valid p as it is. */
#include "verdict/permutation.h"

#define PERMUTATION_GREATER_EXACT_MAX 3000000

/* p of each figure; NaN: some run has no such figure, and it is not tested. data->n_groups is 2. */
void permutation_test_greater(const struct permutation_data *data, double alpha, double *ret_p);

/* The least p that so many runs can reach: 1 when a group is empty. */
double permutation_greater_least_p(unsigned n1, unsigned n2);

#pragma once
/* Exact tests of whether groups of runs differ, in many figures at once, and how sure a ratio is.
 *
 * What is relabelled are whole repeats, each an instance of its own, with all its figures together:
 * repeats, not iterations of one of them, are the unit (Kalibera & Jones 2013). If two groups are
 * the same thing, then which repeat belongs to which is arbitrary, and the observed labels are one
 * of C(n1 + n2, n1) that were equally likely. Nothing is assumed of how figures are distributed or
 * how they hang together.
 *
 * Statistic of a figure and a group against the first: the distance of their means over the spread
 * within them, as Student's t, with the least difference that counts (`grain`) added to the spread
 * in squares (after Tusher et al. 2001). So figures that all but stand still, or come in whole
 * pages, cannot drown others with differences that do not matter. Any statistic gives a valid test;
 * this one has power with few repeats and many figures, where ranks have none: by ranks each figure
 * is separated completely by two relabellings, so that of 70 (four repeats) nine figures take up to
 * 18, and no p can be below 18/70.
 *
 * Figures: single-step max-T (Westfall & Young 1993). The p of a figure is the share of
 * relabellings whose greatest statistic over all figures is at least that figure's. A relabelling
 * of runs keeps the figures' dependence, so a figure that does differ cannot make another look so:
 * of the figures that do not differ between two groups, any is claimed in 5 % of cases at most.
 *
 * Groups: closed testing with step-down (Romano & Wolf 2005). All runs of the first group and of
 * those in question are relabelled jointly, and the greatest statistic is over groups and figures;
 * groups in which a figure passes are set aside, and the rest are looked at again. What passes must
 * also pass between its group and the first alone (pooling all groups would let one that is far off
 * lend the others its spread; Petrondas & Gabriel 1983). So of the groups that are the same as the
 * first, any is claimed to differ in 5 % of cases at most. With up to three groups these are all
 * sets of groups there are; with more only the nested ones and the pairs are tested.
 *
 * Two groups are enumerated up to PERMUTATION_EXACT_MAX relabellings. Beyond, and for more groups,
 * PERMUTATION_SAMPLES random ones are drawn, from a seed made of the values, and the observed one
 * counts with them: p = (1 + how many are as extreme) / (1 + samples), which is a valid p too
 * (Phipson & Smyth 2010). It is enough when none can pass any more (Besag & Clifford 1991), so what
 * does not pass has the p of the first test that it does not pass.
 *
 * The least p that two groups can reach is 2 of C(2n, n), as both labels can be swapped: 2/20 with
 * three repeats, 2/70 with four; 1 of C(n1 + n2, n1) when they are not equally many. */
#include <stdbool.h>
#include <stddef.h>

#define PERMUTATION_GROUPS_MAX  16
#define PERMUTATION_RUNS_MAX    32 /* of a group */
#define PERMUTATION_FIGURES_MAX 10
#define PERMUTATION_EXACT_MAX   50000
#define PERMUTATION_SAMPLES     1999

/* A row per run, group after group; the first group is what the others are held against. */
struct permutation_data {
    unsigned n_groups;
    unsigned n_figures;
    unsigned n[PERMUTATION_GROUPS_MAX];    /* runs of each, at least one */
    double grain[PERMUTATION_FIGURES_MAX]; /* the least difference that counts, more than 0; it must
                                              not depend on which run belongs to which group */
    double value[PERMUTATION_GROUPS_MAX * PERMUTATION_RUNS_MAX]
                [PERMUTATION_FIGURES_MAX]; /* NaN: absent */
};

/* p of each figure of each group but the first. NaN: some run of the two has no such figure, which
 * is then not in their family. */
struct permutation_result {
    double p[PERMUTATION_GROUPS_MAX][PERMUTATION_FIGURES_MAX];
};

/* Test all groups. `alpha` is what a p must not be above to pass. */
void permutation_test(const struct permutation_data *data, double alpha,
                      struct permutation_result *ret);

/* The least p that so many runs can reach. */
double permutation_least_p(unsigned n1, unsigned n2);

/* How many repeats of each can reach it. */
unsigned permutation_repeats_needed(double alpha);

/* How many times as much: the median of all ratios value/base, and its exact interval: from the
 * sorted ratios as many are cut at both ends as leave 95 %, by the distribution of Mann and
 * Whitney's U (Moses). With too few values nothing is cut, and the confidence is what the full
 * range has: 90 % with three and three. Exact for a shift of scale. */
struct permutation_ratio {
    double median, low, high;
    double confidence; /* 0 to 1; 0: one of each, which bounds nothing */
};

/* All values must be above 0; n_base and n are 1 to PERMUTATION_RUNS_MAX. */
struct permutation_ratio permutation_ratio(const double *base, unsigned n_base, const double *value,
                                           unsigned n);

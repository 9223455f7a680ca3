#include "verdict/permutation.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verdict/relabel.h"
#include "verdict/trend.h"

#define FIGURES  PERMUTATION_FIGURES_MAX
#define RUNS_MAX (PERMUTATION_GROUPS_MAX * PERMUTATION_RUNS_MAX)

static bool permutation_is_exact(unsigned n1, unsigned n2)
{
    return relabel_choose(n1 + n2, n1) <= PERMUTATION_EXACT_MAX;
}

double permutation_least_p(unsigned n1, unsigned n2)
{
    if (n1 == 0 || n2 == 0)
        return 1;
    if (!permutation_is_exact(n1, n2))
        return 1.0 / (1 + PERMUTATION_SAMPLES);
    double p = (n1 == n2 ? 2 : 1) / relabel_choose(n1 + n2, n1);
    return p < 1 ? p : 1;
}

unsigned permutation_repeats_needed(double alpha)
{
    unsigned n = 1;
    while (n < PERMUTATION_RUNS_MAX && permutation_least_p(n, n) > alpha)
        n++;
    return n;
}

/* --- two groups --- */

/* Runs of two groups, each figure less its mean over both: the sum over one group is then the
 * other's with its sign turned, and tells all. A figure that some run lacks is NaN, and so is its
 * statistic: it is never the greater one of a comparison. */
struct pair {
    unsigned n1, n2;
    unsigned n_figures;
    double value[2 * PERMUTATION_RUNS_MAX][FIGURES];
    double squares[FIGURES]; /* sum over both groups */
    double grain2[FIGURES];
    double observed[FIGURES]; /* statistics, squared */
    unsigned counted;         /* relabellings */
    unsigned extreme[FIGURES];
};

/* Squared statistics of a relabelling, from the sums over its first group. */
static void pair_statistics(const struct pair *pair, const double *sum, double *ret)
{
    double factor = 1.0 / pair->n1 + 1.0 / pair->n2;
    double freedom = pair->n1 + pair->n2 > 2 ? pair->n1 + pair->n2 - 2 : 1;
    for (unsigned f = 0; f < FIGURES; f++) {
        double explained = sum[f] * sum[f] * factor;
        double within = pair->squares[f] - explained;
        within = within < 0 ? 0 : within;
        ret[f] = explained / (within / freedom + pair->grain2[f]);
    }
}

static void pair_count(struct pair *pair, const double *sum)
{
    double statistic[FIGURES];
    pair_statistics(pair, sum, statistic);
    double greatest = 0;
    for (unsigned f = 0; f < pair->n_figures; f++)
        if (statistic[f] > greatest)
            greatest = statistic[f];
    for (unsigned f = 0; f < pair->n_figures; f++)
        pair->extreme[f] += relabel_is_extreme(greatest, pair->observed[f]);
    pair->counted++;
}

static void pair_load(const struct permutation_data *data, unsigned group, struct pair *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->n1 = data->n[0];
    ret->n2 = data->n[group];
    ret->n_figures = data->n_figures;
    unsigned offset = 0;
    for (unsigned g = 0; g < group; g++)
        offset += data->n[g];
    memcpy(ret->value, data->value, ret->n1 * sizeof(data->value[0]));
    memcpy(ret->value[ret->n1], data->value[offset], ret->n2 * sizeof(data->value[0]));

    unsigned n = ret->n1 + ret->n2;
    double sum[FIGURES] = {0};
    for (unsigned f = 0; f < FIGURES; f++) {
        ret->grain2[f] = f < data->n_figures ? data->grain[f] * data->grain[f] : 1;
        double mean = 0;
        for (unsigned i = 0; i < n; i++)
            mean += ret->value[i][f] / n;
        for (unsigned i = 0; i < n; i++) {
            ret->value[i][f] = f < data->n_figures ? ret->value[i][f] - mean : 0;
            ret->squares[f] += ret->value[i][f] * ret->value[i][f];
            sum[f] += i < ret->n1 ? ret->value[i][f] : 0;
        }
    }
    pair_statistics(ret, sum, ret->observed);
}

/* All ways to choose the first group; of two equal ones those with the first run in it, since the
 * others are these with both labels swapped. */
static void pair_enumerate(struct pair *pair)
{
    unsigned n = pair->n1 + pair->n2;
    unsigned k = pair->n1;
    unsigned fixed = pair->n1 == pair->n2 ? 1 : 0;
    unsigned chosen[PERMUTATION_RUNS_MAX * 2] = {0};
    double sum[2 * PERMUTATION_RUNS_MAX + 1][FIGURES]; /* over the chosen before */
    memset(sum[0], 0, sizeof(sum[0]));
    for (unsigned i = 0; i < k; i++)
        chosen[i] = i;
    unsigned changed = 0;
    do {
        for (unsigned i = changed; i < k; i++)
            for (unsigned f = 0; f < FIGURES; f++)
                sum[i + 1][f] = sum[i][f] + pair->value[chosen[i]][f];
        pair_count(pair, sum[k]);
        changed = relabel_next(chosen, n, k, fixed);
    } while (changed < k);
}

static void pair_sample(struct pair *pair)
{
    unsigned n = pair->n1 + pair->n2;
    unsigned order[2 * PERMUTATION_RUNS_MAX] = {0};
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    uint64_t state = relabel_seed(pair->value, n);
    while (pair->counted <= PERMUTATION_SAMPLES) {
        double sum[FIGURES] = {0};
        for (unsigned i = 0; i < pair->n1; i++)
            for (unsigned f = 0; f < FIGURES; f++)
                sum[f] += pair->value[order[i]][f];
        pair_count(pair, sum); /* the first one is as observed */
        relabel_shuffle(&state, order, n);
    }
}

/* p of each figure of the group against the first, by these two alone. */
static void permutation_test_pair(const struct permutation_data *data, unsigned group, double *ret)
{
    struct pair pair;
    pair_load(data, group, &pair);
    if (permutation_is_exact(pair.n1, pair.n2))
        pair_enumerate(&pair);
    else
        pair_sample(&pair);
    for (unsigned f = 0; f < data->n_figures; f++)
        ret[f] = isnan(pair.observed[f]) ? NAN : (double)pair.extreme[f] / pair.counted;
}

/* --- several groups --- */

/* Runs of the first group and of those in question, group after group. */
struct pool {
    unsigned n_groups, n_figures, n_runs;
    unsigned group[PERMUTATION_GROUPS_MAX]; /* which of the data */
    unsigned n[PERMUTATION_GROUPS_MAX];
    double grain2[FIGURES];
    double value[RUNS_MAX][FIGURES]; /* less the mean of the first group's, so that squares do not
                                        lose what tells them apart */
};

static void pool_load(const struct permutation_data *data, unsigned groups, struct pool *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->n_figures = data->n_figures;
    unsigned offset = 0;
    for (unsigned g = 0; g < data->n_groups; offset += data->n[g], g++) {
        if (g != 0 && (groups >> g & 1) == 0)
            continue;
        ret->group[ret->n_groups] = g;
        ret->n[ret->n_groups++] = data->n[g];
        memcpy(ret->value[ret->n_runs], data->value[offset], data->n[g] * sizeof(ret->value[0]));
        ret->n_runs += data->n[g];
    }
    for (unsigned f = 0; f < FIGURES; f++) {
        ret->grain2[f] = f < data->n_figures ? data->grain[f] * data->grain[f] : 1;
        double base = 0;
        unsigned n = 0;
        for (unsigned i = 0; i < ret->n_runs; i++)
            if (!isnan(ret->value[i][f])) {
                base += ret->value[i][f];
                n++;
            }
        for (unsigned i = 0; i < ret->n_runs; i++)
            ret->value[i][f] = f < data->n_figures ? ret->value[i][f] - base / n : 0;
    }
}

/* Mean and sum of squares about it, of one group of a relabelling. */
static void pool_moments(const struct pool *pool, const unsigned *order, unsigned n, double *mean,
                         double *squares)
{
    for (unsigned f = 0; f < FIGURES; f++)
        mean[f] = squares[f] = 0;
    for (unsigned i = 0; i < n; i++) {
        const double *value = pool->value[order[i]];
        for (unsigned f = 0; f < FIGURES; f++) {
            mean[f] += value[f];
            squares[f] += value[f] * value[f];
        }
    }
    for (unsigned f = 0; f < FIGURES; f++) {
        mean[f] /= n;
        squares[f] -= n * mean[f] * mean[f];
    }
}

/* Squared statistics of a relabelling, of every group but the first. Of what some run of two groups
 * lacks it is NaN. Returns the greatest. */
static double pool_statistics(const struct pool *pool, const unsigned *order, double ret[][FIGURES])
{
    double mean1[FIGURES];
    double squares1[FIGURES];
    pool_moments(pool, order, pool->n[0], mean1, squares1);
    unsigned offset = pool->n[0];
    double greatest = 0;
    for (unsigned g = 1; g < pool->n_groups; offset += pool->n[g], g++) {
        double mean[FIGURES];
        double squares[FIGURES];
        pool_moments(pool, order + offset, pool->n[g], mean, squares);
        double factor = 1 / (1.0 / pool->n[0] + 1.0 / pool->n[g]);
        unsigned runs = pool->n[0] + pool->n[g];
        double freedom = 1.0 / (runs > 2 ? runs - 2 : 1);
        for (unsigned f = 0; f < FIGURES; f++) {
            double within = squares1[f] + squares[f];
            within = within < 0 ? 0 : within * freedom;
            double distance = mean[f] - mean1[f];
            ret[g][f] = distance * distance * factor / (within + pool->grain2[f]);
        }
        for (unsigned f = 0; f < FIGURES; f++)
            greatest = ret[g][f] > greatest ? ret[g][f] : greatest;
    }
    return greatest;
}

/* Count a relabelling in; returns the least count of all. */
static unsigned pool_count(const struct pool *pool, double observed[][FIGURES], double greatest,
                           unsigned extreme[][FIGURES])
{
    unsigned least = UINT_MAX;
    for (unsigned g = 1; g < pool->n_groups; g++)
        for (unsigned f = 0; f < pool->n_figures; f++) {
            extreme[g][f] += relabel_is_extreme(greatest, observed[g][f]);
            if (!isnan(observed[g][f]) && extreme[g][f] < least)
                least = extreme[g][f];
        }
    return least;
}

/* p of each figure of these groups (a bit each) by relabelling all their runs with the first's.
 * Once none can pass any more it is enough (Besag & Clifford 1991). */
static void permutation_test_pool(const struct permutation_data *data, unsigned groups,
                                  double alpha, struct permutation_result *ret)
{
    struct pool pool;
    pool_load(data, groups, &pool);
    unsigned order[RUNS_MAX] = {0};
    for (unsigned i = 0; i < pool.n_runs; i++)
        order[i] = i;
    double observed[PERMUTATION_GROUPS_MAX][FIGURES] = {{0}};
    double statistic[PERMUTATION_GROUPS_MAX][FIGURES];
    unsigned extreme[PERMUTATION_GROUPS_MAX][FIGURES] = {{0}};
    pool_statistics(&pool, order, observed);
    uint64_t state = relabel_seed(pool.value, pool.n_runs);
    unsigned counted = 0;
    unsigned least = 0;
    while (counted <= PERMUTATION_SAMPLES && least <= alpha * (1 + PERMUTATION_SAMPLES)) {
        double greatest = pool_statistics(&pool, order, statistic); /* first: as observed */
        least = pool_count(&pool, observed, greatest, extreme);
        counted++;
        relabel_shuffle(&state, order, pool.n_runs);
    }
    for (unsigned g = 1; g < pool.n_groups; g++)
        for (unsigned f = 0; f < pool.n_figures; f++)
            ret->p[pool.group[g]][f] =
                isnan(observed[g][f]) ? NAN : (double)extreme[g][f] / counted;
}

/* The least p of a group's figures. */
static double permutation_least(const double *p, unsigned n)
{
    double least = 1;
    for (unsigned f = 0; f < n; f++)
        least = p[f] < least ? p[f] : least; /* never NaN */
    return least;
}

/* The greater of two; NaN where either is. */
static double permutation_greater(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

/* The group against the first alone, none of its p below what others have passed with. */
static double permutation_confirm(const struct permutation_data *data, unsigned group,
                                  double at_least, struct permutation_result *ret)
{
    double pair[FIGURES] = {0};
    permutation_test_pair(data, group, pair);
    for (unsigned f = 0; f < data->n_figures; f++)
        ret->p[group][f] = permutation_greater(fmax(ret->p[group][f], at_least), pair[f]);
    return permutation_least(ret->p[group], data->n_figures);
}

/* Can no group's difference be shown with so few runs? */
static bool permutation_is_vain(const struct permutation_data *data, double alpha)
{
    for (unsigned g = 1; g < data->n_groups; g++)
        if (permutation_least_p(data->n[0], data->n[g]) <= alpha)
            return false;
    return true;
}

void permutation_test(const struct permutation_data *data, double alpha,
                      struct permutation_result *ret)
{
    memset(ret, 0, sizeof(*ret));
    unsigned groups = 0;
    for (unsigned g = 1; g < data->n_groups; g++)
        groups |= 1U << g;
    double before = 0; /* the greatest p that was passed with so far */
    while ((groups & (groups - 1)) != 0 && !permutation_is_vain(data, alpha)) {
        permutation_test_pool(data, groups, alpha, ret);
        unsigned passed = 0;
        double passed_p = before;
        for (unsigned g = 1; g < data->n_groups; g++) {
            if ((groups >> g & 1) == 0 || permutation_least(ret->p[g], data->n_figures) > alpha)
                continue;
            double least = permutation_confirm(data, g, before, ret);
            if (least <= alpha) {
                passed |= 1U << g;
                passed_p = fmax(passed_p, least);
            }
        }
        if (passed == 0)
            return;
        before = passed_p;
        groups &= ~passed;
    }
    for (unsigned g = 1; g < data->n_groups; g++) {
        if ((groups >> g & 1) == 0)
            continue;
        memset(ret->p[g], 0, sizeof(ret->p[g]));
        permutation_confirm(data, g, before, ret);
    }
}

/* --- ratios --- */

static double permutation_share(const double *ways, unsigned n, double total)
{
    double sum = 0;
    for (unsigned u = 0; u < n; u++)
        sum += ways[u];
    return sum / total;
}

/* How many ratios to cut at each end, 0 to leave all, and the confidence that leaves. The number of
 * orders of n1 and n2 values with U = u are the coefficients of Gauss' binomial; those of its lower
 * half do not need the others. */
static unsigned permutation_cut(unsigned n1, unsigned n2, double *ret_confidence)
{
    double ways[PERMUTATION_RUNS_MAX * PERMUTATION_RUNS_MAX / 2 + 1] = {1};
    unsigned half = n1 * n2 / 2;
    for (unsigned i = 1; i <= n1; i++) {
        for (unsigned u = half; u + 1 > n2 + i; u--)
            ways[u] -= ways[u - n2 - i];
        for (unsigned u = i; u <= half; u++)
            ways[u] += ways[u - i];
    }
    double total = relabel_choose(n1 + n2, n1);
    unsigned cut = 0; /* [cut] to [N - 1 - cut] has confidence 1 - 2 P(U <= cut) */
    while (cut + 1 <= half && 2 * permutation_share(ways, cut + 2, total) <= 0.05)
        cut++;
    *ret_confidence = fmax(0, 1 - 2 * permutation_share(ways, cut + 1, total));
    return cut;
}

struct permutation_ratio permutation_ratio(const double *base, unsigned n_base, const double *value,
                                           unsigned n)
{
    double ratios[PERMUTATION_RUNS_MAX * PERMUTATION_RUNS_MAX];
    unsigned n_ratios = 0;
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n_base; j++)
            ratios[n_ratios++] = value[i] / base[j];
    struct permutation_ratio ratio = {.median = trend_median(ratios, n_ratios)}; /* sorts them */
    unsigned cut = permutation_cut(n, n_base, &ratio.confidence);
    ratio.low = ratios[cut];
    ratio.high = ratios[n_ratios - 1 - cut];
    return ratio;
}

#include "verdict/permutation_greater.h"

#include <math.h>
#include <string.h>

#include "verdict/relabel.h"

#define FIGURES  PERMUTATION_FIGURES_MAX
#define RUNS_MAX (2 * PERMUTATION_RUNS_MAX)

/* At least so many are drawn where not all are enumerated; and so many times 1/alpha, so that a p
 * near alpha is known to about a third of it. */
#define SAMPLES_MIN       99999
#define SAMPLES_PER_ALPHA 10

/* Runs of both groups, the second one's first, each figure less its mean over both. A figure that
 * some run lacks is NaN, and so is its statistic: it is never the greater one of a comparison. */
struct greater {
    unsigned n1, n2, n_figures;
    double value[RUNS_MAX][FIGURES];
    double squares[FIGURES]; /* sum over both groups */
    double grain2[FIGURES];
    double observed[FIGURES]; /* statistics */
    unsigned counted;         /* relabellings */
    unsigned extreme[FIGURES];
};

/* Squared statistics of a relabelling, from the sums over its second group; below 0 when that is
 * the lesser one. */
static void greater_statistics(const struct greater *greater, const double *sum, double *ret)
{
    double factor = 1.0 / greater->n1 + 1.0 / greater->n2;
    double freedom = greater->n1 + greater->n2 > 2 ? (double)greater->n1 + greater->n2 - 2 : 1;
    for (unsigned f = 0; f < greater->n_figures; f++) {
        double explained = sum[f] * sum[f] * factor;
        double within = greater->squares[f] - explained;
        within = within < 0 ? 0 : within;
        ret[f] = copysign(explained / (within / freedom + greater->grain2[f]), sum[f]);
    }
}

/* Count a relabelling in; returns the least count of all figures. */
static unsigned greater_count(struct greater *greater, const double *sum)
{
    double statistic[FIGURES] = {0};
    greater_statistics(greater, sum, statistic);
    double greatest = -INFINITY;
    for (unsigned f = 0; f < greater->n_figures; f++)
        if (statistic[f] > greatest)
            greatest = statistic[f];
    unsigned least = greater->counted + 1;
    for (unsigned f = 0; f < greater->n_figures; f++) {
        greater->extreme[f] += relabel_is_extreme(greatest, greater->observed[f]);
        if (!isnan(greater->observed[f]) && greater->extreme[f] < least)
            least = greater->extreme[f];
    }
    greater->counted++;
    return least;
}

static void greater_load(const struct permutation_data *data, struct greater *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->n1 = data->n[0];
    ret->n2 = data->n[1];
    ret->n_figures = data->n_figures;
    memcpy(ret->value, data->value[ret->n1], ret->n2 * sizeof(data->value[0]));
    memcpy(ret->value[ret->n2], data->value, ret->n1 * sizeof(data->value[0]));

    unsigned n = ret->n1 + ret->n2;
    double sum[FIGURES] = {0};
    for (unsigned f = 0; f < ret->n_figures; f++) {
        ret->grain2[f] = data->grain[f] * data->grain[f];
        double mean = 0;
        for (unsigned i = 0; i < n; i++)
            mean += ret->value[i][f] / n;
        for (unsigned i = 0; i < n; i++) {
            ret->value[i][f] -= mean;
            ret->squares[f] += ret->value[i][f] * ret->value[i][f];
            sum[f] += i < ret->n2 ? ret->value[i][f] : 0;
        }
    }
    greater_statistics(ret, sum, ret->observed);
}

/* All ways to choose the second group. */
static void greater_enumerate(struct greater *greater)
{
    unsigned n = greater->n1 + greater->n2;
    unsigned k = greater->n2;
    unsigned chosen[RUNS_MAX] = {0};
    double sum[RUNS_MAX + 1][FIGURES]; /* over the chosen before */
    memset(sum, 0, sizeof(sum));
    for (unsigned i = 0; i < k; i++)
        chosen[i] = i;
    unsigned changed = 0;
    do {
        for (unsigned i = changed; i < k; i++)
            for (unsigned f = 0; f < FIGURES; f++)
                sum[i + 1][f] = sum[i][f] + greater->value[chosen[i]][f];
        greater_count(greater, sum[k]);
        changed = relabel_next(chosen, n, k, 0);
    } while (changed < k);
}

static double greater_samples(double alpha)
{
    double samples = fmax(SAMPLES_MIN, ceil(SAMPLES_PER_ALPHA / alpha));
    return fmin(samples, PERMUTATION_GREATER_EXACT_MAX - 1);
}

static void greater_sample(struct greater *greater, double alpha)
{
    unsigned n = greater->n1 + greater->n2;
    unsigned order[RUNS_MAX] = {0};
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    uint64_t state = relabel_seed(greater->value, n);
    double samples = greater_samples(alpha);
    unsigned least = 0;
    while (greater->counted <= samples && least <= alpha * (1 + samples)) {
        double sum[FIGURES] = {0};
        for (unsigned i = 0; i < greater->n2; i++)
            for (unsigned f = 0; f < FIGURES; f++)
                sum[f] += greater->value[order[i]][f];
        least = greater_count(greater, sum); /* the first one is as observed */
        relabel_shuffle(&state, order, n);
    }
}

void permutation_test_greater(const struct permutation_data *data, double alpha, double *ret_p)
{
    struct greater greater;
    greater_load(data, &greater);
    if (relabel_choose(greater.n1 + greater.n2, greater.n2) <= PERMUTATION_GREATER_EXACT_MAX)
        greater_enumerate(&greater);
    else
        greater_sample(&greater, alpha);
    for (unsigned f = 0; f < data->n_figures; f++)
        ret_p[f] = isnan(greater.observed[f]) ? NAN : (double)greater.extreme[f] / greater.counted;
}

double permutation_greater_least_p(unsigned n1, unsigned n2)
{
    if (n1 == 0 || n2 == 0)
        return 1;
    double ways = relabel_choose(n1 + n2, n1);
    if (ways > PERMUTATION_GREATER_EXACT_MAX)
        return 1.0 / PERMUTATION_GREATER_EXACT_MAX;
    return fmin(1, (n1 == n2 ? 2 : 1) / ways);
}

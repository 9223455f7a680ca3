#include "verdict/comparison.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "verdict/comparison_sentence.h"
#include "verdict/permutation.h"
#include "verdict/trend.h"

static_assert(COMPARISON_VARIANTS_MAX <= PERMUTATION_GROUPS_MAX, "each variant is a group");
static_assert(COMPARISON_REPEATS_MAX <= PERMUTATION_RUNS_MAX, "each repeat is a run of it");
static_assert((int)FIGURE_COMPARED_MAX_ <= PERMUTATION_FIGURES_MAX, "each figure has a column");

/* Of two that are equally many the worse one is said. */
static const enum verdict_kind comparison_worst_first[] = {
    VERDICT_LEAK, VERDICT_PRESSURE, VERDICT_LAZY_RELEASE, VERDICT_INCONCLUSIVE, VERDICT_CLEAN};

static void comparison_decide(const struct comparison_input *input, struct comparison_variant *ret)
{
    unsigned of[VERDICT_KIND_MAX_] = {0};
    unsigned causes[VERDICT_KIND_MAX_][CAUSE_MAX_] = {{0}};
    for (unsigned i = 0; i < ret->runs; i++) {
        const struct comparison_run *run = &input->runs[i];
        ret->failed += !run->judged;
        of[run->kind] += run->judged;
        causes[run->kind][run->cause] += run->judged;
    }
    ret->has_verdict = ret->runs > ret->failed;
    if (!ret->has_verdict)
        return;
    for (unsigned i = 0; i < VERDICT_KIND_MAX_; i++) {
        enum verdict_kind kind = comparison_worst_first[i];
        if (of[kind] > ret->agree) {
            ret->kind = kind;
            ret->agree = of[kind];
        }
    }
    ret->cause = CAUSE_NONE;
    for (enum cause cause = 0; cause < CAUSE_MAX_; cause++)
        if (causes[ret->kind][cause] > causes[ret->kind][ret->cause])
            ret->cause = cause;
}

/* Values of the repeats that have the figure; returns how many. */
static unsigned comparison_values(const struct comparison_input *input, unsigned runs,
                                  enum figure figure, double *ret)
{
    unsigned n = 0;
    for (unsigned i = 0; i < runs; i++)
        if (input->runs[i].judged && figures_has(&input->runs[i].figures, figure))
            ret[n++] = input->runs[i].figures.value[figure];
    return n;
}

static void comparison_sum_up(const struct comparison_input *input, enum figure figure,
                              struct comparison_variant *variant)
{
    struct comparison_figure *ret = &variant->figure[figure];
    double values[COMPARISON_REPEATS_MAX];
    ret->n = comparison_values(input, variant->runs, figure, values);
    ret->present = ret->n > 0;
    if (!ret->present)
        return;
    ret->median = trend_median(values, ret->n); /* sorts them */
    ret->low = values[0];
    ret->high = values[ret->n - 1];
    for (unsigned i = 0; figure == FIGURE_GROWTH && ret->n == 1 && i < variant->runs; i++) {
        const struct comparison_run *run = &input->runs[i];
        if (run->judged && figures_has(&run->figures, figure) && run->growth.present) {
            ret->low = run->growth.low;
            ret->high = run->growth.high;
        }
    }
}

static void comparison_set_ratio(const struct comparison_input *inputs, unsigned v,
                                 enum figure figure, struct comparison *ret)
{
    struct comparison_variant *first = &ret->variant[0];
    struct comparison_variant *variant = &ret->variant[v];
    struct comparison_figure *of = &variant->figure[figure];
    double base[COMPARISON_REPEATS_MAX];
    double values[COMPARISON_REPEATS_MAX];
    unsigned n_base = comparison_values(&inputs[0], first->runs, figure, base);
    unsigned n = comparison_values(&inputs[v], variant->runs, figure, values);
    if (n_base == 0 || n == 0)
        return;
    if (figure == FIGURE_GROWTH && (first->kind != VERDICT_LEAK || variant->kind != VERDICT_LEAK))
        return;
    for (unsigned i = 0; i < n_base; i++)
        if (base[i] <= 0)
            return;
    for (unsigned i = 0; i < n; i++)
        if (values[i] <= 0)
            return;
    struct permutation_ratio ratio = permutation_ratio(base, n_base, values, n);
    of->has_ratio = true;
    of->ratio = ratio.median;
    of->ratio_low = ratio.low;
    of->ratio_high = ratio.high;
    of->confidence = ratio.confidence;
}

/* --- the test --- */

/* Of the least difference that matters, what is added to the spread in the test. All of it would
 * cost power for differences that are little more than that, none for those that are larger. */
#define GRAIN_SHARE 0.5

/* Growth and what is retained may be about nothing, or below it. */
static bool comparison_is_by_ratio(enum figure figure)
{
    return figure != FIGURE_GROWTH && figure != FIGURE_RETAINED;
}

/* A column of the test: logarithms where all values are above 0, as figures vary by shares of
 * themselves; and what is the least difference that matters. All of it goes by the values alone,
 * whichever variant they are of, as it must. */
static void comparison_scale(enum figure figure, unsigned n_rows, struct permutation_data *data)
{
    double sizes[COMPARISON_VARIANTS_MAX * COMPARISON_REPEATS_MAX];
    size_t n = 0;
    bool by_ratio = comparison_is_by_ratio(figure);
    for (unsigned i = 0; i < n_rows; i++) {
        double value = data->value[i][figure];
        if (isnan(value))
            continue;
        sizes[n++] = fabs(value);
        by_ratio = by_ratio && value > 0;
    }
    double share = figure_info[figure].least_share;
    double amount = figure_info[figure].least_amount;
    double size = n > 0 ? trend_median(sizes, n) : 0;
    if (!by_ratio) {
        data->grain[figure] = GRAIN_SHARE * fmax(amount, share * size);
        return;
    }
    data->grain[figure] = GRAIN_SHARE * log1p(fmax(share, amount / size));
    for (unsigned i = 0; i < n_rows; i++)
        data->value[i][figure] = log(data->value[i][figure]); /* NaN stays NaN */
}

/* A group of the data for each variant that has a verdict; groups[] says of which. */
static unsigned comparison_load(const struct comparison_input *inputs,
                                const struct comparison *comparison, unsigned *groups,
                                struct permutation_data *ret)
{
    unsigned n_rows = 0;
    ret->n_groups = 0;
    ret->n_figures = FIGURE_COMPARED_MAX_;
    for (unsigned v = 0; v < comparison->n; v++) {
        if (!comparison->variant[v].has_verdict)
            continue;
        unsigned before = n_rows;
        for (unsigned i = 0; i < comparison->variant[v].runs; i++) {
            const struct comparison_run *run = &inputs[v].runs[i];
            if (!run->judged)
                continue;
            for (enum figure f = 0; f < FIGURE_COMPARED_MAX_; f++)
                ret->value[n_rows][f] = figures_has(&run->figures, f) ? run->figures.value[f] : NAN;
            n_rows++;
        }
        groups[ret->n_groups] = v;
        ret->n[ret->n_groups++] = n_rows - before;
    }
    for (enum figure f = 0; f < FIGURE_COMPARED_MAX_; f++)
        comparison_scale(f, n_rows, ret);
    return n_rows;
}

static bool comparison_has_leak(const struct comparison_input *input, unsigned runs)
{
    for (unsigned i = 0; i < runs; i++)
        if (input->runs[i].judged && input->runs[i].kind == VERDICT_LEAK)
            return true;
    return false;
}

/* Is it more than nothing that anybody would mind? */
static bool comparison_matters(enum figure figure, const struct comparison_figure *first,
                               const struct comparison_figure *other)
{
    double distance = fabs(other->median - first->median);
    return distance >= figure_info[figure].least_amount &&
           distance >= figure_info[figure].least_share * fabs(first->median);
}

static void comparison_claim(const struct comparison_input *inputs, unsigned v, const double *p,
                             struct comparison *ret)
{
    struct comparison_variant *first = &ret->variant[0];
    struct comparison_variant *variant = &ret->variant[v];
    bool grows = first->kind == VERDICT_LEAK || variant->kind == VERDICT_LEAK;
    for (enum figure f = 0; f < FIGURE_COMPARED_MAX_; f++) {
        struct comparison_figure *figure = &variant->figure[f];
        if (isnan(p[f]))
            continue;
        if (f == FIGURE_GROWTH && !comparison_has_leak(&inputs[0], first->runs) &&
            !comparison_has_leak(&inputs[v], variant->runs))
            continue;
        figure->has_p = true;
        figure->p = p[f];
        figure->differs = p[f] <= ret->alpha && (f != FIGURE_GROWTH || grows) &&
                          comparison_matters(f, &first->figure[f], figure);
    }
}

static void comparison_test(const struct comparison_input *inputs, struct comparison *ret)
{
    struct permutation_data data = {0};
    struct permutation_result result;
    unsigned groups[COMPARISON_VARIANTS_MAX];
    if (!ret->variant[0].has_verdict)
        return;
    unsigned n_rows = comparison_load(inputs, ret, groups, &data);
    bool leaks = false;
    for (unsigned v = 0; v < ret->n; v++)
        leaks = leaks || comparison_has_leak(&inputs[v], ret->variant[v].runs);
    for (unsigned i = 0; !leaks && i < n_rows; i++)
        data.value[i][FIGURE_GROWTH] = NAN;
    permutation_test(&data, ret->alpha, &result);
    for (unsigned g = 1; g < data.n_groups; g++)
        comparison_claim(inputs, groups[g], result.p[g], ret);
}

/* How many repeats there are, and whether they could show anything. */
static void comparison_count(struct comparison *ret)
{
    const struct comparison_variant *first = &ret->variant[0];
    unsigned n_first = first->runs - first->failed;
    for (unsigned v = 0; v < ret->n; v++) {
        unsigned judged = ret->variant[v].runs - ret->variant[v].failed;
        if (judged == 0)
            continue;
        if (ret->repeats == 0 || judged < ret->repeats)
            ret->repeats = judged;
        if (v > 0 && n_first > 0 && permutation_least_p(n_first, judged) > ret->alpha)
            ret->repeats_needed = permutation_repeats_needed(ret->alpha);
    }
}

void comparison_make(const struct comparison_input *inputs, unsigned n, struct comparison *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->n = n < COMPARISON_VARIANTS_MAX ? n : COMPARISON_VARIANTS_MAX;
    ret->alpha = COMPARISON_ALPHA;
    for (unsigned v = 0; v < ret->n; v++) {
        struct comparison_variant *variant = &ret->variant[v];
        variant->name = inputs[v].name;
        variant->skipped = inputs[v].skipped;
        variant->runs = inputs[v].skipped != NULL ? 0 : inputs[v].n_runs;
        if (variant->runs > COMPARISON_REPEATS_MAX)
            variant->runs = COMPARISON_REPEATS_MAX;
        comparison_decide(&inputs[v], variant);
        for (enum figure f = 0; f < FIGURE_COMPARED_MAX_; f++) {
            comparison_sum_up(&inputs[v], f, variant);
            if (v > 0)
                comparison_set_ratio(inputs, v, f, ret);
        }
    }
    comparison_count(ret);
    comparison_test(inputs, ret);
    comparison_say(ret);
}

#include "verdict/gate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verdict/gate_sentence.h"
#include "verdict/permutation_greater.h"
#include "verdict/relabel.h"
#include "verdict/trend.h"

static_assert(GATE_RUNS_MAX <= PERMUTATION_RUNS_MAX, "each run is one of a group");
static_assert((int)GATE_FIGURE_MAX_ <= PERMUTATION_FIGURES_MAX, "each figure has a column");

/* Of the least difference that matters, what is added to the spread in the test. What varies less
 * than that is not taken for more precise than it is; much more would hide what is little beyond a
 * budget, for values that never vary. */
#define GRAIN_SHARE 0.1

double gate_case_rate(double false_alarm_rate, unsigned n_cases)
{
    return n_cases > 0 ? false_alarm_rate / n_cases : false_alarm_rate;
}

unsigned gate_repeats_needed(unsigned base_runs, double case_rate)
{
    unsigned base = base_runs < GATE_RUNS_MAX ? base_runs : GATE_RUNS_MAX;
    for (unsigned n = 1; n <= GATE_RUNS_MAX; n++)
        if (permutation_greater_least_p(base > 0 ? base : n, n) <= case_rate)
            return n;
    return 0;
}

static unsigned gate_runs(const struct gate_side *side)
{
    return side->n < GATE_RUNS_MAX ? side->n : GATE_RUNS_MAX;
}

/* --- verdicts --- */

/* Of two that are equally many the worse one is said. */
static const enum verdict_kind gate_worst_first[] = {
    VERDICT_LEAK, VERDICT_PRESSURE, VERDICT_LAZY_RELEASE, VERDICT_INCONCLUSIVE, VERDICT_CLEAN};

static void gate_count_verdicts(const struct gate_side *side, struct gate_verdicts *ret)
{
    unsigned causes[VERDICT_KIND_MAX_][CAUSE_MAX_] = {{0}};
    for (unsigned i = 0; i < gate_runs(side); i++) {
        const struct comparison_run *run = &side->runs[i];
        ret->judged += run->judged;
        ret->of[run->kind] += run->judged;
        causes[run->kind][run->cause] += run->judged;
    }
    unsigned most = 0;
    for (unsigned i = 0; i < VERDICT_KIND_MAX_; i++) {
        enum verdict_kind kind = gate_worst_first[i];
        if (ret->of[kind] > most) {
            ret->kind = kind;
            most = ret->of[kind];
        }
    }
    for (enum cause cause = 0; cause < CAUSE_MAX_; cause++)
        if (causes[ret->kind][cause] > causes[ret->kind][ret->cause])
            ret->cause = cause;
}

unsigned gate_worse(const struct gate_verdicts *verdicts, enum verdict_kind base)
{
    if (base == VERDICT_LEAK)
        return 0;
    return verdicts->of[VERDICT_LEAK] +
           (base == VERDICT_PRESSURE ? 0 : verdicts->of[VERDICT_PRESSURE]);
}

/* P(at least so many of the candidate's runs are worse) when which runs are is arbitrary (Fisher's
 * exact test). */
static double gate_chance(const struct gate_verdicts *base, const struct gate_verdicts *now,
                          unsigned worse_base, unsigned worse_now)
{
    unsigned worse = worse_base + worse_now;
    double ways = relabel_choose(base->judged + now->judged, now->judged);
    double sum = 0;
    for (unsigned k = worse_now; k <= worse && k <= now->judged; k++)
        if (now->judged - k <= base->judged + now->judged - worse)
            sum += relabel_choose(worse, k) *
                   relabel_choose(base->judged + now->judged - worse, now->judged - k);
    return sum / ways;
}

/* What the verdicts say, whatever the figures do. */
static void gate_decide_verdicts(double case_rate, struct gate_result *ret)
{
    unsigned judged = ret->now.judged;
    unsigned worse_base = gate_worse(&ret->base, ret->base.kind);
    unsigned worse = gate_worse(&ret->now, ret->base.kind);
    if (judged == 0 || ret->base.judged == 0) {
        ret->status = GATE_UNDECIDED;
        return;
    }
    if (2 * worse >= judged) {
        /* A baseline whose own runs disagree may have been taken on a lucky day. */
        ret->verdict_regressed =
            worse_base == 0 || gate_chance(&ret->base, &ret->now, worse_base, worse) <= case_rate;
        ret->status = ret->verdict_regressed ? GATE_REGRESSED : GATE_UNDECIDED;
        ret->suspect = true;
    } else if (worse > 0 && worse_base == 0) {
        ret->status = worse > 1 ? GATE_UNDECIDED : GATE_PASSED;
        ret->suspect = true;
    } else if (2 * ret->now.of[VERDICT_INCONCLUSIVE] > judged &&
               ret->base.kind != VERDICT_INCONCLUSIVE) {
        ret->status = GATE_UNDECIDED;
        ret->suspect = true;
    }
}

/* --- figures --- */

/* Values of the judged runs; false: some of them has none. */
static bool gate_values(const struct gate_side *side, enum figure figure, double *ret, unsigned *n)
{
    *n = 0;
    for (unsigned i = 0; i < gate_runs(side); i++) {
        const struct comparison_run *run = &side->runs[i];
        if (!run->judged)
            continue;
        if (!figures_has(&run->figures, figure) || !isfinite(run->figures.value[figure]))
            return false;
        ret[(*n)++] = run->figures.value[figure];
    }
    return *n > 0;
}

static void gate_sum_up(const struct gate_side *base, const struct gate_side *candidate,
                        const struct gate_budgets *budgets, enum gate_figure f,
                        struct gate_figure_result *ret)
{
    double before[GATE_RUNS_MAX];
    double now[GATE_RUNS_MAX];
    unsigned n_before = 0;
    unsigned n_now = 0;
    enum figure figure = gate_figure_info[f].figure;
    ret->present =
        gate_values(base, figure, before, &n_before) && gate_values(candidate, figure, now, &n_now);
    if (!ret->present)
        return;
    ret->base = trend_median(before, n_before); /* sorts them */
    ret->base_low = before[0];
    ret->base_high = before[n_before - 1];
    ret->now = trend_median(now, n_now);
    ret->now_low = now[0];
    ret->now_high = now[n_now - 1];
    ret->allowed = gate_allowed(f, &budgets->figure[f], ret->base);
    ret->p = 1;
}

static int gate_order_rows(const void *a, const void *b)
{
    const double *one = a;
    const double *other = b;
    for (unsigned f = 0; f < PERMUTATION_FIGURES_MAX; f++)
        if (one[f] < other[f] || one[f] > other[f])
            return one[f] < other[f] ? -1 : 1;
    return 0;
}

/* A group of the data: a row for each judged run, `sign` times its figures, less `allowed`. In an
 * order of their own, so that random relabellings do not depend on that of the runs. */
static unsigned gate_load_side(const struct gate_side *side, const struct gate_result *result,
                               double sign, bool is_less_allowed,
                               double rows[][PERMUTATION_FIGURES_MAX])
{
    unsigned n = 0;
    for (unsigned i = 0; i < gate_runs(side); i++) {
        const struct comparison_run *run = &side->runs[i];
        unsigned column = 0;
        if (!run->judged)
            continue;
        for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
            if (!result->figure[f].present)
                continue;
            double value = sign * run->figures.value[gate_figure_info[f].figure];
            rows[n][column++] = value - (is_less_allowed ? result->figure[f].allowed : 0);
        }
        n++;
    }
    qsort(rows, n, sizeof(rows[0]), gate_order_rows);
    return n;
}

/* What varies less than so much is taken to vary by so much. By all values alike, whichever side
 * they are of, as it must be. */
static double gate_grain(const struct gate_side *base, const struct gate_side *candidate,
                         enum figure figure)
{
    double sizes[2 * GATE_RUNS_MAX];
    unsigned n = 0;
    unsigned n_now = 0;
    if (gate_values(base, figure, sizes, &n))
        gate_values(candidate, figure, sizes + n, &n_now);
    n += n_now;
    for (unsigned i = 0; i < n; i++)
        sizes[i] = fabs(sizes[i]);
    const struct figure_info *info = &figure_info[figure];
    return GRAIN_SHARE * fmax(info->least_amount, info->least_share * trend_median(sizes, n));
}

/* p of each figure: did it become more (sign 1) or less (-1), by more than is allowed? 1 for those
 * that are not there. */
static void gate_test(const struct gate_side *base, const struct gate_side *candidate,
                      const struct gate_result *result, double sign, double case_rate,
                      double *ret_p)
{
    struct permutation_data data = {.n_groups = 2};
    double p[PERMUTATION_FIGURES_MAX];
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        if (result->figure[f].present)
            data.grain[data.n_figures++] = gate_grain(base, candidate, gate_figure_info[f].figure);
    data.n[0] = gate_load_side(base, result, sign, false, data.value);
    data.n[1] = gate_load_side(candidate, result, sign, true, data.value + data.n[0]);
    permutation_test_greater(&data, case_rate, p);
    unsigned column = 0;
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        ret_p[f] = result->figure[f].present ? p[column++] : 1;
}

static void gate_decide_figures(const struct gate_side *base, const struct gate_side *candidate,
                                double case_rate, struct gate_result *ret)
{
    double more[GATE_FIGURE_MAX_];
    double less[GATE_FIGURE_MAX_] = {0};
    bool any = false;
    bool any_less = false;
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        const struct gate_figure_result *figure = &ret->figure[f];
        any = any || figure->present;
        any_less = any_less || figure->base - figure->now > figure->allowed;
    }
    if (!any)
        return;
    gate_test(base, candidate, ret, 1, case_rate, more);
    if (any_less)
        gate_test(base, candidate, ret, -1, case_rate, less);
    bool doubtful = false;
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        struct gate_figure_result *figure = &ret->figure[f];
        if (!figure->present)
            continue;
        bool is_more = figure->now - figure->base > figure->allowed;
        figure->p = isnan(more[f]) ? 1 : more[f]; /* beyond all numbers */
        figure->regressed = is_more && more[f] <= case_rate;
        figure->improved = figure->base - figure->now > figure->allowed && less[f] <= case_rate;
        figure->doubtful =
            is_more && !figure->regressed &&
            more[f] <=
                fmax(GATE_DOUBT_P, permutation_greater_least_p(ret->base.judged, ret->now.judged));
        doubtful = doubtful || figure->doubtful;
        if (figure->regressed)
            ret->status = GATE_REGRESSED;
    }
    ret->suspect = ret->suspect || doubtful || ret->status == GATE_REGRESSED;
    if (doubtful && ret->too_few && ret->status == GATE_PASSED)
        ret->status = GATE_UNDECIDED;
}

void gate_decide(const struct gate_side *base, const struct gate_side *candidate,
                 const struct gate_budgets *budgets, double case_rate, struct gate_result *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->status = GATE_PASSED;
    gate_count_verdicts(base, &ret->base);
    gate_count_verdicts(candidate, &ret->now);
    ret->repeats_needed = gate_repeats_needed(ret->base.judged, case_rate);
    ret->too_few = permutation_greater_least_p(ret->base.judged, ret->now.judged) > case_rate;
    gate_decide_verdicts(case_rate, ret);
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        gate_sum_up(base, candidate, budgets, f, &ret->figure[f]);
    gate_decide_figures(base, candidate, case_rate, ret);
    gate_say(base, candidate, budgets, ret);
}

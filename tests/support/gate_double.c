/* Stands in where the library has none yet. */
#include <stdio.h>

#include "verdict/gate.h"

__attribute__((weak)) void gate_decide(const struct gate_side *base,
                                       const struct gate_side *candidate,
                                       const struct gate_budgets *budgets, double case_rate,
                                       struct gate_result *ret)
{
    (void)budgets;
    (void)case_rate;
    *ret = (struct gate_result){0};
    ret->base.judged = base->n;
    ret->now.judged = candidate->n;
    for (unsigned i = 0; i < base->n; i++)
        ret->base.of[ret->base.kind = base->runs[i].kind]++;
    for (unsigned i = 0; i < candidate->n; i++)
        ret->now.of[ret->now.kind = candidate->runs[i].kind]++;
    for (unsigned k = 0; k < 4; k++) {
        enum figure figure = gate_figure_info[k].figure;
        struct gate_figure_result *to = &ret->figure[k];
        const struct figures *a = &base->runs[0].figures;
        const struct figures *b = &candidate->runs[0].figures;
        to->present = figures_has(a, figure) && figures_has(b, figure);
        to->base = to->base_low = a->value[figure];
        to->base_high = base->runs[base->n - 1].figures.value[figure];
        to->now = to->now_low = b->value[figure];
        to->now_high = candidate->runs[candidate->n - 1].figures.value[figure];
        to->allowed = gate_figure_info[k].amount;
        to->p = 0.001;
        to->regressed = to->now > to->base + to->allowed;
        ret->verdict_regressed = ret->now.kind == VERDICT_LEAK && ret->base.kind == VERDICT_CLEAN;
        if (to->regressed || ret->verdict_regressed)
            ret->status = GATE_REGRESSED;
    }
    if (ret->status == GATE_REGRESSED)
        snprintf(ret->sentence, sizeof(ret->sentence), "it grew");
}

#include "report/gate_ci.h"

#include <stdio.h>

#include "base/units.h"
#include "report/ci_figures.h"

static const struct {
    enum ci_status status;
    const char *rule;
} gate_statuses[GATE_CASE_STATUS_MAX_] = {
    [GATE_CASE_PASSED] = {CI_PASSED, NULL},
    [GATE_CASE_REGRESSED] = {CI_FAILED, "verdict"}, /* unless a figure is the reason */
    [GATE_CASE_UNDECIDED] = {CI_UNDECIDED, "undecided"},
    [GATE_CASE_NEW] = {CI_ERROR, "baseline-missing"},
    [GATE_CASE_REFUSED] = {CI_ERROR, "baseline-refused"},
    [GATE_CASE_FAILED] = {CI_ERROR, "failed"},
    [GATE_CASE_NOT_RUN] = {CI_SKIPPED, NULL},
    [GATE_CASE_UPDATED] = {CI_PASSED, NULL},
    [GATE_CASE_KEPT] = {CI_PASSED, NULL},
};

/* "4.1 MiB", "12.0 B/request", "17". Returns text[UNITS_TEXT_MAX + 16]. */
static const char *gate_ci_amount(enum gate_figure figure, double value, char *text)
{
    char bytes[UNITS_TEXT_MAX];
    if (figure == GATE_THREADS || figure == GATE_DESCRIPTORS)
        snprintf(text, UNITS_TEXT_MAX + 16, "%.6g", value);
    else
        snprintf(text, UNITS_TEXT_MAX + 16, "%s%s", units_format_bytes(value, bytes),
                 figure == GATE_GROWTH ? "/request" : "");
    return text;
}

/* "floor: 4.1 MiB in the baseline, 4.4 MiB now; +128.0 KiB is allowed" */
static const char *gate_ci_figure(struct ci_list *list, enum gate_figure figure,
                                  const struct gate_figure_result *result)
{
    char base[UNITS_TEXT_MAX + 16], now[UNITS_TEXT_MAX + 16], allowed[UNITS_TEXT_MAX + 16];
    return ci_list_printf(
        list, "%s: %s in the baseline, %s now; +%s is allowed%s", gate_figure_info[figure].key,
        gate_ci_amount(figure, result->base, base), gate_ci_amount(figure, result->now, now),
        gate_ci_amount(figure, result->allowed, allowed), result->regressed ? " (regressed)" : "");
}

static struct ci_metric gate_ci_metric(enum gate_figure k, const struct gate_figure_result *result)
{
    enum figure figure = gate_figure_info[k].figure;
    struct ci_metric metric = ci_figure(figure, result->now);
    metric.has_baseline = metric.has_allowed = true;
    metric.baseline = ci_figure_value(figure, result->base);
    metric.allowed = ci_figure_value(figure, result->allowed);
    return metric;
}

/* The figures, and what is to be said of them. */
static void gate_ci_result(struct ci_list *list, const struct gate_result *result,
                           struct ci_case *ret)
{
    struct ci_metric *metrics = ci_list_alloc(list, GATE_FIGURE_MAX_ * sizeof(*metrics));
    for (unsigned k = 0; metrics != NULL && k < GATE_FIGURE_MAX_; k++) {
        const struct gate_figure_result *figure = &result->figure[k];
        if (!figure->present)
            continue;
        metrics[ret->n_metrics++] = gate_ci_metric((enum gate_figure)k, figure);
        const char *line = gate_ci_figure(list, (enum gate_figure)k, figure);
        ret->details = ci_list_line(list, ret->details, line);
        if (figure->improved && ret->status == CI_PASSED)
            ret->remark =
                ret->remark == NULL ? line : ci_list_printf(list, "%s; %s", ret->remark, line);
    }
    ret->metrics = metrics;
    for (size_t i = 0; i < sizeof(result->remarks) / sizeof(result->remarks[0]); i++)
        if (result->remarks[i][0] != '\0')
            ret->details = ci_list_line(list, ret->details, result->remarks[i]);
    if (result->now.judged > 0) {
        ret->verdict = verdict_kind_name(result->now.kind);
        ret->cause = result->now.cause != CAUSE_NONE ? cause_name(result->now.cause) : NULL;
    }
}

/* The reason of a regression. */
static const char *gate_ci_rule(const struct gate_result *result)
{
    if (result == NULL)
        return "verdict";
    if (result->verdict_regressed)
        return result->now.kind == VERDICT_LEAK ? "leak" : "verdict";
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++)
        if (result->figure[k].present && result->figure[k].regressed)
            return gate_figure_info[k].key;
    return "verdict";
}

static void gate_ci_case(struct ci_list *list, const struct gate_report_case *item,
                         struct ci_case *ret)
{
    *ret = (struct ci_case){
        .id = item->id,
        .scenario = item->scenario,
        .variant = ci_list_word(item->variant),
        .build = ci_list_word(item->build),
        .allocator = ci_list_word(item->allocator),
        .file = ci_list_word(item->file),
        .line = item->line,
        .status = gate_statuses[item->status].status,
        .rule = item->status == GATE_CASE_REGRESSED ? gate_ci_rule(item->result)
                                                    : gate_statuses[item->status].rule,
        .message = item->message,
    };
    if (item->result != NULL)
        gate_ci_result(list, item->result, ret);
    if (ret->remark != NULL)
        ret->remark = ci_list_printf(list, "less than in the baseline: %s", ret->remark);
    for (size_t i = 0; i < item->n_notes; i++)
        ret->details = ci_list_line(list, ret->details, item->notes[i]);
    for (size_t i = 0; i < item->n_records; i++)
        ret->duration_ns += item->records[i]->duration_ns - item->records[i]->waited_ns;
    for (size_t i = 0; item->results != NULL && i < item->n_records; i++)
        if (item->results[i] != NULL)
            ret->details = ci_list_line(list, ret->details,
                                        ci_list_printf(list, "result: %s", item->results[i]));
}

int gate_ci(const struct gate_report *gate, struct ci_list *ret, struct error *err)
{
    ci_list_begin(ret, gate->n_cases);
    ret->report.name = "leakcage gate";
    ret->report.summary = gate->sentence;
    ret->report.file = gate->baseline;
    for (size_t i = 0; !ret->failed && i < gate->n_cases; i++)
        gate_ci_case(ret, &gate->cases[i], &ret->cases[i]);
    return ci_list_end(ret, err);
}

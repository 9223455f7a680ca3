#include "verdict/gate_budget.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

#define KIB         1024.0
#define PER_REQUEST "/request"
#define COUNT_MAX   1000000000
#define SHARE_MAX   1000 /* a thousand times as much is no budget any more */

/* What is allowed when nobody says otherwise (share, amount), by what runs of the same thing differ
 * by from day to day. Growth: a page in 1,000 requests is how a floor moves that does not grow.
 * A peak is of memory.current, which counts what each processor holds in stock, up to 256 KiB.
 * Threads and descriptors are the same number every time. */
#define GATE_GROWTH_ALLOWED      0.05, 4
#define GATE_FLOOR_ALLOWED       0.02, 64 * KIB
#define GATE_PEAK_ALLOWED        0.10, 256 * KIB
#define GATE_RETAINED_ALLOWED    0.05, 128 * KIB
#define GATE_THREADS_ALLOWED     0, 0
#define GATE_DESCRIPTORS_ALLOWED 0, 0

#define GATE_GROWTH_UNIT      "B" PER_REQUEST
#define GATE_FLOOR_UNIT       "B"
#define GATE_PEAK_UNIT        "B"
#define GATE_RETAINED_UNIT    "B"
#define GATE_THREADS_UNIT     ""
#define GATE_DESCRIPTORS_UNIT ""

const struct gate_figure_info gate_figure_info[] = {
#define X(figure, key) {key, FIGURE_##figure, GATE_##figure##_UNIT, GATE_##figure##_ALLOWED},
    GATE_FIGURES(X)
#undef X
};

bool gate_budgets_given(const struct gate_budgets *budgets)
{
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        if (budgets->figure[f].given)
            return true;
    return false;
}

static bool gate_is_count(enum gate_figure figure)
{
    return gate_figure_info[figure].unit[0] == '\0';
}

/* An amount without its "+". */
static int gate_parse_amount(enum gate_figure figure, const char *text, double *ret,
                             struct error *err)
{
    char bytes_text[UNITS_TEXT_MAX];
    uint64_t amount = 0;
    size_t length = strlen(text);
    if (gate_is_count(figure)) {
        if (units_parse_count(text, 0, COUNT_MAX, &amount, err) < 0)
            return -1;
    } else {
        size_t rest = figure == GATE_GROWTH ? strlen(PER_REQUEST) : 0;
        if (length < rest || length - rest >= sizeof(bytes_text) ||
            strcmp(text + length - rest, rest > 0 ? PER_REQUEST : "") != 0)
            return -1;
        snprintf(bytes_text, sizeof(bytes_text), "%.*s", (int)(length - rest), text);
        if (units_parse_bytes(bytes_text, &amount, err) < 0)
            return -1;
    }
    *ret = (double)amount;
    return 0;
}

int gate_budget_parse(enum gate_figure figure, const char *text, struct gate_budget *ret,
                      struct error *err)
{
    struct gate_budget budget = {.given = true};
    size_t length = strlen(text);
    bool valid = text[0] == '+';
    if (valid && text[length - 1] == '%') {
        budget.has_share = true;
        valid =
            units_parse_percent(text + 1, &budget.share, NULL) == 0 && budget.share <= SHARE_MAX;
    } else if (valid) {
        valid = gate_parse_amount(figure, text + 1, &budget.amount, NULL) == 0;
    }
    if (!valid)
        return error_set(err, ERROR_USAGE,
                         "found \"%.40s\", expected what may be added: \"+5%%\" or \"+%s\"", text,
                         gate_is_count(figure)   ? "2"
                         : figure == GATE_GROWTH ? "16" GATE_GROWTH_UNIT
                                                 : "64KiB");
    *ret = budget;
    return 0;
}

const char *gate_budget_text(enum gate_figure figure, const struct gate_budget *budget, char *text)
{
    if (budget->has_share)
        snprintf(text, UNITS_TEXT_MAX, "+%.10g%%", budget->share * 100);
    else
        snprintf(text, UNITS_TEXT_MAX, "+%.0f%s", budget->amount, gate_figure_info[figure].unit);
    return text;
}

double gate_allowed(enum gate_figure figure, const struct gate_budget *budget, double median)
{
    const struct gate_figure_info *info = &gate_figure_info[figure];
    if (!budget->given)
        return fmax(info->share * fabs(median), info->amount);
    if (!budget->has_share)
        return budget->amount;
    return fmax(budget->share * fabs(median), info->amount);
}

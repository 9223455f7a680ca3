#include "report/gate_cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

/* Beyond, a share is no longer read as one. */
#define GATE_SHARE_MAX 10.0

static bool gate_is_bytes(enum gate_figure figure)
{
    return gate_figure_info[figure].unit[0] == 'B';
}

/* "4.3 MiB", "24 B", "9", with a sign where one is asked for. */
static const char *gate_amount(enum gate_figure figure, double amount, bool sign, char *text)
{
    char size[UNITS_TEXT_MAX];
    double least = gate_is_bytes(figure) ? 0.05 : 0.005;
    bool none = fabs(amount) < least;
    struct units_scale count = units_scale_count(amount);
    if (none)
        snprintf(size, sizeof(size), gate_is_bytes(figure) ? "0 B" : "0");
    else if (gate_is_bytes(figure))
        units_format_bytes(fabs(amount), size);
    else
        units_format_scaled(fabs(amount), &count, size);
    snprintf(text, UNITS_TEXT_MAX, "%s%.*s",
             !none && amount < 0 ? "-"
             : sign              ? "+"
                                 : "",
             UNITS_TEXT_MAX - 2, size);
    return text;
}

/* "+7.2 %", or where that would say nothing, "+23.9 B". */
static const char *gate_change(enum gate_figure figure, const struct gate_figure_result *result,
                               char *text)
{
    double change = result->now - result->base;
    double share = result->base > 0 ? change / result->base : INFINITY;
    bool counts = !gate_is_bytes(figure);
    if (figure == GATE_GROWTH || counts || result->base < result->allowed ||
        fabs(share) >= GATE_SHARE_MAX)
        return gate_amount(figure, change, true, text);
    snprintf(text, UNITS_TEXT_MAX, "%+.*f %%", fabs(share) < 0.0995 ? 1 : 0, 100 * share);
    return text;
}

/* What it is now, and how that differs from what it was. */
static void gate_cell_text(enum gate_figure figure, const struct gate_figure_result *result,
                           char *text)
{
    char base[UNITS_TEXT_MAX];
    char now[UNITS_TEXT_MAX];
    char change[UNITS_TEXT_MAX];
    gate_amount(figure, result->base, false, base);
    gate_amount(figure, result->now, false, now);
    gate_change(figure, result, change);
    bool share = change[strlen(change) - 1] == '%';
    if (!share && strcmp(base, now) == 0)
        snprintf(text, GATE_TEXT_MAX, "%s", now);
    else if (change[0] == '+' && strcmp(change + 1, now) == 0)
        /* Out of next to nothing: the change says the same as what it is now. */
        snprintf(text, GATE_TEXT_MAX, "%s (was %s)", now, base);
    else
        snprintf(text, GATE_TEXT_MAX, "%s (%s)", now, change);
}

void gate_cell_of(const struct gate_report_case *one, enum gate_figure figure,
                  struct gate_cell *ret)
{
    *ret = (struct gate_cell){.text = "-"};
    if (one->result == NULL)
        return;
    const struct gate_figure_result *result = &one->result->figure[figure];
    if (!result->present || !isfinite(result->now) || !isfinite(result->base))
        return;
    gate_cell_text(figure, result, ret->text);
    ret->marked = result->regressed;
    ret->tone = result->regressed ? GRID_BAD : result->improved ? GRID_GOOD : GRID_PLAIN;
    char low[UNITS_TEXT_MAX];
    char high[UNITS_TEXT_MAX];
    char allowed[UNITS_TEXT_MAX];
    gate_amount(figure, result->base_low, false, low);
    gate_amount(figure, result->base_high, false, high);
    bool one_value = strcmp(low, high) == 0;
    snprintf(ret->range, sizeof(ret->range), "%s%s%s before, %s allowed", low,
             one_value ? "" : " to ", one_value ? "" : high,
             gate_amount(figure, result->allowed, true, allowed));
}

bool gate_has_column(const struct gate_report *report, enum gate_figure figure)
{
    if (figure == GATE_GROWTH || figure == GATE_FLOOR || figure == GATE_PEAK ||
        figure == GATE_RETAINED)
        return true;
    for (size_t i = 0; i < report->n_cases; i++) {
        const struct gate_result *result = report->cases[i].result;
        if (result != NULL && (result->figure[figure].regressed || result->figure[figure].improved))
            return true;
    }
    return false;
}

const char *gate_heading(enum gate_figure figure)
{
    return figure_info[gate_figure_info[figure].figure].heading;
}

/* What the runs of a case that was not compared say; false: nothing. */
static bool gate_verdicts_of(const struct gate_report_case *one, struct gate_verdicts *ret)
{
    *ret = (struct gate_verdicts){0};
    if (one->result != NULL) {
        *ret = one->result->now;
        return ret->judged > 0;
    }
    for (size_t i = 0; i < one->n_records; i++) {
        const struct record *record = one->records[i];
        if (record == NULL || record->error.kind != ERROR_NONE)
            continue;
        ret->judged++;
        ret->of[record->verdict.kind]++;
        if (ret->of[record->verdict.kind] > ret->of[ret->kind])
            ret->kind = record->verdict.kind;
    }
    return ret->judged > 0;
}

const char *gate_verdict_text(const struct gate_report_case *one, char *text)
{
    struct gate_verdicts now;
    char part[32] = "";
    if (!gate_verdicts_of(one, &now)) {
        snprintf(text, GATE_TEXT_MAX, "-");
        return text;
    }
    if (now.of[now.kind] < now.judged)
        snprintf(part, sizeof(part), " %u/%u", now.of[now.kind], now.judged);
    const struct gate_verdicts *base = one->result != NULL ? &one->result->base : NULL;
    bool differs = base != NULL && base->judged > 0 && base->kind != now.kind;
    snprintf(text, GATE_TEXT_MAX, "%s%s%s%s", differs ? verdict_kind_name(base->kind) : "",
             differs ? " → " : "", verdict_kind_name(now.kind), part);
    return text;
}

enum grid_tone gate_verdict_tone(const struct gate_report_case *one)
{
    if (one->result == NULL || one->result->base.judged == 0 || one->result->now.judged == 0)
        return GRID_PLAIN;
    if (one->result->verdict_regressed)
        return GRID_BAD;
    bool other = one->result->now.kind != one->result->base.kind;
    if (!other)
        return GRID_PLAIN;
    return one->result->now.kind == VERDICT_CLEAN ? GRID_GOOD : GRID_WARN;
}

enum grid_tone gate_status_tone(enum gate_case_status status)
{
    switch (status) {
    case GATE_CASE_REGRESSED:
    case GATE_CASE_FAILED:
        return GRID_BAD;
    case GATE_CASE_UNDECIDED:
    case GATE_CASE_NEW:
    case GATE_CASE_REFUSED:
        return GRID_WARN;
    case GATE_CASE_PASSED:
    case GATE_CASE_KEPT:
        return GRID_GOOD;
    case GATE_CASE_UPDATED:
        return GRID_BOLD;
    default:
        return GRID_DIM;
    }
}

bool gate_passed(const struct gate_report *report)
{
    for (size_t i = 0; i < report->n_cases; i++) {
        enum grid_tone tone = gate_status_tone(report->cases[i].status);
        if (tone == GRID_BAD || tone == GRID_WARN)
            return false;
    }
    return true;
}

static bool gate_any_improved(const struct gate_report_case *one)
{
    for (unsigned k = 0; one->result != NULL && k < GATE_FIGURE_MAX_; k++)
        if (one->result->figure[k].improved)
            return true;
    return false;
}

bool gate_is_noteworthy(const struct gate_report_case *one)
{
    if (one->status == GATE_CASE_NOT_RUN)
        return false;
    if (one->status != GATE_CASE_PASSED && one->status != GATE_CASE_KEPT)
        return true;
    return gate_any_improved(one) || gate_verdict_tone(one) != GRID_PLAIN;
}

/* The lower it is, the earlier it is told. */
static unsigned gate_rank(const struct gate_report_case *one)
{
    static const unsigned char ranks[GATE_CASE_STATUS_MAX_] = {
        [GATE_CASE_REGRESSED] = 0, [GATE_CASE_FAILED] = 1,    [GATE_CASE_REFUSED] = 2,
        [GATE_CASE_NEW] = 3,       [GATE_CASE_UNDECIDED] = 4, [GATE_CASE_UPDATED] = 5,
        [GATE_CASE_PASSED] = 7,    [GATE_CASE_KEPT] = 7,      [GATE_CASE_NOT_RUN] = 8,
    };
    unsigned rank = ranks[one->status];
    return rank == 7 && gate_is_noteworthy(one) ? 6 : rank;
}

void gate_order_of(const struct gate_report *report, const struct gate_report_case **ret,
                   struct gate_order *ret_order)
{
    size_t n = 0;
    *ret_order = (struct gate_order){0};
    for (unsigned rank = 0; rank <= 8; rank++) {
        size_t before = n;
        for (size_t i = 0; i < report->n_cases; i++)
            if (gate_rank(&report->cases[i]) == rank)
                ret[n++] = &report->cases[i];
        if (rank < 7)
            ret_order->n_noteworthy += n - before;
        else if (rank == 7)
            ret_order->n_plain = n - before;
        else
            ret_order->n_not_run = n - before;
    }
}

void gate_facts(const struct gate_report *report, struct buffer *out)
{
    size_t n = 0;
    for (size_t i = 0; i < report->n_cases; i++)
        n += report->cases[i].status != GATE_CASE_NOT_RUN;
    if (report->against != NULL)
        buffer_printf(out, NULL, " · against %s", report->against);
    buffer_printf(out, NULL, " · %zu case%s", n, n == 1 ? "" : "s");
    if (report->environment != NULL)
        buffer_printf(out, NULL, " · %s", report->environment);
}

void gate_names(const struct gate_report_case *const *cases, size_t n, struct buffer *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t room = out->max_bytes - out->length;
        if (strlen(cases[i]->id) + sizeof(", and 4096 more") > room) {
            buffer_printf(out, NULL, " and %zu more", n - i);
            return;
        }
        buffer_printf(out, NULL, "%s%s", i > 0 ? ", " : "", cases[i]->id);
    }
}

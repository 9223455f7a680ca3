#include "verdict/gate_sentence.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "verdict/trend.h"

#define CLAUSE_MAX  160
#define REMARKS_MAX (sizeof(((struct gate_result *)NULL)->remarks) / sizeof(char[200]))

/* Is it counted, or in bytes? */
static bool gate_is_counted(enum gate_figure figure)
{
    return gate_figure_info[figure].unit[0] == '\0';
}

/* About nothing, or below it: shares of it say nothing. */
static bool gate_is_about_zero(enum gate_figure figure)
{
    return figure == GATE_GROWTH || figure == GATE_RETAINED;
}

/* "+2 %", "+64.0 KiB", "no more" */
static void gate_allowed_text(enum gate_figure f, const struct gate_budget *budget,
                              const struct gate_figure_result *figure, char text[CLAUSE_MAX])
{
    double share = budget->given ? budget->share : gate_figure_info[f].share;
    char amount[UNITS_TEXT_MAX];
    struct units_scale count = units_scale_count(figure->allowed);
    if (figure->allowed <= 0)
        snprintf(text, CLAUSE_MAX, "no more");
    else if (share > 0 && figure->allowed <= share * fabs(figure->base) * (1 + 1e-9))
        snprintf(text, CLAUSE_MAX, "+%.3g %%", share * 100);
    else if (gate_is_counted(f))
        snprintf(text, CLAUSE_MAX, "+%s", units_format_scaled(figure->allowed, &count, amount));
    else
        snprintf(text, CLAUSE_MAX, "+%s", units_format_bytes(figure->allowed, amount));
}

/* "floor 4.1 -> 4.5 MiB (+9.8 %, +2 % is allowed)" */
static void gate_figure_text(enum gate_figure f, const struct gate_budgets *budgets,
                             const struct gate_figure_result *figure, char text[CLAUSE_MAX])
{
    char base[UNITS_TEXT_MAX];
    char now[UNITS_TEXT_MAX];
    char share[UNITS_TEXT_MAX] = "";
    char allowed[CLAUSE_MAX + 16] = "";
    double largest = fmax(fabs(figure->base), fabs(figure->now));
    struct units_scale scale =
        gate_is_counted(f) ? units_scale_count(largest) : units_scale_bytes(largest);
    if (figure->base > 0 && !gate_is_about_zero(f))
        snprintf(share, sizeof(share), "%+.1f %%",
                 (figure->now - figure->base) / figure->base * 100);
    if (figure->now > figure->base) {
        char amount[CLAUSE_MAX];
        gate_allowed_text(f, &budgets->figure[f], figure, amount);
        snprintf(allowed, sizeof(allowed), "%s is allowed", amount);
    }
    bool both = share[0] != '\0' && allowed[0] != '\0';
    bool any = share[0] != '\0' || allowed[0] != '\0';
    snprintf(text, CLAUSE_MAX, "%s %s -> %s%s%s%s%s%s%s%s%s", gate_figure_info[f].key,
             units_format_scaled(figure->base, &scale, base),
             units_format_scaled(figure->now, &scale, now), scale.name[0] != '\0' ? " " : "",
             scale.name, f == GATE_GROWTH ? " per request" : "", any ? " (" : "", share,
             both ? ", " : "", allowed, any ? ")" : "");
}

/* How many times what is allowed it has changed by: what is said first. */
static double gate_weight(enum gate_figure f, const struct gate_figure_result *figure)
{
    const struct figure_info *info = &figure_info[gate_figure_info[f].figure];
    double least = fmax(info->least_amount, info->least_share * fabs(figure->base));
    return fabs(figure->now - figure->base) / fmax(figure->allowed, least);
}

/* What a list of figures is made of. */
typedef bool gate_choice(const struct gate_figure_result *figure);

static bool gate_has_regressed(const struct gate_figure_result *figure)
{
    return figure->regressed;
}

static bool gate_has_improved(const struct gate_figure_result *figure)
{
    return figure->improved;
}

static bool gate_is_doubtful(const struct gate_figure_result *figure)
{
    return figure->doubtful;
}

/* These figures, the largest change first, added to the text after `between`; what does not fit is
 * counted. */
static void gate_list(const struct gate_budgets *budgets, const struct gate_result *result,
                      gate_choice *chosen, const char *between, char *text, size_t size)
{
    bool said[GATE_FIGURE_MAX_] = {false};
    for (unsigned n = 0; n < GATE_FIGURE_MAX_; n++) {
        int next = -1;
        for (int f = 0; f < (int)GATE_FIGURE_MAX_; f++)
            if (!said[f] && chosen(&result->figure[f]) &&
                (next < 0 || gate_weight((enum gate_figure)f, &result->figure[f]) >
                                 gate_weight((enum gate_figure)next, &result->figure[next])))
                next = f;
        if (next < 0)
            return;
        char clause[CLAUSE_MAX];
        size_t length = strlen(text);
        said[next] = true;
        gate_figure_text((enum gate_figure)next, budgets, &result->figure[next], clause);
        if (length + strlen(clause) + strlen(between) + sizeof(", and more") > size) {
            snprintf(text + length, size - length, ", and more");
            return;
        }
        snprintf(text + length, size - length, "%s%s", length > 0 ? between : "", clause);
        between = ", ";
    }
}

/* The same for a text of its own; false: there is none. */
static bool gate_list_alone(const struct gate_budgets *budgets, const struct gate_result *result,
                            gate_choice *chosen, char *text, size_t size)
{
    text[0] = '\0';
    gate_list(budgets, result, chosen, ", ", text, size);
    return text[0] != '\0';
}

/* --- verdicts --- */

/* "the baseline …" */
static const char *const gate_baseline_is[VERDICT_KIND_MAX_] = {
    [VERDICT_INCONCLUSIVE] = "is inconclusive",
    [VERDICT_CLEAN] = "is clean",
    [VERDICT_LEAK] = "leaks",
    [VERDICT_PRESSURE] = "is under pressure",
    [VERDICT_LAZY_RELEASE] = "is lazy-release",
};

/* The verdict that the worse ones of these runs have. */
static enum verdict_kind gate_worse_kind(const struct gate_verdicts *verdicts)
{
    return verdicts->of[VERDICT_LEAK] >= verdicts->of[VERDICT_PRESSURE] ? VERDICT_LEAK
                                                                        : VERDICT_PRESSURE;
}

/* " 16.2 KiB per request": the median of the runs that leak; nothing when they do not say. */
static void gate_leak_text(const struct gate_side *candidate, char text[CLAUSE_MAX])
{
    double rates[GATE_RUNS_MAX];
    char amount[UNITS_TEXT_MAX];
    size_t n = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < candidate->n && i < GATE_RUNS_MAX; i++) {
        const struct comparison_run *run = &candidate->runs[i];
        if (run->judged && run->kind == VERDICT_LEAK && figures_has(&run->figures, FIGURE_GROWTH) &&
            isfinite(run->figures.value[FIGURE_GROWTH]))
            rates[n++] = run->figures.value[FIGURE_GROWTH];
    }
    double rate = n > 0 ? trend_median(rates, n) : 0;
    if (rate > 0)
        snprintf(text, CLAUSE_MAX, " %s per request", units_format_bytes(rate, amount));
}

/* "leaks 16.2 KiB per request (sockets) where the baseline is clean" */
static void gate_say_verdict(const struct gate_side *candidate, struct gate_result *ret)
{
    char rate[CLAUSE_MAX];
    char cause[CLAUSE_MAX] = "";
    bool leaks = gate_worse_kind(&ret->now) == VERDICT_LEAK;
    gate_leak_text(candidate, rate);
    if (ret->now.kind == VERDICT_LEAK && ret->now.cause != CAUSE_NONE)
        snprintf(cause, sizeof(cause), " (%s)", cause_name(ret->now.cause));
    snprintf(ret->sentence, sizeof(ret->sentence), "%s%s%s where the baseline %s",
             leaks ? "leaks" : "is driven into its limit", leaks ? rate : "", leaks ? cause : "",
             gate_baseline_is[ret->base.kind]);
}

/* Why there is no answer. */
static void gate_say_undecided(const struct gate_budgets *budgets, struct gate_result *ret)
{
    const struct gate_verdicts *base = &ret->base;
    const struct gate_verdicts *now = &ret->now;
    unsigned worse = gate_worse(now, base->kind);
    unsigned worse_base = gate_worse(base, base->kind);
    char *text = ret->sentence;
    size_t size = sizeof(ret->sentence);
    if (now->judged == 0 || base->judged == 0) {
        snprintf(text, size, "no run of %s was judged", now->judged == 0 ? "it" : "the baseline");
    } else if (worse > 0 && worse_base > 0 && 2 * worse >= now->judged) {
        snprintf(text, size, "%u of %u runs say %s, and so do %u of %u of the baseline", worse,
                 now->judged, verdict_kind_name(gate_worse_kind(now)), worse_base, base->judged);
    } else if (worse > 1 && worse_base == 0) {
        snprintf(text, size, "%u of %u runs say %s where the baseline %s", worse, now->judged,
                 verdict_kind_name(gate_worse_kind(now)), gate_baseline_is[base->kind]);
    } else if (2 * now->of[VERDICT_INCONCLUSIVE] > now->judged) {
        snprintf(text, size, "%u of %u runs are inconclusive where the baseline %s",
                 now->of[VERDICT_INCONCLUSIVE], now->judged, gate_baseline_is[base->kind]);
    } else if (gate_list_alone(budgets, ret, gate_is_doubtful, text, size)) {
        char needed[CLAUSE_MAX];
        size_t length = strlen(text);
        snprintf(needed, sizeof(needed), "%u are needed", ret->repeats_needed);
        snprintf(text + length, size - length, "; %u run%s beside %u cannot show it for sure: %s",
                 now->judged, now->judged == 1 ? "" : "s", base->judged,
                 ret->repeats_needed > 0 ? needed : "the baseline needs more");
    }
}

static void gate_say_passed(const struct gate_budgets *budgets, struct gate_result *ret)
{
    char *text = ret->sentence;
    size_t size = sizeof(ret->sentence);
    const char *name = verdict_kind_name(ret->now.kind);
    if (ret->now.kind == ret->base.kind)
        snprintf(text, size, "%s as the baseline", name);
    else
        snprintf(text, size, "%s where the baseline %s", name, gate_baseline_is[ret->base.kind]);
    size_t length = strlen(text);
    bool any = false;
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++)
        any = any || ret->figure[f].present;
    gate_list(budgets, ret, gate_has_improved, "; less: ", text, size);
    if (strlen(text) == length)
        snprintf(text + length, size - length, ", %s",
                 any ? "and no figure is sure to be beyond its budget"
                     : "and no figure to compare");
}

/* --- remarks --- */

static void gate_remark(struct gate_result *ret, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void gate_remark(struct gate_result *ret, const char *format, ...)
{
    size_t i = 0;
    while (i < REMARKS_MAX && ret->remarks[i][0] != '\0')
        i++;
    if (i == REMARKS_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret->remarks[i], sizeof(ret->remarks[i]), format, arguments);
    va_end(arguments);
}

/* The baseline had it, and not every run has it now. */
static void gate_remark_absent(const struct gate_side *base, const struct gate_side *candidate,
                               struct gate_result *ret)
{
    for (enum gate_figure f = 0; f < GATE_FIGURE_MAX_; f++) {
        enum figure figure = gate_figure_info[f].figure;
        unsigned before = 0;
        unsigned lacking = 0;
        for (unsigned i = 0; i < base->n && i < GATE_RUNS_MAX; i++)
            before += base->runs[i].judged && figures_has(&base->runs[i].figures, figure);
        for (unsigned i = 0; i < candidate->n && i < GATE_RUNS_MAX; i++)
            lacking +=
                candidate->runs[i].judged && (!figures_has(&candidate->runs[i].figures, figure) ||
                                              !isfinite(candidate->runs[i].figures.value[figure]));
        if (ret->now.judged > 0 && before == ret->base.judged && before > 0 && lacking > 0)
            gate_remark(ret, "%s: not measured in %u of %u runs, so not looked at",
                        gate_figure_info[f].key, lacking, ret->now.judged);
    }
}

static void gate_remark_verdicts(struct gate_result *ret)
{
    unsigned worse = gate_worse(&ret->now, ret->base.kind);
    unsigned worse_base = gate_worse(&ret->base, ret->base.kind);
    char baseline[CLAUSE_MAX] = "";
    if (worse_base > 0)
        snprintf(baseline, sizeof(baseline), ", as %u of %u of the baseline", worse_base,
                 ret->base.judged);
    if (worse > 0 && 2 * worse < ret->now.judged && ret->status != GATE_UNDECIDED)
        gate_remark(ret, "%u of %u runs say%s %s%s", worse, ret->now.judged, worse == 1 ? "s" : "",
                    verdict_kind_name(gate_worse_kind(&ret->now)), baseline);
    if (ret->now.kind == VERDICT_LEAK && ret->base.kind == VERDICT_LEAK &&
        ret->now.cause != ret->base.cause)
        gate_remark(ret, "the leak's cause is %s now, and %s in the baseline",
                    cause_name(ret->now.cause), cause_name(ret->base.cause));
}

static void gate_remark_figures(const struct gate_budgets *budgets, struct gate_result *ret)
{
    char text[120];
    if (ret->status != GATE_UNDECIDED &&
        gate_list_alone(budgets, ret, gate_is_doubtful, text, sizeof(text)))
        gate_remark(ret, "not for sure: %s", text);
    if (ret->too_few && ret->status == GATE_PASSED && ret->repeats_needed > 0)
        gate_remark(ret, "%u of %u runs that are needed to show for sure that a figure grew",
                    ret->now.judged, ret->repeats_needed);
}

void gate_say(const struct gate_side *base, const struct gate_side *candidate,
              const struct gate_budgets *budgets, struct gate_result *ret)
{
    if (ret->status == GATE_REGRESSED) {
        if (ret->verdict_regressed)
            gate_say_verdict(candidate, ret);
        gate_list(budgets, ret, gate_has_regressed, "; ", ret->sentence, sizeof(ret->sentence));
    } else if (ret->status == GATE_UNDECIDED) {
        gate_say_undecided(budgets, ret);
    } else {
        gate_say_passed(budgets, ret);
    }
    gate_remark_verdicts(ret);
    gate_remark_absent(base, candidate, ret);
    gate_remark_figures(budgets, ret);
}

#include "gate/gate_decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gate/gate_baseline.h"

/* The least rate, in whole per cent, at which so many repeats can claim something; 0: none. */
static unsigned gate_decide_rate_percent(const struct gate *gate, unsigned base_runs,
                                         unsigned repeats)
{
    for (unsigned percent = 1; percent <= 10; percent++) {
        double rate = gate_case_rate(percent / 100.0, (unsigned)gate->n_compared);
        unsigned needed = gate_repeats_needed(base_runs, rate);
        if (needed > 0 && needed <= repeats)
            return percent;
    }
    return 0;
}

/* So many repeats, or as many as there can be, could never claim anything. */
static int gate_decide_too_few(const struct gate *gate, unsigned base_runs, unsigned repeats,
                               unsigned needed, struct error *err)
{
    unsigned percent = gate_decide_rate_percent(gate, base_runs, repeats);
    char at_least[80] = "";
    char rate[64] = "";
    if (needed > 0)
        snprintf(at_least, sizeof(at_least), "expected at least %u", needed);
    if (percent > 0)
        snprintf(rate, sizeof(rate), "%s--false-alarms %u%%", needed > 0 ? ", or " : "expected ",
                 percent);
    if (needed == 0 && percent == 0)
        snprintf(rate, sizeof(rate), "expected %s",
                 base_runs > 0 ? "a baseline of more repeats, or fewer cases at a time"
                               : "fewer cases at a time");
    return error_set(err, ERROR_USAGE,
                     "found %u repeat%s of %zu case%s%s, which can claim no figure at %g %% false "
                     "alarms and would never fail: %s%s",
                     repeats, repeats == 1 ? "" : "s", gate->n_compared,
                     gate->n_compared == 1 ? "" : "s",
                     base_runs > 0 ? " beside such a baseline" : "", 100 * gate->false_alarm_rate,
                     at_least, rate);
}

/* How many a baseline is made of. */
static int gate_decide_update_repeats(struct gate *gate, double rate, struct error *err)
{
    unsigned repeats = gate->options->repeats;
    unsigned least = 1;
    if (repeats == 0)
        repeats = GATE_BASELINE_REPEATS;
    while (least < GATE_RUNS_MAX && gate_repeats_needed(least, rate) == 0)
        least++;
    if (gate_repeats_needed(repeats, rate) == 0)
        return error_set(err, ERROR_USAGE,
                         "--repeats: found %u, beside which no gate of %zu case%s could claim a "
                         "figure at %g %% false alarms, expected at least %u",
                         repeats, gate->n_compared, gate->n_compared == 1 ? "" : "s",
                         100 * gate->false_alarm_rate, least);
    gate->repeats = repeats;
    return 0;
}

int gate_decide_repeats(struct gate *gate, struct error *err)
{
    const struct options *options = gate->options;
    gate->n_compared = gate_count_open(gate);
    if (gate->n_compared == 0)
        return 0;
    double rate = gate_case_rate(gate->false_alarm_rate, (unsigned)gate->n_compared);
    if (options->update)
        return gate_decide_update_repeats(gate, rate, err);
    unsigned base_runs = options->against == NULL ? gate_baseline_runs(gate) : 0;
    unsigned needed = gate_repeats_needed(base_runs, rate);
    unsigned repeats = options->repeats;
    if (repeats == 0) {
        repeats = needed == 0 ? GATE_RUNS_MAX : needed;
        repeats = repeats < GATE_REPEATS_MIN ? GATE_REPEATS_MIN : repeats;
    }
    if (needed == 0 || repeats < needed)
        return gate_decide_too_few(gate, base_runs, repeats, needed, err);
    gate->repeats = repeats;
    return 0;
}

bool gate_decide_failed(struct gate *gate, struct gate_case *of, enum gate_side_of side)
{
    const struct gate_runs *runs = &of->runs[side];
    const struct record *first = NULL;
    unsigned failed = 0;
    for (unsigned i = 0; i < runs->n; i++) {
        if (runs->records[i]->error.kind == ERROR_NONE)
            continue;
        first = first != NULL ? first : runs->records[i];
        failed++;
    }
    if (first == NULL)
        return false;
    const char *text = first->error.text;
    gate_settle(gate, of, GATE_CASE_FAILED, exit_status_of_error(first->error.kind),
                "%u of %u runs%s failed: %.*s", failed, runs->n,
                side == GATE_BASE ? " of the baseline" : "", (int)strcspn(text, "\n"), text);
    if (text[strcspn(text, "\n")] != '\0')
        gate_note(gate, of, "%s", text + strcspn(text, "\n") + 1);
    return true;
}

int gate_decide_entry(struct gate *gate, struct gate_case *of, enum gate_side_of side,
                      struct baseline_entry **ret, struct error *err)
{
    const struct gate_runs *runs = &of->runs[side];
    struct error why = {.kind = ERROR_NONE};
    if (gate_decide_failed(gate, of, side))
        return 1;
    *ret = arena_alloc(gate->arena, sizeof(**ret));
    if (*ret == NULL)
        return error_out_of_memory(err);
    int status = baseline_entry_of_records(runs->records, runs->n, *ret, &why);
    if (status < 0)
        gate_settle(gate, of, GATE_CASE_REFUSED, EXIT_USAGE, "%s", why.text);
    if (status > 0)
        gate_settle(gate, of, GATE_CASE_FAILED, EXIT_ENVIRONMENT, "there are no runs of it");
    return status != 0;
}

/* 1: the case is settled. */
static int gate_decide_case(struct gate *gate, struct gate_case *of, struct error *err)
{
    struct baseline_entry *base = NULL;
    struct baseline_entry *now = NULL;
    int status = gate_decide_entry(gate, of, GATE_CANDIDATE, &now, err);
    if (status == 0 && gate->options->against != NULL)
        status = gate_decide_entry(gate, of, GATE_BASE, &base, err);
    if (status != 0)
        return status;
    const struct baseline_entry *with = base != NULL ? base : of->entry;
    if (with == NULL)
        return 0; /* --update: there is nothing to compare with */
    of->result = of->result != NULL ? of->result : arena_alloc(gate->arena, sizeof(*of->result));
    if (of->result == NULL)
        return error_out_of_memory(err);
    const struct gate_side sides[GATE_SIDES] = {
        [GATE_CANDIDATE] = {.runs = now->runs, .n = now->n_runs},
        [GATE_BASE] = {.runs = with->runs, .n = with->n_runs},
    };
    gate_decide(&sides[GATE_BASE], &sides[GATE_CANDIDATE], &of->budgets,
                gate_case_rate(gate->false_alarm_rate, (unsigned)gate->n_compared), of->result);
    return 0;
}

int gate_decide_open(struct gate *gate, struct error *err)
{
    for (size_t i = 0; i < gate->n_cases; i++)
        if (!gate->cases[i].settled && gate_decide_case(gate, &gate->cases[i], err) < 0)
            return -1;
    return 0;
}

/* What is to be said beside the result's own sentence and remarks. */
static void gate_decide_remarks(struct gate *gate, struct gate_case *of)
{
    const struct gate_result *result = of->result;
    if (of->confirmed && result->status == GATE_PASSED)
        gate_note(gate, of, "it was suspect after %u repeats, and is not after %u", gate->repeats,
                  of->runs[GATE_CANDIDATE].n);
    if (of->runs[GATE_CANDIDATE].more > 0)
        gate_note(gate, of, "only the first %u of its %u runs count", of->runs[GATE_CANDIDATE].n,
                  of->runs[GATE_CANDIDATE].n + of->runs[GATE_CANDIDATE].more);
    if (gate->recorded && result->suspect && !gate->options->update)
        gate_note(gate, of, "it was not run again to confirm that: recordings are what they are");
}

static void gate_decide_settle_case(struct gate *gate, struct gate_case *of)
{
    const struct gate_result *result = of->result;
    if (result == NULL)
        return;
    gate_decide_remarks(gate, of);
    if (result->status == GATE_REGRESSED)
        gate_settle(gate, of, GATE_CASE_REGRESSED, EXIT_OTHER_VERDICT, "%s", result->sentence);
    else if (result->status == GATE_UNDECIDED)
        gate_settle(gate, of, GATE_CASE_UNDECIDED, EXIT_INCONCLUSIVE, "%s", result->sentence);
    else if (result->too_few)
        gate_settle(gate, of, GATE_CASE_UNDECIDED, EXIT_INCONCLUSIVE,
                    "%u repeat%s can claim no figure at %g %% false alarms, expected at least %u",
                    of->runs[GATE_CANDIDATE].n, of->runs[GATE_CANDIDATE].n == 1 ? "" : "s",
                    100 * gate->false_alarm_rate, result->repeats_needed);
    else
        gate_settle(gate, of, GATE_CASE_PASSED, EXIT_AS_EXPECTED, "%s", result->sentence);
}

void gate_decide_settle(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_cases; i++)
        if (!gate->cases[i].settled)
            gate_decide_settle_case(gate, &gate->cases[i]);
}

void gate_decide_cut(struct gate *gate, const struct error *why)
{
    for (size_t i = 0; i < gate->n_cases; i++) {
        struct gate_case *of = &gate->cases[i];
        if (of->settled)
            continue;
        if (why != NULL)
            gate_settle(gate, of, GATE_CASE_FAILED, exit_status_of_error(why->kind),
                        "%u of %u runs were done: %.*s", of->runs[GATE_CANDIDATE].n, gate->repeats,
                        (int)strcspn(why->text, "\n"), why->text);
        else
            gate_settle(gate, of, GATE_CASE_UNDECIDED, EXIT_INTERRUPTED,
                        "interrupted: %u of %u runs were done%s", of->runs[GATE_CANDIDATE].n,
                        gate->repeats, of->confirmed ? ", to confirm what was suspect" : "");
    }
}

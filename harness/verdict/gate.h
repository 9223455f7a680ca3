#pragma once
/* The gate: have the runs of a candidate regressed against those of a baseline?
 *
 * A case is one thing that is gated: a scenario, a variant of it, in one build. Its evidence are
 * whole runs on both sides (struct comparison_run: the verdict and the figures of each), those of
 * the baseline perhaps from another day. It has regressed when
 *
 *   - a figure is beyond its budget, and surely so: an exact one-sided permutation test (repeats as
 *     the unit, max-T over the case's figures; permutation_greater.h) of the candidate's values
 *     less what the budget allows. What is tested is "it grew by more than allowed", not "it
 *     differs": so a shift within the budget, as between two days or two boots, is no alarm however
 *     often it is measured;
 *   - its verdict turned to leak, or to pressure, in at least half of the candidate's runs, where
 *     the baseline's did not: each of those stands on its own evidence (95 % intervals over floors,
 *     and the rules of verdict.h), and needs no further test, unless some of the baseline's runs
 *     say so as well (then Fisher's).
 *
 * The false alarm rate is of the whole gate: it is divided by the number of cases (Bonferroni), so
 * that of gates over nothing but unchanged cases at most that share claims a figure. So many
 * repeats are needed that the least p can be as small: gate_repeats_needed(). More repeats in the
 * baseline, which is measured once, make fewer suffice for the candidate.
 *
 * An alarm is not raised on one round alone: who runs the gate runs a case that is `suspect` as
 * often again, and asks anew with all runs. A claim is then made at the second look alone, so the
 * rate holds; and what is likely and not sure (`doubtful`) is found more often.
 *
 * Everything here is pure: the same input gives the same answer to the digit. */
#include "verdict/comparison.h"
#include "verdict/gate_budget.h"

#define GATE_RUNS_MAX         COMPARISON_REPEATS_MAX
#define GATE_FALSE_ALARM_RATE 0.01 /* of a whole gate, when nobody says otherwise */
#define GATE_BASELINE_REPEATS 10   /* of each case, when a baseline is made */
#define GATE_DOUBT_P          0.1  /* of a figure beyond its budget: worth more runs */

enum gate_status {
    GATE_PASSED,
    GATE_REGRESSED,
    GATE_UNDECIDED, /* no answer: too few judged runs, verdicts inconclusive or divided */
    GATE_STATUS_MAX_
};

struct gate_figure_result {
    bool present;                     /* every judged run of both sides has it */
    double base, base_low, base_high; /* median, least and greatest of the baseline's runs */
    double now, now_low, now_high;    /* the same of the candidate's */
    double allowed;                   /* what may be added to `base` */
    double p;                         /* one-sided, corrected for the case's figures */
    bool regressed;                   /* p is small enough, and the median is beyond the budget */
    bool doubtful;                    /* beyond the budget, and not so small, but small */
    bool improved; /* the same the other way: less than before by more than `allowed` */
};

/* One side of a case. Borrowed. */
struct gate_side {
    const struct comparison_run *runs;
    unsigned n; /* those beyond GATE_RUNS_MAX are not looked at */
};

struct gate_verdicts {
    unsigned judged; /* runs that have a verdict */
    unsigned of[VERDICT_KIND_MAX_];
    enum verdict_kind kind; /* of most; the worse one when it is a tie */
    enum cause cause;       /* of most of those */
};

struct gate_result {
    enum gate_status status;
    bool suspect; /* regressed, divided or doubtful so far: run it as often again before that is
                     said */
    bool verdict_regressed; /* …because of the verdict */
    struct gate_verdicts base, now;
    struct gate_figure_result figure[GATE_FIGURE_MAX_];
    bool too_few;            /* so few repeats that no figure could be claimed: `repeats_needed` */
    unsigned repeats_needed; /* of the candidate, for the rate that was asked for */
    char sentence[400];      /* "floor +7.2 % (4.1 to 4.4 MiB; +3 % is allowed)"; no full stop */
    char remarks[2][200];    /* "1 of 8 runs says leak"; "" */
};

/* Decide one case of a gate that has so many cases. */
void gate_decide(const struct gate_side *base, const struct gate_side *candidate,
                 const struct gate_budgets *budgets, double case_rate, struct gate_result *ret);

/* How many of these runs have a verdict that is worse than this one of the baseline: a leak, and
 * where the baseline has no pressure either, pressure. */
unsigned gate_worse(const struct gate_verdicts *verdicts, enum verdict_kind base);

/* The rate of each of so many cases. */
double gate_case_rate(double false_alarm_rate, unsigned n_cases);

/* How many runs of the candidate are needed beside so many of the baseline, so that an exact
 * one-sided test can be as sure; 0: not even GATE_RUNS_MAX are enough. With base_runs 0: of both
 * sides alike. */
unsigned gate_repeats_needed(unsigned base_runs, double case_rate);

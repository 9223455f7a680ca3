#pragma once
/* What the gate looks at in a case's runs, and how much more of each is let pass (gate.h).
 *
 * A budget is what may be added to the baseline's median: a share of it, or an amount in the
 * figure's own unit, as the author of a scenario says ("gate": {"floor": "+5%"}), or else what
 * suits the figure. It is also what runs of different days may differ by for no reason in the
 * program. */
#include <stdbool.h>

#include "base/error.h"
#include "verdict/figures.h"

/* X(FIGURE, key in scenarios and reports) */
#define GATE_FIGURES(X)     \
    X(GROWTH, "growth")     \
    X(FLOOR, "floor")       \
    X(PEAK, "peak")         \
    X(RETAINED, "retained") \
    X(THREADS, "threads")   \
    X(DESCRIPTORS, "descriptors")

enum gate_figure {
#define X(figure, key) GATE_##figure,
    GATE_FIGURES(X)
#undef X
        GATE_FIGURE_MAX_
};

struct gate_figure_info {
    const char *key;    /* "floor" */
    enum figure figure; /* where its value is */
    const char *unit;   /* "B/request", "B", "": how a budget's amount is written */
    double share;       /* allowed when nobody says otherwise: the greater of the two holds */
    double amount;
};

extern const struct gate_figure_info gate_figure_info[];

/* What may be added to a figure. The greater of both holds: share of the baseline's median, and
 * amount in the figure's unit. An author's share keeps the default amount (a share of next to
 * nothing is noise); an author's amount stands alone. */
struct gate_budget {
    bool given;     /* false: the default holds, and the rest says nothing */
    bool has_share; /* given as a share; else as an amount */
    double share;   /* 0.05: five per cent */
    double amount;
};

/* Budgets of one case, as a scenario says them. */
struct gate_budgets {
    struct gate_budget figure[GATE_FIGURE_MAX_];
    unsigned line; /* of the scenario file; 0: not said there */
};

/* Did somebody say anything? */
bool gate_budgets_given(const struct gate_budgets *budgets);

/* Read a budget: "+5%", "+16B/request" (growth), "+64KiB", "+3" (threads, descriptors). ERROR_USAGE
 * says what was found and what is expected for this figure. */
int gate_budget_parse(enum gate_figure figure, const char *text, struct gate_budget *ret,
                      struct error *err);

/* The text that reads back as this budget, which was given. Returns text[UNITS_TEXT_MAX]. */
const char *gate_budget_text(enum gate_figure figure, const struct gate_budget *budget, char *text);

/* What a figure's budget is in the figure's unit, where the baseline's median is so much. */
double gate_allowed(enum gate_figure figure, const struct gate_budget *budget, double median);

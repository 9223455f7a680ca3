#pragma once
/* What a report of a gate is made from: each case with its decision, what its runs left, and what
 * is to be said of it beside its figures.
 *
 * One struct for all forms: gate_table.h (terminal, Markdown), gate_json.h, gate_html.h, and
 * gate_ci.h for CI systems. Everything is borrowed for as long as they write. */
#include "scenario/record.h"
#include "verdict/gate.h"

/* What became of a case. */
enum gate_case_status {
    GATE_CASE_PASSED,
    GATE_CASE_REGRESSED,
    GATE_CASE_UNDECIDED,
    GATE_CASE_NEW,     /* the baseline has no such case: nothing was compared */
    GATE_CASE_REFUSED, /* it has, of another environment or of other work: the same */
    GATE_CASE_FAILED,  /* the service or the machine failed in one of its runs */
    GATE_CASE_NOT_RUN, /* in the baseline only */
    GATE_CASE_UPDATED, /* written into the baseline (--update): new, or changed */
    GATE_CASE_KEPT,    /* --update: as it was, and so is its entry */
    GATE_CASE_STATUS_MAX_
};

/* "passed", "regressed", "undecided", "new", … */
extern const char *const gate_case_status_names[];

struct gate_report_case {
    const char *id; /* baseline_key_text() */
    const char *scenario;
    const char *variant, *build, *allocator; /* NULL: none */
    const char *file; /* of the scenario, as the user typed it; NULL: the command line */
    unsigned line;    /* where its budgets are; 0: not said there */
    enum gate_case_status status;
    const struct gate_result *result; /* NULL: nothing was compared */
    const char *message;              /* one sentence, and the fix where there is one */
    const char *const *notes;         /* "kernel 6.1.0-18 in the baseline, 6.1.0-22 here" */
    size_t n_notes;
    const struct record *const *records; /* of the candidate, in the order of its repeats */
    const char *const *results;          /* their folders */
    size_t n_records;
    const struct record *const *base_records; /* --against: of the baseline; else none */
    const char *const *base_results;
    size_t n_base_records;
};

struct gate_report {
    const char *against;     /* "leakcage.json", or the revision or command of --against */
    const char *baseline;    /* its file, as the user typed it; NULL: --against */
    const char *environment; /* "driver vm (6.1.0-22-amd64, tcg, 2 CPUs)"; NULL: nothing ran */
    double false_alarm_rate;
    unsigned repeats;                     /* of the candidate, in the first round */
    const struct gate_report_case *cases; /* in the order of the plan, then what was not run */
    size_t n_cases;
    const char *sentence;     /* "1 of 4 cases regressed: json-tree" */
    const char *const *notes; /* on the whole of it */
    size_t n_notes;
};

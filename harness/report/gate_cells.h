#pragma once
/* What the reports of a gate say, whatever they are drawn with: in which order cases come, the
 * texts of a case's cells, and what is said of it, and of the whole gate, below them.
 *
 * Texts are UTF-8 and may hold whatever names and errors hold: who writes them makes them harmless
 * (line_text.h, html_text.h). What was not measured is "-". */
#include "report/gate_report.h"
#include "report/grid.h"

#define GATE_TEXT_MAX 192

/* One figure of a case. */
struct gate_cell {
    char text[GATE_TEXT_MAX];  /* "4.3 MiB (+7.2 %)"; where a share would say nothing, for what was
                                  there before is less than what is allowed: "24 B (+8 B)", "61.2 KiB
                                  (was 0.1 B)" */
    char range[GATE_TEXT_MAX]; /* "4.1 to 4.4 MiB before, +128 KiB allowed"; "" */
    enum grid_tone tone;
    bool marked; /* it regressed */
};

/* What stands in the cell of a figure. */
void gate_cell_of(const struct gate_report_case *one, enum gate_figure figure,
                  struct gate_cell *ret);

/* Of a table over all cases: what is always there, and what has something to say. */
bool gate_has_column(const struct gate_report *report, enum gate_figure figure);
const char *gate_heading(enum gate_figure figure);

/* "clean", "clean → leak 3/4". Returns text[GATE_TEXT_MAX]. */
const char *gate_verdict_text(const struct gate_report_case *one, char *text);
enum grid_tone gate_verdict_tone(const struct gate_report_case *one);

/* Good, bad, or neither. */
enum grid_tone gate_status_tone(enum gate_case_status status);

/* Is there no case that fails the gate? */
bool gate_passed(const struct gate_report *report);

/* Has it something to say beside its figures? Else it passed, as most do. */
bool gate_is_noteworthy(const struct gate_report_case *one);

/* Of the cases as they are listed: how many there are of which. */
struct gate_order {
    size_t n_noteworthy;
    size_t n_plain;   /* behind these */
    size_t n_not_run; /* behind those */
};

/* The cases as they are listed: first what fails the gate, the worst first; then what is noteworthy
 * else, then what passed, and at the end what was not run. `ret` has room for all of them. */
void gate_order_of(const struct gate_report *report, const struct gate_report_case **ret,
                   struct gate_order *ret_order);

/* "a, b, c" to `out`, as many as there is room for, then "and 12 more". */
void gate_names(const struct gate_report_case *const *cases, size_t n, struct buffer *out);

/* Who is told a remark. */
typedef void gate_remark_fn(void *user, const char *text);

/* What is said of a case: its sentence, what is to be done, its notes, and where its runs are. */
void gate_case_remarks(const struct gate_report_case *one, gate_remark_fn *each, void *user);

/* What is said of all of it: how sure it is, notes of cases that are not noteworthy (each once),
 * and its own notes. */
void gate_remarks(const struct gate_report *report, gate_remark_fn *each, void *user);

/* " · against leakcage.json · 4 cases · driver vm (6.1.0, tcg)" to `out`; cases that were not
 * run are not among them. */
void gate_facts(const struct gate_report *report, struct buffer *out);

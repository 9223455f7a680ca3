#pragma once
/* Reports for CI systems made by hand, for what writes them: a case of each status, with figures,
 * and with text that wants to be something else than text. */
#include "base/buffer.h"
#include "report/ci_report.h"

/* Markup, quotes, the end of a CDATA section, control characters, a colour, a workflow command at
 * the begin of a line, a comma and a colon, a percent sign, bytes that are no UTF-8, a sequence
 * that XML has no character for, text that turns its direction. */
extern const char ci_cases_hostile[];

/* Of everyday: json-tree passed, its variant regressed by its floor, one that is new, one
 * undecided, one not run. Whole, and for the test to change its copy of. */
#define CI_CASES_N 5
struct ci_cases {
    struct ci_case cases[CI_CASES_N];
    struct ci_metric metrics[2];
    struct ci_report report;
};
void ci_cases_init(struct ci_cases *ret);

/* The same with hostile text wherever text is. */
void ci_cases_init_hostile(struct ci_cases *ret);

/* What a writer makes of it; fails the test when it cannot. The document is kept as `name` in the
 * folder that LEAKCAGE_KEEP_CI names, when there is one. The caller frees it. */
typedef int (*ci_cases_writer)(const struct ci_report *report, struct buffer *out,
                               struct error *err);
char *ci_cases_write(ci_cases_writer write, const struct ci_report *report, const char *name);

#pragma once
/* A gate made by hand, for what shows gates: "json-tree" regressed (its verdict and its floor),
 * "clean [race]" passed, "warm-up" is new, "page-cache" undecided, "gc-sawtooth" was refused, and
 * "slow-leak" was not run. What a test wants otherwise it changes. */
#include "report/gate_report.h"

#define GATED_CASES_MAX 600
#define GATED_RUNS_MAX  8

/* Looks like text, is meant as markup, as a sequence of a terminal, and as a cell of a table. */
#define GATED_HOSTILE "</td><script>alert(\"1\")</script>|&amp;'`\033[2J\n\xff\xe2\x80\xae*x*"

struct gated {
    struct gate_report report;
    struct gate_report_case cases[GATED_CASES_MAX];
    struct gate_result results[GATED_CASES_MAX];
    char ids[GATED_CASES_MAX][300];
    struct record *records[GATED_CASES_MAX][2 * GATED_RUNS_MAX]; /* owned; of now, then before */
    const char *folders[GATED_CASES_MAX][2 * GATED_RUNS_MAX];
};

/* Without records. The caller frees it; fit for CLEANUP. */
struct gated *gated_new(void);
void gated_free(struct gated *gated);
void gated_freep(struct gated **gated);

/* One more case, clean before and now, ten repeats and four, and every figure as it was; returns
 * its place. */
unsigned gated_add(struct gated *gated, const char *id, enum gate_case_status status);

/* What a figure was and is; `p` below 0.01 claims it. */
void gated_figure(struct gated *gated, unsigned place, enum gate_figure figure,
                  const struct gate_figure_result *result);

/* Everything that is text becomes this. */
void gated_say(struct gated *gated, unsigned place, const char *text);

/* Recorded runs of `folder` as those of a case, so many now and before (NULL: none), and what the
 * gate says of them. */
struct gated_runs {
    const char *now, *before; /* names of folders */
    unsigned n_now, n_before;
};
void gated_recorded(struct gated *gated, unsigned place, const char *folder,
                    const struct gated_runs *runs);

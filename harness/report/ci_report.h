#pragma once
/* What a CI system is told, whatever it was made from (a gate, or plain results): a list of cases,
 * each with its status, where it is written down, and its numbers.
 *
 * One struct for all forms: ci_junit.h, ci_sarif.h, ci_openmetrics.h, ci_annotations.h. Everything
 * is borrowed for as long as they write; text may hold anything, and comes out as text. */
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

enum ci_status {
    CI_PASSED,
    CI_FAILED,    /* a regression; another verdict than expected */
    CI_ERROR,     /* no answer: the service or the machine failed, a baseline was refused */
    CI_UNDECIDED, /* no answer: inconclusive */
    CI_SKIPPED,   /* was not run, and nobody expected it to be */
    CI_STATUS_MAX_
};

/* "passed", "failed", "error", "undecided", "skipped". */
extern const char *const ci_status_names[];

/* One number of a case. */
struct ci_metric {
    const char *name; /* of OpenMetrics, with its unit: "floor_bytes", "growth_bytes_per_request" */
    const char *unit; /* what the name ends with: "bytes"; NULL: a count */
    const char *help; /* a sentence without a full stop */
    double value;     /* one that is not finite is left out */
    bool has_baseline;
    double baseline;
    bool has_allowed;
    double allowed; /* what may be added to the baseline */
};

struct ci_case {
    const char *id;        /* "json-tree.fixed [race]" */
    const char *scenario;  /* "json-tree" */
    const char *variant;   /* NULL: the scenario itself */
    const char *build;     /* NULL: nobody chose */
    const char *allocator; /* the same */
    const char *run;       /* which run of the case it is; NULL: the case, of all its runs */
    const char *file;      /* of the scenario, as the user typed it; NULL: the command line */
    unsigned line;         /* of that file, from 1; 0: not known */
    enum ci_status status;
    const char *rule;    /* what kind of finding: one of ci_rules.h; NULL when it passed */
    const char *message; /* one sentence; NULL: none */
    const char *details; /* several lines, plain text; NULL: none */
    const char *remark;  /* what is worth a word though it passed: "floor is less by 9 %" */
    const char *verdict; /* "leak"; NULL: none */
    const char *cause;   /* "heap"; NULL: none */
    nsec_t duration_ns;  /* of all its runs; 0: there were none */
    int64_t unix_ms;     /* when it ended, since the Unix epoch, where that is to be told; else 0 */
    const struct ci_metric *metrics;
    size_t n_metrics;
};

struct ci_report {
    const char *name;      /* "leakcage gate" */
    const char *version;   /* of leakcage */
    const char *summary;   /* one sentence */
    const char *file;      /* where a finding is put that has no file of its own; NULL: nowhere */
    const char *directory; /* the working directory, absolute: files below it are told relative to
                              it; NULL: as they are */
    const struct ci_case *cases; /* no two with the same names, build, allocator and run */
    size_t n_cases;
};

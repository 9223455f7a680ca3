#pragma once
/* From the results of variants to the comparison of them, and where it goes: standard output, and
 * comparison.json, comparison.md and comparison.html in the output folder. The same for runs that
 * have just been made and for recordings. */
#include "cli/console.h"
#include "cli/exit_status.h"
#include "report/comparison_report.h"

/* The file that says what a comparison is made of. */
#define COMPARE_REPORT_JSON "comparison.json"
#define COMPARE_NOTES_MAX   8

/* One variant's results. All of it is borrowed. */
struct compare_results {
    const char *name;      /* a word for file names; "": the scenario as it stands */
    const char *label;     /* how people read it */
    const char *build;     /* NULL: nobody chose */
    const char *allocator; /* NULL: nobody chose */
    const char *skipped;   /* why there are none; NULL: it was run */
    const struct record *const *records;
    const char *const *dirs; /* the folder of each */
    size_t n;
};

/* A comparison with all that it points to; compare_report_done() releases it. */
struct compare_report {
    struct comparison comparison;
    struct comparison_member members[COMPARISON_VARIANTS_MAX];
    struct comparison_report report;
    const char *notes[COMPARE_NOTES_MAX];
    struct arena *arena;
};

/* Compare: `results` (n of them, at least one) in the order of the variants, the first of which the
 * others are compared with. `note` is on the whole of it; NULL: none. */
int compare_report_make(const char *scenario, const struct compare_results *results, unsigned n,
                        const char *note, struct compare_report *ret, struct error *err);
void compare_report_done(struct compare_report *report); /* for CLEANUP */

/* Write the three files, print what was asked for, and say where the files are. */
int compare_report_put(const struct compare_report *report, struct console *console,
                       struct error *err);

/* What the comparison means to who called: a variant that failed outweighs one that has not the
 * verdict expected of it (of most of its runs; without an expectation: one that leaks); one that
 * was skipped does not count. */
enum exit_status compare_report_status(const struct compare_report *report);

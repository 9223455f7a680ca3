#pragma once
/* What explains the results of a report, and where the lines are for a CI system: relative to the
 * working folder, which is where a repository is checked out. */
#include "cli/result_folders.h"
#include "explain/explanation.h"
#include "report/records_ci.h"

/* One for each result, in their order. */
struct report_explanations {
    struct explanation **items; /* owned; NULL among them: it is not explained */
    size_t n, n_explained;
};

/* Load them; one that cannot be read is told, and is none. */
int report_explanations_load(const struct result_folders *results, struct report_explanations *ret,
                             struct error *err);
void report_explanations_done(struct report_explanations *explanations); /* for CLEANUP */

/* The file of a source as it is below the folder: as it is when it is there, or its longest end of
 * two parts at least that is there ("/build/src/a.c" is "src/a.c" in the folder), for a build may
 * have been somewhere else. NULL: it is not. Borrowed from `file`. */
const char *report_source_file(const char *folder, const char *file);

/* The places, for records_ci(); a malloc'd array that the caller owns. NULL: out of memory. */
struct records_ci_place *report_places(const struct report_explanations *explanations,
                                       const char *folder);

/* Where GitHub runs it ($GITHUB_ACTIONS is "true"): annotations of what has not passed and is
 * explained, on the line that takes what grows; on standard error, for a form may be on the other
 * stream. */
int report_annotate(const struct result_folders *results,
                    const struct report_explanations *explanations, struct error *err);

#pragma once
/* Results, as CI systems are told of them: each run by its outcome, with its figures.
 *
 * A run that is as expected has passed; without an expectation, one that is no leak. Where a run is
 * written down is its result.json: which file its scenario was is not recorded. One that is
 * explained and has not passed is told where the line is that takes what grows, and its details
 * begin with that. */
#include "explain/explanation.h"
#include "report/ci_list.h"
#include "scenario/record_files.h"

/* What explains a run, and the file of its line as the CI system knows it. */
struct records_ci_place {
    const struct explanation *explanation; /* NULL: it is not explained */
    const char *file;                      /* NULL: it is not among what the CI system knows */
};

/* What there is to tell. Borrowed. */
struct records_ci_input {
    const struct stored_record *items;
    size_t n;
    size_t n_broken; /* results that could not be taken: when there are any, one more case, an
                        error, so that what is missing is no pass */
    const struct records_ci_place *places; /* one for each item; NULL: none is explained */
};

/* The list borrows from the records; ci_list_done() releases what is its own. */
int records_ci(const struct records_ci_input *input, struct ci_list *ret, struct error *err);

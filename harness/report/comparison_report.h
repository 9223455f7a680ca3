#pragma once
/* What a report of a comparison is made from: the comparison itself (verdict/comparison.h), and
 * what each variant's runs left, in the same order.
 *
 * One struct for all forms of the report: comparison_table.h (terminal, Markdown),
 * comparison_json.h, comparison_html.h. Everything is borrowed for as long as they write. */
#include <stddef.h>

#include "scenario/record.h"
#include "verdict/comparison.h"

/* What is known of a variant besides its figures. What does not apply is NULL. */
struct comparison_member {
    const char *variant;                 /* its file-name word: "race", "malloc-arena-max-1" */
    const char *build;                   /* "race" */
    const char *allocator;               /* "jemalloc" */
    const struct record *const *records; /* one per repeat, in their order; one that left none at
                                            all is NULL */
    const char *const *results;          /* the folder of each, as the user would type it; NULL (it,
                                            or one of it): not stored */
    size_t n_records;
    const char *const *notes; /* "quarantine held to 4 MiB (ASAN_OPTIONS)" */
    size_t n_notes;
};

struct comparison_report {
    const char *scenario; /* what was compared: the scenario's name, or the command's */
    const struct comparison *comparison;
    const struct comparison_member *members; /* comparison->n of them */
    const char *const *notes; /* on the whole comparison: "repeats ran in turns…" */
    size_t n_notes;
};

#pragma once
/* What stands in the cells of a comparison's table, whatever the table is drawn with: numbers of
 * one row in one unit, ratios, the verdict's word; and what is said below the table.
 *
 * Texts are UTF-8. What was not measured is "-". */
#include "base/units.h"
#include "report/comparison_report.h"

#define COMPARISON_TEXT_MAX  96
#define COMPARISON_TITLE_MAX 192

/* A figure over all variants: its unit fits the largest of them. */
struct comparison_row {
    enum figure figure;
    const char *heading;
    const char *unit; /* "MiB"; "" for a plain number */
    struct units_scale scale;
    bool has_figure; /* of any variant */
    bool has_ratio;
};

/* One variant's figure. */
struct comparison_cell {
    char value[COMPARISON_TEXT_MAX];    /* "61.2"; "1,024 (2/4)": two of four runs have it; "-" */
    char range[COMPARISON_TEXT_MAX];    /* "60.1 to 62.4", over the repeats; "" when none */
    char ratio[COMPARISON_TEXT_MAX];    /* "8.91"; "" when none */
    char interval[COMPARISON_TEXT_MAX]; /* "8.10 to 9.40"; "" when none */
    bool differs;                       /* claimed */
    bool worse, better;                 /* of what differs; neither: one cannot tell */
};

/* A row of the table, and a cell of that row. */
void comparison_row_of(const struct comparison *comparison, enum figure figure,
                       struct comparison_row *ret);
void comparison_cell_of(const struct comparison *comparison, const struct comparison_row *row,
                        unsigned variant, struct comparison_cell *ret);

/* "LEAK", "LAZY RELEASE 3/4", "failed", "skipped". Returns text[COMPARISON_TEXT_MAX]. */
const char *comparison_verdict_text(const struct comparison_variant *variant, char *text);

/* "× plain (97 % interval)", "× plain (at least 94 % intervals)", "× plain" where there are none.
 * Returns text[COMPARISON_TITLE_MAX]. */
const char *comparison_ratio_title(const struct comparison *comparison, char *text);

/* "limit 64.0 MiB · driver vm (6.1.0, tcg) · 4 repeats" to `out`, each behind " · ". */
void comparison_facts(const struct comparison_report *report, struct buffer *out);

/* The least that is left of a limit over the records of a variant; false when none has one. */
bool comparison_limit(const struct comparison_member *member, uint64_t *ret_bytes);

/* What is said below the table, one after the other: about the test, about variants that failed,
 * were skipped or do not agree, and notes. `subject` is the variant, or NULL. */
typedef void comparison_remark_fn(void *user, const char *subject, const char *text);
void comparison_remarks(const struct comparison_report *report, comparison_remark_fn *each,
                        void *user);

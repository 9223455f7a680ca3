#pragma once
/* A comparison: the same work done by several variants of a service, over and over.
 *
 * The first variant is the one that the others are compared with. What repeats is a whole run, with
 * an instance of its own: cycles of one instance share its address space and its heap's history,
 * and are no independent evidence of how two builds differ. A difference in a figure is claimed
 * only when an exact permutation test over the repeats says so, corrected for all figures and all
 * variants that were looked at (permutation.h), and when it is not too small to matter
 * (figure_info: least_share, least_amount): of 100 comparisons of a build with itself at most five
 * claim anything. With too few repeats nothing can be claimed, and that is said.
 *
 * Growth is looked at only where a run of the two leaks, and claimed only where a variant does: two
 * clean variants differ in noise. A figure that some repeat of the two lacks is not tested.
 *
 * A verdict stands on its own evidence (95 % intervals over a run's floors), and needs no test. */
#include <stdbool.h>
#include <stddef.h>

#include "verdict/figures.h"

#define COMPARISON_VARIANTS_MAX 16
#define COMPARISON_REPEATS_MAX  32
#define COMPARISON_ALPHA        0.05

/* One repeat of one variant. */
struct comparison_run {
    bool judged; /* false: it failed, and there is no verdict */
    enum verdict_kind kind;
    enum cause cause;
    struct verdict_growth growth;
    struct figures figures;
};

/* One variant, as it was run. Borrowed. */
struct comparison_input {
    const char *name;    /* how people read it: "race+jemalloc" */
    const char *skipped; /* why it was not run at all; NULL: it was */
    const struct comparison_run *runs;
    unsigned n_runs; /* those beyond COMPARISON_REPEATS_MAX are not looked at */
};

/* A figure of a variant over its repeats, and against the first variant. */
struct comparison_figure {
    bool present;             /* at least one repeat has it */
    unsigned n;               /* repeats that have it */
    double median, low, high; /* over the repeats: the least and the greatest; of growth, when there
                                 is one repeat only, the run's own 95 % interval */
    bool has_ratio; /* × of the first: the median of all pairwise ratios; not where one is
                       0 or less; of growth only where both leak */
    double ratio, ratio_low, ratio_high;
    double confidence; /* of that interval, 0 to 1; 0: too few repeats for one */
    bool has_p;        /* it was tested */
    double p;          /* corrected for all figures and variants */
    bool differs;      /* claimed: sure, and not too small to matter */
};

struct comparison_variant {
    const char *name;    /* borrowed from the input */
    const char *skipped; /* the same */
    unsigned runs, failed;
    bool has_verdict;
    enum verdict_kind kind; /* of most of its runs; the worse one when it is a tie */
    enum cause cause;       /* of most of the runs that say so */
    unsigned agree;         /* how many of the judged runs say so */
    struct comparison_figure figure[FIGURE_COMPARED_MAX_];
};

struct comparison {
    struct comparison_variant variant[COMPARISON_VARIANTS_MAX];
    unsigned n;
    double alpha;
    unsigned repeats;        /* of the variant that has the fewest judged runs, of those with any */
    unsigned repeats_needed; /* so that a difference can be shown; 0: there are enough */
    char sentence[400];      /* "race leaks 61.2 KiB per request where plain is clean" */
};

/* Compare; `n` is 1 to COMPARISON_VARIANTS_MAX. Pure: the same input gives the same result to the
 * digit. */
void comparison_make(const struct comparison_input *inputs, unsigned n, struct comparison *ret);

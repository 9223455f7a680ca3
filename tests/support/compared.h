#pragma once
/* A comparison made by hand, for what shows comparisons: "json-tree", plain, race and asan, four
 * repeats each; race leaks and differs, asan is slower. What a test wants otherwise it changes. */
#include "report/comparison_report.h"

struct compared {
    struct comparison comparison;
    struct comparison_member members[COMPARISON_VARIANTS_MAX];
    struct record *records[COMPARISON_VARIANTS_MAX][COMPARISON_REPEATS_MAX]; /* owned */
    const char *results[COMPARISON_VARIANTS_MAX][COMPARISON_REPEATS_MAX];
    struct comparison_report report;
};

/* Without records. The caller frees it; fit for CLEANUP. */
struct compared *compared_new(void);
void compared_free(struct compared *compared);
void compared_freep(struct compared **compared);

/* One more variant, clean, with `median` as every figure; returns its place. */
unsigned compared_add(struct compared *compared, const char *name, double median);

/* A record for each repeat of each variant: fifty seconds, five of them cycles of its own in which
 * it is sampled so many times. */
void compared_record(struct compared *compared, unsigned samples);

/* Of this figure of this variant: what the median is, and × of the first. */
struct comparison_figure *compared_set(struct compared *compared, unsigned variant,
                                       enum figure figure, double median);
void compared_differs(struct comparison_figure *figure, double ratio, double low, double high);

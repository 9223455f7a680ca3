#pragma once
/* The sites of an instrument: for every place that its profiles name, what is held there at each
 * floor. Profiles are read one after another, and only sums are kept of the stacks in them.
 *
 * A site is told by its line to look at (of threads: that of who started them, with the one where
 * they wait); where there is none, by its label or its leaf. What it is (a label without its
 * numbers) parts a site into kinds. Memory is bounded as a profile's is. */
#include "explain/collected_files.h"
#include "explain/floors.h"
#include "explain/place.h"

/* What is held, by the two things that profiles count. */
enum site_measure { SITE_OBJECTS, SITE_BYTES, SITE_MEASURE_MAX_ };

/* A sum of which the slope is known, without keeping its values. */
struct site_sum {
    double y, xy;
    double held; /* at the last floor */
};

/* The stacks of a site that have labels of one kind. */
struct site_kind {
    uint32_t site;
    const char *label; /* as it was met first; "" */
    bool is_pattern;   /* there are others, that differ in their numbers */
    struct site_sum sums[SITE_MEASURE_MAX_];
    double rate[SITE_MEASURE_MAX_];
    double explained; /* of descriptors: its share of what the site explains; else 0 */
};

struct site_stack {
    uint32_t sample; /* of the merged profile */
    uint32_t site;
    uint32_t kind;
    struct site_sum sums[SITE_MEASURE_MAX_];
    double rate[SITE_MEASURE_MAX_];
};

struct site {
    const char *function, *file; /* of the line to look at; "": there is none */
    int64_t line;
    bool allocates, is_shared, is_before; /* "[before]": from before the instrument */
    double *values[SITE_MEASURE_MAX_];    /* at each floor that was read */
    double rate[SITE_MEASURE_MAX_];
    double held[SITE_MEASURE_MAX_];
    bool grows;       /* in step with the work */
    double explained; /* bytes of the growth that was measured; see accounts.h */
};

struct sites {
    const char *instrument;
    const struct explain_floors *floors; /* borrowed */
    struct profile *merged;              /* all stacks; its values mean nothing */
    struct store store;
    struct intern site_keys, kind_keys;
    struct site *items;
    size_t n;
    size_t capacity;
    struct site_kind *kinds;
    size_t n_kinds;
    size_t capacity_kinds;
    struct site_stack *stacks;
    size_t n_stacks;
    size_t capacity_stacks;
    double x[EXPLAIN_BEFORE_MAX + EXPLAIN_JUDGED_MAX]; /* of the floors that were read */
    size_t n_floors, n_before;
    size_t n_missing;               /* judged floors without a profile that can be read */
    double rate[SITE_MEASURE_MAX_]; /* of all of them together */
};

/* Read all profiles of this instrument. 1: there is none of a judged floor, and it
 * is empty. Release with sites_done() in any case. */
int sites_read(const struct collected_files *files, const char *instrument,
               const struct explain_floors *floors, struct sites *ret, struct error *err);
void sites_done(struct sites *sites); /* for CLEANUP; all zeroes is fine */

/* What a stack grows by, to be compared with others of its site: bytes, or else objects; of
 * descriptors, what the kernel keeps for them. */
double sites_stack_rate(const struct sites *sites, const struct site_stack *stack);

#pragma once
/* What `leakcage compare` compares: the options as a list of variants.
 *
 * Each thing that can differ is an axis: the builds, the allocators, the settings (every --env and
 * --args is one, beside the service as it is), and at most one of two commands (--a, --b),
 * revisions
 * (--rev) or the scenario's own variants (--variant all). Axes multiply. The first of every axis is
 * what it would be without, or what stands first in the list; so the first variant is the one that
 * the others are compared with. */
#include "cli/options.h"
#include "compare/preload.h"
#include "scenario/record.h"
#include "verdict/comparison.h"

/* One variant; what it does not change is NULL. */
struct compare_variant {
    char name[SCENARIO_NAME_MAX];  /* a word for file names, made of the label: "race-jemalloc";
                                      "": the scenario as it stands */
    char label[RECORD_LABEL_MAX];  /* how people read it: "race+jemalloc" */
    const char *scenario_variant;  /* a variant of the scenario to begin with */
    const char *const *command;    /* in place of the scenario's; NULL-terminated */
    const char *rev;               /* a git revision */
    const char *build;             /* of the program */
    const struct preload *preload; /* an allocator */
    const char *const *env;        /* "K=V" to be added, NULL-terminated */
    const char *const *args;       /* words to be added to the command, NULL-terminated */
    const char *skipped;           /* why it cannot be run here, and what to do; NULL: it can */
    bool failed;                   /* …and that it cannot is a failure of the program's own */
};

struct compare_variants {
    struct compare_variant items[COMPARISON_VARIANTS_MAX];
    unsigned n;
    struct arena *arena; /* owned; what the variants point to, beside argv and the scenario */
};

/* The variants that the options ask for. `scenario` tells the variants that it has, and its name.
 * ERROR_USAGE: there is nothing to compare, too much of it, or something that does not exist; the
 * text says what there is. */
int compare_variants_make(const struct options *options, const struct scenario *scenario,
                          struct compare_variants *ret, struct error *err);

/* The same where one is enough, and is what there is when the options ask for nothing. */
int compare_variants_list(const struct options *options, const struct scenario *scenario,
                          struct compare_variants *ret, struct error *err);
void compare_variants_done(struct compare_variants *variants); /* for CLEANUP */

/* The variant that a record is of, by its name; NULL: none of these. */
const struct compare_variant *compare_variants_find(const struct compare_variants *variants,
                                                    const char *name);

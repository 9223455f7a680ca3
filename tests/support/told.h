#pragma once
/* A run with instruments, made by hand: floors of so much memory of each sort, and what instruments
 * told at each of them. Failures end the test.
 *
 * Floors are READY, a warm-up and five of 250 requests each; the last six are judged. A stack is
 * "malloc@;leak leak.c:41;main main.c:9", the leaf first: a function with "@" is libc's ("%":
 * by its other name, in /lib), others are of /srv/app; "[label]" is a label. */
#include "explain/explanation.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"

#define TOLD_FLOORS   7
#define TOLD_REQUESTS STORY_REQUESTS
#define TOLD_SITES    48

/* Of each floor. */
struct told_values {
    double at[TOLD_FLOORS];
};

struct told_site {
    const char *instrument;
    char stack[1024];
    struct told_values bytes, objects;
};

struct told {
    struct temp_dir dir; /* of the result */
    struct story story;
    struct told_site sites[TOLD_SITES];
    unsigned n_sites;
    struct record *plain, *instrumented; /* owned; made by told_explain(), the same story */
    unsigned missing_floor; /* at this floor nothing was told; 0: at all of them it was */
};

/* A service that holds 8 MiB of private memory, and grows by so many bytes per request. */
struct told told_new(double user, double shared, double kernel);
void told_done(struct told *told); /* for CLEANUP */

/* From `base` on, `step` more with every request. */
struct told_values told_steady(double base, double step);

/* So much at each floor. */
struct told_values told_at(const double *at);

/* An instrument tells of a stack; borrowed. */
struct told_site *told_add(struct told *told, const char *instrument, const char *stack,
                           struct told_values bytes, struct told_values objects);

/* Write it all and explain it; records are judged first, and may be changed in between. */
void told_records(struct told *told);
struct explanation *told_explain(struct told *told);

/* The entry whose place is this line; the test fails when there is none. */
const struct explanation_entry *told_entry(const struct explanation *explanation,
                                           const char *function);
bool told_has_entry(const struct explanation *explanation, const char *function);

/* Its part of this instrument and label. */
const struct explanation_part *told_part(const struct explanation_entry *entry,
                                         const char *instrument, const char *label);

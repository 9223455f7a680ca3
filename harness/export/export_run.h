#pragma once
/* A walk through the timeline of a run in order of time: what the forms that are written for other
 * programs have in common. Everything is borrowed. */
#include "scenario/record_files.h"

/* What a step of the walk is at. */
enum export_step_kind {
    EXPORT_MARK,
    EXPORT_MEMORY,
    EXPORT_LOAD,
    EXPORT_SETTLED, /* a survey of a complete cycle: when it had come to rest… */
    EXPORT_FLOOR,   /* …and after all was taken back that could be */
};

/* A step, and where in the run it is. */
struct export_step {
    enum export_step_kind kind;
    nsec_t t_ns;
    const struct mark *mark; /* of these, the one that the kind says; the others are NULL */
    const struct memory_sample *memory;
    const struct load_sample *load;
    const struct survey *survey;
    const struct cycle *cycle;        /* that is under way, or whose survey it is; NULL: none */
    const struct mark *phase;         /* the last MARK_PHASE; NULL: none yet */
    unsigned start;                   /* which start of the service it is, from 0 */
    const struct load_sample *before; /* LOAD: the one before it; NULL: it is the first */
    uint64_t completed; /* SETTLED, FLOOR: requests of all cycles up to this one, it included */
};

/* Where the walk is. */
struct export_walk {
    const struct timeline *timeline;
    size_t memory, load, mark;
    size_t survey; /* two of each cycle */
    size_t cycle;  /* the next that will begin */
    struct export_step at;
};

/* Begin before the first step. */
void export_walk_begin(struct export_walk *walk, const struct timeline *timeline);

/* Go on; false: there is nothing more. What is at the same time comes as the kinds are ordered. */
bool export_walk_next(struct export_walk *walk);

/* Requests that completed per second from one sample to the next. False: no time has passed. */
bool export_rate(const struct load_sample *before, const struct load_sample *sample, double *ret);

/* Descriptors of all kinds that a survey counted. False: not all were. */
bool export_descriptors(const struct survey *survey, uint64_t *ret);

/* What a cgroup would need if the kernel dropped all page cache that it does not use. False: that
 * was not read at this sample. */
bool export_working_set(const struct memory_sample *sample, uint64_t *ret);

/* There was no room for all of a form: say in the error what to do. Returns -1. */
int export_too_large(const char *form, struct error *err);

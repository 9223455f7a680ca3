#pragma once
/* The floors that an explanation is about: those that the verdict judged, with a few from before,
 * and by how much each area of them grew. Pure. */
#include "explain/explanation.h"
#include "explain/in_step.h"

#define EXPLAIN_JUDGED_MAX 32 /* more are thinned: a line needs no more */
#define EXPLAIN_BEFORE_MAX 16

struct explain_floor {
    size_t row; /* of cycles.csv: the CYCLE of a collected file */
    const struct cycle *cycle;
    double x; /* requests, or seconds, since the first judged floor; negative: before */
};

struct explain_floors {
    const struct record *record; /* borrowed */
    bool by_time, by_heap;
    bool by_doubling; /* the floor stands still between steps that get rarer and higher */
    struct explain_floor items[EXPLAIN_BEFORE_MAX + EXPLAIN_JUDGED_MAX];
    size_t n;
    size_t n_before; /* of them; those behind are judged */
    double requests; /* completed between the first and the last that are judged */
    double measured_rate;
    struct explanation_area areas[EXPLANATION_AREAS_MAX];
    unsigned n_areas;
};

/* Those of a judged record, over requests or (by_time) seconds. Fewer than two judged ones: nothing
 * can be said of growth. */
void explain_floors_of(const struct record *record, bool by_time, struct explain_floors *ret);

/* The slope, over the judged floors, of a field of memory.stat; false where one of them has it
 * not. */
bool explain_floors_memory_rate(const struct explain_floors *floors, enum memory_field field,
                                double *ret_rate);

/* The same of a survey's own fields. */
bool explain_floors_survey_rate(const struct explain_floors *floors, enum survey_field field,
                                double *ret_rate);

/* The area of that name; NULL: there is none. Borrowed. */
struct explanation_area *explain_floors_area(struct explain_floors *floors, const char *name);

#pragma once
/* Where several processes run: which of them the growth is in.
 *
 * Memory of the kernel belongs to no process, so what is compared follows from the cause: private
 * memory, threads, open descriptors, shared memory that is mapped. A process that was not there at
 * the first floor is compared with one of the same name that has gone since: a worker that was
 * replaced has not grown by all it has. */
#include "timeline/judgement.h"
#include "timeline/survey.h"
#include "verdict/indicators.h"

#define PROCESS_GROWTH_MAX 8

struct process_share {
    int32_t pid;
    char name[SURVEY_PROCESS_NAME_MAX];
    double share; /* of what all processes together have gained, 0 to 1 */
};

/* Those that hold nine tenths of it, the largest first; none where there is one process only (and
 * that is the one that was started), and where the recording does not tell. */
struct process_growth {
    struct process_share process[PROCESS_GROWTH_MAX];
    unsigned n;
    unsigned n_more; /* further ones would have been needed for that */
    char text[240];  /* "worker.py (pid 123) holds 98 % of the growth"; "" when n is 0 */
};

/* From the first to the last floor of the series, for a leak of that cause. */
void process_growth_of(const struct floor_series *series, enum cause cause,
                       struct process_growth *ret);

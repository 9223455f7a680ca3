#include "profile/profile_top.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int profile_top_compare(const void *a, const void *b)
{
    const struct profile_top_row *left = a;
    const struct profile_top_row *right = b;
    if (left->flat != right->flat)
        return left->flat > right->flat ? -1 : 1;
    if (left->cumulative != right->cumulative)
        return left->cumulative > right->cumulative ? -1 : 1;
    return strcmp(left->function, right->function);
}

int profile_top(const struct profile *profile, unsigned type, struct profile_top_row **ret,
                size_t *n, struct error *err)
{
    size_t n_functions = profile->functions.n;
    CLEANUP(freep) struct profile_top_row *rows = calloc(n_functions + 1, sizeof(*rows));
    /* Of each function, the sample that it was counted for last, from 1. */
    CLEANUP(freep) size_t *counted = calloc(n_functions + 1, sizeof(*counted));
    if (rows == NULL || counted == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < profile->n_frames; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        rows[frame->function_id].function = frame->function;
        rows[frame->function_id].function_id = frame->function_id;
    }
    for (size_t i = 0; i < profile->n_samples; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (uint32_t k = 0; k < sample->depth; k++) {
            uint32_t function_id = profile->frames[sample->frames[k]].function_id;
            if (k == 0)
                rows[function_id].flat += sample->values[type];
            if (counted[function_id] != i + 1)
                rows[function_id].cumulative += sample->values[type];
            counted[function_id] = i + 1;
        }
    }
    qsort(rows, n_functions, sizeof(*rows), profile_top_compare);
    *n = n_functions;
    *ret = take_ptr(&rows);
    return 0;
}

#pragma once
/* Which functions a profile is about: what each has itself (flat: it is the leaf) and with all that
 * it calls (cumulative: it is anywhere in the stack, counted once where it calls itself). Pure. */
#include "profile/profile.h"

struct profile_top_row {
    const char *function; /* of the profile */
    uint32_t function_id;
    int64_t flat;
    int64_t cumulative;
};

/* A row for each function, for a type of values: the largest flat value first, then the largest
 * cumulative one, then by name. A malloc'd array that the caller owns; *n of them. */
int profile_top(const struct profile *profile, unsigned type, struct profile_top_row **ret,
                size_t *n, struct error *err);

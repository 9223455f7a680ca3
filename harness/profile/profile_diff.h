#pragma once
/* What changed from one profile to another of the same thing: for each stack, its value in the
 * later less that in the earlier one. What grew is positive, what shrank negative, what stayed the
 * same is not in it. Pure.
 *
 * Stacks are the same when all their frames are: function, file, line and module. Types are matched
 * by name and unit; those that only one of the two has are left out, and when none is left that is
 * ERROR_USAGE. */
#include "profile/profile.h"

/* A profile of the changes, with the later one's time, and the time between as its duration. The
 * caller owns *ret; it does not refer to the two. */
int profile_diff(const struct profile *from, const struct profile *to, struct profile **ret,
                 struct error *err);

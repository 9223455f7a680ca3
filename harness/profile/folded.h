#pragma once
/* Folded stacks: one in a line, the root first, frames parted by ";", and a value after a space:
 *     main;handle;parse 123
 * What perf, eBPF tools, async-profiler and flame graphs exchange. A frame is its text alone.
 *
 * The text comes from a service under test: what is no such line is ERROR_USAGE, with its number.
 */
#include "base/buffer.h"
#include "profile/profile.h"

/* Could this be one? Every line that is not empty ends with a number, and one has a ";". */
bool folded_is(const char *text, size_t length);

/* Read it; the values are of this type and unit ("samples", "count"). The caller owns *ret. */
int folded_read(const char *text, size_t length, const struct profile_type *type,
                struct profile **ret, struct error *err);

/* Append a type of values of a profile so, with files and lines in the names (frame_text.h): what
 * is positive, so of a difference what grew. */
int folded_write(const struct profile *profile, unsigned type, struct buffer *out,
                 struct error *err);

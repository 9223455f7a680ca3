#pragma once
/* Write a profile as pprof has it, gzipped, for `go tool pprof` and every other reader of it. What
 * was written reads back the same (pprof_read.h).
 *
 * Each frame is a location of its own, and each module a mapping, which says that it has all names
 * and lines. No address is kept, so no tool tries to find a name for what already has one. */
#include "profile/profile.h"

#include "base/buffer.h"

/* Append it, gzipped, or (encode) as it is. */
int pprof_write(const struct profile *profile, struct buffer *out, struct error *err);
int pprof_encode(const struct profile *profile, struct buffer *out, struct error *err);

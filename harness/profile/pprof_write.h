#pragma once
/* Write a profile as pprof has it, gzipped, for `go tool pprof` and every other reader of it. What
 * was written reads back the same (pprof_read.h).
 *
 * Each frame is a location of its own. It has no address, as none is kept, so that no tool tries to
 * find a name for what already has one. */
#include "profile/profile.h"

#include "base/buffer.h"

/* Append it, gzipped, or (encode) as it is. */
int pprof_write(const struct profile *profile, struct buffer *out, struct error *err);
int pprof_encode(const struct profile *profile, struct buffer *out, struct error *err);

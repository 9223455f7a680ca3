#pragma once
/* Load a profile from a file, whatever it is in: pprof, folded stacks, Go's text of goroutines; by
 * its content, as the names of collected files say little.
 *
 * What is no profile is no failure of anything: it is told why, in words for whoever reads the
 * report, with what to fetch instead where there is something. */
#include "profile/profile.h"

#define PROFILE_FILE_MAX_BYTES ((size_t)64 << 20)

/* The profile in this file. 1: it holds none that can be read, and err says why. The caller owns
 * *ret. */
int profile_load(int dir_fd, const char *path, struct profile **ret, struct error *err);

/* The same of its content, which may be gzipped. */
int profile_load_text(const void *data, size_t length, struct profile **ret, struct error *err);

#pragma once
/* Read a profile as pprof has it (profile.proto, perftools.profiles.Profile), gzipped or not: what
 * Go, and tools of many other languages, write.
 *
 * The file comes from a service under test, so it may hold anything: time and memory are bounded
 * whatever is in there (PPROF_MAX_BYTES unpacked, PPROF_FRAMES_MAX, PROFILE_MEMORY_MAX_BYTES). What
 * is wrong with it is ERROR_USAGE, with the byte where there is one.
 *
 * Functions that are inlined are frames of their own. A location without a name is called
 * "libx.so+0x1234" after its mapping, or by its address. The file of its mapping is its module. */
#include "profile/profile.h"

#define PPROF_MAX_BYTES ((size_t)128 << 20)
/* All frames of all samples, one after another. */
#define PPROF_FRAMES_MAX ((size_t)1 << 27)

/* The caller owns *ret. */
int pprof_read(const void *data, size_t length, struct profile **ret, struct error *err);

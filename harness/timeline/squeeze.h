#pragma once
/* A squeeze: does the kernel take back what is retained before it kills, at this limit?
 *
 * Memory is filled from within the instance's cgroup, page by page, until as much as was asked for
 * is in use, or the kernel kills. Unlike reclaim, which asks and takes no for an answer, this is
 * what happens when the memory is really needed: at the limit the kernel takes what it can (page
 * cache, lazily freed pages), and kills when that is not enough. memory.oom.group is set, so a kill
 * takes the service as well; that is an answer, not an error.
 *
 * How much was taken back is in the readings: the counters PGLAZYFREED and PGSTEAL (pages), or
 * ANON and FILE where the instance still lives. Of one that was killed,
 *     touched_bytes + CURRENT before - the limit
 * is what the kernel could take, and CURRENT before, less that, what was kept until the end (pages
 * of the instance, and a few of the one that filled). */
#include <stdbool.h>
#include <stdint.h>

#include "timeline/sample.h"

struct squeeze_result {
    uint64_t touched_bytes; /* how much could be filled */
    bool finished;          /* all that was asked for, in time */
    bool oom_killed;        /* the kernel killed (also when it was about another limit above) */
    /* Neither of the two: the deadline came first. */
    struct memory_sample before; /* full readings, without t_ns: before anything was filled… */
    struct memory_sample after;  /* …and when all that was filled had been given back again */
};

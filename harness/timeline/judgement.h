#pragma once
/* The words a judgement is made of: what the memory did, and why. Used by scenarios (to expect
 * one), by the verdict (to reach one) and by reports (to print one). */
#include <stdbool.h>

enum verdict_kind {
    VERDICT_INCONCLUSIVE,
    VERDICT_CLEAN,
    VERDICT_LEAK,
    VERDICT_PRESSURE,
    VERDICT_LAZY_RELEASE,
    VERDICT_KIND_MAX_
};

enum cause {
    CAUSE_NONE,
    /* of a leak: what grows */
    CAUSE_HEAP,
    CAUSE_THREADS,
    CAUSE_SOCKETS,
    CAUSE_FILES,
    CAUSE_SHMEM,
    CAUSE_KERNEL,
    CAUSE_MAPPINGS,
    /* of pressure */
    CAUSE_TRANSIENT,
    /* of lazy release: who keeps it */
    CAUSE_MADV_FREE,
    CAUSE_ALLOCATOR,
    CAUSE_FRAGMENTATION,
    CAUSE_PAGE_CACHE,
    CAUSE_MAX_
};

/* "lazy-release", "madv-free": as written in scenarios and results. */
const char *verdict_kind_name(enum verdict_kind kind);
const char *cause_name(enum cause cause);

/* False when there is no such word. */
bool verdict_kind_from_name(const char *name, enum verdict_kind *ret);
bool cause_from_name(const char *name, enum cause *ret);

/* The verdict that a cause belongs to; "none" belongs to clean. */
enum verdict_kind cause_verdict(enum cause cause);

/* NULL-terminated lists of all words, for messages and suggestions. */
extern const char *const verdict_kind_names[];
extern const char *const cause_names[];

#include "timeline/judgement.h"

#include <stddef.h>
#include <string.h>

const char *const verdict_kind_names[] = {
    [VERDICT_INCONCLUSIVE] = "inconclusive",
    [VERDICT_CLEAN] = "clean",
    [VERDICT_LEAK] = "leak",
    [VERDICT_PRESSURE] = "pressure",
    [VERDICT_LAZY_RELEASE] = "lazy-release",
    [VERDICT_KIND_MAX_] = NULL,
};

const char *const cause_names[] = {
    [CAUSE_NONE] = "none",
    [CAUSE_HEAP] = "heap",
    [CAUSE_THREADS] = "threads",
    [CAUSE_SOCKETS] = "sockets",
    [CAUSE_FILES] = "files",
    [CAUSE_SHMEM] = "shmem",
    [CAUSE_KERNEL] = "kernel",
    [CAUSE_MAPPINGS] = "mappings",
    [CAUSE_TRANSIENT] = "transient",
    [CAUSE_MADV_FREE] = "madv-free",
    [CAUSE_ALLOCATOR] = "allocator",
    [CAUSE_FRAGMENTATION] = "fragmentation",
    [CAUSE_PAGE_CACHE] = "page-cache",
    [CAUSE_MAX_] = NULL,
};

const char *verdict_kind_name(enum verdict_kind kind)
{
    return verdict_kind_names[kind];
}

const char *cause_name(enum cause cause)
{
    return cause_names[cause];
}

bool verdict_kind_from_name(const char *name, enum verdict_kind *ret)
{
    for (enum verdict_kind kind = 0; kind < VERDICT_KIND_MAX_; kind++) {
        if (strcmp(verdict_kind_names[kind], name) == 0) {
            *ret = kind;
            return true;
        }
    }
    return false;
}

bool cause_from_name(const char *name, enum cause *ret)
{
    for (enum cause cause = 0; cause < CAUSE_MAX_; cause++) {
        if (strcmp(cause_names[cause], name) == 0) {
            *ret = cause;
            return true;
        }
    }
    return false;
}

enum verdict_kind cause_verdict(enum cause cause)
{
    if (cause == CAUSE_NONE)
        return VERDICT_CLEAN;
    if (cause <= CAUSE_MAPPINGS)
        return VERDICT_LEAK;
    return cause == CAUSE_TRANSIENT ? VERDICT_PRESSURE : VERDICT_LAZY_RELEASE;
}

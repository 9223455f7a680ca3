/* What stays after the load, and who keeps it. */
#include "verdict/evidence.h"

/* Retained memory below this is not worth a verdict of its own. */
#define RETAINED_MIN_BYTES ((int64_t)1024 * 1024)
/* A probe explains what was kept when it released one part in so many of it, or more: half. */
#define RETAINED_SHARE_MIN 2
/* Page cache is everybody's; only this much of it is worth a word. */
#define CACHE_MIN_BYTES ((int64_t)8 * 1024 * 1024)
/* Blocks in use between the free ones, at this share of both, are what keeps those. */
#define FRAGMENTS_SHARE_MIN 0.1

bool evidence_is_retaining(const struct evidence *evidence)
{
    return evidence->kept_floor_bytes >= RETAINED_MIN_BYTES;
}

/* A trim always finds a little; it explains what was kept when it is a fair share of it. */
static bool evidence_is_worth(const struct evidence *evidence, int64_t released_bytes)
{
    return released_bytes * RETAINED_SHARE_MIN >= evidence->kept_floor_bytes;
}

/* What the service gave back when it was asked, or after a rest. */
static int64_t evidence_released(const struct evidence *evidence)
{
    int64_t trim = evidence->has_trim ? evidence->trim_bytes : 0;
    int64_t rest = evidence->has_rest ? evidence->rest_bytes : 0;
    return trim > rest ? trim : rest;
}

/* What the service has freed, its allocator keeps, and no trim or rest brought back. */
static int64_t evidence_held_free(const struct evidence *evidence)
{
    if (!evidence->has_heap)
        return 0;
    int64_t released = evidence_released(evidence);
    int64_t kept =
        evidence->kept_floor_bytes - evidence->heap_in_use_bytes - (released > 0 ? released : 0);
    return kept < evidence->heap_free_bytes ? kept : evidence->heap_free_bytes;
}

int64_t evidence_lazy_bytes(const struct evidence *evidence, enum cause cause)
{
    int64_t released = evidence_released(evidence);
    int64_t held = evidence_held_free(evidence);
    switch (cause) {
    case CAUSE_MADV_FREE:
        return evidence->lazy_free_bytes;
    case CAUSE_PAGE_CACHE:
        return evidence->cache_bytes;
    case CAUSE_ALLOCATOR:
        return released > held ? released : held;
    case CAUSE_FRAGMENTATION:
        return held;
    default:
        return 0;
    }
}

enum cause evidence_lazy_cause(const struct evidence *evidence)
{
    enum cause cause = CAUSE_NONE;
    int64_t most = RETAINED_MIN_BYTES - 1;
    if (evidence->lazy_free_bytes > most) {
        most = evidence->lazy_free_bytes;
        cause = CAUSE_MADV_FREE;
    }
    int64_t released = evidence->runtime_moves ? 0 : evidence_released(evidence);
    if (released > most && evidence_is_worth(evidence, released)) {
        most = released;
        cause = CAUSE_ALLOCATOR;
    }
    int64_t held = evidence_held_free(evidence);
    if (held > most && evidence_is_worth(evidence, held)) {
        most = held;
        double in_use = (double)evidence->heap_in_use_bytes;
        cause = in_use >= FRAGMENTS_SHARE_MIN * (in_use + (double)held) ? CAUSE_FRAGMENTATION
                                                                        : CAUSE_ALLOCATOR;
    }
    if (evidence->cache_bytes > most && evidence->cache_bytes >= CACHE_MIN_BYTES)
        cause = CAUSE_PAGE_CACHE;
    return cause;
}

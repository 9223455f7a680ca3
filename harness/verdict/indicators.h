#pragma once
/* Indicators: numbers derived from a timeline, before anything is judged.
 *
 * The floor of a survey is what the kernel could not take back:
 *     user memory to the page  Pss_Anon of every process, less LazyFree
 *   + shmem                    shared memory and tmpfs files (swap is off, so they stay)
 *   + kernel memory            stacks, unreclaimable slab, sockets' and pipes' buffers, the rest
 *   - TIME_WAIT                sockets that wait out their minute, TIME_WAIT_BYTES each
 * Page tables are left out: those of mapped files survive reclaim and creep (17 to 24 KiB a cycle
 * with a clean service); so is reclaimable slab, which memory.reclaim leaves behind now and then.
 */
#include <stdbool.h>
#include <stdint.h>

#include "timeline/timeline.h"

/* What the slab charges for one socket in TIME_WAIT (measured on 6.1: 522 KiB for 2,176). */
#define TIME_WAIT_BYTES 210

/* The parts of a floor, each absent when it could not be read. */
struct floor_parts {
    int64_t user_bytes;
    int64_t shmem_bytes;
    int64_t kernel_bytes;
    int64_t total_bytes;
    bool present;
};

/* The floor that a survey shows, in its parts; not present when something was not measured. */
struct floor_parts indicators_floor(const struct survey *survey);

/* What the instance held at rest before anything was forced: anonymous, file, shared and kernel
 * memory. memory.stat's sum, not memory.current, which counts what each CPU holds in stock. */
bool indicators_footprint(const struct survey *survey, int64_t *ret_bytes);

/* The judged cycles of one start of the service: the floor before the first one, then one floor
 * per complete measuring cycle, against completed requests since that first floor. */
#define INDICATORS_POINTS_MAX 256

struct floor_series {
    unsigned start;
    size_t n;                               /* points: 1 + complete measuring cycles */
    double requests[INDICATORS_POINTS_MAX]; /* completed, cumulative; [0] = 0 */
    double floor_bytes[INDICATORS_POINTS_MAX];
    const struct cycle *cycle[INDICATORS_POINTS_MAX]; /* borrowed from the timeline */
};

/* The series of the start with most complete measuring cycles. */
void indicators_floor_series(const struct timeline *timeline, struct floor_series *ret);

/* The last complete cycle of a kind, NULL when there is none; borrowed. */
const struct cycle *indicators_last_cycle(const struct timeline *timeline, enum cycle_kind kind);

/* The highest memory.current under load, in all cycles of these kinds (a bit per cycle_kind); false
 * when none was seen. */
bool indicators_peak(const struct timeline *timeline, unsigned kinds, uint64_t *ret_bytes);

/* The highest of: memory.current at a sample less the page cache the kernel could have dropped, as
 * far as full samples tell. Kills and stalls come from this, not from the page cache. */
bool indicators_unreclaimable_peak(const struct timeline *timeline, uint64_t *ret_bytes);

/* Sums over all load so far. */
struct load_counts indicators_counts(const struct timeline *timeline);
uint64_t indicators_oom_kills(const struct timeline *timeline);

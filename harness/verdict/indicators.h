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
 *
 * Processes without a cgroup of their own show no kernel memory. What they hold is counted then,
 * each thread and descriptor with what it takes of the kernel at the least. */
#include <stdbool.h>
#include <stdint.h>

#include "timeline/timeline.h"

/* What the slab charges for one socket in TIME_WAIT (measured on 6.1: 522 KiB for 2,176). */
#define TIME_WAIT_BYTES 210

/* What the kernel holds for one of these at the least (facts of 6.1): a thread's stack and task
 * struct; the slab objects of a socket, and half of a pipe's; an open file's struct file and what
 * libc keeps. */
#define THREAD_BYTES (24.0 * 1024)
#define SOCKET_BYTES 2048.0
#define PIPE_BYTES   1024.0
#define FILE_BYTES   512.0

/* The parts of a floor, each absent when it could not be read. */
struct floor_parts {
    int64_t user_bytes;
    int64_t shmem_bytes;
    int64_t kernel_bytes;
    int64_t total_bytes;
    bool kernel_counted; /* kernel_bytes is what threads and descriptors take at the least */
    bool present;
};

/* The floor that a survey shows, in its parts; not present when something was not measured. */
struct floor_parts indicators_floor(const struct survey *survey);

/* What the instance held at rest before anything was forced: anonymous, file, shared and kernel
 * memory. memory.stat's sum, not memory.current, which counts what each CPU holds in stock. Without
 * a cgroup it is what the processes have resident. */
bool indicators_footprint(const struct survey *survey, int64_t *ret_bytes);

/* Floors against completed requests: the floor before the first cycle, then one per complete cycle.
 *
 * A window is a stretch of measuring cycles of one start of the service and of about one size
 * (indicators_is_size). When ten
 * cycles do not decide, the next ones do more work each, and that is another window: growth that
 * dies away looks like a line over too little work. */
#define INDICATORS_POINTS_MAX 256

struct floor_series {
    unsigned start;
    unsigned window;    /* which of that start, from 0 */
    size_t n;           /* points: 1 + complete cycles, or rows of folded ones */
    size_t folded;      /* how many cycles more than that: some points stand for several */
    double noise_bytes; /* a floor is no finer than this: huge pages came or went; else 0 */
    double requests[INDICATORS_POINTS_MAX]; /* completed, cumulative; [0] = 0 */
    double floor_bytes[INDICATORS_POINTS_MAX];
    const struct cycle *cycle[INDICATORS_POINTS_MAX]; /* borrowed from the timeline */
};

/* Is a cycle of so many requests one of this size? They differ by a tenth, so that what comes and
 * goes with every so many requests is not met at the same place each time. */
bool indicators_is_size(uint64_t requests, uint64_t size);

/* The window to judge: the last one with `points_min` points, else the one with most. */
void indicators_floor_series(const struct timeline *timeline, size_t points_min,
                             struct floor_series *ret);

/* What may grow within these floors and not be seen: a huge page is all there from its first touch
 * on. 0 when there are none. */
double indicators_hiding_bytes(const struct floor_series *series);

/* The window just before `series`, of the same start; n = 0 when there is none. */
void indicators_floor_series_before(const struct timeline *timeline,
                                    const struct floor_series *series, struct floor_series *ret);

/* All floors of the start of the service, whatever the load was, from the first one on. */
void indicators_floor_history(const struct timeline *timeline, unsigned start,
                              struct floor_series *ret);

/* The last complete cycle of a kind, NULL when there is none; borrowed. */
const struct cycle *indicators_last_cycle(const struct timeline *timeline, enum cycle_kind kind);

/* Was it sampled by its processes, without a cgroup? Peaks are sums of RSS then. */
bool indicators_is_by_process(const struct timeline *timeline);

/* The highest memory.current (without a cgroup: RSS) under load, in all cycles of these kinds (a
 * bit per cycle_kind); false when none was seen. */
bool indicators_peak(const struct timeline *timeline, unsigned kinds, uint64_t *ret_bytes);

/* The highest of: memory.current at a sample less the page cache the kernel could have dropped, as
 * far as full samples tell; and less the lazily freed pages (MADV_FREE) where the kernel was seen
 * to take those back under this load. Kills and stalls come from this, not from the page cache. Of
 * the samples of one cycle's load, or of the whole run before the probes that squeeze it (NULL). */
bool indicators_unreclaimable_peak(const struct timeline *timeline, const struct cycle *cycle,
                                   uint64_t *ret_bytes);

/* Sums over all load so far. */
struct load_counts indicators_counts(const struct timeline *timeline);

/* Starts of the service that ended with an OOM kill; those that a probe provoked do not count. */
uint64_t indicators_oom_kills(const struct timeline *timeline);

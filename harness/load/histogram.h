#pragma once
/* A histogram of latencies: log-linear buckets, fixed memory, bounded relative error.
 *
 * Every power of two is cut into 64 buckets of equal width, so a bucket is at most 1/64 of its
 * lower bound wide, and its middle is at most 1/128 = 0.78 % away from any value in it. Values up
 * to 127 ns are exact; the range ends at 2^42 ns (73 minutes). What lies outside is counted in
 * `below` and `above` and takes part in the ranks, and the least and the greatest value are kept
 * exactly, so nothing is lost: a percentile that falls outside the range is one of those two.
 *
 * Not thread safe; about 19 KiB. */
#include <stdint.h>

#include "base/clock.h"

#define HISTOGRAM_RANGE_BITS 42
#define HISTOGRAM_BUCKETS    (128 + (HISTOGRAM_RANGE_BITS - 7) * 64)

struct histogram {
    uint64_t total; /* all values, those out of range too */
    uint64_t below; /* of them: negative */
    uint64_t above; /* of them: at or beyond 2^42 ns */
    nsec_t min_ns;  /* exact; meaningless while total is 0 */
    nsec_t max_ns;
    uint64_t count[HISTOGRAM_BUCKETS];
};

/* Make it empty; also how a new one is initialised. */
void histogram_reset(struct histogram *histogram);

/* Count one value. */
void histogram_record(struct histogram *histogram, nsec_t value_ns);

/* Add everything `from` holds. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value that `permille` of 1000 recorded values do not exceed (500: the median), within the
 * error bound and never outside [min, max]; -1 when the histogram is empty. */
nsec_t histogram_percentile_ns(const struct histogram *histogram, unsigned permille);

/* The greatest value, exactly; -1 when the histogram is empty. */
nsec_t histogram_max_ns(const struct histogram *histogram);

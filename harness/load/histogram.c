#include "load/histogram.h"

#include <string.h>

#define SUB_BITS    6
#define SUB_BUCKETS ((unsigned)1 << SUB_BITS)
#define EXACT       (SUB_BUCKETS << 1) /* values below are their own bucket */

static unsigned bucket_of(uint64_t value)
{
    if (value < EXACT)
        return (unsigned)value;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(value);
    unsigned sub = (unsigned)(value >> (exponent - SUB_BITS)) - SUB_BUCKETS;
    return EXACT + (exponent - SUB_BITS - 1) * SUB_BUCKETS + sub;
}

static nsec_t middle_of(unsigned bucket)
{
    if (bucket < EXACT)
        return (nsec_t)bucket;
    unsigned shift = (bucket - EXACT) / SUB_BUCKETS + 1;
    uint64_t lower = (uint64_t)(SUB_BUCKETS + (bucket - EXACT) % SUB_BUCKETS) << shift;
    return (nsec_t)(lower + ((uint64_t)1 << shift) / 2);
}

void histogram_reset(struct histogram *histogram)
{
    memset(histogram, 0, sizeof(*histogram));
}

void histogram_record(struct histogram *histogram, nsec_t value_ns)
{
    if (histogram->total == 0 || value_ns < histogram->min_ns)
        histogram->min_ns = value_ns;
    if (histogram->total == 0 || value_ns > histogram->max_ns)
        histogram->max_ns = value_ns;
    histogram->total++;

    if (value_ns < 0)
        histogram->below++;
    else if (value_ns >> HISTOGRAM_RANGE_BITS != 0)
        histogram->above++;
    else
        histogram->count[bucket_of((uint64_t)value_ns)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->total == 0)
        return;
    if (into->total == 0 || from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (into->total == 0 || from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
    into->total += from->total;
    into->below += from->below;
    into->above += from->above;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->count[i] += from->count[i];
}

nsec_t histogram_percentile_ns(const struct histogram *histogram, unsigned permille)
{
    if (histogram->total == 0)
        return -1;

    /* The rank, from 1: ceil(total * permille / 1000), without overflow. */
    uint64_t rank =
        histogram->total / 1000 * permille + (histogram->total % 1000 * permille + 999) / 1000;
    if (rank == 0)
        rank = 1;
    if (rank >= histogram->total)
        return histogram->max_ns;
    if (rank <= histogram->below)
        return histogram->min_ns;

    uint64_t seen = histogram->below;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->count[i];
        if (seen < rank)
            continue;
        nsec_t value = middle_of(i);
        if (value < histogram->min_ns)
            return histogram->min_ns;
        return value > histogram->max_ns ? histogram->max_ns : value;
    }
    return histogram->max_ns;
}

nsec_t histogram_max_ns(const struct histogram *histogram)
{
    return histogram->total == 0 ? -1 : histogram->max_ns;
}

#include "load/arrival.h"

#include <string.h>

void arrival_begin(struct arrival *arrival, const struct request_kind *kinds, unsigned n_kinds)
{
    memset(arrival, 0, sizeof(*arrival));
    arrival->kinds = kinds;
    arrival->n_kinds = n_kinds;
}

unsigned arrival_next_kind(struct arrival *arrival)
{
    int64_t sum = 0;
    unsigned richest = 0;
    for (unsigned i = 0; i < arrival->n_kinds; i++) {
        arrival->credit[i] += arrival->kinds[i].weight;
        sum += arrival->kinds[i].weight;
        if (arrival->credit[i] > arrival->credit[richest])
            richest = i;
    }
    arrival->credit[richest] -= sum;
    return richest;
}

nsec_t arrival_due_ns(double rate_per_s, uint64_t n)
{
    if (rate_per_s <= 0)
        return 0;
    double due_ns = (double)n * (double)NSEC_PER_SEC / rate_per_s;
    return due_ns < 0x1p62 ? (nsec_t)due_ns : NSEC_NEVER;
}

nsec_t arrival_timer_next_ns(nsec_t due_ns, nsec_t every_ns, nsec_t now_ns)
{
    if (now_ns < due_ns)
        return due_ns + every_ns;
    return due_ns + ((now_ns - due_ns) / every_ns + 1) * every_ns;
}

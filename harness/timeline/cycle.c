#include "timeline/cycle.h"

#include <string.h>

static const char *const cycle_kind_names[CYCLE_KIND_MAX_] = {
    [CYCLE_READY] = "ready",     [CYCLE_WARMUP] = "warm-up",  [CYCLE_MEASURE] = "measure",
    [CYCLE_REPEAT] = "repeat",   [CYCLE_SOLO] = "solo",       [CYCLE_SAFE] = "safe",
    [CYCLE_ABOVE] = "above",     [CYCLE_TRIM] = "trim",       [CYCLE_REST] = "rest",
    [CYCLE_RECLAIM] = "reclaim", [CYCLE_SQUEEZE] = "squeeze", [CYCLE_DRIVE] = "drive",
};

const char *cycle_kind_name(enum cycle_kind kind)
{
    return cycle_kind_names[kind];
}

bool cycle_kind_from_name(const char *name, enum cycle_kind *ret)
{
    for (unsigned i = 0; i < CYCLE_KIND_MAX_; i++) {
        if (strcmp(cycle_kind_names[i], name) != 0)
            continue;
        *ret = (enum cycle_kind)i;
        return true;
    }
    return false;
}

bool cycle_can_fold(const struct cycle *earlier, const struct cycle *later)
{
    uint64_t size = cycle_size(earlier);
    uint64_t other = cycle_size(later);
    uint64_t off = size > other ? size - other : other - size;
    return earlier->kind == CYCLE_MEASURE && later->kind == CYCLE_MEASURE && earlier->complete &&
           later->complete && earlier->start == later->start &&
           earlier->concurrency == later->concurrency && earlier->oom_kills == 0 &&
           later->oom_kills == 0 && off * 4 <= size;
}

static void load_counts_add(struct load_counts *sum, const struct load_counts *counts)
{
    sum->started += counts->started;
    sum->ok += counts->ok;
    sum->other_status += counts->other_status;
    sum->refused += counts->refused;
    sum->reset += counts->reset;
    sum->timed_out += counts->timed_out;
    sum->failed += counts->failed;
}

static nsec_t cycle_later(nsec_t a_ns, nsec_t b_ns)
{
    return a_ns > b_ns ? a_ns : b_ns;
}

void cycle_fold(struct cycle *earlier, const struct cycle *later)
{
    struct cycle *sum = earlier;
    sum->folded += 1 + later->folded;
    sum->pauses_ns += later->begin_ns - earlier->load_end_ns + later->pauses_ns;
    sum->requests += later->requests;
    load_counts_add(&sum->counts, &later->counts);
    sum->load_end_ns = later->load_end_ns;
    sum->settled_ns = later->settled_ns;
    sum->floor_ns = later->floor_ns;
    sum->came_to_rest = later->came_to_rest;
    sum->deadline_hit = earlier->deadline_hit || later->deadline_hit;
    if (earlier->peak_bytes == SURVEY_ABSENT ||
        (later->peak_bytes != SURVEY_ABSENT && later->peak_bytes > earlier->peak_bytes))
        sum->peak_bytes = later->peak_bytes;
    sum->events_max += later->events_max;
    sum->events_high += later->events_high;
    sum->psi_full_us += later->psi_full_us;
    sum->reclaimed = later->reclaimed;
    sum->reclaimed_bytes = later->reclaimed_bytes;
    sum->collected_bytes = later->collected_bytes;
    sum->latency_p50_ns = cycle_later(earlier->latency_p50_ns, later->latency_p50_ns);
    sum->latency_p99_ns = cycle_later(earlier->latency_p99_ns, later->latency_p99_ns);
    sum->settled = later->settled;
    sum->floor = later->floor;
}

#pragma once
/* Facts about the machine the instance runs on, and disturbances: events of the machine that put
 * figures in doubt, found by comparing two looks. */
#include <stdint.h>

#include "scenario/record.h"

struct host_state {
    uint64_t swap_out_pages; /* /proc/vmstat pswpout */
    uint64_t oom_kills;      /* /proc/vmstat oom_kill: of the whole machine */
    uint64_t steal_ticks;    /* /proc/stat: time the hypervisor gave to others */
};

/* Kernel release, processors, kind of hypervisor, page size, libc and transparent huge pages, as
 * they are for a service with these settings, into the record. */
void host_describe(struct record *record, const struct settings *settings);

/* The word in brackets of /sys/kernel/mm/transparent_hugepage/enabled, "always [madvise] never",
 * when it is one of these. False: it is none. */
bool host_thp_word(const char *text, char *ret, size_t size);

/* A look at the machine; what cannot be read is 0 both times. */
void host_look(struct host_state *ret);

/* What happened from the look `since` until now is others' doing: leave it out of the comparison
 * with `before`. */
void host_leave_out(const struct host_state *since, struct host_state *before);

/* Compare with now and warn in the record about what happened meanwhile. OOM kills are no news when
 * the record's timeline has marks of the instance's own. */
void host_compare(const struct host_state *before, struct record *record);

#pragma once
/* A ring of records that the kernel fills and we empty (perf_event_open's mmap). */
#include "instrument/perf_record.h"

struct perf_ring {
    void *map; /* a page of its state, then `bytes` of records; NULL: none */
    size_t bytes;
    uint64_t head;          /* up to here as of perf_ring_look() */
    uint64_t tail;          /* read up to here */
    unsigned char *wrapped; /* of the record that goes round the end */
    nsec_t time_ns;         /* of the next record */
    const void *record;     /* the next one, in one piece; NULL: none */
    size_t length;          /* of it */
};

/* Map an event's; `bytes` is a power of two of pages. -1 with errno. */
int perf_ring_map(struct perf_ring *ring, int event_fd, size_t bytes);
void perf_ring_unmap(struct perf_ring *ring); /* one that was never mapped is fine */

/* See how far it is filled, and find the next record. */
void perf_ring_look(struct perf_ring *ring);

/* Done with `record`: find the one after it. */
void perf_ring_next(struct perf_ring *ring);

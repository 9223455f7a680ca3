#include "instrument/perf_ring.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A record's size has 16 bits. */
#define PERF_RING_RECORD_MAX 65536

static size_t perf_ring_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

int perf_ring_map(struct perf_ring *ring, int event_fd, size_t bytes)
{
    unsigned char *wrapped = malloc(PERF_RING_RECORD_MAX);
    if (wrapped == NULL)
        return -1;
    void *map =
        mmap(NULL, perf_ring_page() + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event_fd, 0);
    if (map == MAP_FAILED) {
        free(wrapped);
        return -1;
    }
    *ring = (struct perf_ring){.map = map, .bytes = bytes, .wrapped = wrapped};
    return 0;
}

void perf_ring_unmap(struct perf_ring *ring)
{
    if (ring->map == NULL)
        return;
    munmap(ring->map, perf_ring_page() + ring->bytes);
    free(ring->wrapped);
    *ring = (struct perf_ring){0};
}

/* Read `length` bytes at `tail`, in one piece. */
static const void *perf_ring_piece(struct perf_ring *ring, size_t length)
{
    const unsigned char *data = (const unsigned char *)ring->map + perf_ring_page();
    size_t at = ring->tail & (ring->bytes - 1);
    size_t here = ring->bytes - at;
    if (length <= here)
        return data + at;
    memcpy(ring->wrapped, data + at, here);
    memcpy(ring->wrapped + here, data, length - here);
    return ring->wrapped;
}

/* The kernel may write up to here again. */
static void perf_ring_give_back(struct perf_ring *ring)
{
    struct perf_event_mmap_page *state = ring->map;
    __atomic_store_n(&state->data_tail, ring->tail, __ATOMIC_RELEASE);
}

static void perf_ring_find(struct perf_ring *ring)
{
    struct perf_event_header header;
    ring->record = NULL;
    if (ring->head - ring->tail < sizeof(header))
        return;
    memcpy(&header, perf_ring_piece(ring, sizeof(header)), sizeof(header));
    if (header.size < sizeof(header) || header.size > ring->head - ring->tail) {
        /* The kernel does not write this; whatever it is, go on with what comes next. */
        ring->tail = ring->head;
        perf_ring_give_back(ring);
        return;
    }
    ring->length = header.size;
    ring->record = perf_ring_piece(ring, ring->length);
    if (!perf_record_time(ring->record, ring->length, &ring->time_ns))
        ring->time_ns = 0;
}

void perf_ring_look(struct perf_ring *ring)
{
    const struct perf_event_mmap_page *state = ring->map;
    ring->head = __atomic_load_n(&state->data_head, __ATOMIC_ACQUIRE);
    if (ring->record == NULL)
        perf_ring_find(ring);
}

void perf_ring_next(struct perf_ring *ring)
{
    ring->tail += ring->length;
    perf_ring_give_back(ring);
    perf_ring_find(ring);
}

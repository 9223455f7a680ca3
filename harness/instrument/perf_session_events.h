#pragma once
/* The events of a session: opening them on each CPU, for a cgroup or for threads, into the rings.
 * A part of perf_session.c. */
#include <poll.h>
#include <pthread.h>

#include "instrument/perf_ring.h"
#include "instrument/perf_target.h"

#define PERF_SESSION_SOURCES_MAX 256

struct perf_cpu {
    int number;
    int fd; /* whose ring it is; borrowed from fds */
    struct perf_ring ring;
};

/* Which source an event is of; id 0: free. */
struct perf_id {
    uint64_t id;
    unsigned source;
};

struct perf_session {
    struct perf_handler handler;
    struct perf_target target;
    size_t ring_bytes;
    struct perf_cpu *cpus; /* owned */
    size_t n_cpus;
    int *fds; /* owned: of all events */
    size_t n_fds, capacity_fds;
    struct perf_id *ids; /* owned: open addressing, a power of two, half of it free */
    size_t n_ids, n_slots;
    uint64_t sample_types[PERF_SESSION_SOURCES_MAX];
    unsigned n_sources; /* 0 is our own, for what happens to processes */
    char why_process[256];

    struct pollfd *polled; /* owned: the thread's */
    pthread_t thread;
    bool has_thread;
    int stop_fd;
    pthread_mutex_t turn; /* whoever waits for the lock holds it, so that the reader, which is back
                             at once, does not have it again before others */
    pthread_mutex_t lock; /* of all that the handler is called with */

    uint64_t records, lost; /* atomic */
    nsec_t cpu_ns;          /* atomic */
};

/* Open the rings, with what happens to processes as the first source. 1: refused. */
int perf_session_open_cpus(struct perf_session *session, struct error *err);

/* Open a source everywhere. 1: refused. */
int perf_session_open_source(struct perf_session *session, const struct perf_source *source,
                             unsigned *ret, struct error *err);

/* The source of a sample's event. */
bool perf_session_find_source(const struct perf_session *session, uint64_t id, unsigned *ret);

/* Close all. */
void perf_session_close_events(struct perf_session *session);

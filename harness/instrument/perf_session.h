#pragma once
/* The kernel's events of a service, through perf_event_open: one ring for each CPU, and a thread
 * that hands what is in them to a function, in the order it happened in (across CPUs, too).
 *
 * It looks at a cgroup with all below it (PERF_FLAG_PID_CGROUP), or, where there is none or the
 * kernel refuses, at processes and all that they start (inherit). Whatever the events are, forks,
 * execs, ends and mappings of code are told as well. Nothing is left behind: all of it is
 * descriptors, which are gone with the program.
 *
 *     perf_session_new(&handler, …)  perf_session_open(where, …)  perf_session_add(source, …) …
 *     perf_session_hold()            now all that has happened was handed over, and nothing more
 *     …look at what the handler keeps…              is until
 *     perf_session_release()
 *
 * Events can be added at any time; the numbers of those before stay. Several sessions may be
 * there at once, each with its own rings and thread.
 *
 * Errors: ERROR_ENVIRONMENT where the kernel refuses, with what would mend it. */
#include <linux/perf_event.h>

#include "base/error.h"
#include "instrument/perf_record.h"

struct perf_session;

/* An event. */
struct perf_source {
    const char *name; /* for messages: "page faults" */
    /* type, config, config1, config2, what sample_type asks for beyond PERF_RECORD_SAMPLE_BASE,
     * sample_stack_user, exclude_kernel…; period, clock, registers and the rest are the session's.
     */
    struct perf_event_attr attr;
    const char *filter; /* of a tracepoint, PERF_EVENT_IOC_SET_FILTER; NULL: none */
};

/* Who is told; called on the session's thread, or on that of whoever holds the session, never on
 * two at once. `source` is the number of a sample's event. */
struct perf_handler {
    void (*record)(void *context, unsigned source, const struct perf_record *record);
    void *context;
};

/* Whose events. */
struct perf_place {
    const char *cgroup_dir; /* absolute; NULL: none */
    const pid_t *pids;      /* when there is none, or it cannot be used: these, with all they
                               start; of a cgroup they are found by themselves */
    size_t n_pids;
    bool by_process; /* its processes and all they start, though there is a cgroup: a uprobe of a
                        cgroup is a breakpoint in every process of the machine */
};

/* What was not seen, and what it took. */
struct perf_session_account {
    uint64_t records;
    uint64_t lost;         /* records that did not fit into the ring */
    nsec_t cpu_ns;         /* of the reader's thread */
    size_t ring_bytes;     /* of all CPUs */
    bool by_process;       /* not by cgroup */
    char why_process[256]; /* …because of that; "" */
};

/* One without events, with rings of this many bytes for each CPU (a power of two of pages; half of
 * it, and so on, where that cannot be had). The caller owns *ret. */
int perf_session_new(const struct perf_handler *handler, size_t ring_bytes,
                     struct perf_session **ret, struct error *err);

/* Ends the thread, closes all; what is still in the rings is dropped. NULL is fine. */
void perf_session_free(struct perf_session *session);

/* Look at this place from now on, and start the thread. 1: the kernel does not let us; err says
 * why, and what would mend it. */
int perf_session_open(struct perf_session *session, const struct perf_place *place,
                      struct error *err);

/* Add an event, which happens from now on; its number goes to *ret. Not while the session is held.
 * 1: as above. */
int perf_session_add(struct perf_session *session, const struct perf_source *source, unsigned *ret,
                     struct error *err);

/* Hand over all that has happened until now, then let nothing go on until it is released: what the
 * handler keeps stands still and may be read. */
void perf_session_hold(struct perf_session *session);
void perf_session_release(struct perf_session *session);

/* As of now; the thread's own numbers may lag by a round. */
void perf_session_account(struct perf_session *session, struct perf_session_account *ret);

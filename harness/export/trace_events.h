#pragma once
/* The events of a trace that are no counters: slices, instants and arrows of one run, collected
 * from its marks and cycles and put in order of time. Private to export_trace. */
#include "base/json_writer.h"
#include "export/export_run.h"

/* Threads of a run's process. */
enum trace_thread { TRACE_SERVICE = 1, TRACE_PHASES, TRACE_CYCLES, TRACE_THREAD_END_ };

enum trace_event_kind {
    TRACE_START, /* slices, until end_ns */
    TRACE_PHASE,
    TRACE_CYCLE,
    TRACE_PART,  /* of a cycle */
    TRACE_LEAVE, /* where an arrow begins and where it ends */
    TRACE_ARRIVE,
    TRACE_MARK, /* an instant */
};

struct trace_event {
    nsec_t t_ns, end_ns;
    enum trace_event_kind kind;
    size_t order;              /* in which it was added: of those at one time and of one length */
    const struct mark *mark;   /* START, PHASE, MARK */
    const struct mark *end;    /* START: how it ended; NULL: it did not */
    const struct cycle *cycle; /* CYCLE */
    unsigned number;           /* of a measuring CYCLE, from 1; of an arrow, in this run */
    const char *part;          /* PART: "load"; a literal */
};

/* All of a run, sorted. The caller owns *ret, which points into the record. */
int trace_events_collect(const struct record *record, struct trace_event **ret, size_t *ret_n,
                         struct error *err);

/* When the run and all that is recorded of it was over. */
nsec_t trace_last_ns(const struct record *record);

/* Begin an event that the caller closes: what all have. `thread` 0: of the process. */
void trace_event_open(struct json_writer *writer, const char *phase, unsigned pid, unsigned thread,
                      nsec_t t_ns);

/* Write one; `pid` is that of the run, and `first_arrow` the number of its first arrow. */
void trace_event_write(struct json_writer *writer, const struct trace_event *event, unsigned pid,
                       unsigned first_arrow);

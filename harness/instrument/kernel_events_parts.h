#pragma once
/* The parts of kernel_events.c: what it is told, and what is written at a floor. */
#include "instrument/held_descriptors.h"
#include "instrument/held_mappings.h"
#include "instrument/held_pages.h"
#include "instrument/instrument.h"
#include "instrument/perf_target.h"
#include "instrument/process_stacks.h"
#include "instrument/process_table.h"
#include "scenario/instruments.h"

/* Which event a source of the session is. */
enum kernel_event {
    KERNEL_EVENT_NONE,
    KERNEL_EVENT_FAULT,
    KERNEL_EVENT_ENTER,
    KERNEL_EVENT_EXIT,
    KERNEL_EVENT_MAX_,
};

struct kernel_events {
    struct instrument_share *share;
    uint32_t kinds;  /* that are asked for */
    unsigned groups; /* of system calls */
    struct perf_session *session;
    unsigned sources[KERNEL_EVENT_MAX_]; /* their numbers; 0: none */
    struct perf_target target;           /* whose processes are looked at */
    bool is_open;
    bool user_faults_only; /* those of the kernel on the service's behalf may not be seen */
    uint64_t page_bytes;

    /* the session's: whoever holds it may look */
    struct process_stacks *stacks;
    struct held_descriptors *descriptors;
    struct held_mappings *mappings;
    struct held_pages *pages;
    struct process_table pending; /* by thread: struct kernel_pending, owned */
    struct error failure;         /* the first; then nothing more is kept */
    uint64_t unreadable;          /* pairs of descriptors whose numbers could not be read */
};

/* As struct perf_handler has it; context is the struct kernel_events. */
void kernel_events_record(void *context, unsigned source, const struct perf_record *record);

/* What there is of a kind already, noted as such. */
int kernel_events_note_before(struct kernel_events *events, struct error *err);

/* Free what is pending. */
void kernel_events_done_pending(struct kernel_events *events);

/* Write what is held now. */
int kernel_events_floor(struct kernel_events *events, const char *dir, size_t cycle,
                        struct error *err);

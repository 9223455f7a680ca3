#pragma once
/* What perf_event_open writes into a ring, as values: samples of events, and what happens to the
 * processes they are of. Pure: bytes in, values out; nothing in them is trusted.
 *
 * All events of a session have PERF_RECORD_SAMPLE_BASE, and sample_id_all, so that every record
 * says what it is of and when. Pids are those of the namespace of whoever opened the event. */
#include <stddef.h>

#include "base/clock.h"
#include "symbol/process_space.h"

#define PERF_RECORD_SAMPLE_BASE \
    (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME)
/* What an event may ask for beyond it; others are not decoded. */
#define PERF_RECORD_SAMPLE_MORE \
    (PERF_SAMPLE_ADDR | PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

enum perf_record_kind {
    PERF_RECORD_KIND_SAMPLE,
    PERF_RECORD_KIND_FORK, /* a thread (pid as its parent's) or a process was started */
    PERF_RECORD_KIND_EXEC, /* a process runs another program now; its threads but one are gone */
    PERF_RECORD_KIND_EXIT, /* of a thread; the process is gone with the last of them */
    PERF_RECORD_KIND_MAP,  /* code was mapped */
    PERF_RECORD_KIND_LOST, /* records that did not fit into the ring */
    PERF_RECORD_KIND_OTHER,
};

struct perf_record {
    enum perf_record_kind kind;
    uint64_t id; /* of the event that a sample is of (PERF_EVENT_IOC_ID) */
    nsec_t time_ns;
    pid_t pid, tid;
    pid_t parent_pid, parent_tid; /* FORK */
    uint64_t lost;                /* LOST: how many */
    uint64_t ip;                  /* SAMPLE: may lie in the kernel */
    uint64_t address;             /* SAMPLE with PERF_SAMPLE_ADDR; MAP: where it starts */
    uint64_t length;              /* MAP, in bytes */
    const void *raw;              /* SAMPLE with PERF_SAMPLE_RAW, borrowed; not aligned */
    size_t raw_length;
    const char *path;       /* MAP, borrowed: as the process sees it; "" else */
    bool has_registers;     /* SAMPLE with PERF_SAMPLE_REGS_USER, of a 64-bit program */
    bool is_32_bit;         /* SAMPLE with PERF_SAMPLE_REGS_USER, of a 32-bit program */
    struct stack_dump dump; /* its registers, and its bytes (borrowed) with STACK_USER */
};

/* PERF_SAMPLE_REGS_USER's sample_regs_user: those that unwinding and arguments of system calls
 * need. 0: this machine's are not known here, so that no stacks can be had. */
uint64_t perf_record_registers(void);

/* When a record was made, `sample_type` as below; false: it cannot be told. */
bool perf_record_time(const void *record, size_t length, nsec_t *ret);

/* The id of the event that a sample is of; false: it is none. */
bool perf_record_id(const void *record, size_t length, uint64_t *ret);

/* Read one record (its header's size is `length`), of an event with this sample_type. False: it
 * makes no sense. */
bool perf_record_read(const void *record, size_t length, uint64_t sample_type,
                      struct perf_record *ret);

/* Argument `n` (0 to 5) of the system call that a sample with registers is at the end of; false:
 * this machine has overwritten it by then. */
bool perf_record_argument(const struct perf_record *record, unsigned n, uint64_t *ret);

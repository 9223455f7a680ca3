#pragma once
/* Which system calls take or give back what instruments look for, and what one of them did: from
 * the tracepoints raw_syscalls:sys_enter (of those that give back: what they name is theirs no
 * longer, and nobody else's yet) and raw_syscalls:sys_exit (of those that take, with the stack).
 *
 * Only 64-bit programs: a 32-bit one has other numbers, and its calls are left out. */
#include <stdint.h>

#include "instrument/perf_record.h"

/* What is looked for, as bits. */
enum system_call_group {
    SYSTEM_CALLS_DESCRIPTORS = 1,
    SYSTEM_CALLS_MEMORY = 2,
    SYSTEM_CALLS_THREADS = 4,
};

enum system_call_kind {
    SYSTEM_CALL_OPEN,         /* fd */
    SYSTEM_CALL_OPEN_PAIR,    /* two of them, at `address` of the process */
    SYSTEM_CALL_CLOSE,        /* fd */
    SYSTEM_CALL_CLOSE_RANGE,  /* from fd to last_fd */
    SYSTEM_CALL_MAP,          /* length bytes at address */
    SYSTEM_CALL_ATTACH,       /* System V shared memory, at address */
    SYSTEM_CALL_REMAP,        /* old_length bytes at old_address, now length at address */
    SYSTEM_CALL_REMAP_BEGINS, /* old_address, where it is lost by the end (not on x86-64) */
    SYSTEM_CALL_UNMAP,        /* length bytes at address */
    SYSTEM_CALL_DETACH,       /* System V shared memory, at address */
    SYSTEM_CALL_GIVE_BACK,    /* the pages of length bytes at address, which stay mapped */
    SYSTEM_CALL_BREAK,        /* the heap ends at address */
    SYSTEM_CALL_START,        /* a thread or a process */
    SYSTEM_CALL_PAIR_BEGINS,  /* address, where it is lost by the end (not on x86-64) */
};

enum system_call_mapping {
    SYSTEM_CALL_PRIVATE, /* anonymous, private */
    SYSTEM_CALL_SHARED,  /* anonymous or of a file, shared */
    SYSTEM_CALL_FILE,    /* a file's, private: what is written to is anonymous */
    SYSTEM_CALL_MAPPINGS_MAX_,
};

struct system_call {
    enum system_call_kind kind;
    int fd, last_fd;
    uint64_t address, length;
    uint64_t old_address, old_length;
    bool knows_address;               /* of OPEN_PAIR; REMAP: old_address */
    bool keeps_old;                   /* of REMAP: MREMAP_DONTUNMAP */
    bool is_populated;                /* of MAP: pages are there without being touched */
    enum system_call_mapping mapping; /* of MAP */
};

/* The filter of sys_enter (or, if !is_enter, sys_exit) for these groups; "": no call of them is
 * needed there. Returns text. */
const char *system_calls_filter(unsigned groups, bool is_enter, char *text, size_t size);

/* What a sample of sys_enter or of sys_exit (whose result is no failure) says. False: nothing of
 * these groups. */
bool system_call_read(const struct perf_record *record, unsigned groups, bool is_enter,
                      struct system_call *ret);

#pragma once
/* What a run's figures depend on besides the program and what the record had from the beginning:
 * more of the machine, and the work as it was asked for. Recordings that are older than these facts
 * do not have them, and an absent fact is never 0. */
#include <stdbool.h>
#include <stdint.h>

/* Where the service ran: driver vm's guest, when it ran there. */
struct record_machine {
    char architecture[16]; /* "x86_64"; "": not known */
    char libc[32]; /* "glibc 2.36": what leakcage itself uses there, and with it a service that
                      it starts as a program; "": not known, or the service's is another's
                      (an image's, or it was attached to) */
    unsigned page_bytes; /* 0: not known */
    char thp[16];        /* transparent huge pages for the service: "never", or what the system has,
                            "madvise" or "always"; "": not known */
    char reclaim_by[16]; /* by which file the kernel was asked to take memory back before floors
                            were read: "memory.reclaim", or "memory.high", which was lowered for a
                            moment where that is not there; "": it was not asked */
    char peak_by[16];    /* "memory.peak": the kernel's own high mark is in the peaks; "samples":
                            they are the highest of those; "": neither, or not known */
};

/* One of the instruments that looked into the service (scenario/instruments.h), or should have. */
enum record_instrument_state {
    RECORD_INSTRUMENT_USED,       /* it was there from the start to the end */
    RECORD_INSTRUMENT_IMPOSSIBLE, /* it cannot work here: `why` says what would mend that */
    RECORD_INSTRUMENT_FAILED,     /* it began, and what it kept is not whole */
    RECORD_INSTRUMENT_STATE_MAX_
};

#define RECORD_INSTRUMENTS_MAX 12

struct record_instrument {
    char name[24]; /* "heaptrack" */
    enum record_instrument_state state;
    char why[240];    /* "" of one that was used */
    char effect[240]; /* what it did to the service, and what it could not see; "": nothing */
};

/* The requests of a cycle may become others in the run, where a collected heap needs more of them
 * (struct verdict_question has those). */
struct record_work {
    bool known;
    uint64_t cycle_requests;
    uint64_t warmup_requests;
};

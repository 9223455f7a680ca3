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
};

/* The requests of a cycle may become others in the run, where a collected heap needs more of them
 * (struct verdict_question has those). */
struct record_work {
    bool known;
    uint64_t cycle_requests;
    uint64_t warmup_requests;
};

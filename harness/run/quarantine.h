#pragma once
/* Whether AddressSanitizer keeps what the service frees.
 *
 * A program that leakcage starts itself is run without a quarantine (cli/sanitized.h). One that a
 * script starts, that is in an image, or that ran already has the quarantine of its environment: it
 * fills with every request, and until it is full that looks like a leak. So the process that
 * listens is asked: its program or its mapped files, and its environment. */
#include <stdint.h>

#include "memory/runtime_survey.h"
#include "scenario/record.h"

/* What AddressSanitizer has when nobody says otherwise. */
#define QUARANTINE_DEFAULT_BYTES        ((uint64_t)256 * 1024 * 1024)
#define QUARANTINE_THREAD_DEFAULT_BYTES ((uint64_t)1024 * 1024)

/* What is kept of what is freed. */
struct quarantine {
    uint64_t bytes;        /* of all threads together; 0: nothing is kept */
    uint64_t thread_bytes; /* and of each, before it goes there */
    bool said;             /* somebody has chosen `bytes` */
};

/* By the words of ASAN_OPTIONS ("a=1:quarantine_size_mb=16"). */
struct quarantine quarantine_of_options(const char *options);

/* Set the question's quarantine_bytes from the process that listens (where none does, the first
 * one), and warn in the record where nobody has chosen how much. */
void quarantine_check(const struct runtime_survey *processes, struct record *record);

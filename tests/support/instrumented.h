#pragma once
/* A program under an instrument, for tests of the instrument: it reads a number from each line,
 * does so many units of work, and answers "done"; before the first it says "ready". Failures end
 * the test. */
#include <stdio.h>

#include "base/process.h"
#include "instrument/instrument.h"
#include "tests/support/temp_dir.h"

struct instrumented {
    struct temp_dir dir; /* the program's data folder, and the profiles' */
    const struct instrument *instrument;
    void *self;
    struct run_spec spec; /* for the test to fill before instrumented_begin() */
    struct run_files files;
    struct instrument_site site;
    struct instrument_share share;
    struct instrument_environment *environment;
    struct process process;
    FILE *orders; /* to its standard input */
    FILE *said;   /* from its standard output */
    struct instrument_target target;
    struct runtime_survey processes;
};

/* Begin the instrument. Returns what begin() does. */
int instrumented_begin(struct instrumented *it, const struct instrument *instrument,
                       struct error *err);

/* Start these words with its environment; ready is it when it says so. `kind`: what its process is
 * said to be. Returns what the instrument's ready() does. */
int instrumented_start(struct instrumented *it, const char *const *words, enum runtime_kind kind,
                       struct error *err);

void instrumented_work(struct instrumented *it, unsigned units);

/* The profile NAME of this floor; the caller frees it. */
struct profile *instrumented_snapshot(struct instrumented *it, const char *name, size_t cycle);

/* End all there is. */
void instrumented_end(struct instrumented *it);

/* The sum of a type over all samples with a frame of this function in this file (NULL: any). */
int64_t instrumented_held(const struct profile *profile, const char *type, const char *function,
                          const char *file);

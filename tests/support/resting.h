#pragma once
/* tests/programs/threads_at_rest, running. Failures end the test. */
#include "base/process.h"

struct resting {
    struct process process;
    int input, output; /* pipes to and from it */
};

/* Start the program at this path, and wait until all its threads are where they belong. */
struct resting resting_start(const char *program, const char *way, unsigned n);

/* What it has said since, into text. */
void resting_read(const struct resting *resting, char *text, size_t size);
void resting_done(struct resting *resting); /* for CLEANUP */

/* The line of a source file that has this mark. */
int resting_line(const char *source, const char *mark);

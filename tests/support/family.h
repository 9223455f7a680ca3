#pragma once
/* Processes of a test's own: a child that has children, each asleep until it is told to end. */
#include <stdbool.h>
#include <sys/types.h>

#include "base/process.h"
#include "memory/process_stat.h"

#define FAMILY_MAX 4

struct family {
    pid_t parent;
    pid_t children[FAMILY_MAX];
    unsigned n_children;
};

/* Start them; the parent is our child. Failures end the test. */
struct family family_start(unsigned n_children);

/* End the parent alone (its children live on), or all of them. */
void family_end_parent(struct family *family);
void family_done(struct family *family); /* for CLEANUP */

/* Who a process is: pid and start time. */
struct process_id family_id(pid_t pid);

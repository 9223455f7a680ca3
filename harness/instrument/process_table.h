#pragma once
/* Processes by pid, and what somebody keeps about each. */
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct process_entry {
    pid_t pid;   /* 0: free */
    void *value; /* never NULL of one that is there */
};

/* Zeroed, it is empty. To go through it: all of `slots` whose value is not NULL. */
struct process_table {
    struct process_entry *slots; /* owned; what the values are is not */
    size_t n_slots;              /* a power of two */
    size_t n;                    /* slots in use, those of removed ones among them */
};

/* NULL: there is none. */
void *process_table_get(const struct process_table *table, pid_t pid);

/* What is kept of it; a malloc'd value of so many bytes, zeroed, when there was none. NULL: there
 * is no memory. */
void *process_table_need(struct process_table *table, pid_t pid, size_t size, struct error *err);

/* Keep this value; one that is there already must have been taken out. */
int process_table_set(struct process_table *table, pid_t pid, void *value, struct error *err);

/* Take it out; NULL: there was none. */
void *process_table_take(struct process_table *table, pid_t pid);

/* Free the table, not the values. */
void process_table_done(struct process_table *table);

#pragma once
/* Stacks of the processes of a session: which space each has (forks, execs and ends are followed),
 * and a sample's stack as a number in the stacks that all instruments share. */
#include "instrument/instrument.h"
#include "instrument/perf_record.h"

struct process_stacks;

struct process_stacks_account {
    uint64_t stacks;  /* asked for */
    uint64_t cut;     /* of these, the copy of the stack ended before the stack did */
    uint64_t unknown; /* of these, nothing is known: the process had gone by then */
    uint64_t is_32_bit;
};

/* `share` is borrowed; it is locked while something of it is used. The caller owns *ret. */
int process_stacks_new(struct instrument_share *share, struct process_stacks **ret,
                       struct error *err);
void process_stacks_free(struct process_stacks *stacks); /* NULL is fine */

/* Each record that is no sample, before anybody looks at stacks after it. */
int process_stacks_follow(struct process_stacks *stacks, const struct perf_record *record,
                          struct error *err);

/* The stack of a sample with registers and a copy of the stack; 0 when nothing is known. */
int process_stacks_add(struct process_stacks *stacks, const struct perf_record *record,
                       uint32_t *ret, struct error *err);

/* How it went so far. */
struct process_stacks_account process_stacks_account(const struct process_stacks *stacks);

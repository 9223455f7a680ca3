#pragma once
/* Stacks of calls, interned: equal ones have the same number. Leaf first; all but the leaf are
 * return addresses. 0 is the empty stack: nobody knows. Not for several threads at once. */
#include "symbol/symbols.h"

#define CALL_STACKS_DEPTH_MAX 96

struct call_stacks;

/* An empty one. The caller owns *ret. */
int call_stacks_new(struct call_stacks **ret, struct error *err);
void call_stacks_free(struct call_stacks *stacks); /* NULL is fine */

/* The number of this stack, which is there afterwards; beyond CALL_STACKS_DEPTH_MAX it is cut at
 * the root. */
int call_stacks_add(struct call_stacks *stacks, const struct code_address *addresses, unsigned n,
                    uint32_t *ret, struct error *err);

/* The addresses of a stack, borrowed until the next one is added. */
const struct code_address *call_stacks_get(const struct call_stacks *stacks, uint32_t stack,
                                           unsigned *ret_n);

/* What a sample hangs on. */
struct call_sample {
    const char *label; /* what it is, the very leaf: "[tcp to 127.0.0.1:80, CLOSE_WAIT]"; NULL:
                          nothing more is known than the stack */
    uint32_t stack;
    uint32_t origin; /* of a thread: the stack that started it, behind "[started by]"; 0: none */
};

/* Add values to the profile's sample of this stack, with the names of its frames: the label, the
 * stack, and where there is an origin a frame "[started by]" and that stack. */
int call_stacks_add_sample(const struct call_stacks *stacks, struct symbols *symbols,
                           struct profile *profile, const struct call_sample *sample,
                           const int64_t *values, struct error *err);

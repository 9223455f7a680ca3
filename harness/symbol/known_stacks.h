#pragma once
/* Stacks of a process that were unwound with all registers, for moments of which only ip and sp are
 * known: when the same ip is seen, and the same return addresses lie at the same distances from sp,
 * it is the same stack. They are learned where they were wanted before, and nowhere else. */
#include "symbol/call_stacks.h"
#include "symbol/frame_step.h"

struct known_stacks;

/* A stack on its way: the frames, and where each return address was read from. */
struct stack_trace {
    struct code_address frames[CALL_STACKS_DEPTH_MAX];
    uint64_t ips[CALL_STACKS_DEPTH_MAX];   /* of the process */
    uint64_t slots[CALL_STACKS_DEPTH_MAX]; /* 0: in no memory; that of the leaf is not used */
    unsigned n;
    bool is_cut;
};

/* None so far. The caller owns *ret. */
int known_stacks_new(struct known_stacks **ret, struct error *err);
void known_stacks_free(struct known_stacks *stacks); /* NULL is fine */

/* Stacks with this leaf are wanted from now on; and are they? */
int known_stacks_want(struct known_stacks *stacks, uint64_t ip, struct error *err);
bool known_stacks_wants(const struct known_stacks *stacks, uint64_t ip);

/* Keep one whose leaf is wanted, and that lies there. */
int known_stacks_learn(struct known_stacks *stacks, const struct stack_trace *trace,
                       const struct frame_memory *memory, struct error *err);

/* The one that lies there; false: it is not known. */
bool known_stacks_find(const struct known_stacks *stacks, uint64_t ip,
                       const struct frame_memory *memory, struct stack_trace *ret);

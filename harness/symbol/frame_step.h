#pragma once
/* One step of a stack: from a frame to its caller. Pure: registers and a copy of the stack in,
 * registers out; nothing is read from a process. */
#include "symbol/frame_rules.h"

/* A copy of memory. */
struct frame_memory {
    const unsigned char *bytes;
    uint64_t begin; /* its address */
    size_t length;
};

struct frame_state {
    uint64_t ip;
    uint64_t registers[FRAME_REGISTERS];
    uint64_t valid; /* a bit for each that is known */
    uint64_t slot;  /* the address that ip was read from; 0: it was in a register */
};

enum frame_step {
    FRAME_STEP_DONE,      /* it is the caller's state now */
    FRAME_STEP_OUTERMOST, /* nobody called it */
    FRAME_STEP_NO_VALUE,  /* a register is needed that is not known */
    FRAME_STEP_NO_MEMORY, /* what lies outside of the copy is needed */
    FRAME_STEP_NO_RULE,   /* what it says makes no sense */
};

/* By rules. The state is as it was unless the step is done. */
enum frame_step frame_step(const struct frame_rule_set *rules, const struct frame_memory *memory,
                           struct frame_state *state);

/* Where there are none: by the frame pointer, if it looks like one. */
enum frame_step frame_step_pointer(const struct frame_memory *memory, struct frame_state *state);

/* Where a call went to no code: the return address is on top of the stack. */
enum frame_step frame_step_called(const struct frame_memory *memory, struct frame_state *state);

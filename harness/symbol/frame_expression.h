#pragma once
/* DWARF expressions as call frame information has them: a small stack machine. */
#include "symbol/frame_step.h"

struct frame_expression {
    const Dwarf_Op *operations;
    size_t n;
    uint64_t cfa; /* of DW_OP_call_frame_cfa */
};

/* What it comes to, in this state. */
enum frame_step frame_expression_result(const struct frame_expression *expression,
                                        const struct frame_memory *memory,
                                        const struct frame_state *state, uint64_t *ret);

/* A number of `size` bytes (1 to 8) there; false: it is outside of the copy. */
bool frame_memory_read(const struct frame_memory *memory, uint64_t address, size_t size,
                       uint64_t *ret);

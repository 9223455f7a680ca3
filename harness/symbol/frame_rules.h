#pragma once
/* How to get from a frame to its caller: where its registers were put, by the call frame
 * information of its file (.eh_frame, .debug_frame). They are the same in all processes, and kept
 * by address, so that only the first stack that goes through a place is slow. */
#include <elfutils/libdw.h>

#include "symbol/symbols.h"

#if defined(__x86_64__)
#define FRAME_REGISTERS        17 /* numbered as DWARF does */
#define FRAME_REGISTER_SP      7
#define FRAME_REGISTER_FP      6
#define FRAME_REGISTER_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define FRAME_REGISTERS        32
#define FRAME_REGISTER_SP      31
#define FRAME_REGISTER_FP      29
#define FRAME_REGISTER_MACHINE EM_AARCH64
#else
#error "no rules for the frames of this machine"
#endif

enum frame_rule_kind {
    FRAME_AT,        /* in memory, at CFA + offset */
    FRAME_IS,        /* CFA + offset */
    FRAME_REGISTER,  /* in register `offset` */
    FRAME_AT_RESULT, /* in memory, where the operations say */
    FRAME_IS_RESULT, /* what the operations say */
};

struct frame_rule {
    uint8_t kind;
    uint8_t number; /* of the register that it is for */
    uint16_t n_operations;
    int32_t offset;
    const Dwarf_Op *operations;
};

/* Of one place in the code. The CFA (canonical frame address) is what sp was before the call. */
struct frame_rule_set {
    bool is_outermost;       /* nobody called it */
    bool is_signal;          /* its caller was interrupted there, and did not call it */
    uint8_t return_register; /* the one that the caller's ip is in */
    uint8_t cfa_register;    /* CFA: this register and cfa_offset, */
    uint16_t n_cfa;          /* or (> 0) what these operations say */
    int32_t cfa_offset;
    const Dwarf_Op *cfa;
    uint64_t same; /* a bit for each register that is as it is */
    unsigned n_rules;
    struct frame_rule rules[FRAME_REGISTERS]; /* of those that are kept somewhere */
};

struct frame_rules;

/* None so far. The caller owns *ret. */
int frame_rules_new(struct frame_rules **ret, struct error *err);
void frame_rules_free(struct frame_rules *rules); /* NULL is fine */

/* The rules at this address; *ret is NULL where the file has none. They are borrowed until the
 * next ones are asked for. */
int frame_rules_find(struct frame_rules *rules, struct symbols *symbols,
                     const struct code_address *address, const struct frame_rule_set **ret,
                     struct error *err);

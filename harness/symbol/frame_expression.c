#include "symbol/frame_expression.h"

#include <dwarf.h>
#include <string.h>

#define EXPRESSION_DEPTH_MAX 32
#define EXPRESSION_STEPS_MAX 1000 /* an expression may jump */

struct expression_machine {
    const struct frame_expression *expression;
    const struct frame_memory *memory;
    const struct frame_state *state;
    uint64_t stack[EXPRESSION_DEPTH_MAX];
    unsigned depth;
    size_t at; /* the operation that comes next */
    enum frame_step failure;
};

bool frame_memory_read(const struct frame_memory *memory, uint64_t address, size_t size,
                       uint64_t *ret)
{
    uint64_t offset = address - memory->begin;
    if (address < memory->begin || offset > memory->length || memory->length - offset < size)
        return false;
    *ret = 0;
    memcpy(ret, memory->bytes + offset, size); /* little endian */
    return true;
}

static uint64_t expression_fail(struct expression_machine *machine, enum frame_step failure)
{
    if (machine->failure == FRAME_STEP_DONE)
        machine->failure = failure;
    return 0;
}

static void expression_push(struct expression_machine *machine, uint64_t value)
{
    if (machine->depth == EXPRESSION_DEPTH_MAX)
        expression_fail(machine, FRAME_STEP_NO_RULE);
    else
        machine->stack[machine->depth++] = value;
}

static uint64_t expression_pop(struct expression_machine *machine)
{
    return machine->depth > 0 ? machine->stack[--machine->depth]
                              : expression_fail(machine, FRAME_STEP_NO_RULE);
}

/* What stands so far below the top. */
static uint64_t expression_pick(struct expression_machine *machine, uint64_t below)
{
    return below < machine->depth ? machine->stack[machine->depth - 1 - below]
                                  : expression_fail(machine, FRAME_STEP_NO_RULE);
}

static uint64_t expression_register(struct expression_machine *machine, uint64_t number)
{
    const struct frame_state *state = machine->state;
    if (number >= FRAME_REGISTERS || (state->valid >> number & 1) == 0)
        return expression_fail(machine, FRAME_STEP_NO_VALUE);
    return state->registers[number];
}

static uint64_t expression_read(struct expression_machine *machine, uint64_t size)
{
    uint64_t value = 0;
    uint64_t address = expression_pop(machine);
    if (size == 0 || size > sizeof(value))
        return expression_fail(machine, FRAME_STEP_NO_RULE);
    if (!frame_memory_read(machine->memory, address, size, &value))
        return expression_fail(machine, FRAME_STEP_NO_MEMORY);
    return value;
}

/* Two numbers to one. False: it is no such operation. */
static bool expression_binary(struct expression_machine *machine, unsigned atom)
{
    uint64_t b = expression_pick(machine, 0);
    uint64_t a = machine->depth > 1 ? expression_pick(machine, 1) : 0;
    uint64_t shift = b < 64 ? b : 63;
    uint64_t result = 0;
    switch (atom) {
    case DW_OP_plus:
        result = a + b;
        break;
    case DW_OP_minus:
        result = a - b;
        break;
    case DW_OP_mul:
        result = a * b;
        break;
    case DW_OP_and:
        result = a & b;
        break;
    case DW_OP_or:
        result = a | b;
        break;
    case DW_OP_xor:
        result = a ^ b;
        break;
    case DW_OP_shl:
        result = b < 64 ? a << shift : 0;
        break;
    case DW_OP_shr:
        result = b < 64 ? a >> shift : 0;
        break;
    case DW_OP_shra:
        result = (uint64_t)((int64_t)a >> shift);
        break;
    case DW_OP_eq:
        result = a == b;
        break;
    case DW_OP_ne:
        result = a != b;
        break;
    case DW_OP_lt:
        result = (int64_t)a < (int64_t)b;
        break;
    case DW_OP_le:
        result = (int64_t)a <= (int64_t)b;
        break;
    case DW_OP_gt:
        result = (int64_t)a > (int64_t)b;
        break;
    case DW_OP_ge:
        result = (int64_t)a >= (int64_t)b;
        break;
    default:
        return false;
    }
    expression_pop(machine);
    expression_pop(machine);
    expression_push(machine, result);
    return true;
}

/* Operations that move what is on the stack, or change the top of it. False: it is none. */
static bool expression_shuffle(struct expression_machine *machine, const Dwarf_Op *operation)
{
    uint64_t top = 0;
    uint64_t next = 0;
    switch (operation->atom) {
    case DW_OP_nop:
        break;
    case DW_OP_dup:
        expression_push(machine, expression_pick(machine, 0));
        break;
    case DW_OP_over:
        expression_push(machine, expression_pick(machine, 1));
        break;
    case DW_OP_pick:
        expression_push(machine, expression_pick(machine, operation->number));
        break;
    case DW_OP_drop:
        expression_pop(machine);
        break;
    case DW_OP_swap:
        top = expression_pop(machine);
        next = expression_pop(machine);
        expression_push(machine, top);
        expression_push(machine, next);
        break;
    case DW_OP_neg:
        expression_push(machine, 0 - expression_pop(machine));
        break;
    case DW_OP_not:
        expression_push(machine, ~expression_pop(machine));
        break;
    case DW_OP_plus_uconst:
        expression_push(machine, expression_pop(machine) + operation->number);
        break;
    case DW_OP_deref:
        expression_push(machine, expression_read(machine, sizeof(top)));
        break;
    case DW_OP_deref_size:
        expression_push(machine, expression_read(machine, operation->number));
        break;
    default:
        return false;
    }
    return true;
}

/* Operations that put a number there. False: it is none. */
static bool expression_value(struct expression_machine *machine, const Dwarf_Op *operation)
{
    unsigned atom = operation->atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
        expression_push(machine, atom - DW_OP_lit0);
    else if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
        expression_push(machine,
                        expression_register(machine, atom - DW_OP_breg0) + operation->number);
    else if (atom == DW_OP_bregx)
        expression_push(machine,
                        expression_register(machine, operation->number) + operation->number2);
    else if (atom == DW_OP_call_frame_cfa)
        expression_push(machine, machine->expression->cfa);
    else if (atom >= DW_OP_const1u && atom <= DW_OP_consts)
        expression_push(machine, operation->number);
    else
        return false;
    return true;
}

/* Go on at the operation that a jump leads to: so many bytes behind the jump, which takes three. */
static void expression_jump(struct expression_machine *machine, const Dwarf_Op *operation)
{
    const struct frame_expression *expression = machine->expression;
    uint64_t target = operation->offset + 3 + operation->number;
    for (size_t i = 0; i < expression->n; i++) {
        if (expression->operations[i].offset == target) {
            machine->at = i;
            return;
        }
    }
    machine->at = expression->n;
}

static void expression_do(struct expression_machine *machine, const Dwarf_Op *operation)
{
    if (operation->atom == DW_OP_skip)
        expression_jump(machine, operation);
    else if (operation->atom == DW_OP_bra) {
        if (expression_pop(machine) != 0)
            expression_jump(machine, operation);
    } else if (!expression_value(machine, operation) && !expression_shuffle(machine, operation) &&
               !expression_binary(machine, operation->atom))
        expression_fail(machine, FRAME_STEP_NO_RULE);
}

enum frame_step frame_expression_result(const struct frame_expression *expression,
                                        const struct frame_memory *memory,
                                        const struct frame_state *state, uint64_t *ret)
{
    struct expression_machine machine = {
        .expression = expression, .memory = memory, .state = state, .failure = FRAME_STEP_DONE};
    unsigned steps = 0;
    while (machine.at < expression->n && machine.failure == FRAME_STEP_DONE) {
        if (++steps > EXPRESSION_STEPS_MAX)
            return FRAME_STEP_NO_RULE;
        expression_do(&machine, &expression->operations[machine.at++]);
    }
    if (machine.failure == FRAME_STEP_DONE)
        *ret = expression_pop(&machine);
    return machine.failure;
}

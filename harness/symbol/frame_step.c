#include "symbol/frame_step.h"

#include "symbol/frame_expression.h"

#define WORD sizeof(uint64_t)

static enum frame_step frame_cfa(const struct frame_rule_set *rules,
                                 const struct frame_memory *memory, const struct frame_state *state,
                                 uint64_t *ret)
{
    if (rules->n_cfa > 0) {
        const struct frame_expression expression = {.operations = rules->cfa, .n = rules->n_cfa};
        return frame_expression_result(&expression, memory, state, ret);
    }
    if ((state->valid >> rules->cfa_register & 1) == 0)
        return FRAME_STEP_NO_VALUE;
    *ret = state->registers[rules->cfa_register] + (uint64_t)(int64_t)rules->cfa_offset;
    return FRAME_STEP_DONE;
}

/* A register of the caller; *ret_slot is where it was kept, 0 when in no memory. */
static enum frame_step frame_value(const struct frame_rule *rule, uint64_t cfa,
                                   const struct frame_memory *memory,
                                   const struct frame_state *state, uint64_t *ret,
                                   uint64_t *ret_slot)
{
    const struct frame_expression expression = {
        .operations = rule->operations, .n = rule->n_operations, .cfa = cfa};
    uint64_t address = cfa + (uint64_t)(int64_t)rule->offset;
    enum frame_step step = FRAME_STEP_DONE;
    *ret_slot = 0;
    switch ((enum frame_rule_kind)rule->kind) {
    case FRAME_IS:
        *ret = address;
        return FRAME_STEP_DONE;
    case FRAME_IS_RESULT:
        return frame_expression_result(&expression, memory, state, ret);
    case FRAME_REGISTER:
        *ret = state->registers[rule->offset];
        return (state->valid >> rule->offset & 1) != 0 ? FRAME_STEP_DONE : FRAME_STEP_NO_VALUE;
    case FRAME_AT_RESULT:
        step = frame_expression_result(&expression, memory, state, &address);
        break;
    case FRAME_AT:
        break;
    }
    if (step != FRAME_STEP_DONE)
        return step;
    *ret_slot = address;
    return frame_memory_read(memory, address, WORD, ret) ? FRAME_STEP_DONE : FRAME_STEP_NO_MEMORY;
}

enum frame_step frame_step(const struct frame_rule_set *rules, const struct frame_memory *memory,
                           struct frame_state *state)
{
    struct frame_state caller = *state;
    uint64_t cfa = 0;
    if (rules->is_outermost)
        return FRAME_STEP_OUTERMOST;
    enum frame_step step = frame_cfa(rules, memory, state, &cfa);
    if (step != FRAME_STEP_DONE)
        return step;
    caller.valid &= rules->same;
    caller.slot = 0;
    for (unsigned i = 0; i < rules->n_rules; i++) {
        const struct frame_rule *rule = &rules->rules[i];
        uint64_t slot = 0;
        step = frame_value(rule, cfa, memory, state, &caller.registers[rule->number], &slot);
        if (step == FRAME_STEP_DONE)
            caller.valid |= (uint64_t)1 << rule->number;
        if (rule->number != rules->return_register)
            continue;
        if (step != FRAME_STEP_DONE)
            return step;
        caller.slot = slot;
    }
    if ((caller.valid >> rules->return_register & 1) == 0)
        return FRAME_STEP_NO_VALUE;
    caller.ip = caller.registers[rules->return_register];
    /* A stack grows downwards, and is another one only where a signal came; on machines that keep
     * the return address in a register, a leaf takes none of it. */
    uint64_t sp = caller.registers[FRAME_REGISTER_SP];
    if (!rules->is_signal && (sp < state->registers[FRAME_REGISTER_SP] ||
                              (sp == state->registers[FRAME_REGISTER_SP] && caller.slot != 0)))
        return FRAME_STEP_NO_RULE;
    *state = caller;
    return FRAME_STEP_DONE;
}

enum frame_step frame_step_pointer(const struct frame_memory *memory, struct frame_state *state)
{
    uint64_t pointer = state->registers[FRAME_REGISTER_FP];
    uint64_t sp = state->registers[FRAME_REGISTER_SP];
    struct frame_state caller = {.slot = pointer + WORD};
    if ((state->valid >> FRAME_REGISTER_FP & 1) == 0)
        return FRAME_STEP_NO_VALUE;
    if (pointer == 0)
        return FRAME_STEP_OUTERMOST;
    if (pointer < sp || pointer % WORD != 0)
        return FRAME_STEP_NO_RULE;
    if (!frame_memory_read(memory, pointer, WORD, &caller.registers[FRAME_REGISTER_FP]) ||
        !frame_memory_read(memory, pointer + WORD, WORD, &caller.ip))
        return FRAME_STEP_NO_MEMORY;
    caller.registers[FRAME_REGISTER_SP] = pointer + 2 * WORD;
    caller.valid = (uint64_t)1 << FRAME_REGISTER_FP | (uint64_t)1 << FRAME_REGISTER_SP;
    *state = caller;
    return FRAME_STEP_DONE;
}

enum frame_step frame_step_called(const struct frame_memory *memory, struct frame_state *state)
{
    uint64_t sp = state->registers[FRAME_REGISTER_SP];
    if (!frame_memory_read(memory, sp, WORD, &state->ip))
        return FRAME_STEP_NO_MEMORY;
    state->slot = sp;
    state->registers[FRAME_REGISTER_SP] = sp + WORD;
    return FRAME_STEP_DONE;
}

/* How stacks are unwound (symbol/frame_step.h, frame_expression.h): rules and expressions as a
 * file's call frame information may have them, registers and a copy of a stack. Whatever they say
 * it ends, and nothing outside of the copy is read. */
#include <string.h>

#include "symbol/frame_expression.h"
#include "tests/fuzz/fuzz.h"

#define OPERATIONS_MAX 48

/* Takes the input apart; zeroes follow it. */
struct input {
    const uint8_t *at;
    size_t left;
};

static uint64_t take(struct input *input, size_t bytes)
{
    uint64_t value = 0;
    bytes = bytes < input->left ? bytes : input->left;
    memcpy(&value, input->at, bytes);
    input->at += bytes;
    input->left -= bytes;
    return value;
}

/* Numbers of one byte, for registers and places on the stack, or of eight. */
static uint64_t take_number(struct input *input)
{
    return (take(input, 1) & 1) != 0 ? take(input, 8) : take(input, 1);
}

static void take_operations(struct input *input, Dwarf_Op *operations, size_t n)
{
    for (size_t i = 0; i < n; i++)
        operations[i] = (Dwarf_Op){.atom = (uint8_t)take(input, 1),
                                   .number = take_number(input),
                                   .number2 = take_number(input),
                                   .offset = i};
}

static void take_rules(struct input *input, const Dwarf_Op *operations, size_t n,
                       struct frame_rule_set *ret)
{
    memset(ret, 0, sizeof(*ret));
    uint64_t flags = take(input, 1);
    ret->is_outermost = (flags & 15) == 15;
    ret->is_signal = (flags & 16) != 0;
    ret->return_register = (uint8_t)(take(input, 1) % FRAME_REGISTERS);
    ret->cfa_register = (uint8_t)(take(input, 1) % FRAME_REGISTERS);
    ret->cfa_offset = (int32_t)take(input, 4);
    ret->n_cfa = (flags & 32) != 0 ? (uint16_t)n : 0;
    ret->cfa = operations;
    ret->same = take(input, 8);
    ret->n_rules = (unsigned)(take(input, 1) % (FRAME_REGISTERS + 1));
    for (unsigned i = 0; i < ret->n_rules; i++) {
        struct frame_rule *rule = &ret->rules[i];
        *rule = (struct frame_rule){
            .kind = (uint8_t)(take(input, 1) % (FRAME_IS_RESULT + 1)),
            .number = (uint8_t)(take(input, 1) % FRAME_REGISTERS),
            .n_operations = (uint16_t)n,
            .offset = (int32_t)take(input, 4),
            .operations = operations,
        };
        if (rule->kind == FRAME_REGISTER) /* as frame_rules.c has them */
            rule->offset = (int32_t)((uint32_t)rule->offset % FRAME_REGISTERS);
    }
}

static void check_steps(const struct frame_rule_set *rules, const struct frame_memory *memory,
                        const struct frame_state *state)
{
    struct frame_state changed = *state;
    if (frame_step(rules, memory, &changed) != FRAME_STEP_DONE)
        FUZZ_REQUIRE(memcmp(&changed, state, sizeof(changed)) == 0);
    changed = *state;
    for (unsigned i = 0; i < 100 && frame_step(rules, memory, &changed) == FRAME_STEP_DONE; i++)
        ;
    changed = *state;
    for (unsigned i = 0; i < 100 && frame_step_pointer(memory, &changed) == FRAME_STEP_DONE; i++)
        ;
    changed = *state;
    (void)frame_step_called(memory, &changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    Dwarf_Op operations[OPERATIONS_MAX];
    struct frame_rule_set rules;
    struct frame_state state;
    uint64_t result = 0;
    memset(&state, 0, sizeof(state));
    size_t n = take(&input, 1) % (OPERATIONS_MAX + 1);
    take_operations(&input, operations, n);
    take_rules(&input, operations, n, &rules);
    state.ip = take(&input, 8);
    state.valid = take(&input, 8) & ((UINT64_C(1) << FRAME_REGISTERS) - 1);
    for (unsigned i = 0; i < FRAME_REGISTERS; i++)
        state.registers[i] = take_number(&input);
    /* What is left is the stack. */
    unsigned char *stack = malloc(input.left + 1);
    FUZZ_REQUIRE(stack != NULL);
    memcpy(stack, input.at, input.left);
    const struct frame_memory memory = {
        .bytes = stack, .begin = state.registers[FRAME_REGISTER_SP], .length = input.left};
    const struct frame_expression expression = {
        .operations = operations, .n = n, .cfa = state.registers[0]};
    (void)frame_expression_result(&expression, &memory, &state, &result);
    check_steps(&rules, &memory, &state);
    free(stack);
    return 0;
}

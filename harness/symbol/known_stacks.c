#include "symbol/known_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "symbol/frame_expression.h"

#define KNOWN_STACKS_MAX_BYTES ((size_t)256 << 20)
#define KNOWN_STACKS_PER_LEAF  256

/* One that was seen; the leaf is not among its frames. */
struct known_stack {
    struct known_stack *next; /* with the same leaf */
    unsigned n;
    struct known_frame {
        struct code_address address;
        uint64_t ip;
        uint64_t distance; /* of its return address from sp */
    } frames[];
};

struct known_leaf {
    struct code_address address;
    struct known_stack *first;
    unsigned n;
};

struct known_stacks {
    struct store store;
    struct intern ips; /* that are wanted */
    struct known_leaf *leaves;
    size_t capacity;
};

int known_stacks_new(struct known_stacks **ret, struct error *err)
{
    struct known_stacks *stacks = calloc(1, sizeof(*stacks));
    if (stacks == NULL)
        return error_out_of_memory(err);
    if (store_init(&stacks->store, KNOWN_STACKS_MAX_BYTES, err) < 0 ||
        intern_init(&stacks->ips, &stacks->store, err) < 0) {
        known_stacks_free(stacks);
        return -1;
    }
    *ret = stacks;
    return 0;
}

void known_stacks_free(struct known_stacks *stacks)
{
    if (stacks == NULL)
        return;
    intern_done(&stacks->ips);
    store_done(&stacks->store);
    free(stacks->leaves);
    free(stacks);
}

bool known_stacks_wants(const struct known_stacks *stacks, uint64_t ip)
{
    return intern_find(&stacks->ips, &ip, sizeof(ip)) != UINT32_MAX;
}

int known_stacks_want(struct known_stacks *stacks, uint64_t ip, struct error *err)
{
    uint32_t number = 0;
    if (known_stacks_wants(stacks, ip))
        return 0;
    if (store_grow(&stacks->store, &stacks->leaves, (size_t)stacks->ips.n + 1,
                   sizeof(*stacks->leaves), &stacks->capacity, err) < 0 ||
        intern_add(&stacks->ips, &ip, sizeof(ip), &number, err) < 0)
        return -1;
    stacks->leaves[number] = (struct known_leaf){.n = 0};
    return 0;
}

static bool known_stack_lies_there(const struct known_stack *stack,
                                   const struct frame_memory *memory)
{
    for (unsigned i = 0; i < stack->n; i++) {
        const struct known_frame *frame = &stack->frames[i];
        uint64_t ip = 0;
        if (!frame_memory_read(memory, memory->begin + frame->distance, sizeof(ip), &ip) ||
            ip != frame->ip)
            return false;
    }
    return true;
}

static const struct known_stack *known_leaf_find(const struct known_leaf *leaf,
                                                 const struct frame_memory *memory)
{
    const struct known_stack *stack = leaf->first;
    while (stack != NULL && !known_stack_lies_there(stack, memory))
        stack = stack->next;
    return stack;
}

int known_stacks_learn(struct known_stacks *stacks, const struct stack_trace *trace,
                       const struct frame_memory *memory, struct error *err)
{
    uint32_t number = intern_find(&stacks->ips, &trace->ips[0], sizeof(trace->ips[0]));
    if (number == UINT32_MAX || trace->n < 2)
        return 0;
    struct known_leaf *leaf = &stacks->leaves[number];
    if (leaf->n == KNOWN_STACKS_PER_LEAF || known_leaf_find(leaf, memory) != NULL)
        return 0;
    for (unsigned i = 1; i < trace->n; i++)
        if (trace->slots[i] < memory->begin)
            return 0; /* not all of it can be seen again */
    struct known_stack *stack =
        store_alloc(&stacks->store, sizeof(*stack) + (trace->n - 1) * sizeof(*stack->frames), err);
    if (stack == NULL)
        return -1;
    stack->n = trace->n - 1;
    for (unsigned i = 1; i < trace->n; i++)
        stack->frames[i - 1] = (struct known_frame){.address = trace->frames[i],
                                                    .ip = trace->ips[i],
                                                    .distance = trace->slots[i] - memory->begin};
    stack->next = leaf->first;
    leaf->address = trace->frames[0];
    leaf->first = stack;
    leaf->n++;
    return 0;
}

bool known_stacks_find(const struct known_stacks *stacks, uint64_t ip,
                       const struct frame_memory *memory, struct stack_trace *ret)
{
    uint32_t number = intern_find(&stacks->ips, &ip, sizeof(ip));
    const struct known_stack *stack = number != UINT32_MAX ? stacks->leaves[number].first : NULL;
    while (stack != NULL && !known_stack_lies_there(stack, memory))
        stack = stack->next;
    if (stack == NULL)
        return false;
    ret->frames[0] = stacks->leaves[number].address;
    for (unsigned i = 0; i < stack->n; i++)
        ret->frames[i + 1] = stack->frames[i].address;
    ret->n = stack->n + 1;
    ret->is_cut = false;
    return true;
}

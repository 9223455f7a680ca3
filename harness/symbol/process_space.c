#include "symbol/process_space.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "symbol/known_stacks.h"
#include "symbol/process_maps.h"
#include "symbol/symbols_parts.h"

#define SPACE_REFRESH_INTERVAL_NS (NSEC_PER_SEC / 10)

struct process_space {
    pid_t pid;
    struct symbols *symbols; /* borrowed */
    struct process_maps maps;
    struct known_stacks *known;
    nsec_t refreshed_ns;
};

int process_space_new(pid_t pid, struct symbols *symbols, struct process_space **ret,
                      struct error *err)
{
    struct process_space *space = calloc(1, sizeof(*space));
    if (space == NULL)
        return error_out_of_memory(err);
    space->pid = pid;
    space->symbols = symbols;
    int status = known_stacks_new(&space->known, err);
    if (status == 0)
        status = process_space_refresh(space, err);
    if (status == 0)
        *ret = space;
    else
        process_space_free(space);
    return status;
}

void process_space_free(struct process_space *space)
{
    if (space == NULL)
        return;
    process_maps_done(&space->maps);
    known_stacks_free(space->known);
    free(space);
}

int process_space_refresh(struct process_space *space, struct error *err)
{
    space->refreshed_ns = clock_now_ns();
    return process_maps_read(&space->maps, space->pid, space->symbols, err);
}

int process_space_fork(const struct process_space *space, pid_t pid, struct process_space **ret,
                       struct error *err)
{
    struct process_space *child = calloc(1, sizeof(*child));
    if (child == NULL)
        return error_out_of_memory(err);
    child->pid = pid;
    child->symbols = space->symbols;
    child->refreshed_ns = space->refreshed_ns;
    if (known_stacks_new(&child->known, err) < 0 ||
        process_maps_copy(&space->maps, &child->maps, err) < 0) {
        process_space_free(child);
        return -1;
    }
    *ret = child;
    return 0;
}

/* The address in the file that is mapped there. */
static struct code_address space_locate(struct process_space *space, struct code_mapping *mapping,
                                        uint64_t address)
{
    if (!mapping->is_located) {
        struct code_address at = {.file = 0};
        mapping->is_located = true;
        mapping->is_loaded = symbols_locate(space->symbols, mapping->file, mapping->offset, &at);
        mapping->slide = mapping->begin - at.address;
    }
    if (!mapping->is_loaded)
        return (struct code_address){.address = address};
    return (struct code_address){.file = mapping->file, .address = address - mapping->slide};
}

struct code_address process_space_address(struct process_space *space, uint64_t address)
{
    struct code_mapping *mapping = process_maps_find(&space->maps, address);
    if (mapping == NULL)
        return (struct code_address){.address = address};
    return space_locate(space, mapping, address);
}

/* The mapping of an address; when it has none so far, as of now. *ret is NULL: it is no code. */
static int space_find(struct process_space *space, uint64_t address, struct code_mapping **ret,
                      struct error *err)
{
    *ret = process_maps_find(&space->maps, address);
    if (*ret != NULL || clock_now_ns() - space->refreshed_ns < SPACE_REFRESH_INTERVAL_NS)
        return 0;
    if (process_space_refresh(space, err) < 0)
        return -1;
    *ret = process_maps_find(&space->maps, address);
    return 0;
}

static struct frame_state space_state(const struct stack_dump *dump)
{
    struct frame_state state = {.ip = dump->ip};
    for (unsigned i = 0; i < FRAME_REGISTERS; i++)
        state.registers[i] = dump->registers[i];
    state.valid = dump->valid & (((uint64_t)1 << FRAME_REGISTERS) - 1);
    state.registers[FRAME_REGISTER_SP] = dump->sp;
    state.valid |= (uint64_t)1 << FRAME_REGISTER_SP;
    return state;
}

/* A stack that is being unwound. */
struct space_walk {
    struct process_space *space;
    struct frame_memory memory;
    struct frame_state state; /* of the frame that comes next */
    struct stack_trace trace;
    bool is_return;      /* the next frame: it is where a call returns to */
    enum frame_step end; /* why it ended; FRAME_STEP_DONE: there was no more room */
};

/* From code that has no rules: what began the program, a system call written by hand, a call to
 * where no code is, or code that keeps frame pointers. */
static enum frame_step space_step_without_rules(struct space_walk *walk,
                                                const struct code_address *address)
{
    struct process_space *space = walk->space;
    const struct elf_image *image = symbols_image(space->symbols, address->file);
    bool is_leaf = walk->trace.n == 1;
    bool is_code = process_maps_find(&space->maps, walk->state.ip) != NULL;
    if (image != NULL && elf_image_is_entry(image, address->address))
        return FRAME_STEP_OUTERMOST;
    if (is_leaf &&
        (!is_code || (image != NULL && elf_image_is_behind_call(image, address->address))))
        return frame_step_called(&walk->memory, &walk->state);
    return frame_step_pointer(&walk->memory, &walk->state);
}

/* From the frame that the trace ends with to its caller. */
static int space_step(struct space_walk *walk, struct error *err)
{
    struct process_space *space = walk->space;
    const struct stack_trace *trace = &walk->trace;
    const struct frame_rule_set *rules = NULL;
    struct code_address address = trace->frames[trace->n - 1];
    address.address -= trace->n > 1;
    walk->is_return = true;
    if (frame_rules_find(symbols_frame_rules(space->symbols), space->symbols, &address, &rules,
                         err) < 0)
        return -1;
    if (rules != NULL) {
        walk->end = frame_step(rules, &walk->memory, &walk->state);
        walk->is_return = !rules->is_signal;
        /* Where a handler returns to is the first instruction of what nobody called. */
        walk->trace.frames[walk->trace.n - 1].address += rules->is_signal && trace->n > 1;
        return 0;
    }
    walk->end = space_step_without_rules(walk, &address);
    return 0;
}

/* All of it. */
static int space_walk(struct space_walk *walk, struct error *err)
{
    struct stack_trace *trace = &walk->trace;
    do {
        struct code_mapping *mapping = NULL;
        if (space_find(walk->space, walk->state.ip, &mapping, err) < 0)
            return -1;
        if (mapping == NULL && trace->n > 0) {
            walk->end = walk->state.ip == 0 ? FRAME_STEP_OUTERMOST : FRAME_STEP_NO_RULE;
            return 0;
        }
        if (trace->n == CALL_STACKS_DEPTH_MAX)
            return 0;
        trace->ips[trace->n] = walk->state.ip;
        trace->slots[trace->n] = walk->state.slot;
        struct code_address *frame = &trace->frames[trace->n];
        *frame = mapping != NULL ? space_locate(walk->space, mapping, walk->state.ip)
                                 : (struct code_address){.address = walk->state.ip};
        frame->address += trace->n > 0 && !walk->is_return;
        trace->n++;
        if (space_step(walk, err) < 0)
            return -1;
    } while (walk->end == FRAME_STEP_DONE);
    return 0;
}

int process_space_unwind(struct process_space *space, const struct stack_dump *dump,
                         struct unwound_stack *ret, struct error *err)
{
    struct space_walk walk;
    struct stack_trace *trace = &walk.trace;
    walk.space = space;
    walk.memory =
        (struct frame_memory){.bytes = dump->bytes, .begin = dump->sp, .length = dump->length};
    walk.state = space_state(dump);
    walk.is_return = false;
    walk.end = FRAME_STEP_DONE;
    trace->n = 0;
    if (space_walk(&walk, err) < 0)
        return -1;
    trace->is_cut = walk.end != FRAME_STEP_OUTERMOST;
    if (walk.end == FRAME_STEP_NO_VALUE &&
        !known_stacks_find(space->known, dump->ip, &walk.memory, trace) &&
        known_stacks_want(space->known, dump->ip, err) < 0)
        return -1;
    if (walk.end == FRAME_STEP_OUTERMOST && known_stacks_wants(space->known, dump->ip) &&
        known_stacks_learn(space->known, trace, &walk.memory, err) < 0)
        return -1;
    ret->n = trace->n;
    ret->is_cut = trace->is_cut;
    memcpy(ret->addresses, trace->frames, trace->n * sizeof(*trace->frames));
    return 0;
}

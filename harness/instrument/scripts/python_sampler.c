/* What leakcage's script has CPython load: it samples what Python's allocators hand out, and knows
 * which samples are still held, by the stack of calls of Python that took them.
 *
 * tracemalloc notes each allocation, which makes a service ten to a hundred times as slow. This one
 * looks at an allocation in so many bytes, by chance, so that what it sees of a stack is in
 * proportion to what the stack takes.
 *
 * It is a library of its own, that uses no header of Python's: only functions that every CPython
 * from 3.9 on exports, and their types as they are in its stable interface. All of it runs with the
 * interpreter's lock held, as the allocators of objects and of memory are called only so. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX   64
#define FILTER_SIZE 65536U
#define SLOTS_FIRST 4096U
#define DOMAINS     2

/* Of Python. */
typedef struct py_object py_object;
typedef struct py_frame py_frame;
struct py_allocator {
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t n, size_t size);
    void *(*realloc)(void *context, void *block, size_t size);
    void (*free)(void *context, void *block);
};
enum py_domain { PY_DOMAIN_RAW, PY_DOMAIN_MEMORY, PY_DOMAIN_OBJECT };

extern void PyMem_GetAllocator(enum py_domain domain, struct py_allocator *allocator);
extern void PyMem_SetAllocator(enum py_domain domain, struct py_allocator *allocator);
extern py_frame *PyEval_GetFrame(void);
extern py_frame *PyFrame_GetBack(py_frame *frame);
extern py_object *PyFrame_GetCode(py_frame *frame);
extern int PyFrame_GetLineNumber(py_frame *frame);
extern void Py_IncRef(py_object *object);
extern void Py_DecRef(py_object *object);
#pragma weak PyGC_Disable
#pragma weak PyGC_Enable
extern int PyGC_Disable(void);
extern int PyGC_Enable(void);

struct sampler_frame {
    py_object *code; /* a reference is kept */
    int64_t line;
};

/* What is held of a stack; python.py has the same. */
struct sampler_stack {
    double objects, bytes;
    uint32_t depth;
    uint32_t hash;
    struct sampler_frame *frames; /* the leaf first */
};

struct sampler_block {
    const void *address; /* NULL: free */
    size_t size;
    uint32_t stack;
};

static struct {
    struct py_allocator next[DOMAINS];
    double rate_bytes;
    double left_bytes; /* until the next sample */
    uint64_t random;
    bool busy;                    /* what a look at the stack allocates is not looked at */
    uint8_t filter[FILTER_SIZE];  /* how many blocks fall there, at most 255, which stays */
    struct sampler_block *blocks; /* open addressing, a power of two */
    size_t n_blocks, room_blocks;
    struct sampler_stack *stacks;
    size_t n_stacks, room_stacks;
    uint32_t *stack_slots; /* open addressing: a stack's number, and 1 */
    size_t room_stack_slots;
} sampler;

static uint64_t sampler_mix(uint64_t value)
{
    value ^= value >> 33;
    value *= UINT64_C(0xff51afd7ed558ccd);
    value ^= value >> 33;
    value *= UINT64_C(0xc4ceb9fe1a85ec53);
    return value ^ value >> 33;
}

static double sampler_draw(void)
{
    sampler.random += UINT64_C(0x9e3779b97f4a7c15);
    double chance = (double)(sampler_mix(sampler.random) >> 11 | 1) * 0x1p-53;
    return -log(chance) * sampler.rate_bytes;
}

/* A sample of so many bytes stands for so many blocks. */
static double sampler_weight(size_t size)
{
    return size == 0 ? 1 : 1 / -expm1(-(double)size / sampler.rate_bytes);
}

/* --- stacks --- */

static bool sampler_stack_is(const struct sampler_stack *stack, const struct sampler_frame *frames,
                             uint32_t depth, uint32_t hash)
{
    if (stack->hash != hash || stack->depth != depth)
        return false;
    for (uint32_t i = 0; i < depth; i++)
        if (stack->frames[i].code != frames[i].code || stack->frames[i].line != frames[i].line)
            return false;
    return true;
}

static bool sampler_grow_stacks(void)
{
    size_t room = sampler.room_stacks == 0 ? SLOTS_FIRST : sampler.room_stacks * 2;
    struct sampler_stack *stacks = realloc(sampler.stacks, room * sizeof(*stacks));
    if (stacks == NULL)
        return false;
    sampler.stacks = stacks;
    uint32_t *slots = calloc(room * 2, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(sampler.stack_slots);
    sampler.stack_slots = slots;
    sampler.room_stacks = room;
    sampler.room_stack_slots = room * 2;
    for (size_t i = 0; i < sampler.n_stacks; i++) {
        size_t at = stacks[i].hash & (sampler.room_stack_slots - 1);
        while (slots[at] != 0)
            at = (at + 1) & (sampler.room_stack_slots - 1);
        slots[at] = (uint32_t)i + 1;
    }
    return true;
}

/* The number of this stack, whose code objects have references that are kept or given back here;
 * UINT32_MAX: there is no memory for it. */
static uint32_t sampler_stack(const struct sampler_frame *frames, uint32_t depth)
{
    uint64_t mixed = depth;
    for (uint32_t i = 0; i < depth; i++)
        mixed = sampler_mix(mixed ^ (uintptr_t)frames[i].code ^ (uint64_t)frames[i].line << 48);
    uint32_t hash = (uint32_t)mixed;
    uint32_t number = UINT32_MAX;
    bool has_room = sampler.n_stacks < sampler.room_stacks || sampler_grow_stacks();
    size_t at = has_room ? hash & (sampler.room_stack_slots - 1) : 0;
    while (has_room && sampler.stack_slots[at] != 0) {
        uint32_t there = sampler.stack_slots[at] - 1;
        if (sampler_stack_is(&sampler.stacks[there], frames, depth, hash)) {
            number = there;
            break;
        }
        at = (at + 1) & (sampler.room_stack_slots - 1);
    }
    struct sampler_frame *copy =
        has_room && number == UINT32_MAX ? malloc((depth + 1) * sizeof(*copy)) : NULL;
    if (copy == NULL) {
        for (uint32_t i = 0; i < depth; i++)
            Py_DecRef(frames[i].code);
        return number;
    }
    memcpy(copy, frames, depth * sizeof(*copy));
    number = (uint32_t)sampler.n_stacks++;
    sampler.stacks[number] = (struct sampler_stack){.depth = depth, .hash = hash, .frames = copy};
    sampler.stack_slots[at] = number + 1;
    return number;
}

/* The stack of this moment. Frames become objects when they are asked for, which may be when a
 * collection is due: not now, for who allocates is in the midst of something. */
static uint32_t sampler_look(void)
{
    struct sampler_frame frames[DEPTH_MAX];
    uint32_t depth = 0;
    bool collects = PyGC_Disable != NULL && PyGC_Disable() != 0;
    py_frame *frame = PyEval_GetFrame(); /* borrowed; the others are not */
    Py_IncRef((py_object *)frame);
    while (frame != NULL && depth < DEPTH_MAX) {
        frames[depth++] = (struct sampler_frame){.code = PyFrame_GetCode(frame),
                                                 .line = PyFrame_GetLineNumber(frame)};
        py_frame *back = PyFrame_GetBack(frame);
        Py_DecRef((py_object *)frame);
        frame = back;
    }
    Py_DecRef((py_object *)frame);
    uint32_t stack = sampler_stack(frames, depth);
    if (collects)
        PyGC_Enable();
    return stack;
}

/* --- blocks --- */

static size_t sampler_home(const void *address)
{
    return sampler_mix((uintptr_t)address) & (sampler.room_blocks - 1);
}

static uint8_t *sampler_filter(const void *address)
{
    return &sampler.filter[sampler_mix((uintptr_t)address) >> 40 & (FILTER_SIZE - 1)];
}

static void sampler_put(const struct sampler_block *block)
{
    size_t at = sampler_home(block->address);
    while (sampler.blocks[at].address != NULL)
        at = (at + 1) & (sampler.room_blocks - 1);
    sampler.blocks[at] = *block;
}

static bool sampler_grow_blocks(void)
{
    struct sampler_block *old = sampler.blocks;
    size_t old_room = sampler.room_blocks;
    size_t room = old_room == 0 ? SLOTS_FIRST : old_room * 2;
    struct sampler_block *blocks = calloc(room, sizeof(*blocks));
    if (blocks == NULL)
        return false;
    sampler.blocks = blocks;
    sampler.room_blocks = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].address != NULL)
            sampler_put(&old[i]);
    free(old);
    return true;
}

/* With what pymalloc, and beyond its blocks malloc, round up to. */
static double sampler_held(size_t size)
{
    return (double)(size <= 512 ? (size + 15) & ~(size_t)15 : (size + 8 + 15) & ~(size_t)15);
}

static void sampler_count(uint32_t stack, size_t size, double sign)
{
    double weight = sampler_weight(size);
    sampler.stacks[stack].objects += sign * weight;
    sampler.stacks[stack].bytes += sign * weight * sampler_held(size);
}

static void sampler_sample(const void *address, size_t size)
{
    sampler.left_bytes = sampler_draw();
    if ((sampler.n_blocks + 1) * 2 > sampler.room_blocks && !sampler_grow_blocks())
        return;
    sampler.busy = true;
    uint32_t stack = sampler_look();
    sampler.busy = false;
    if (stack == UINT32_MAX)
        return;
    const struct sampler_block block = {.address = address, .size = size, .stack = stack};
    sampler_put(&block);
    sampler.n_blocks++;
    uint8_t *filter = sampler_filter(address);
    *filter = (uint8_t)(*filter + (*filter < UINT8_MAX));
    sampler_count(stack, size, 1);
}

static inline void sampler_taken(const void *address, size_t size)
{
    if (sampler.busy || address == NULL)
        return;
    sampler.left_bytes -= (double)size;
    if (sampler.left_bytes <= 0)
        sampler_sample(address, size);
}

/* It was in the filter: is it really one of ours? Those behind it move up, so that no gap parts one
 * from its home. */
static void sampler_forget(const void *address)
{
    size_t mask = sampler.room_blocks - 1;
    size_t at = sampler_home(address);
    while (sampler.blocks[at].address != address) {
        if (sampler.blocks[at].address == NULL)
            return;
        at = (at + 1) & mask;
    }
    sampler_count(sampler.blocks[at].stack, sampler.blocks[at].size, -1);
    uint8_t *filter = sampler_filter(address);
    *filter = (uint8_t)(*filter - (*filter < UINT8_MAX));
    sampler.n_blocks--;
    for (size_t next = (at + 1) & mask; sampler.blocks[next].address != NULL;
         next = (next + 1) & mask) {
        size_t home = sampler_home(sampler.blocks[next].address);
        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        sampler.blocks[at] = sampler.blocks[next];
        at = next;
    }
    sampler.blocks[at] = (struct sampler_block){.address = NULL};
}

static inline void sampler_given(const void *address)
{
    if (address != NULL && *sampler_filter(address) != 0)
        sampler_forget(address);
}

/* --- in the place of Python's allocators --- */

static void *sampler_malloc(void *context, size_t size)
{
    const struct py_allocator *next = context;
    void *block = next->malloc(next->context, size);
    sampler_taken(block, size);
    return block;
}

static void *sampler_calloc(void *context, size_t n, size_t size)
{
    const struct py_allocator *next = context;
    void *block = next->calloc(next->context, n, size);
    sampler_taken(block, n * size);
    return block;
}

static void *sampler_realloc(void *context, void *old, size_t size)
{
    const struct py_allocator *next = context;
    void *block = next->realloc(next->context, old, size);
    if (block == NULL)
        return NULL;
    sampler_given(old);
    sampler_taken(block, size);
    return block;
}

static void sampler_free(void *context, void *block)
{
    const struct py_allocator *next = context;
    sampler_given(block);
    next->free(next->context, block);
}

/* --- for the script --- */

#define EXPORT __attribute__((visibility("default")))

EXPORT void sampler_start(double rate_bytes, uint64_t seed);
EXPORT void sampler_reseed(uint64_t seed); /* in a forked child, else it samples as its parent */
EXPORT size_t sampler_stacks(void);
EXPORT const struct sampler_stack *sampler_get(size_t number);

void sampler_start(double rate_bytes, uint64_t seed)
{
    static const enum py_domain domains[DOMAINS] = {PY_DOMAIN_MEMORY, PY_DOMAIN_OBJECT};
    sampler.rate_bytes = rate_bytes;
    sampler.random = seed;
    sampler.left_bytes = sampler_draw();
    if (!sampler_grow_blocks() || !sampler_grow_stacks())
        return;
    for (unsigned i = 0; i < DOMAINS; i++) {
        PyMem_GetAllocator(domains[i], &sampler.next[i]);
        struct py_allocator ours = {.context = &sampler.next[i],
                                    .malloc = sampler_malloc,
                                    .calloc = sampler_calloc,
                                    .realloc = sampler_realloc,
                                    .free = sampler_free};
        PyMem_SetAllocator(domains[i], &ours);
    }
}

void sampler_reseed(uint64_t seed)
{
    sampler.random = seed;
    sampler.left_bytes = sampler_draw();
}

size_t sampler_stacks(void)
{
    return sampler.n_stacks;
}

const struct sampler_stack *sampler_get(size_t number)
{
    return &sampler.stacks[number];
}
